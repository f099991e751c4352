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
    /// To ask the person.
    pub prompt: bool,
    /// Requests to these origins and no other.
    pub http: BTreeSet<Origin>,
    /// What its sign-ins leave behind.
    pub session: bool,
    /// The files that these settings name, by the paths of the settings; `*` stands for any member.
    pub credential_files: BTreeSet<String>,
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
                DenyReason::NotGranted(_) | DenyReason::OutsidePrefix { .. } | DenyReason::OtherOrigin { .. } => {
                    self.remedy(what)
                }
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
            Use::Http { origin: Ok(origin), .. } | Use::Dial { origin, .. } => format!("--http {origin}"),
            Use::Http { origin: Err(_), .. } => return None,
            Use::Session(_) => "--session".to_owned(),
            Use::CredentialFile(_) => "--credential-files".to_owned(),
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
mod tests {
    use super::*;

    const CALL: Phase = Phase::Call(Interaction::Allowed);

    fn everything() -> Policy {
        Policy::new(Grants {
            environment: Some("HARMONY_CONFIG_".into()),
            sql: true,
            files: true,
            document: true,
            keyring: true,
            prompt: true,
            http: [origin()].into(),
            session: true,
            credential_files: ["auth.*.file".to_owned()].into(),
            ..Grants::default()
        })
    }

    fn origin() -> Origin {
        Origin::parse("https://bao.example.com:8200").unwrap()
    }

    fn uses<'a>(origin: &'a Origin, setting: &'a [String]) -> Vec<Use<'a>> {
        let http = Use::Http { method: "GET", authority: "bao.example.com:8200", origin: Ok(origin) };
        let dial = Use::Dial { origin, address: "10.0.0.1:8200".parse().unwrap() };
        let new = [http, dial, Use::Session("somebody"), Use::CredentialFile(setting)];
        USES.into_iter().chain(new).collect()
    }

    const USES: [Use<'_>; 8] = [
        Use::Variable("HARMONY_CONFIG_A"),
        Use::VariableNames("HARMONY_CONFIG_A"),
        Use::Sql,
        Use::Files,
        Use::ReadDocument,
        Use::WriteDocument,
        Use::Keyring("App@fw-a"),
        Use::Prompt,
    ];

    #[test]
    fn without_a_grant_everything_is_refused() {
        let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
        for what in uses(&origin, &setting) {
            assert!(matches!(Policy::default().decide(CALL, what), Err(DenyReason::NotGranted(_))), "{what:?}");
        }
    }

    #[test]
    fn while_configuring_everything_is_refused_whatever_was_granted() {
        let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
        for what in uses(&origin, &setting) {
            assert_eq!(everything().decide(Phase::Configure, what).unwrap_err(), DenyReason::Configuring);
        }
    }

    #[test]
    fn what_was_granted_passes_and_what_lies_beyond_does_not() {
        let (origin, setting) = (origin(), ["auth", "0", "file"].map(str::to_owned));
        for what in uses(&origin, &setting) {
            assert_eq!(everything().decide(CALL, what).unwrap().what(), what);
        }
        for name in ["PATH", "", "HARMONY_CONFIG", "harmony_config_a", "XHARMONY_CONFIG_A"] {
            for what in [Use::Variable(name), Use::VariableNames(name)] {
                assert!(matches!(everything().decide(CALL, what), Err(DenyReason::OutsidePrefix { .. })), "{name}");
            }
        }
    }

    #[test]
    fn a_variable_that_was_granted_by_its_name_is_that_one_alone() {
        let policy = Policy::new(Grants { variables: ["THEIR_PW".to_owned()].into(), ..Grants::default() });
        policy.decide(CALL, Use::Variable("THEIR_PW")).unwrap();
        for what in [Use::Variable("THEIR_PW_2"), Use::Variable("PATH"), Use::VariableNames("THEIR_PW")] {
            assert!(policy.decide(CALL, what).is_err(), "{what:?}");
        }
        assert_eq!(policy.decide(Phase::Configure, Use::Variable("THEIR_PW")).unwrap_err(), DenyReason::Configuring);
    }

