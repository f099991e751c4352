//! Why a source could not answer: what a source says to the chain. What a caller of the chain gets is `ConfigError`.

use std::{fmt, time::Duration};

/// What kind of failure it was. The names are those of the plugins' contract (`wit/types.wit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FailureCode {
    /// A login, a permission or a grant was refused.
    Denied,
    /// Not reachable, locked, overloaded, too slow: another time it may answer.
    Unavailable,
    /// A person is needed and none may be asked.
    InteractionRequired,
    /// What is stored cannot be read, or the settings cannot be used.
    Invalid,
    /// The expected version did not hold: nothing was written.
    Conflict,
    /// The source cannot do that at all.
    Unsupported,
    /// The person said no.
    Cancelled,
}

impl FailureCode {
    /// The code as plugins, manifests and JSON output spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureCode::Denied => "denied",
            FailureCode::Unavailable => "unavailable",
            FailureCode::InteractionRequired => "interaction-required",
            FailureCode::Invalid => "invalid",
            FailureCode::Conflict => "conflict",
            FailureCode::Unsupported => "unsupported",
            FailureCode::Cancelled => "cancelled",
        }
    }

    /// The code of that name. A name that is not known is `Unavailable`: an old host must not take a new kind of
    /// failure for absence, nor for a refusal.
    pub fn from_name(name: &str) -> Self {
        match name {
            "denied" => FailureCode::Denied,
            "interaction-required" => FailureCode::InteractionRequired,
            "invalid" => FailureCode::Invalid,
            "conflict" => FailureCode::Conflict,
            "unsupported" => FailureCode::Unsupported,
            "cancelled" => FailureCode::Cancelled,
            _ => FailureCode::Unavailable,
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who has to do something about a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The person or what they configured.
    Person,
    /// The plugin: it trapped, ran too long, broke the contract or its bounds.
    Plugin,
    /// This program.
    Host,
    /// The store behind the source.
    #[default]
    Store,
}

/// Why a source could not answer. That it has no value is no failure.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of failure it was.
    pub code: FailureCode,
    /// What failed and where, in one sentence without a secret.
    pub message: String,
    /// What to do next.
    pub remedy: Option<String>,
    /// How long to leave the source alone.
    pub retry_after: Option<Duration>,
    /// Whose fault it was.
    pub blame: Blame,
    /// True where a write may or may not have happened (it timed out, its connection broke).
    pub outcome_unknown: bool,
}

impl Failure {
    /// A failure with this code and message.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Failure {
            code,
            message: message.into(),
            remedy: None,
            retry_after: None,
            blame: Blame::default(),
            outcome_unknown: false,
        }
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same, with whose fault it was.
    #[must_use]
    pub fn blamed_on(mut self, blame: Blame) -> Self {
        self.blame = blame;
        self
    }

    /// The same, for a write that may have happened.
    #[must_use]
    pub fn with_unknown_outcome(mut self) -> Self {
        self.outcome_unknown = true;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}
