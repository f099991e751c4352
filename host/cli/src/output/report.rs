//! What a command's answer must be able to do to be printed. A command whose answer is more than a line has a report of its
//! own; the printer knows none of them.

use std::fmt::Debug;

use serde_json::Value;

use crate::{Failed, style::Style};

/// The answer of a command.
pub trait Report: Debug + Send + Sync {
    /// What goes to standard output, for a person or a script. None where there is no answer.
    fn answer(&self, _style: Style) -> Option<String> {
        None
    }

    /// The lines that go to standard error beside it.
    fn words(&self, _style: Style) -> Vec<String> {
        Vec::new()
    }

    /// The answer as JSON, with its `version`.
    fn json(&self) -> Value;

    /// What could not be done beside what was.
    fn failures(&self) -> &[Failed] {
        &[]
    }

    /// What the process exits with.
    fn exit_code(&self) -> u8 {
        self.failures().first().map_or(0, |failed| failed.exit_code)
    }
}
