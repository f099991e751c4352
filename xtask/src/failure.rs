//! Why a command ended: one text for the person, with what to do next in it.

use std::{fmt, io, path::Path};

/// Why a command ended.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Failure(text.into())
    }

    /// What could not be done with a file or folder.
    pub(crate) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Failure(format!("{} {what}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
