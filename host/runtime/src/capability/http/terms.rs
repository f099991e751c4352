//! How a source's requests travel, as the manifest and the environment say: which certificates are trusted, and whether
//! through a proxy. What comes of it is `tls`'s and `connect`'s.

use std::path::PathBuf;

/// How a source's requests travel. The default is TLS with the certificates that the system trusts, and no proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpTerms {
    /// A file with certificates in PEM: these are trusted, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate has to be for, instead of the host's.
    pub server_name: Option<String>,
    /// Who said that no certificate is to be checked, in words (`OPENBAO_SKIP_TLS`, `tls.skip-verify`); none where they are.
    pub skip_verify: Option<String>,
    /// The address of a proxy, `http://HOST:PORT`, through which requests over TLS are tunnelled.
    pub proxy: Option<String>,
}

impl HttpTerms {
    /// The certificates in this file are trusted, instead of the system's.
    #[must_use]
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// The certificate has to be for this name, instead of the host's.
    #[must_use]
    pub fn server_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.to_owned());
        self
    }

    /// No certificate is checked, because `who` said so. It is warned of every time.
    #[must_use]
    pub fn skip_verify(mut self, who: &str) -> Self {
        self.skip_verify = Some(who.to_owned());
        self
    }

    /// Requests over TLS are tunnelled through this proxy, `http://HOST:PORT`.
    #[must_use]
    pub fn proxy(mut self, address: &str) -> Self {
        self.proxy = Some(address.to_owned());
        self
    }
}
