//! A command that could not do what it was asked: the words and the JSON of it, and its exit code. It never holds a
//! value.

use std::fmt;

use harmony_config_core::ConfigError;
use serde::Serialize;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// A stable name of the case: see `docs/cli.md`.
    pub code: &'static str,
    /// What failed and where.
    pub message: String,
    /// What to do next.
    pub remedy: Option<String>,
    /// The key, as `KEY` or `KEY@INSTANCE`.
    pub key: Option<String>,
    /// The source that failed.
    pub source: Option<String>,
    /// What the process exits with.
    pub exit_code: u8,
}

impl Failed {
    fn new(code: &'static str, exit_code: u8, message: impl Into<String>) -> Self {
        Failed { code, message: message.into(), remedy: None, key: None, source: None, exit_code }
    }

    /// The command line itself was wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Failed::new("usage", 2, message)
    }

    /// The manifest, or its file, is not as the command needs it.
    pub fn manifest(message: impl Into<String>) -> Self {
        Failed::new("manifest", 2, message)
    }

    /// There is no such value.
    pub fn not_found(message: impl Into<String>) -> Self {
        Failed::new("not-found", 3, message)
    }

    /// A person is needed.
    pub fn person_needed(message: impl Into<String>) -> Self {
        Failed::new("source.interaction-required", 4, message)
    }

    /// A login, a permission or a grant was refused.
    pub fn denied(message: impl Into<String>) -> Self {
        Failed::new("source.denied", 5, message)
    }

    /// What is needed cannot be reached, or cannot answer now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Failed::new("source.unavailable", 6, message)
    }

    /// What was given cannot be used as a value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Failed::new("value.invalid", 7, message)
    }

    /// The person said no, or what they did cannot be told from it.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Failed::new("cancelled", 1, message)
    }

    /// Anything else.
    pub fn other(message: impl Into<String>) -> Self {
        Failed::new("other", 1, message)
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same, naming the key.
    #[must_use]
    pub fn with_key(mut self, key: impl fmt::Display) -> Self {
        self.key = Some(key.to_string());
        self
    }

    /// The same, naming the source.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Failed {
            code: error.code(),
            message: error.message().to_owned(),
            remedy: error.remedy().map(str::to_owned),
            key: error.key().map(str::to_owned),
            source: error.source_name().map(str::to_owned),
            exit_code: error.exit_code(),
        }
    }
}

/// `KEY: message`, without the remedy.
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}
