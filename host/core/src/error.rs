//! What a caller gets when a value could not be had or kept: cases to act on, never the text of a value.

use std::{error::Error as StdError, fmt, sync::Arc};

use serde_json::Value;

use crate::{Blame, Failure, FailureCode, Origin};

/// Why a value could not be had or kept.
///
/// ```
/// use harmony_config_core::ConfigError;
///
/// fn advice(error: &ConfigError) -> String {
///     match error {
///         ConfigError::NotFound { .. } => "run `my-program setup` first".to_owned(),
///         other => other.remedy().unwrap_or("see the message").to_owned(),
///     }
/// }
/// ```
#[non_exhaustive]
#[derive(Clone)]
pub enum ConfigError {
    /// Every source was asked, and none has the value.
    NotFound(Box<Details>),
    /// A value was found and does not fit the type: often one that an older version of the program stored.
    Deserialization(Box<Details>),
    /// A value could not be written as JSON.
    Serialization(Box<Details>),
    /// What is stored cannot be read at all, or a source's settings cannot be used.
    Invalid(Box<Details>),
    /// A login, a permission or a grant was refused.
    Denied(Box<Details>),
    /// A source that matters could not be reached.
    Unavailable(Box<Details>),
    /// A person is needed and none may be asked.
    InteractionRequired(Box<Details>),
    /// The person said no. Nothing was written.
    Cancelled(Box<Details>),
    /// Somebody else changed the value meanwhile. Nothing was written.
    Conflict(Box<Details>),
    /// A value is at hand and could not be kept. [`ConfigError::unsaved`] has it.
    NotPersisted(Box<Details>),
    /// The manifest cannot be used.
    Manifest(Box<Details>),
    /// The call itself was wrong: a name outside the grammar, a source that is not in the chain.
    Usage(Box<Details>),
    /// Anything else.
    Other(Box<Details>),
}

/// What is known about an error. Read through the methods of [`ConfigError`].
#[derive(Clone, Default)]
pub struct Details {
    message: String,
    key: Option<String>,
    source_name: Option<String>,
    remedy: Option<String>,
    blame: Option<Blame>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
    unsaved: Option<Value>,
    origin: Option<Box<Origin>>,
    exit_code: Option<u8>,
}

/// Names a case and builds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotFound,
    Deserialization,
    Serialization,
    Invalid,
    Denied,
    Unavailable,
    InteractionRequired,
    Cancelled,
    Conflict,
    NotPersisted,
    Manifest,
    Usage,
    Other,
}

impl ConfigError {
    pub(crate) fn build(kind: Kind, message: impl Into<String>) -> Self {
        let details = Box::new(Details { message: message.into(), ..Details::default() });
        match kind {
            Kind::NotFound => ConfigError::NotFound(details),
            Kind::Deserialization => ConfigError::Deserialization(details),
            Kind::Serialization => ConfigError::Serialization(details),
            Kind::Invalid => ConfigError::Invalid(details),
            Kind::Denied => ConfigError::Denied(details),
            Kind::Unavailable => ConfigError::Unavailable(details),
            Kind::InteractionRequired => ConfigError::InteractionRequired(details),
            Kind::Cancelled => ConfigError::Cancelled(details),
            Kind::Conflict => ConfigError::Conflict(details),
            Kind::NotPersisted => ConfigError::NotPersisted(details),
            Kind::Manifest => ConfigError::Manifest(details),
            Kind::Usage => ConfigError::Usage(details),
            Kind::Other => ConfigError::Other(details),
        }
    }

    /// An error of a source of one's own: `code` decides the case, the message names what failed and where.
    pub fn from_failure(failure: Failure) -> Self {
        let kind = match failure.code {
            FailureCode::Denied => Kind::Denied,
            FailureCode::Unavailable => Kind::Unavailable,
            FailureCode::InteractionRequired => Kind::InteractionRequired,
            FailureCode::Invalid => Kind::Invalid,
            FailureCode::Conflict => Kind::Conflict,
            FailureCode::Unsupported => Kind::Other,
            FailureCode::Cancelled => Kind::Cancelled,
        };
        let mut error = ConfigError::build(kind, failure.message.clone());
        let details = error.details_mut();
        details.remedy = failure.remedy.clone();
        details.blame = Some(failure.blame);
        details.cause = Some(Arc::new(failure));
        error
    }

