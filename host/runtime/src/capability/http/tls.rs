//! TLS, which is the host's and not the plugin's: which certificates are trusted, and what is said where one is not.

use std::{io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use super::{fault::Fault, terms::HttpTerms};

/// What a connection over TLS is made with.
pub(super) fn config(terms: &HttpTerms) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |words: String| Fault::Terms { words, remedy: "see the table `tls` of the source".to_owned() };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(format!("TLS cannot be used: {error}")))?
        .dangerous();
    let verifier: Arc<dyn ServerCertVerifier> = match terms {
        HttpTerms { skip_verify: Some(_), .. } => Arc::new(Unchecked(provider.signature_verification_algorithms)),
        HttpTerms { ca_file: Some(file), .. } => trusted(file, provider)?,
        _ => Arc::new(
            Verifier::new(provider)
                .map_err(|error| unusable(format!("the certificates of the system cannot be read: {error}")))?,
        ),
    };
    let mut config = builder.with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a file, and no others.
fn trusted(file: &Path, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    let unusable = |why: String| Fault::Terms {
        words: format!("the CA file {} cannot be used: {why}", file.display()),
        remedy: "name a file with certificates in PEM (`-----BEGIN CERTIFICATE-----`)".to_owned(),
    };
    let found = CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in found {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificate is in it".to_owned()));
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unusable(error.to_string()))
}

/// Why a handshake failed, in words.
pub(super) fn fault(host: &str, terms: &HttpTerms, error: &io::Error) -> Fault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let other_ca = match &terms.ca_file {
        Some(file) => format!("put the right CA's certificate into {}", file.display()),
        None => "name the file with the CA's certificate: `tls = { ca-file = \"…\" }` at the source".to_owned(),
    };
    let certificate = |words: String, remedy: String| Fault::Certificate { words, remedy };
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                let wanted = terms.server_name.as_deref().unwrap_or(host);
                let for_whom = match why {
                    CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                        format!(", but for {}", crate::words::shown(&presented.join(", ")))
                    }
                    _ => String::new(),
                };
                let remedy = "use the name that the certificate is for, in the address or as `tls.server-name`";
                certificate(format!("its certificate is not for `{wanted}`{for_whom}"), remedy.to_owned())
            }
            CertificateError::UnknownIssuer => {
                certificate("its certificate was signed by a CA that is not trusted here".to_owned(), other_ca)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                certificate("its certificate has expired".to_owned(), "have it renewed; see the clock, too".to_owned())
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => certificate(
                "its certificate is not valid yet".to_owned(),
                "see that the clock of this machine is right".to_owned(),
            ),
            // What the platform's own verifier says: its words differ.
            other => certificate(format!("its certificate is not accepted: {other}"), other_ca),
        },
        Some(rustls::Error::InvalidMessage(_)) => {
            Fault::Tls("what answers there does not speak TLS; is the address to begin with http://?".to_owned())
        }
        Some(other) => Fault::Tls(format!("TLS failed: {other}")),
        None => Fault::Tls(format!("TLS failed: {error}")),
    }
}

/// The name that the certificate has to be for.
pub(super) fn server_name(host: &url::Host<String>, terms: &HttpTerms) -> Result<ServerName<'static>, Fault> {
    let given = match (&terms.server_name, host) {
        (Some(name), _) => ServerName::try_from(name.clone()),
        (None, url::Host::Domain(name)) => ServerName::try_from(name.clone()),
        (None, url::Host::Ipv4(address)) => return Ok(ServerName::from(std::net::IpAddr::from(*address))),
        (None, url::Host::Ipv6(address)) => return Ok(ServerName::from(std::net::IpAddr::from(*address))),
    };
    given.map_err(|error| Fault::Terms {
        words: format!("the name of the server cannot be used: {error}"),
        remedy: "see `tls.server-name` and the address".to_owned(),
    })
}

/// Takes every certificate. Only where a person said so, and it is warned of every time.
#[derive(Debug)]
struct Unchecked(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