    #[test]
    fn an_entry_of_the_keyring_has_the_name_of_a_coordinate() {
        for name in ["", "a/b", "App@", "App@a@b", "a b", "../x", "a\0"] {
            let refused = everything().decide(CALL, Use::Keyring(name));
            assert!(matches!(refused, Err(DenyReason::NoEntry(_))), "{name:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_command_that_would_allow_it_and_no_words_of_the_plugin() {
        let policy = Policy::default().granted_by(Some("harmony-config grant acme".to_owned()));
        for (what, remedy) in [
            (
                Use::Variable("ACME_TOKEN"),
                Some("if it should have that: harmony-config grant acme --environment ACME_TOKEN"),
            ),
            (
                Use::Variable("A; rm -rf ~"),
                Some("if it should have that: harmony-config grant acme --environment PREFIX"),
            ),
            (Use::Sql, Some("if it should have that: harmony-config grant acme --sql")),
        ] {
            assert_eq!(policy.check(CALL, what).unwrap_err().remedy.as_deref(), remedy);
        }
        assert_eq!(policy.check(Phase::Configure, Use::Sql).unwrap_err().remedy, None);
        assert_eq!(Policy::default().check(CALL, Use::Sql).unwrap_err().remedy, None);
    }

    #[test]
    fn a_request_goes_to_the_granted_origin_alone() {
        let policy = everything().granted_by(Some("harmony-config grant acme".to_owned()));
        let refused = |secure, authority: &str| {
            let origin = Origin::of_request(secure, authority);
            let origin = origin.as_ref().map_err(String::as_str);
            policy.check(CALL, Use::Http { method: "GET", authority, origin }).unwrap_err()
        };
        for (secure, authority) in [
            (false, "bao.example.com:8200"),
            (true, "bao.example.com"),
            (true, "bao.example.com:8201"),
            (true, "other.example.com:8200"),
            (true, "10.0.0.1:8200"),
        ] {
            let failure = refused(secure, authority);
            assert!(failure.message.contains("granted requests to https://bao.example.com:8200"), "{failure}");
            let scheme = if secure { "https" } else { "http" };
            let command = format!("if it should have that: harmony-config grant acme --http {scheme}://{authority}");
            assert_eq!(failure.remedy, Some(command));
        }
        for odd in ["me@bao.example.com:8200", "bao.example.com.:8200", "0x7f.1:8200", "[::ffff:127.0.0.1]:8200"] {
            assert_eq!(refused(true, odd).remedy, None, "{odd}");
        }
    }

    #[test]
    fn nothing_is_sent_to_a_metadata_address_though_it_was_granted() {
        for text in ["http://169.254.169.254", "http://[fd00:ec2::254]"] {
            let granted = Origin::parse(text).unwrap();
            let policy = Policy::new(Grants { http: [granted.clone()].into(), ..Grants::default() });
            let what = Use::Http { method: "GET", authority: "", origin: Ok(&granted) };
            assert!(matches!(policy.decide(CALL, what), Err(DenyReason::ForbiddenAddress { .. })), "{text}");
        }
    }

    #[test]
    fn no_connection_is_made_to_a_metadata_address_whatever_name_led_there() {
        let origin = origin();
        for address in ["169.254.169.254:8200", "[::ffff:169.254.169.254]:8200", "0.0.0.0:8200"] {
            let what = Use::Dial { origin: &origin, address: address.parse().unwrap() };
            let failure = everything().dial(what).unwrap_err();
            assert!(failure.message.contains("an address of bao.example.com"), "{failure}");
        }
    }

    #[test]
    fn methods_that_turn_a_server_into_a_tunnel_are_refused() {
        let origin = origin();
        for method in ["CONNECT", "connect", "TRACE"] {
            let what = Use::Http { method, authority: "bao.example.com:8200", origin: Ok(&origin) };
            assert_eq!(everything().decide(CALL, what).unwrap_err(), DenyReason::ForbiddenMethod(method.to_owned()));
        }
    }

    #[test]
    fn a_credential_file_is_one_that_a_setting_of_the_plugin_names() {
        for other in [&["auth", "0", "password"][..], &["auth", "file"], &["file"], &[]] {
            let other: Vec<String> = other.iter().map(|part| (*part).to_owned()).collect();
            let refused = everything().decide(CALL, Use::CredentialFile(&other)).unwrap_err();
            assert!(matches!(refused, DenyReason::NoCredentialFile(_)), "{other:?}");
        }
    }

    #[test]
    fn a_person_is_not_asked_where_the_call_forbids_it() {
        let refused = everything().decide(Phase::Call(Interaction::Forbidden), Use::Prompt).unwrap_err();
        assert_eq!(Failure::from(refused).code, FailureCode::InteractionRequired);
    }
}
