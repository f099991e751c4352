//! The one place where it is decided what a plugin may use. Glue translates, capabilities act; neither decides.
//!
//! Stops: a plugin that uses what it was not granted, or what it was granted beyond its bounds, or anything at all
//! while it is being configured. A capability acts only with a [`Pass`], and only [`Policy::decide`] makes one, so a
//! check that was forgotten does not compile. Does not stop: a plugin that misuses what it was granted.

use std::{collections::BTreeSet, fmt, net::SocketAddr};

use harmony_config_core::{Coordinate, Failure, FailureCode, Interaction};

use crate::{
    capability::{
        environment::has_prefix,
        http::{forbidden, forbidden_literal, origin::Origin},
    },
    limits,
    words::shown,
};

/// What a source was granted. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The environment variables whose names begin with this prefix.
    pub environment: Option<String>,
    /// These environment variables besides, by their whole names.
    pub variables: BTreeSet<String>,
    /// The source's own database.
    pub sql: bool,
    /// The source's own directory.
    pub files: bool,
    /// The source's own file.
    pub document: bool,
    /// The app's own entries in the keyring of the operating system.
    pub keyring: bool,
    /// To ask the person, and to show them a page that they are to open.
    pub prompt: bool,
    /// Requests to these origins and no other.
    pub http: BTreeSet<Origin>,
    /// What its sign-ins leave behind.
    pub session: bool,
    /// The files that these settings name, by the paths of the settings; `*` stands for any member.
    pub credential_files: BTreeSet<String>,
    /// Tokens of the identities that these settings name, likewise.
    pub identities: BTreeSet<String>,
}

/// What a plugin is about to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use<'a> {
    /// One environment variable.
    Variable(&'a str),
    /// The names of the environment variables that begin so.
    VariableNames(&'a str),
    /// The database.
    Sql,
    /// The directory.
    Files,
    /// The file, to read it.
    ReadDocument,
    /// The file, to write it.
    WriteDocument,
    /// The entry of the keyring that has this name.
    Keyring(&'a str),
    /// The person.
    Prompt,
    /// A request over the network.
    Http {
        /// The method.
        method: &'a str,
        /// Where to, as the plugin spells it.
        authority: &'a str,
        /// What that means, or what is odd about it.
        origin: Result<&'a Origin, &'a str>,
    },
    /// A connection, for requests to this origin: one of the addresses that its name has.
    Dial { origin: &'a Origin, address: SocketAddr },
    /// What a sign-in of this name left behind.
    Session(&'a str),
    /// The file that the setting at this path names.
    CredentialFile(&'a [String]),
    /// Tokens of the identity that the setting at this path names.
    Identity(&'a [String]),
    /// The person, to show them a page.
    Page {
        /// Its address, as the plugin spells it.
        address: &'a str,
        /// What that means, or what is odd about it.
        origin: Result<&'a Origin, &'a str>,
    },
}

/// What a plugin is doing when it uses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is told its settings. Nothing may be used.
    Configure,
    /// It answers a call.
    Call(Interaction),
}

/// Leave for one use. It carries what was asked about, so that nothing else can be done with it.
#[derive(Debug)]
pub(crate) struct Pass<'a>(Use<'a>);

impl<'a> Pass<'a> {
    /// What may be used.
    pub(crate) fn what(&self) -> Use<'a> {
        self.0
    }
}

/// Why a use was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DenyReason {
    /// Nothing may be used while configuring.
    Configuring,
    /// It was not granted.
    NotGranted(&'static str),
    /// It is outside the granted prefix.
    OutsidePrefix { name: String, prefix: String },
    /// It is the name of no entry.
    NoEntry(String),
    /// Nobody may be asked during this call.
    InteractionForbidden,
    /// It was granted other origins.
    OtherOrigin { origin: String, granted: String },
    /// The address is spelled oddly.
    OddAddress { authority: String, why: String },
    /// Nothing is sent there.
    ForbiddenAddress { address: String, why: &'static str },
    /// Nothing is sent that way.
    ForbiddenMethod(String),
    /// It is no name of a session.
    NoSession,
    /// The setting names no such file.
    NoCredentialFile(String),
    /// The setting names no identity that it was granted.
    NoIdentity(String),
    /// A page of somebody else is not shown.
    OtherPage { origin: String, granted: String },
}

impl fmt::Display for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DenyReason::Configuring => f.write_str("a plugin may use nothing while it is being configured"),
            DenyReason::NotGranted(what) => write!(f, "the source was not granted {what}"),
            DenyReason::OutsidePrefix { name, prefix } => {
                write!(f, "the variable `{}` does not begin with `{prefix}`", shown(name))
            }
            DenyReason::NoEntry(name) => {
                write!(f, "`{}` is no name of an entry; one is KEY or KEY@INSTANCE", shown(name))
            }
            DenyReason::InteractionForbidden => f.write_str("nobody may be asked during this call"),
            DenyReason::OtherOrigin { origin, granted } => {
                write!(f, "the source was granted requests to {granted}, and not to {origin}")
            }
            DenyReason::OddAddress { authority, why } => write!(f, "the address `{}` {why}", shown(authority)),
            DenyReason::ForbiddenAddress { address, why } => write!(f, "nothing is sent to {address}: {why}"),
            DenyReason::ForbiddenMethod(method) => write!(f, "no request is sent with the method `{}`", shown(method)),
            DenyReason::NoSession => {
                write!(f, "the name of a session has at least one byte and at most {}", limits::MAX_SESSION_NAME)
            }
            DenyReason::NoCredentialFile(setting) => {
                write!(f, "the setting `{}` names no file with a credential", shown(setting))
            }
            DenyReason::NoIdentity(setting) => {
                write!(f, "the setting `{}` names no identity whose tokens the source was granted", shown(setting))
            }
            DenyReason::OtherPage { origin, granted } if granted.is_empty() => {
                write!(f, "a page of {origin} is not shown: the source was granted no requests to it")
            }
            DenyReason::OtherPage { origin, granted } => {
                write!(f, "a page of {origin} is not shown: the source was granted requests to {granted} alone")
            }
        }
    }
}

impl From<DenyReason> for Failure {
    fn from(reason: DenyReason) -> Self {
        let code = match reason {
            DenyReason::InteractionForbidden => FailureCode::InteractionRequired,
            _ => FailureCode::Denied,
        };
        Failure::new(code, reason.to_string())
    }
}

/// The rules for one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    grants: Grants,
    /// What a person types to grant the source more; none where nobody can.
    grant: Option<String>,
}

