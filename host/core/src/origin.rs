//! Where a value came from: what each source of the chain answered. Never what it answered with.

use std::{collections::BTreeMap, fmt, ops::Deref, sync::Arc, time::Duration};

use crate::FailureCode;

/// What became of one source in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It gave the value.
    Hit,
    /// It gave some of the fields.
    Partial,
    /// It has a value, and a source above it won.
    Shadowed,
    /// It has none.
    Absent,
    /// It was not asked: it would have asked a person, or the value was already whole.
    Skipped,
    /// It is not in this key's chain.
    NotRouted,
    /// It refused.
    Denied,
    /// It could not be reached, or did not answer in time.
    Unavailable,
    /// Its content cannot be read.
    Invalid,
    /// It needs a person.
    InteractionRequired,
    /// The person said no to it.
    Cancelled,
    /// It cannot do that.
    Unsupported,
}

impl Outcome {
    /// As JSON output spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Hit => "hit",
            Outcome::Partial => "partial",
            Outcome::Shadowed => "shadowed",
            Outcome::Absent => "absent",
            Outcome::Skipped => "skipped",
            Outcome::NotRouted => "not-routed",
            Outcome::Denied => "denied",
            Outcome::Unavailable => "unavailable",
            Outcome::Invalid => "invalid",
            Outcome::InteractionRequired => "interaction-required",
            Outcome::Cancelled => "cancelled",
            Outcome::Unsupported => "unsupported",
        }
    }

    /// Whether the source could not answer at all.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Outcome::Denied
                | Outcome::Unavailable
                | Outcome::Invalid
                | Outcome::InteractionRequired
                | Outcome::Cancelled
                | Outcome::Unsupported
        )
    }
}

impl From<FailureCode> for Outcome {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Denied => Outcome::Denied,
            FailureCode::InteractionRequired => Outcome::InteractionRequired,
            FailureCode::Invalid => Outcome::Invalid,
            FailureCode::Cancelled => Outcome::Cancelled,
            FailureCode::Unsupported => Outcome::Unsupported,
            _ => Outcome::Unavailable,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What one source answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// The source, by its name in the manifest.
    pub source: Arc<str>,
    /// The plugin that serves it, or `native`.
    pub plugin: Arc<str>,
    /// What became of it.
    pub outcome: Outcome,
    /// Where the value is, in the source's own words.
    pub location: Option<String>,
    /// Which version of it.
    pub version: Option<String>,
    /// How long the source took.
    pub elapsed: Duration,
    /// Why it could not answer, or why it was not asked.
    pub message: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Where a value came from.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Origin {
    /// What each source that was asked answered, in the order of the chain.
    pub steps: Vec<Step>,
    /// The source that gave the value, or its first field where several gave it; none where nobody did.
    pub winner: Option<Arc<str>>,
    /// For each top-level field, the source that gave it.
    pub fields: BTreeMap<String, Arc<str>>,
    /// True where a source above the winner could not answer: the value may not be the one that would win.
    pub degraded: bool,
}

impl Origin {
    /// The place of the value, in the winner's own words.
    pub fn location(&self) -> Option<&str> {
        let winner = self.winner.as_ref()?;
        self.steps.iter().find(|step| step.source == *winner).and_then(|step| step.location.as_deref())
    }
}

/// A value, and where it came from.
///
/// It is the value for most purposes: it dereferences to it.
#[derive(Clone, Debug)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Resolved<T> {
    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Resolved<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