    /// A call that was wrong in itself.
    pub fn usage(_code: FailureCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        ConfigError::build(Kind::Usage, message).with_remedy(remedy).blamed_on(Blame::Person)
    }

    /// A manifest that cannot be used. The message carries file, line and the marked text.
    pub fn manifest(message: impl Into<String>) -> Self {
        ConfigError::build(Kind::Manifest, message).blamed_on(Blame::Person)
    }

    /// Any other fault, with its cause.
    pub fn other(message: impl Into<String>) -> Self {
        ConfigError::build(Kind::Other, message).blamed_on(Blame::Host)
    }

    fn details(&self) -> &Details {
        match self {
            ConfigError::NotFound(d)
            | ConfigError::Deserialization(d)
            | ConfigError::Serialization(d)
            | ConfigError::Invalid(d)
            | ConfigError::Denied(d)
            | ConfigError::Unavailable(d)
            | ConfigError::InteractionRequired(d)
            | ConfigError::Cancelled(d)
            | ConfigError::Conflict(d)
            | ConfigError::NotPersisted(d)
            | ConfigError::Manifest(d)
            | ConfigError::Usage(d)
            | ConfigError::Other(d) => d,
        }
    }

    fn details_mut(&mut self) -> &mut Details {
        match self {
            ConfigError::NotFound(d)
            | ConfigError::Deserialization(d)
            | ConfigError::Serialization(d)
            | ConfigError::Invalid(d)
            | ConfigError::Denied(d)
            | ConfigError::Unavailable(d)
            | ConfigError::InteractionRequired(d)
            | ConfigError::Cancelled(d)
            | ConfigError::Conflict(d)
            | ConfigError::NotPersisted(d)
            | ConfigError::Manifest(d)
            | ConfigError::Usage(d)
            | ConfigError::Other(d) => d,
        }
    }

    /// The same, naming the key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.details_mut().key = Some(key.into());
        self
    }

    /// The same, naming the source.
    #[must_use]
    pub fn with_source_name(mut self, name: impl Into<String>) -> Self {
        self.details_mut().source_name = Some(name.into());
        self
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.details_mut().remedy = Some(remedy.into());
        self
    }

    /// The same, with whose fault it was.
    #[must_use]
    pub fn blamed_on(mut self, blame: Blame) -> Self {
        self.details_mut().blame = Some(blame);
        self
    }

    /// The same, with what caused it. The cause must not quote a value.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.details_mut().cause = Some(Arc::from(cause.into()));
        self
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.details_mut().message = message.into();
        self
    }

    /// For a case whose exit code is that of its cause.
    pub(crate) fn with_exit_code(mut self, code: u8) -> Self {
        self.details_mut().exit_code = Some(code);
        self
    }

    pub(crate) fn with_unsaved(mut self, value: Value) -> Self {
        self.details_mut().unsaved = Some(value);
        self
    }

    pub(crate) fn with_origin(mut self, origin: Origin) -> Self {
        self.details_mut().origin = Some(Box::new(origin));
        self
    }

    /// A stable name of the case, for logs, JSON output and programs.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::NotFound(_) => "not-found",
            ConfigError::Deserialization(_) => "value.deserialization",
            ConfigError::Serialization(_) => "value.serialization",
            ConfigError::Invalid(_) => "source.invalid",
            ConfigError::Denied(_) => "source.denied",
            ConfigError::Unavailable(_) => "source.unavailable",
            ConfigError::InteractionRequired(_) => "source.interaction-required",
            ConfigError::Cancelled(_) => "cancelled",
            ConfigError::Conflict(_) => "source.conflict",
            ConfigError::NotPersisted(_) => "not-persisted",
            ConfigError::Manifest(_) => "manifest",
            ConfigError::Usage(_) => "usage",
            ConfigError::Other(_) => "other",
        }
    }

    /// What a command should exit with: 1 other failure, 2 usage or manifest, 3 not found, 4 a person is needed,
    /// 5 denied, 6 unavailable, 7 invalid data.
    pub fn exit_code(&self) -> u8 {
        if let Some(code) = self.details().exit_code {
            return code;
        }
        match self {
            ConfigError::NotFound(_) => 3,
            ConfigError::Deserialization(_) | ConfigError::Invalid(_) => 7,
            ConfigError::Denied(_) => 5,
            ConfigError::Unavailable(_) => 6,
            ConfigError::InteractionRequired(_) => 4,
            ConfigError::Manifest(_) | ConfigError::Usage(_) => 2,
            ConfigError::Serialization(_)
            | ConfigError::Cancelled(_)
            | ConfigError::Conflict(_)
            | ConfigError::NotPersisted(_)
            | ConfigError::Other(_) => 1,
        }
    }

    /// The key, as `KEY` or `KEY@INSTANCE`.
    pub fn key(&self) -> Option<&str> {
        self.details().key.as_deref()
    }

    /// The source that failed, by its name in the manifest.
    pub fn source_name(&self) -> Option<&str> {
        self.details().source_name.as_deref()
    }

    /// What failed and where, without the remedy.
    pub fn message(&self) -> &str {
        &self.details().message
    }

    /// What to do next.
    pub fn remedy(&self) -> Option<&str> {
        self.details().remedy.as_deref()
    }

    /// Who has to do something about it.
    pub fn blame(&self) -> Blame {
        self.details().blame.unwrap_or(Blame::Person)
    }

    /// The value that could not be kept, so that an answer is not lost.
    pub fn unsaved(&self) -> Option<&Value> {
        self.details().unsaved.as_ref()
    }

    /// What each source answered before it came to this.
    pub fn origin(&self) -> Option<&Origin> {
        self.details().origin.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details();
        if let Some(key) = &details.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&details.message)?;
        match &details.remedy {
            Some(remedy) => write!(f, "\n  next: {remedy}"),
            None => Ok(()),
        }
    }
}

