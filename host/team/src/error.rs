//! Why a server could not be set up: each case says what and where, and what to do next. Never a token, never a password.

use crate::Thing;

/// Why a server could not be set up, or not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is wanted, or how the server is to be reached, cannot be used as it was given.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// Nothing answers at the address, or not to the end.
    #[error("{address} cannot be reached: {why}")]
    Unreachable {
        /// The address.
        address: String,
        /// What happened.
        why: String,
    },
    /// The server does not prove that it is the one that was meant.
    #[error("{address} is not trusted: {why}")]
    Certificate {
        /// The address.
        address: String,
        /// What is wrong with its certificate.
        why: String,
    },
    /// The server is sealed.
    #[error("{address} is sealed")]
    Sealed {
        /// The address.
        address: String,
    },
    /// The server was never initialised.
    #[error("{address} is not initialised")]
    Uninitialised {
        /// The address.
        address: String,
    },
    /// The server has too much to do, or a fault of its own.
    #[error("{address} cannot answer now (status {status}{})", also(.said))]
    Busy {
        /// The address.
        address: String,
        /// The status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// What answers is no OpenBao, or something that stands before it.
    #[error("{address} does not answer as OpenBao does: {why}")]
    NotOpenBao {
        /// The address.
        address: String,
        /// What it answers instead.
        why: String,
    },
    /// The server does not know the token.
    #[error("the token is not valid at {address}: it was revoked, has ended, or was never of this server")]
    Token {
        /// The address.
        address: String,
    },
    /// The token may not do what is needed.
    #[error("the token lacks {}", lacks(.0))]
    Denied(Vec<Missing>),
    /// There is no such namespace of OpenBao.
    #[error("there is no OpenBao namespace `{0}`")]
    NoNamespace(String),
    /// The mount is a KV mount of version 1, which keeps no versions.
    #[error("the mount `{mount}` is KV version 1, and values are kept in version 2")]
    KvVersion1 {
        /// The mount.
        mount: String,
    },
    /// Something else has that name already.
    #[error("{thing} is taken: {found}")]
    Taken {
        /// What was to be there.
        thing: Thing,
        /// What is there.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// A user is to be made, and nobody gave a password.
    #[error("there is no password for the new user `{0}`; nothing was written")]
    NoPassword(String),
    /// The server refuses what it was asked for.
    #[error("the server refuses {method} {path} (status {status}{})", also(.said))]
    Refused {
        /// The method of the request.
        method: &'static str,
        /// Its path.
        path: String,
        /// The status.
        status: u16,
        /// What it said.
        said: String,
    },
}

/// A capability that a token lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The capabilities, in OpenBao's words.
    pub capabilities: Vec<&'static str>,
    /// The path that they are needed on.
    pub path: String,
}

/// Who has to do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// What was asked for has to be asked for in another way.
    Usage,
    /// Another token is needed.
    Denied,
    /// The server has to come back.
    Unavailable,
    /// What is on the server stands in the way.
    Other,
}

impl Error {
    /// A case of [`Error::Usage`].
    pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Error::Usage { message: message.into(), remedy: remedy.into() }
    }

    /// Who has to do something.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Usage { .. } | Error::NoNamespace(_) | Error::NoPassword(_) => Kind::Usage,
            Error::Token { .. } | Error::Denied(_) => Kind::Denied,
            Error::Unreachable { .. }
            | Error::Certificate { .. }
            | Error::Sealed { .. }
            | Error::Uninitialised { .. }
            | Error::Busy { .. } => Kind::Unavailable,
            Error::NotOpenBao { .. } | Error::KvVersion1 { .. } | Error::Taken { .. } | Error::Refused { .. } => {
                Kind::Other
            }
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            Error::Usage { remedy, .. } | Error::Taken { remedy, .. } => remedy.clone(),
            Error::Unreachable { .. } => {
                "see that the server runs and that the address is right (--address, OPENBAO_URL); what was done before is \
                 left as it is, and the command can be given again"
                    .to_owned()
            }
            Error::Certificate { .. } => {
                "name the file with the CA's certificate: --ca-file FILE (or BAO_CACERT)".to_owned()
            }
            Error::Sealed { address } => {
                format!("unseal it: bao operator unseal -address={address}, as often as it asks for a key")
            }
            Error::Uninitialised { address } => {
                format!("initialise it, and keep the keys that it prints: bao operator init -address={address}")
            }
            Error::Busy { .. } => "wait a little, and give the command again".to_owned(),
            Error::NotOpenBao { .. } => {
                "give the address of OpenBao itself, as https://HOST:PORT with nothing behind it".to_owned()
            }
            Error::Token { .. } => {
                "get another one (bao login), and give it as OPENBAO_TOKEN or on standard input".to_owned()
            }
            Error::Denied(_) => {
                "use a token whose policy allows it: the policy that is enough stands in docs/team.md".to_owned()
            }
            Error::NoNamespace(name) => {
                format!("make it (bao namespace create {name}), or name another one with --openbao-namespace")
            }
            Error::KvVersion1 { mount } => format!(
                "name another mount with --kv-mount, or turn this one into version 2 yourself, for all who use it: bao kv \
                 enable-versioning {mount}"
            ),
            Error::NoPassword(user) => {
                format!("give it a line `{user}:PASSWORD` on standard input, or leave --passwords out to have one made")
            }
            Error::Refused { path, .. } if path.ends_with("/config") => {
                "the server itself fetches the provider's configuration: see that it can reach it, and that \
                 --oidc-discovery-url is the provider's issuer to the character, a slash at the end included"
                    .to_owned()
            }
            Error::Refused { .. } => "see what it says; what was done before is left as it is".to_owned(),
        }
    }
}

fn also(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

fn lacks(missing: &[Missing]) -> String {
    let each = missing.iter().map(|missing| {
        let capabilities: Vec<String> = missing.capabilities.iter().map(|name| format!("`{name}`")).collect();
        format!("{} on {}", capabilities.join(" and "), missing.path)
    });
    each.collect::<Vec<String>>().join(", ")
}
