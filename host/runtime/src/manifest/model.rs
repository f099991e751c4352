//! What a manifest comes to, once its layers are joined and its words checked. Each thing that decides where a value goes
//! keeps the place that it was said at.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use harmony_config_core::{DEFAULT_NAMESPACE, FailureCode, OnError, Sensitivity};
use serde_json::{Map, Value};

use crate::Variables;

/// Which of the layers said something: each stands over the one before. A profile is no layer of its own: what it says is
/// said by the file that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Layer {
    /// The person's own file, for all projects.
    User,
    /// The project's.
    Project,
    /// The one beside the project's that is not committed.
    Local,
    /// The program's own, given in code.
    Program,
}

impl Layer {
    /// As output spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::User => "user",
            Layer::Project => "project",
            Layer::Local => "local",
            Layer::Program => "program",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where something was said. Shown as `FILE:LINE`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file.
    pub file: Arc<Path>,
    /// The line, from 1.
    pub line: usize,
    /// The layer that the file is.
    pub layer: Layer,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// One of the files that a manifest was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestFile {
    /// Which layer it is.
    pub layer: Layer,
    /// Where it is.
    pub path: Arc<Path>,
}

/// A manifest, read and checked: all its layers as one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// The project's file; none for the built-in one.
    pub file: Option<PathBuf>,
    /// Every file that was read, the lowest layer first.
    pub files: Vec<ManifestFile>,
    /// The profile that is in it.
    pub profile: Option<String>,
    /// The prefix of variables, the name of the directories, the default namespace.
    pub app: String,
    /// What keeps projects apart.
    pub namespace: String,
    /// The sources, in order of precedence.
    pub chain: Vec<String>,
    /// What is said of each source that is used, those that have no table included.
    pub sources: BTreeMap<String, ManifestSource>,
    /// Where values of a class are kept, best first.
    pub persist: BTreeMap<Sensitivity, Vec<String>>,
    /// What holds for some keys only.
    pub keys: Vec<ManifestKey>,
    /// Defaults, by `KEY` or `KEY@INSTANCE`.
    pub values: BTreeMap<String, ManifestValue>,
    /// The file that says which types the program has.
    pub schema: Option<PathBuf>,
    /// The variables that it declares.
    pub variables: BTreeMap<String, ManifestVariable>,
    /// Every line that holds, with where it was said.
    pub lines: Vec<ManifestLine>,
    /// Why a source is in the chain that nobody put there, in words that follow "because".
    pub because: BTreeMap<String, String>,
    /// What is odd without being wrong.
    pub warnings: Vec<String>,
}

/// One source of a manifest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestSource {
    /// The plugin that serves it.
    pub plugin: ManifestPlugin,
    /// The plugin's own settings, without those that are `credentials`. Variables are put in.
    pub settings: Map<String, Value>,
    /// The settings that another source has: fetched when the source is first used.
    pub credentials: Vec<ManifestCredential>,
    /// The identities that its settings name.
    pub identities: Vec<ManifestIdentity>,
    /// Whether the host seals secret values before this source sees them, where it keeps them in plain.
    pub seal: bool,
    /// Which certificates of servers are accepted, where the plugin uses the network.
    pub tls: ManifestTls,
    /// The address of the proxy that its requests go through, `http://HOST:PORT`, where the plugin uses the network.
    pub proxy: Option<String>,
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
            plugin: ManifestPlugin::Bundled(plugin.to_owned()),
            settings: Map::new(),
            credentials: Vec::new(),
            identities: Vec::new(),
            seal: true,
            tls: ManifestTls::default(),
            proxy: None,
            timeout: None,
            interaction_timeout: None,
            on_error: BTreeMap::new(),
        }
    }
}

/// Which certificates of servers are accepted. The default is those for the host's name that the system trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestTls {
    /// A file with certificates in PEM that are trusted instead of the system's. It may begin with `~/`; a relative path
    /// starts where the manifest's own does.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate has to be for, instead of the host's.
    pub server_name: Option<String>,
    /// Whether no certificate is checked.
    pub skip_verify: bool,
}

/// The plugin that serves a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestPlugin {
    /// One that this program carries, by its name.
    Bundled(String),
    /// A component in a file.
    File {
        /// Where it is; relative paths start at the folder of the manifest that says it.
        path: PathBuf,
        /// The digest that it must have, in hexadecimal.
        sha256: String,
        /// Where the manifest says so.
        place: Place,
    },
}

impl fmt::Display for ManifestPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestPlugin::Bundled(name) => write!(f, "builtin:{name}"),
            ManifestPlugin::File { path, .. } => write!(f, "{}", path.display()),
        }
    }
}

