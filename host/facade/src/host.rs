//! The sources that come with this project, by today's names, and the loader of manifests. What runs them is
//! `harmony-config-host`.

use std::{
    path::{Path, PathBuf},
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use harmony_config_core::{ConfigError, ConfigManager, ConfigSource, Entry, Failure, Features, Page, Request};
pub use harmony_config_host::{
    ComponentSource, DeclaredIn, Host, HttpTerms, Identity, KeyPlace, Layer, Loaded, Loader, Manifest, ManifestLine,
    ManifestSource, Place, Places, Plugin, Prompter, Rekeyed, SCHEMA_NAME, SealedNow, Unchanged, Variables, settle,
    terminal,
};
use serde_json::{Map, Value};

/// The chain of a process that said nothing itself.
pub(crate) async fn default_manager() -> Result<ConfigManager, ConfigError> {
    Loader::new().load().map(|loaded| loaded.manager)
}

/// One host for all sources of this module: one engine, one memory budget.
fn host() -> &'static Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::from_environment(harmony_config_core::DEFAULT_NAMESPACE));
    &HOST
}

fn bundled(name: &str, settings: Map<String, Value>) -> Result<ComponentSource, ConfigError> {
    let plugin =
        Plugin::bundled(name).ok_or_else(|| ConfigError::other(format!("the plugin `{name}` is not bundled")))?;
    host().source(name, plugin).settings(settings).grant_what_it_wants().build()
}

fn one(name: &str, path: &Path) -> Result<Map<String, Value>, ConfigError> {
    let path = std::path::absolute(path)
        .ok()
        .and_then(|path| path.to_str().map(str::to_owned))
        .ok_or_else(|| ConfigError::other(format!("the path {} is not Unicode", path.display())))?;
    Ok(Map::from_iter([(name.to_owned(), Value::from(path))]))
}

/// A source that is made when it is first used: what keeps it from being made is the failure of each call.
struct Lazy {
    made: OnceLock<Result<ComponentSource, ConfigError>>,
}

impl Lazy {
    const fn new() -> Self {
        Lazy { made: OnceLock::new() }
    }

    fn get(&self, name: &str) -> Result<&ComponentSource, ConfigError> {
        self.made.get_or_init(|| bundled(name, Map::new())).as_ref().map_err(ConfigError::clone)
    }
}

/// The environment: `HARMONY_CONFIG_{KEY}` holds the whole value as JSON, `HARMONY_CONFIG_{KEY}__{field}` one field.
/// First in every default chain; keeps nothing.
///
/// ```no_run
/// use std::sync::Arc;
/// use harmony_config::{ConfigManager, EnvSource, SqliteSource};
///
/// # async fn example() -> Result<(), harmony_config::ConfigError> {
/// let manager = ConfigManager::new(vec![Arc::new(EnvSource), Arc::new(SqliteSource::default().await?)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvSource;

impl EnvSource {
    /// The same as the value `EnvSource`.
    pub fn new() -> Self {
        EnvSource
    }

    fn source(&self) -> Result<&'static ComponentSource, ConfigError> {
        static ENV: Lazy = Lazy::new();
        ENV.get("env")
    }
}

/// Asks the person at the terminal for what no other source has. Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct PromptSource;

impl PromptSource {
    /// The same as the value `PromptSource`.
    pub fn new() -> Self {
        PromptSource
    }

    fn source(&self) -> Result<&'static ComponentSource, ConfigError> {
        static PROMPT: Lazy = Lazy::new();
        PROMPT.get("prompt")
    }
}

/// One JSON file a key, in a directory.
#[derive(Clone, Debug)]
pub struct LocalFileSource {
    source: Result<ComponentSource, ConfigError>,
}

impl LocalFileSource {
    /// The files in `dir`. It is made, for this user alone, when something is first written; a directory that others
    /// can read gets no secrets.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let source = one("dir", &dir.into()).and_then(|settings| bundled("local-file", settings));
        LocalFileSource { source }
    }

    fn source(&self) -> Result<&ComponentSource, ConfigError> {
        self.source.as_ref().map_err(ConfigError::clone)
    }
}

/// A table in an SQLite database.
#[derive(Clone, Debug)]
pub struct SqliteSource {
    source: ComponentSource,
}

impl SqliteSource {
    /// The database in this file. The file and the folders above it are made when something is first written.
    ///
    /// # Errors
    /// Where the path is not Unicode. What is wrong with the file itself is told by the first call.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Ok(SqliteSource { source: bundled("sqlite", one("path", path.as_ref())?)? })
    }

    /// The person's own database: `~/.local/share/harmony/config/config.db` on Linux.
    ///
    /// # Errors
    /// As [`SqliteSource::open`].
    #[allow(clippy::should_implement_trait, reason = "today's callers await it")]
    pub async fn default() -> Result<Self, ConfigError> {
        Ok(SqliteSource { source: bundled("sqlite", Map::new())? })
    }

    fn source(&self) -> Result<&ComponentSource, ConfigError> {
        Ok(&self.source)
    }
}

macro_rules! delegate {
    ($($source:ty: $name:literal, $features:expr;)+) => {$(
        #[async_trait]
        impl ConfigSource for $source {
            async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
                self.source()?.get(key).await
            }

            async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError> {
                self.source()?.set(key, value).await
            }

            fn should_persist(&self) -> bool {
                self.features().persists
            }

            fn name(&self) -> &str {
                $name
            }

            fn plugin(&self) -> &str {
                $name
            }

            fn features(&self) -> Features {
                self.source().map_or($features, ComponentSource::features)
            }

            fn deadline(&self) -> Option<Duration> {
                None
            }

            async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
                self.source()?.read(request).await
            }

            async fn read_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
                match self.source() {
                    Ok(source) => source.read_many(requests).await,
                    Err(error) => requests.iter().map(|_| Err(Failure::from(error.clone()))).collect(),
                }
            }

            async fn write(
                &self,
                request: &Request,
                value: &Value,
                expected: Option<&str>,
            ) -> Result<Option<String>, Failure> {
                self.source()?.write(request, value, expected).await
            }

            async fn remove(&self, request: &Request, expected: Option<&str>) -> Result<(), Failure> {
                self.source()?.remove(request, expected).await
            }

            async fn list(&self, namespace: &str, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
                self.source()?.list(namespace, prefix, after).await
            }

            async fn can_write(&self, request: &Request) -> Result<(), Failure> {
                self.source()?.can_write(request).await
            }
        }
    )+};
}

delegate! {
    EnvSource: "env", Features::READ_ONLY;
    PromptSource: "prompt", Features::from_names(["interactive"]);
    LocalFileSource: "local-file", Features::STORE;
    SqliteSource: "sqlite", Features::STORE;
}
