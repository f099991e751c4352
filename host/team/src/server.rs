//! Where a server is and how it is reached: its address, its TLS, and what of that is too dangerous to be meant. Who
//! speaks with it is `client`.

use std::{fs, net::Ipv4Addr, net::Ipv6Addr, path::PathBuf, time::Duration};

use reqwest::{Certificate, redirect};
use rustls::crypto::{CryptoProvider, ring};
use url::{Host, Url};

use crate::{Error, wanted};

/// No single request may take longer. A server that has to ask an OpenID provider first takes its time.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a server is and how it is reached.
#[derive(Clone, Debug)]
#[must_use]
pub struct Server {
    address: String,
    namespace: Option<String>,
    ca_file: Option<PathBuf>,
    skip_verify: Option<String>,
    insecure_http: bool,
}

impl Server {
    /// At this address, `https://HOST:PORT`; its certificate is checked against those that the system trusts.
    pub fn at(address: &str) -> Self {
        Server {
            address: address.trim().to_owned(),
            namespace: None,
            ca_file: None,
            skip_verify: None,
            insecure_http: false,
        }
    }

    /// In this namespace of OpenBao's own, `team` or `team/inner`.
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.trim_matches('/').to_owned());
        self
    }

    /// The certificates of this file are trusted, instead of the system's.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// No certificate is checked, because `who` said so (`--skip-verify`). It is warned of.
    pub fn skip_verify(mut self, who: &str) -> Self {
        self.skip_verify = Some(who.to_owned());
        self
    }

    /// The token may travel in plain, to another machine too. To this machine it always may.
    pub fn insecure_http(mut self) -> Self {
        self.insecure_http = true;
        self
    }

    pub(crate) fn namespace_checked(&self) -> Result<Option<&str>, Error> {
        let Some(namespace) = self.namespace.as_deref() else { return Ok(None) };
        wanted::mount("--openbao-namespace", namespace)?;
        Ok(Some(namespace))
    }

    /// The address, without anything that has no place in it.
    pub(crate) fn url(&self) -> Result<Url, Error> {
        let wrong = |why: &str| {
            Error::usage(
                format!("the address of the server {why}"),
                "give it as https://HOST:PORT: --address, OPENBAO_URL, BAO_ADDR or VAULT_ADDR",
            )
        };
        // An address that does not parse is not repeated: it may hold a password.
        let url = Url::parse(&self.address).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("names a user, and none belongs there"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has something behind HOST:PORT, and nothing belongs there"));
        }
        match url.scheme() {
            "https" => {}
            "http" if self.insecure_http || is_this_machine(&url) => {}
            "http" => {
                return Err(Error::usage(
                    format!(
                        "{} is plain HTTP to another machine: the token would travel where others can read it",
                        shown(&url)
                    ),
                    "use https://, or a tunnel to this machine; if the way there is safe by itself, say --insecure-http",
                ));
            }
            _ => return Err(wrong("begins neither with https:// nor with http://")),
        }
        Ok(url)
    }

    /// What requests are made with: no redirect is followed, for the token would go with it, and no proxy is asked.
    pub(crate) fn http(&self, url: &Url) -> Result<reqwest::Client, Error> {
        // reqwest has no provider of cryptography of its own here. One that the program chose before is left.
        if CryptoProvider::get_default().is_none() {
            let _ = ring::default_provider().install_default();
        }
        let mut builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT);
        if url.scheme() == "http" {
            // Certificates have no part in it; a machine without any can speak plain HTTP all the same.
            builder = builder.tls_certs_only([]);
        } else if let Some(who) = &self.skip_verify {
            tracing::warn!("{who}: the certificate of {} is not checked, anybody could stand in its place", shown(url));
            builder = builder.tls_danger_accept_invalid_certs(true).tls_certs_only([]);
        } else if let Some(file) = &self.ca_file {
            builder = builder.tls_certs_only(certificates(file)?);
        }
        builder.build().map_err(|error| {
            let why = causes(&error);
            Error::usage(format!("TLS cannot be used: {why}"), "see --ca-file, and the certificates of the system")
        })
    }
}

/// The origin of an address, as it stands in messages.
pub(crate) fn shown(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address == Ipv6Addr::LOCALHOST || address.to_ipv4_mapped().as_ref().is_some_and(Ipv4Addr::is_loopback)
        }
        None => false,
    }
}

fn certificates(file: &PathBuf) -> Result<Vec<Certificate>, Error> {
    let unusable = |why: String| {
        Error::usage(
            format!("the CA file {} cannot be used: {why}", file.display()),
            "name a file with certificates in PEM (`-----BEGIN CERTIFICATE-----`): --ca-file, or BAO_CACERT",
        )
    };
    let bytes = fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&bytes).map_err(|error| unusable(causes(&error)))?;
    if found.is_empty() {
        return Err(unusable("no certificate is in it".to_owned()));
    }
    Ok(found)
}

/// An error with what is below it.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        words = format!("{words}: {cause}");
        below = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_alone() {
        for fine in [
            "http://127.0.0.1:8200",
            "http://localhost:8200/",
            "http://[::1]:1",
            "http://bao.localhost",
            "https://bao.example.com",
        ] {
            Server::at(fine).url().unwrap();
        }
        for bad in
            ["http://bao.example.com:8200", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://0.0.0.0:1"]
        {
            let error = Server::at(bad).url().unwrap_err();
            assert!(error.to_string().contains("plain HTTP"), "{bad}: {error}");
            assert!(error.remedy().contains("--insecure-http"));
            Server::at(bad).insecure_http().url().unwrap();
        }
    }

    #[test]
    fn an_address_is_an_origin_and_no_more() {
        for bad in ["", "bao.example.com:8200", "ftp://a", "https://", "https://a/v1", "https://a?x", "https://a/#f"] {
            assert!(Server::at(bad).url().is_err(), "{bad}");
        }
        for secret in ["https://anna:canary@a", "https://anna:canary@a:b:c", "https://canary@a"] {
            let error = Server::at(secret).url().unwrap_err();
            assert!(!format!("{error}{}{error:?}", error.remedy()).contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_ca_file_without_certificates_is_named() {
        let url = Url::parse("https://127.0.0.1:1").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let missing = Server::at(url.as_str()).ca_file(&file).http(&url).unwrap_err();
        assert!(missing.to_string().contains("ca.pem"), "{missing}");
        fs::write(&file, "nothing").unwrap();
        let empty = Server::at(url.as_str()).ca_file(&file).http(&url).unwrap_err();
        assert!(empty.to_string().contains("ca.pem") && empty.remedy().contains("PEM"), "{empty}");
    }
}
