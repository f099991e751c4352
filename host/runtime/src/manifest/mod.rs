//! The manifest: which sources, in which order, with which settings. Finding it is `find`'s, reading it `parse`'s, the
//! words of an error `report`'s. What it means for the chain is `loader`'s.

mod duration;
mod find;
mod parse;
mod report;
mod template;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use harmony_config_core::{DEFAULT_NAMESPACE, FailureCode, OnError, Sensitivity};
use serde_json::{Map, Value};

pub(crate) use self::find::{find, read};
pub use self::template::template;

/// The name of a manifest's file.
pub const NAME: &str = "harmony-config.toml";

/// A manifest, read and checked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// The file it came from; none for the built-in one.
    pub file: Option<PathBuf>,
    /// The prefix of variables, the name of the directories, the default namespace.
    pub app: String,
    /// What keeps projects apart.
    pub namespace: String,
    /// The sources, in order of precedence.
    pub chain: Vec<String>,
    /// What is said of each source, those of the chain that have no table included.
    pub sources: BTreeMap<String, ManifestSource>,
    /// Where values of a class are kept, best first.
    pub persist: BTreeMap<Sensitivity, Vec<String>>,
    /// What is odd without being wrong.
    pub warnings: Vec<String>,
}

/// One source of a manifest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestSource {
    /// The bundled plugin that serves it.
    pub plugin: String,
    /// The plugin's own settings.
    pub settings: Map<String, Value>,
    /// How long a call may take.
    pub timeout: Option<Duration>,
    /// How long a person may take.
    pub interaction_timeout: Option<Duration>,
    /// What a failure means.
    pub on_error: BTreeMap<FailureCode, OnError>,
}

impl ManifestSource {
    /// A bundled plugin with its defaults.
    pub(crate) fn bundled(plugin: &str) -> Self {
        ManifestSource {
            plugin: plugin.to_owned(),
            settings: Map::new(),
            timeout: None,
            interaction_timeout: None,
            on_error: BTreeMap::new(),
        }
    }
}

/// The chain where there is no manifest.
const DEFAULT_CHAIN: [&str; 3] = ["env", "sqlite", "prompt"];

impl Manifest {
    /// What holds where there is no manifest: the environment, then the database, then the person.
    pub fn built_in(app: &str) -> Self {
        Manifest {
            file: None,
            app: app.to_owned(),
            namespace: app.to_owned(),
            chain: DEFAULT_CHAIN.map(str::to_owned).to_vec(),
            sources: DEFAULT_CHAIN.iter().map(|name| ((*name).to_owned(), ManifestSource::bundled(name))).collect(),
            persist: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads a manifest's text. `file` is named in errors, and its folder is where relative paths start.
    ///
    /// # Errors
    /// [`ConfigError::Manifest`](harmony_config_core::ConfigError::Manifest): file, line, column, the offending text
    /// marked, and what was probably meant.
    pub fn parse(text: &str, file: &std::path::Path) -> Result<Self, harmony_config_core::ConfigError> {
        parse::parse(text, file)
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest::built_in(DEFAULT_NAMESPACE)
    }
}
