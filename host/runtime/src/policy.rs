//! The one place where it is decided what a plugin may use. Glue translates, capabilities act; neither decides.
//!
//! Stops: a plugin that uses what it was not granted, or what it was granted beyond its bounds, or anything at all
//! while it is being configured. A capability acts only with a [`Pass`], and only [`Policy::decide`] makes one, so a
//! check that was forgotten does not compile. Does not stop: a plugin that misuses what it was granted.

use std::{collections::BTreeSet, fmt};

use harmony_config_core::{Coordinate, Failure, FailureCode, Interaction};

use crate::capability::{environment::has_prefix, http::origin::Origin};

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
}

impl fmt::Display for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DenyReason::Configuring => f.write_str("a plugin may use nothing while it is being configured"),
            DenyReason::NotGranted(what) => write!(f, "the source was not granted {what}"),
            DenyReason::OutsidePrefix { name, prefix } => {
                write!(f, "the variable `{}` does not begin with `{prefix}`", crate::words::shown(name))
            }
            DenyReason::NoEntry(name) => {
                write!(f, "`{}` is no name of an entry; one is KEY or KEY@INSTANCE", crate::words::shown(name))
            }
            DenyReason::InteractionForbidden => f.write_str("nobody may be asked during this call"),
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
                DenyReason::NotGranted(_) | DenyReason::OutsidePrefix { .. } => self.remedy(what),
                DenyReason::Configuring | DenyReason::NoEntry(_) | DenyReason::InteractionForbidden => None,
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
        };
        self.grant.as_ref().map(|command| format!("if it should have that: {command} {flag}"))
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
        }?;
        Ok(Pass(what))
    }
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
            ..Grants::default()
        })
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
        for what in USES {
            assert!(matches!(Policy::default().decide(CALL, what), Err(DenyReason::NotGranted(_))), "{what:?}");
        }
    }

    #[test]
    fn while_configuring_everything_is_refused_whatever_was_granted() {
        for what in USES {
            assert_eq!(everything().decide(Phase::Configure, what).unwrap_err(), DenyReason::Configuring);
        }
    }

    #[test]
    fn what_was_granted_passes_and_what_lies_beyond_does_not() {
        for what in USES {
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
    fn a_person_is_not_asked_where_the_call_forbids_it() {
        let refused = everything().decide(Phase::Call(Interaction::Forbidden), Use::Prompt).unwrap_err();
        assert_eq!(Failure::from(refused).code, FailureCode::InteractionRequired);
    }
}