/// As `Display`, with the case in front: a value at hand is never shown.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details();
        let mut out = f.debug_struct("ConfigError");
        out.field("code", &self.code()).field("message", &details.message);
        if let Some(key) = &details.key {
            out.field("key", key);
        }
        if let Some(name) = &details.source_name {
            out.field("source", name);
        }
        if let Some(remedy) = &details.remedy {
            out.field("remedy", remedy);
        }
        if details.unsaved.is_some() {
            out.field("unsaved", &"***");
        }
        out.finish()
    }
}

impl StdError for ConfigError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.details().cause.as_deref();
        cause.map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// How an error of a source of one's own is read by the chain.
impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let code = match &error {
            ConfigError::Denied(_) => FailureCode::Denied,
            ConfigError::InteractionRequired(_) => FailureCode::InteractionRequired,
            ConfigError::Deserialization(_)
            | ConfigError::Serialization(_)
            | ConfigError::Invalid(_)
            | ConfigError::Manifest(_)
            | ConfigError::Usage(_) => FailureCode::Invalid,
            ConfigError::Conflict(_) => FailureCode::Conflict,
            ConfigError::Cancelled(_) => FailureCode::Cancelled,
            ConfigError::NotFound(_)
            | ConfigError::Unavailable(_)
            | ConfigError::NotPersisted(_)
            | ConfigError::Other(_) => FailureCode::Unavailable,
        };
        let mut failure = Failure::new(code, error.message()).blamed_on(error.blame());
        failure.remedy = error.remedy().map(str::to_owned);
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_two_words_wide() {
        // A discriminant and a box: the cases stay matchable, and a Result stays small.
        assert_eq!(size_of::<ConfigError>(), 2 * size_of::<usize>());
    }

    #[test]
    fn a_value_at_hand_is_never_shown() {
        let error = ConfigError::build(Kind::NotPersisted, "the disk is full")
            .with_unsaved(serde_json::json!({ "password": "canary" }));
        assert!(!format!("{error} {error:?} {error:#?}").contains("canary"));
        assert!(error.unsaved().is_some());
    }
}