/// A setting of a plugin whose value another source has: `{ from = "keyring", key = "AcmeToken" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestCredential {
    /// The path of the setting, from the outside in; an item of a list by its number.
    pub setting: Vec<String>,
    /// The source that has it.
    pub source: String,
    /// The key there: `KEY` or `KEY@INSTANCE`.
    pub key: String,
    /// The field of the value, where not all of it is meant.
    pub field: Option<String>,
    /// Where the manifest says so.
    pub place: Place,
}

/// A setting of a plugin that names an identity, whose tokens the source gets: `identity = "zitadel"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestIdentity {
    /// The path of the setting, from the outside in; an item of a list by its number.
    pub setting: Vec<String>,
    /// The source that is the identity.
    pub source: String,
    /// Whom the tokens are for, by the setting `audience` beside it; none is whoever the identity is a client of.
    pub audience: Option<String>,
}

/// What holds for the keys that a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestKey {
    /// The pattern: a key, perhaps with `*` and `?` in it, perhaps with `@` and an instance.
    pub pattern: String,
    /// The chain of these keys, instead of the manifest's.
    pub chain: Option<Vec<String>>,
    /// Places where a source has fields of these keys, by the source.
    pub refs: BTreeMap<String, Vec<ManifestRef>>,
    /// Where the manifest says so.
    pub place: Place,
}

/// A field that lies elsewhere in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestRef {
    /// The path of the field; empty for the whole value.
    pub field: Vec<String>,
    /// The place, in the source's own notation.
    pub at: String,
    /// Where the manifest says so.
    pub place: Place,
}

/// A default that the manifest has for a key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestValue {
    /// The value, or some fields of it.
    pub value: Value,
    /// Where each field of it was said, by its path.
    pub places: BTreeMap<Vec<String>, Place>,
    /// Where the key was first spoken of.
    pub place: Place,
}

/// A variable that the manifest declares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestVariable {
    /// Its value; none where the environment has none and there is no default.
    pub value: Option<String>,
    /// The variable of the environment that it is read from, if it is.
    pub environment: Option<String>,
    /// Whether its value came from the environment.
    pub from_environment: bool,
    /// Where the manifest declares it.
    pub place: Place,
}

/// One line of the manifest as it holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ManifestLine {
    /// What it sets: `source`, `team`, `settings`, `dir`.
    pub path: Vec<String>,
    /// To what. Variables are put in; a credential stays `{ from = … }`; what a plugin says is secret is `***`.
    pub value: Value,
    /// Where it was said; none where it holds by itself, or was said beside the manifest.
    pub place: Option<Place>,
    /// What else is to be known of where it came from.
    pub note: Option<String>,
}

impl Manifest {
    /// What holds where there is no manifest: the environment, then the database, then the person. (A [`Loader`] lets the
    /// environment add to it.)
    ///
    /// [`Loader`]: crate::Loader
    pub fn built_in(app: &str) -> Self {
        Manifest::without_any(app, &Variables::fixed([("", ""); 0]))
    }

    /// Reads a manifest's text, without other layers. `file` is named in errors, and its folder is where relative paths
    /// start. The profile that it names as its default is in it.
    ///
    /// # Errors
    /// [`ConfigError::Manifest`](harmony_config_core::ConfigError::Manifest): file, line, column, the offending text
    /// marked, and what was probably meant.
    ///
    /// ```
    /// use harmony_config_host::Manifest;
    ///
    /// let text = "version = 1\nchain = [\"env\", \"sqlite\"]\n";
    /// let manifest = Manifest::parse(text, "harmony-config.toml".as_ref())?;
    /// assert_eq!(manifest.chain, ["env", "sqlite"]);
    /// # Ok::<(), harmony_config_core::ConfigError>(())
    /// ```
    pub fn parse(text: &str, file: &Path) -> Result<Self, harmony_config_core::ConfigError> {
        super::parse::parse(text, file)
    }

    /// Puts another namespace in the place of the manifest's; `how` says where it came from.
    pub(crate) fn set_namespace(&mut self, namespace: String, how: String) {
        let path = vec!["namespace".to_owned()];
        self.lines.retain(|line| line.path != path);
        self.lines.insert(0, ManifestLine { path, value: namespace.as_str().into(), place: None, note: Some(how) });
        self.namespace = namespace;
    }

    /// Where a line was said, or the first line of a table: `["source", "team", "settings", "dir"]`. None for what holds by
    /// itself.
    pub fn place(&self, path: &[&str]) -> Option<&Place> {
        let begins = |line: &&ManifestLine| path.iter().zip(&line.path).all(|(wanted, part)| wanted == part);
        self.lines.iter().filter(|line| line.path.len() >= path.len()).find(begins)?.place.as_ref()
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest::built_in(DEFAULT_NAMESPACE)
    }
}
