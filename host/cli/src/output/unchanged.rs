//! What `edit` answers with where nothing was changed.

use harmony_config_core::Coordinate;
use serde_json::{Value, json};

use super::{json::with, report::Report};
use crate::style::Style;

/// A value that is as it was.
#[derive(Clone, Debug)]
pub struct Unchanged {
    /// Which value.
    pub at: Coordinate,
    /// The source that was looked into.
    pub source: String,
}

impl Report for Unchanged {
    fn words(&self, _: Style) -> Vec<String> {
        vec![format!("{} is as it was: nothing was written to `{}`", self.at, self.source)]
    }

    fn json(&self) -> Value {
        with(&self.at, json!({ "source": self.source, "changed": false }))
    }
}
