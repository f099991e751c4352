//! What a person decided, or may decide: the words of `trust`, `untrust`, `grant` and `revoke`, which the commands find
//! themselves.

use serde_json::Value;

use super::report::Report;
use crate::style::Style;

/// What a command found or did, in its own words.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// What goes to standard output.
    pub(crate) answer: Option<String>,
    /// What goes to standard error beside it, one line each.
    pub(crate) words: Vec<String>,
    /// All of it.
    pub(crate) json: Value,
}

impl Report for Decided {
    fn answer(&self, _: Style) -> Option<String> {
        self.answer.clone()
    }

    fn words(&self, _: Style) -> Vec<String> {
        self.words.clone()
    }

    fn json(&self) -> Value {
        self.json.clone()
    }
}
