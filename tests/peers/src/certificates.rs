//! Certificates made for a run: a CA of its own, whose PEM file a client is given, and what it signs.

use std::{
    fmt::{self, Debug, Formatter},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use tempfile::TempDir;

use crate::error::{Error, Result};

/// A server's certificate, with the CA that signed it in a file.
pub struct Certificate {
    names: Vec<String>,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    ca_file: PathBuf,
    _folder: TempDir,
}

impl Certificate {
    /// For 127.0.0.1 and localhost.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn local() -> Result<Self> {
        Self::named(&["127.0.0.1", "localhost"])
    }

    /// For other names or addresses: a client that was told to reach `127.0.0.1` has to refuse it.
    ///
    /// # Errors
    /// If a name cannot stand in a certificate, or it cannot be written.
    pub fn named(names: &[&str]) -> Result<Self> {
        let made = |error: rcgen::Error| Error::while_doing("a certificate cannot be made", error);
        let mut ca = CertificateParams::new(Vec::new()).map_err(made)?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "harmony-config test CA");
        let ca_key = KeyPair::generate().map_err(made)?;
        let ca_pem = ca.self_signed(&ca_key).map_err(made)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().map_err(made)?;
        let leaf = CertificateParams::new(names.clone()).map_err(made)?.signed_by(&key, &issuer).map_err(made)?;
        let written = |error| Error::while_doing("the CA's certificate cannot be written", error);
        let folder = TempDir::new().map_err(written)?;
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, ca_pem).map_err(written)?;
        Ok(Self { names, chain: vec![leaf.der().clone()], key: key.serialize_der(), ca_file, _folder: folder })
    }

    /// The PEM file to trust.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The first name that it is for.
    pub(crate) fn name(&self) -> &str {
        self.names.first().map_or("localhost", String::as_str)
    }

    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>> {
        let failed = |error| Error::while_doing("TLS cannot be served", error);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Without its key.
impl Debug for Certificate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "certificate for {}", self.names.join(", "))
    }
}

/// A client that trusts the certificates of one file.
pub(crate) fn client(ca_file: &Path) -> Result<Arc<ClientConfig>> {
    let unreadable = |why: &dyn std::fmt::Display| Error::new(format!("the CA file {}: {why}", ca_file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unreadable(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
