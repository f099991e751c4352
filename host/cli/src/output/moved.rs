//! What `move` answers with.

use harmony_config_core::Coordinate;
use serde_json::{Value, json};

use super::{json::VERSION, report::Report};
use crate::{Failed, style::Style};

/// What became of each value that was to be moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The namespace of the values.
    pub namespace: String,
    /// The source that had them.
    pub from: String,
    /// The source that has them now.
    pub to: String,
    /// Whether nothing was changed, and this is what would be.
    pub dry_run: bool,
    /// The values that were moved.
    pub moved: Vec<MovedOne>,
    /// Why the others were not.
    pub failed: Vec<Failed>,
}

/// A value that was moved.
#[derive(Clone, Debug)]
pub struct MovedOne {
    /// Which value.
    pub at: Coordinate,
    /// Its version in the new place, if it was written, and the source has versions.
    pub version: Option<String>,
    /// Whether it was in the new place already.
    pub was_there: bool,
    /// Whether another value was replaced.
    pub replaced: bool,
}

impl Report for Moved {
    fn words(&self, _: Style) -> Vec<String> {
        let (from, to) = (&self.from, &self.to);
        let be = if self.dry_run { "would be" } else { "is" };
        let mut words: Vec<String> = self
            .moved
            .iter()
            .map(|MovedOne { at, was_there, replaced, .. }| match (was_there, replaced) {
                (true, _) => format!("{at} {be} removed from `{from}`: `{to}` had it already"),
                (_, true) => format!("{at} {be} moved from `{from}` to `{to}`, in the place of another value"),
                _ => format!("{at} {be} moved from `{from}` to `{to}`"),
            })
            .collect();
        if self.moved.is_empty() && self.failed.is_empty() {
            words.push(format!("`{from}` holds no value in namespace `{}`", self.namespace));
        }
        words
    }

    fn failures(&self) -> &[Failed] {
        &self.failed
    }

    fn json(&self) -> Value {
        let moved: Vec<Value> = self
            .moved
            .iter()
            .map(|MovedOne { at, version, was_there, replaced }| {
                let outcome = match (was_there, replaced) {
                    (true, _) => "already-there",
                    (_, true) => "replaced",
                    _ => "moved",
                };
                json!({ "key": at.key(), "instance": at.instance(), "outcome": outcome, "stored_version": version })
            })
            .collect();
        let mut all = json!({
            "version": VERSION,
            "namespace": self.namespace,
            "from": self.from,
            "to": self.to,
            "dry_run": self.dry_run,
            "moved": moved,
            "failed": self.failed,
        });
        // Where a script looks first, whatever the command.
        if let (Some(all), Some(first)) = (all.as_object_mut(), self.failed.first()) {
            all.insert("error".to_owned(), json!(first));
        }
        all
    }
}
