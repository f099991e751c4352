//! What can hold configuration values, and what is said between the chain and a source. No source lives here.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use crate::{ConfigError, Coordinate, Failure, FailureCode};

/// How carefully a value is to be handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sensitivity {
    /// May be shown.
    Standard,
    /// Never shown, logged or put into an error. A value that nobody declared is secret.
    #[default]
    Secret,
}

/// Whether a person may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// Nobody is asked.
    #[default]
    Forbidden,
    /// A person may be asked.
    Allowed,
}

/// One question to a source.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which value is meant.
    pub at: Coordinate,
    /// How carefully it is to be handled.
    pub sensitivity: Sensitivity,
    /// The JSON Schema of the value, if its type is known. An interactive source gets the schema of what is missing.
    pub schema: Option<Arc<Value>>,
    /// The same schema as text, where it is at hand: a plugin gets text, and writing it out anew costs more than a read.
    pub schema_text: Option<Arc<str>>,
    /// Where fields lie elsewhere in this source. Where there are any, what lies there is all that is asked for.
    pub locations: Arc<[Location]>,
    /// Whether a person may be asked.
    pub interaction: Interaction,
    /// One for each walk of the chain.
    pub id: Arc<str>,
    /// What a person should know before being asked. Shown by the host; a plugin never gets it.
    pub notes: Arc<PromptNotes>,
}

/// Where a field lies elsewhere in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path of the field; empty for the whole value.
    pub field: Vec<String>,
    /// The place, in the source's own notation.
    pub at: String,
    /// Where that was said, for people: the manifest's file and line.
    pub said: String,
}

/// What a person is told before being asked. It stays in the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptNotes {
    /// Sentences, one a line: which sources could not be asked, which values are wrong.
    pub notices: Vec<String>,
    /// What is already known: the field's path joined by dots, and the value as it may be shown (a secret as `***`).
    pub known: BTreeMap<String, String>,
}

impl Request {
    /// Whether a field is secret, as the schema of its type says; none where no schema is known. A field that the schema
    /// does not know could be one.
    pub fn is_secret(&self, field: &[String]) -> Option<bool> {
        self.schema.as_deref().map(|schema| crate::schema::is_secret(schema, field))
    }

    /// A request for this value that asks nobody and knows nothing of its type.
    pub fn new(at: Coordinate) -> Self {
        Request {
            at,
            sensitivity: Sensitivity::Secret,
            schema: None,
            schema_text: None,
            locations: crate::chain::no_locations(),
            interaction: Interaction::Forbidden,
            id: Arc::from(""),
            notes: Arc::default(),
        }
    }
}

/// What a source has at a coordinate.
#[derive(Clone)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// True where it is some of the fields only.
    pub partial: bool,
    /// What to hand to a later write as `expected`.
    pub version: Option<String>,
    /// The place, in words that a person of this source knows.
    pub location: String,
    /// When this value ends, counted from the reading.
    pub expires_in: Option<Duration>,
    /// What a person should know about this value. Never part of it.
    pub note: Option<String>,
}

impl Entry {
    /// A whole value at a place.
    pub fn whole(value: Value, location: impl Into<String>) -> Self {
        Entry { value, partial: false, version: None, location: location.into(), expires_in: None, note: None }
    }
}

/// Shows everything but the value, which may be a secret.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("value", &"***")
            .field("partial", &self.partial)
            .field("version", &self.version)
            .field("location", &self.location)
            .field("expires_in", &self.expires_in)
            .field("note", &self.note)
            .finish()
    }
}

/// What a source can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Features {
    /// May be chosen to keep an answer.
    pub persists: bool,
    /// Can be written.
    pub writable: bool,
    /// Can say what it holds.
    pub lists: bool,
    /// Asks a person: skipped where that is forbidden.
    pub interactive: bool,
    /// Knows places in the notation of its own: see [`Request::locations`].
    pub refs: bool,
}

impl Features {
    /// A store that can be read, written and kept answers in, and does not list.
    pub const STORE: Features = Features { persists: true, writable: true, ..Features::READ_ONLY };
    /// A source that can only be read.
    pub const READ_ONLY: Features =
        Features { persists: false, writable: false, lists: false, interactive: false, refs: false };

    /// The features of these names; unknown names are ignored.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut features = Features::READ_ONLY;
        for name in names {
            match name {
                "persists" => features.persists = true,
                "writable" => features.writable = true,
                "lists" => features.lists = true,
                "interactive" => features.interactive = true,
                "refs" => features.refs = true,
                _ => {}
            }
        }
        features
    }
}

