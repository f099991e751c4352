//! How a failure is made: the codes of the contract, by name. The message is one sentence on what failed and where; no
//! value is in it.

use crate::Failure;

/// The member of `extra` that says of a write that nobody knows whether it took effect.
const OUTCOME: &str = "outcome";

impl Failure {
    /// A failure with a code of the contract. The constructors below name them all.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Failure { code: code.into(), message: message.into(), remedy: None, retry_after_ms: None, extra: Vec::new() }
    }

    /// A login, a permission or a grant was refused.
    pub fn denied(message: impl Into<String>) -> Self {
        Failure::new("denied", message)
    }

    /// Not reachable, locked or overloaded: another time it may answer.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Failure::new("unavailable", message)
    }

    /// A person is needed, and none may be asked.
    pub fn interaction_required(message: impl Into<String>) -> Self {
        Failure::new("interaction-required", message)
    }

    /// What is stored cannot be read, or the settings cannot be used.
    pub fn invalid(message: impl Into<String>) -> Self {
        Failure::new("invalid", message)
    }

    /// What was expected did not hold; nothing was written.
    pub fn conflict(message: impl Into<String>) -> Self {
        Failure::new("conflict", message)
    }

    /// This source cannot do that at all.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Failure::new("unsupported", message)
    }

    /// The person said no.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Failure::new("cancelled", message)
    }

    /// What to do next, as a sentence or a command.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// How long to leave the source alone.
    #[must_use]
    pub fn retry_after_ms(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds);
        self
    }

    /// A write was sent, and nobody knows whether it took effect: the connection was lost, or the answer cannot be read.
    /// The host reads again then; it never writes elsewhere on a guess. Not for what is known not to have happened.
    #[must_use]
    pub fn unknown_outcome(mut self) -> Self {
        self.extra.retain(|(name, _)| name != OUTCOME);
        self.extra.push((OUTCOME.to_owned(), "\"unknown\"".to_owned()));
        self
    }

    /// Whether it says so.
    pub fn is_unknown_outcome(&self) -> bool {
        self.extra.iter().any(|(name, value)| name == OUTCOME && value == "\"unknown\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_is_said_once_as_the_contract_says_it() {
        let failure = Failure::unavailable("the connection was lost");
        assert!(!failure.is_unknown_outcome());
        let failure = failure.unknown_outcome().unknown_outcome();
        assert!(failure.is_unknown_outcome());
        assert_eq!(failure.extra, [("outcome".to_owned(), "\"unknown\"".to_owned())]);
    }
}
