//! What a guest tried, and what came of it.

use harmony_config_sdk::{Entry, Failure};

/// Things that were tried and should all have been refused.
#[derive(Default)]
pub(crate) struct Attempts {
    refused: Vec<String>,
    breaches: Vec<String>,
}

impl Attempts {
    /// Something that should be refused with an error.
    pub(crate) fn refused<T, E: std::fmt::Display>(&mut self, what: &str, came: Result<T, E>) {
        match came {
            Ok(_) => self.breaches.push(what.to_owned()),
            Err(error) => self.refused.push(format!("{what}: {error}")),
        }
    }

    /// Something that should be refused by the host, in words of its own.
    pub(crate) fn refused_by_host<T>(&mut self, what: &str, came: Result<T, Failure>) {
        self.refused(what, came.map_err(|failure| failure.message));
    }

    /// Something that should be refused by the host with this code.
    pub(crate) fn refused_as<T>(&mut self, code: &str, what: &str, came: Result<T, Failure>) {
        match came {
            Err(failure) if failure.code == code => self.refused.push(format!("{what}: {}", failure.message)),
            Err(failure) => self.breaches.push(format!("{what} with the code {}: {}", failure.code, failure.message)),
            Ok(_) => self.breaches.push(what.to_owned()),
        }
    }

    /// Something that should find nothing.
    pub(crate) fn nothing(&mut self, what: &str, found: Option<String>) {
        match found {
            Some(found) => self.breaches.push(format!("{what}: {found}")),
            None => self.refused.push(format!("{what}: nothing there")),
        }
    }

    /// The refusals.
    pub(crate) fn failure(self) -> Failure {
        match self.breaches.is_empty() {
            true => Failure::denied(format!("refused: {}", self.refused.join("; "))),
            false => Failure::denied(format!("BREACH: {}", self.breaches.join("; "))),
        }
    }

    /// The refusals as the answer of a call; a value where something was reached.
    pub(crate) fn answer(self) -> Result<Option<Entry>, Failure> {
        match self.breaches.is_empty() {
            true => Err(self.failure()),
            // The place is what is shown of a value.
            false => Ok(Some(Entry::new("{}", format!("BREACH: {}", self.breaches.join("; "))))),
        }
    }
}