/// Part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What is stored.
    pub entries: Vec<(Coordinate, Sensitivity)>,
    /// To be handed to the next call as `after`.
    pub next: Option<String>,
}

/// Something that can hold configuration values.
///
/// `get` and `set` are all that a source of one's own needs; the provided methods are what the sources of this project
/// do better than these two can say.
///
/// ```
/// use async_trait::async_trait;
/// use harmony_config_core::{ConfigError, ConfigSource};
/// use serde_json::{Value, json};
///
/// struct Fixed;
///
/// #[async_trait]
/// impl ConfigSource for Fixed {
///     async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
///         Ok((key == "AppConfig").then(|| json!({ "port": 8080 })))
///     }
///     async fn set(&self, _key: &str, _value: &Value) -> Result<(), ConfigError> {
///         Ok(())
///     }
///     fn should_persist(&self) -> bool {
///         false
///     }
/// }
/// ```
#[async_trait]
pub trait ConfigSource: Send + Sync {
    /// The value of `key` (`KEY` or `KEY@INSTANCE`, in this source's namespace), or none where it has none.
    ///
    /// # Errors
    /// Where the source could not say: absence is `Ok(None)`.
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError>;

    /// Stores the whole value of `key`.
    ///
    /// # Errors
    /// Where it was not stored, or where that is not known.
    async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError>;

    /// Whether an answer may be kept here.
    fn should_persist(&self) -> bool {
        true
    }

    /// What people call this source: its name in the manifest.
    fn name(&self) -> &str {
        short_type_name(std::any::type_name::<Self>())
    }

    /// The name of the plugin that serves it, or `native`.
    fn plugin(&self) -> &str {
        "native"
    }

    /// What it can do.
    fn features(&self) -> Features {
        if self.should_persist() { Features::STORE } else { Features::READ_ONLY }
    }

    /// How long the chain waits for a call. None where the source keeps its own deadline.
    fn deadline(&self) -> Option<Duration> {
        Some(crate::chain::deadline::NATIVE)
    }

    /// The entry at a coordinate, with where it is and which version.
    ///
    /// # Errors
    /// A [`Failure`] says why the source could not answer.
    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let key = request.at.to_string();
        let found = self.get(&key).await.map_err(Failure::from)?;
        Ok(found.map(|value| Entry::whole(value, key)))
    }

    /// Many entries, in the order of the requests.
    async fn read_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        let mut entries = Vec::with_capacity(requests.len());
        for request in requests {
            entries.push(self.read(request).await);
        }
        entries
    }

    /// Stores the whole value and answers its new version. `expected`: none writes without a condition, `""` only where
    /// there is none yet, any other text only over that version. The provided method knows no versions and ignores it.
    ///
    /// # Errors
    /// `conflict` where `expected` did not hold; `outcome_unknown` is set where the write may have happened.
    async fn write(&self, request: &Request, value: &Value, expected: Option<&str>) -> Result<Option<String>, Failure> {
        let _ = expected;
        self.set(&request.at.to_string(), value).await.map_err(Failure::from)?;
        Ok(None)
    }

    /// Removes a value; that there is none is no failure.
    ///
    /// # Errors
    /// `unsupported` unless the source says how.
    async fn remove(&self, request: &Request, expected: Option<&str>) -> Result<(), Failure> {
        let _ = (request, expected);
        Err(Failure::new(FailureCode::Unsupported, "this source cannot remove values"))
    }

    /// What is stored in a namespace, keys that begin with `prefix`.
    ///
    /// # Errors
    /// `unsupported` unless the source says how.
    async fn list(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let _ = (namespace, prefix, after);
        Err(Failure::new(FailureCode::Unsupported, "this source cannot list what it holds"))
    }

    /// What the source says about itself, a sentence each: where it is, what is odd. Asks no person.
    ///
    /// # Errors
    /// Why it cannot be used now.
    async fn health(&self) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }

    /// Whether a write would have a chance, found out without writing: asked before a person is.
    ///
    /// # Errors
    /// Why it would fail.
    async fn can_write(&self, request: &Request) -> Result<(), Failure> {
        let _ = request;
        if self.features().writable {
            Ok(())
        } else {
            Err(Failure::new(FailureCode::Unsupported, "this source cannot be written"))
        }
    }
}

fn short_type_name(full: &'static str) -> &'static str {
    let base = full.split('<').next().unwrap_or(full);
    base.rsplit("::").next().unwrap_or(base)
}
