//! How an entry is made.

use crate::Entry;

impl Entry {
    /// A whole value: its JSON text, and its place in words that a person of this source knows.
    pub fn new(value: impl Into<String>, location: impl Into<String>) -> Self {
        Entry {
            value: value.into(),
            partial: false,
            version: None,
            location: location.into(),
            expires_in_ms: None,
            extra: Vec::new(),
        }
    }

    /// Some of the fields only: the host asks the sources below for the others.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.partial = true;
        self
    }

    /// What a write may name as the version that it expects.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// In how many milliseconds the value ends.
    #[must_use]
    pub fn expires_in_ms(mut self, milliseconds: u64) -> Self {
        self.expires_in_ms = Some(milliseconds);
        self
    }
}
