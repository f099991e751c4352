//! What keeps a peer from doing what a test asked of it.

/// Why a peer could not be started, reached or told something, in words for the person who reads the test's output.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// An error of something below, with what was being done.
    pub(crate) fn while_doing(what: &str, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
