//! The source under test, and the world around it.

use std::sync::Arc;

use async_trait::async_trait;
use harmony_config_core::{ConfigError, ConfigSource, Coordinate, DEFAULT_NAMESPACE};

/// A source under test: new and empty. What only some sources have, it says or leaves out.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The source over the subject's store. Called several times, it gives several sources over one store: as several
    /// processes would have.
    fn source(&self) -> Arc<dyn ConfigSource>;

    /// The namespace that the app uses where none is named.
    fn default_namespace(&self) -> &str {
        DEFAULT_NAMESPACE
    }

    /// Puts a text where the source looks for a value, past the source: valid JSON or not. False where that cannot be.
    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        let _ = (at, text);
        false
    }

    /// Puts one field of a value there, and nothing else of it. False where the source has no such thing.
    async fn put_field(&self, at: &Coordinate, field: &str, text: &str) -> bool {
        let _ = (at, field, text);
        false
    }

    /// The same source with a setting that it does not have; none where it has no settings at all.
    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        None
    }

    /// Whether it keeps values of several namespaces.
    fn has_namespaces(&self) -> bool {
        true
    }

    /// How its store spells a name: two names that it spells alike are one to it.
    fn spelled(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Whether it can tell this name from every other. A source whose places are spelled with fewer characters than a name
    /// may have cannot always.
    fn tells_apart(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// Whether its store can say this value at all. What it cannot, it refuses to write.
    fn can_hold(&self, value: &serde_json::Value) -> bool {
        let _ = value;
        true
    }

    /// How many forms a person was shown; for a source that asks. A person answers every question with `typed`.
    fn times_asked(&self) -> usize {
        0
    }
}