impl Policy {
    pub(crate) fn new(grants: Grants) -> Self {
        Policy { grants, grant: None }
    }

    /// The same, for a source that a person can grant more to: `harmony-config grant SOURCE`.
    pub(crate) fn granted_by(mut self, command: Option<String>) -> Self {
        self.grant = command;
        self
    }

    /// As [`Policy::decide`], with the command that would allow it where there is one.
    pub(crate) fn check<'a>(&self, phase: Phase, what: Use<'a>) -> Result<Pass<'a>, Failure> {
        self.decide(phase, what).map_err(|reason| {
            let remedy = match reason {
                DenyReason::NotGranted(_)
                | DenyReason::OutsidePrefix { .. }
                | DenyReason::OtherOrigin { .. }
                | DenyReason::OtherPage { .. } => self.remedy(what),
                _ => None,
            };
            let failure = Failure::from(reason);
            match remedy {
                Some(remedy) => failure.with_remedy(remedy),
                None => failure,
            }
        })
    }

    fn remedy(&self, what: Use<'_>) -> Option<String> {
        let flag = match what {
            // The plugin chose the name: nothing but a name gets into a line that a person may type.
            Use::Variable(name) | Use::VariableNames(name) => {
                let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                format!("--environment {}", if plain { name } else { "PREFIX" })
            }
            Use::Sql => "--sql".to_owned(),
            Use::Files => "--files".to_owned(),
            Use::ReadDocument | Use::WriteDocument => "--file".to_owned(),
            Use::Keyring(_) => "--keyring".to_owned(),
            Use::Prompt => "--prompt".to_owned(),
            Use::Page { .. } if !self.grants.prompt => "--prompt".to_owned(),
            Use::Page { origin: Ok(origin), .. } => format!("--http {origin}"),
            Use::Page { origin: Err(_), .. } => return None,
            Use::Http { origin: Ok(origin), .. } | Use::Dial { origin, .. } => format!("--http {origin}"),
            Use::Http { origin: Err(_), .. } => return None,
            Use::Session(_) => "--session".to_owned(),
            Use::CredentialFile(_) => "--credential-files".to_owned(),
            Use::Identity(_) => "--identities".to_owned(),
        };
        self.grant.as_ref().map(|command| format!("if it should have that: {command} {flag}"))
    }

    /// As [`Policy::check`], for a connection: it is made while requests of a call that was let pass wait for it.
    pub(crate) fn dial<'a>(&self, what: Use<'a>) -> Result<Pass<'a>, Failure> {
        self.check(Phase::Call(Interaction::Forbidden), what)
    }

    /// Whether requests to this origin were granted.
    fn origin(&self, origin: &Origin) -> Result<(), DenyReason> {
        let granted = &self.grants.http;
        if granted.is_empty() {
            return Err(DenyReason::NotGranted("the network"));
        }
        if granted.contains(origin) {
            return Ok(());
        }
        let granted = granted.iter().map(Origin::to_string).collect::<Vec<_>>().join(", ");
        Err(DenyReason::OtherOrigin { origin: origin.to_string(), granted })
    }

    /// A page that a person is to open: one of the origin that the plugin may speak with itself, so that nobody is led
    /// elsewhere in the name of this program.
    fn page(&self, interaction: Interaction, address: &str, origin: Result<&Origin, &str>) -> Result<(), DenyReason> {
        if !self.grants.prompt {
            return Err(DenyReason::NotGranted("the terminal"));
        }
        let origin =
            origin.map_err(|why| DenyReason::OddAddress { authority: address.to_owned(), why: why.to_owned() })?;
        if !self.grants.http.contains(origin) {
            let granted = self.grants.http.iter().map(Origin::to_string).collect::<Vec<_>>().join(", ");
            return Err(DenyReason::OtherPage { origin: origin.to_string(), granted });
        }
        match interaction {
            Interaction::Forbidden => Err(DenyReason::InteractionForbidden),
            Interaction::Allowed => Ok(()),
        }
    }

    fn http(&self, method: &str, authority: &str, origin: Result<&Origin, &str>) -> Result<(), DenyReason> {
        if method.eq_ignore_ascii_case("CONNECT") || method.eq_ignore_ascii_case("TRACE") {
            return Err(DenyReason::ForbiddenMethod(method.to_owned()));
        }
        let origin =
            origin.map_err(|why| DenyReason::OddAddress { authority: authority.to_owned(), why: why.to_owned() })?;
        if let Some(address) = origin.address()
            && let Some(why) = forbidden_literal(address)
        {
            return Err(DenyReason::ForbiddenAddress { address: address.to_string(), why });
        }
        self.origin(origin)
    }

    /// Whether the source may use this now.
    pub(crate) fn decide<'a>(&self, phase: Phase, what: Use<'a>) -> Result<Pass<'a>, DenyReason> {
        let Phase::Call(interaction) = phase else { return Err(DenyReason::Configuring) };
        let granted = |granted: bool, words| if granted { Ok(()) } else { Err(DenyReason::NotGranted(words)) };
        match what {
            Use::Variable(name) if self.grants.variables.contains(name) => Ok(()),
            Use::Variable(name) | Use::VariableNames(name) => match &self.grants.environment {
                None => Err(DenyReason::NotGranted("the environment")),
                Some(prefix) if has_prefix(name, prefix, cfg!(windows)) => Ok(()),
                Some(prefix) => Err(DenyReason::OutsidePrefix { name: name.to_owned(), prefix: prefix.clone() }),
            },
            Use::Sql => granted(self.grants.sql, "a database"),
            Use::Files => granted(self.grants.files, "a directory"),
            Use::ReadDocument | Use::WriteDocument => granted(self.grants.document, "a file"),
            Use::Keyring(_) if !self.grants.keyring => Err(DenyReason::NotGranted("the keyring")),
            // No coordinate is spelled otherwise, so nothing else is asked for in good faith.
            Use::Keyring(name) if Coordinate::parse("any", name).is_err() => Err(DenyReason::NoEntry(name.to_owned())),
            Use::Keyring(_) => Ok(()),
            Use::Prompt if self.grants.prompt && interaction == Interaction::Forbidden => {
                Err(DenyReason::InteractionForbidden)
            }
            Use::Prompt => granted(self.grants.prompt, "the terminal"),
            Use::Http { method, authority, origin } => self.http(method, authority, origin),
            Use::Dial { origin, address } => match forbidden(address.ip()) {
                Some(why) => Err(DenyReason::ForbiddenAddress {
                    address: format!("{} (an address of {})", address.ip(), origin.host()),
                    why,
                }),
                None => self.origin(origin),
            },
            Use::Session(_) if !self.grants.session => Err(DenyReason::NotGranted("sessions")),
            Use::Session(name) if name.is_empty() || name.len() > limits::MAX_SESSION_NAME => {
                Err(DenyReason::NoSession)
            }
            Use::Session(_) => Ok(()),
            Use::CredentialFile(_) if self.grants.credential_files.is_empty() => {
                Err(DenyReason::NotGranted("files with a credential"))
            }
            Use::CredentialFile(setting) => {
                match self.grants.credential_files.iter().any(|pattern| fits(pattern, setting)) {
                    true => Ok(()),
                    false => Err(DenyReason::NoCredentialFile(setting.join("."))),
                }
            }
            Use::Identity(_) if self.grants.identities.is_empty() => {
                Err(DenyReason::NotGranted("tokens of an identity"))
            }
            Use::Identity(setting) => match self.grants.identities.iter().any(|pattern| fits(pattern, setting)) {
                true => Ok(()),
                false => Err(DenyReason::NoIdentity(setting.join("."))),
            },
            Use::Page { address, origin } => self.page(interaction, address, origin),
        }?;
        Ok(Pass(what))
    }
}

/// Whether the path of a setting fits a pattern, in which `*` stands for any one member: `auth.*.file`.
pub(crate) fn fits(pattern: &str, setting: &[String]) -> bool {
    let parts: Vec<&str> = pattern.split('.').collect();
    parts.len() == setting.len() && parts.iter().zip(setting).all(|(part, name)| *part == "*" || part == name)
}

#[cfg(test)]
mod tests;
