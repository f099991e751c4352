//! What is known of keys beyond one type at a time: the types that are linked into a program, or what a schema document
//! says of them. The document itself is in `document`, two types that cannot both be in `clash`. Where a command line
//! finds a document is `harmony-config-host`'s business.

mod clash;
mod document;
mod export;
mod linked;

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{Sensitivity, Shape};

#[cfg(feature = "schemars")]
pub use self::linked::Declaration;
pub use self::{
    document::DOCUMENT_VERSION,
    export::{export_schema, schema_document},
};

/// What is known of one key.
#[derive(Clone)]
pub struct Declared {
    key: String,
    type_name: Option<String>,
    shape: Known,
}

/// A shape, or how to get it: making a schema costs, and most of a program's types are not asked for in a run.
#[derive(Clone)]
enum Known {
    Of(fn() -> Arc<Shape>),
    Here(Arc<Shape>),
}

impl Declared {
    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The type in the program, as `acme::config::AppConfig`.
    pub fn type_name(&self) -> Option<&str> {
        self.type_name.as_deref()
    }

    /// Its schema, and how carefully its value is handled.
    pub fn shape(&self) -> Arc<Shape> {
        match &self.shape {
            Known::Of(make) => make(),
            Known::Here(shape) => Arc::clone(shape),
        }
    }

    /// How carefully its value is handled.
    pub fn class(&self) -> Sensitivity {
        self.shape().sensitivity()
    }

    /// What its documentation says.
    pub fn doc(&self) -> Option<String> {
        Some(self.shape().schema()?.get("description")?.as_str()?.to_owned())
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared").field("key", &self.key).field("type_name", &self.type_name).finish_non_exhaustive()
    }
}

/// The keys that somebody declared: a program by its types, or a schema document.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # mod harmony_config { pub use harmony_config_core::*; pub use harmony_config_derive::Config; }
/// use harmony_config::{Config, Registry, Sensitivity};
///
/// /// Where the program listens.
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// # #[config(crate = "harmony_config")]
/// struct Listener {
///     port: u16,
/// }
///
/// let linked = Registry::linked()?;
/// let declared = linked.get("Listener").expect("it is declared in this program");
/// assert_eq!(declared.class(), Sensitivity::Standard);
/// assert_eq!(declared.doc().as_deref(), Some("Where the program listens."));
///
/// let read_again = Registry::from_document(&linked.to_document(), "harmony-config.schema.json")?;
/// assert!(read_again.get("Listener").is_some());
/// # Ok::<(), harmony_config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    by_key: BTreeMap<String, Declared>,
}

impl Registry {
    /// What is known of a key, if anybody declared it.
    pub fn get(&self, key: &str) -> Option<&Declared> {
        self.by_key.get(key)
    }

    /// The shape of a key. One that nobody declared is secret, and could be anything.
    pub fn shape(&self, key: &str) -> Arc<Shape> {
        self.get(key).map_or_else(|| Arc::new(Shape::undeclared()), Declared::shape)
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Declared> {
        self.by_key.values()
    }

    /// Whether nobody declared anything.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Adds what another one knows of the keys that this one does not know.
    pub fn add_missing(&mut self, other: &Registry) {
        for (key, declared) in &other.by_key {
            self.by_key.entry(key.clone()).or_insert_with(|| declared.clone());
        }
    }
}
