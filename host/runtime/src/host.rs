//! What turns plugins into sources: one engine, the places on this machine, the environment, and whoever asks the
//! person. Which sources a program has is the manifest's business (`loader`).

mod identity;
mod remote;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use harmony_config_core::{ConfigError, Failure, FailureCode};
use serde_json::{Map, Value, json};

use crate::{
    Grants, Keyrings, Places, Prompter, Variables,
    capability::{
        Capabilities,
        credential_file::CredentialFiles,
        document::Document,
        files::Directory,
        http::{HttpTerms, Names, Network},
        identities::{Identities, Named},
        keyring::Entries,
        session::{OwnSessions, Sessions},
        sql::Database,
    },
    component::{ComponentSource, Credential, Times, Told},
    engine::Runtime,
    limits, paths,
    plugin::Plugin,
    policy::Policy,
    seal::{Ring, Seal, Vault},
    terminal::TerminalPrompter,
    trust::Trust,
};

/// What turns plugins into sources. Cheap to clone: clones share one engine and one memory budget.
///
/// ```no_run
/// use harmony_config_host::{Grants, Host, Plugin};
///
/// # fn main() -> Result<(), harmony_config_core::ConfigError> {
/// let host = Host::builder().build();
/// let plugin = Plugin::bundled("env").ok_or_else(|| harmony_config_core::ConfigError::other("no such plugin"))?;
/// let grants = Grants { environment: Some("MYAPP_CONFIG_".to_owned()), ..Grants::default() };
/// let source = host.source("env", plugin).app("myapp").grants(grants).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: OnceLock<Result<Arc<Runtime>, Failure>>,
    places: Places,
    variables: Variables,
    prompter: Arc<dyn Prompter>,
    total_memory: usize,
    keyrings: Keyrings,
    ring: Arc<Ring>,
    names: Names,
    sessions: Arc<Sessions>,
}

impl Host {
    /// A host to be put together piece by piece.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// A source of this name, to be put together.
    pub fn source(&self, name: &str, plugin: Arc<Plugin>) -> SourceBuilder {
        SourceBuilder {
            host: self.clone(),
            name: name.to_owned(),
            plugin,
            app: harmony_config_core::DEFAULT_NAMESPACE.to_owned(),
            grants: Grants::default(),
            settings: Map::new(),
            credentials: Vec::new(),
            identities: BTreeMap::new(),
            base: None,
            bases: BTreeMap::new(),
            trust: None,
            grant: None,
            own: None,
            times: Times { call: limits::TIMEOUT, person: limits::INTERACTION_TIMEOUT },
            seal: true,
            terms: HttpTerms::default(),
        }
    }

    /// The places on this machine.
    pub fn places(&self) -> &Places {
        &self.inner.places
    }

    /// The linear memory that instances hold now, in bytes.
    pub fn memory_in_use(&self) -> usize {
        match self.inner.runtime.get() {
            Some(Ok(runtime)) => runtime.budget.used(),
            _ => 0,
        }
    }

    /// The keys that seal secrets.
    pub(crate) fn ring(&self) -> &Arc<Ring> {
        &self.inner.ring
    }

    /// The engine, started when the first source is asked.
    pub(crate) fn runtime(&self) -> Result<&Arc<Runtime>, Failure> {
        let inner = &self.inner;
        let start = || Runtime::new(inner.places.compiled().as_deref(), inner.total_memory).map(Arc::new);
        inner.runtime.get_or_init(start).as_ref().map_err(Failure::clone)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("places", &self.inner.places).finish_non_exhaustive()
    }
}

/// Puts a [`Host`] together.
#[derive(Default)]
pub struct HostBuilder {
    places: Option<Places>,
    variables: Variables,
    prompter: Option<Arc<dyn Prompter>>,
    total_memory: Option<usize>,
    keyrings: Keyrings,
    names: Names,
}

impl HostBuilder {
    /// The places on this machine, instead of the person's own.
    #[must_use]
    pub fn places(mut self, places: Places) -> Self {
        self.places = Some(places);
        self
    }

    /// The environment, instead of the process's.
    #[must_use]
    pub fn variables(mut self, variables: Variables) -> Self {
        self.variables = variables;
        self
    }

    /// Who asks the person, instead of the terminal.
    #[must_use]
    pub fn prompter(mut self, prompter: Arc<dyn Prompter>) -> Self {
        self.prompter = Some(prompter);
        self
    }

    /// The linear memory of all instances together, in bytes, instead of [`limits::MAX_TOTAL_MEMORY`].
    #[must_use]
    pub fn total_memory(mut self, bytes: usize) -> Self {
        self.total_memory = Some(bytes);
        self
    }

    /// The keyring that plugins keep entries in, instead of the operating system's.
    #[must_use]
    pub fn keyrings(mut self, keyrings: Keyrings) -> Self {
        self.keyrings = keyrings;
        self
    }

    /// Which addresses the names of hosts have, instead of the system's resolver.
    #[must_use]
    pub fn names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// The host. Nothing is started yet.
    pub fn build(self) -> Host {
        let places = self.places.unwrap_or_else(|| Places::of(harmony_config_core::DEFAULT_NAMESPACE, None));
        Host {
            inner: Arc::new(Inner {
                runtime: OnceLock::new(),
                ring: Arc::new(Ring::new(&places)),
                names: self.names,
                sessions: Arc::new(Sessions::new(Vault::new(&places), places.sessions())),
                places,
                variables: self.variables,
                prompter: self.prompter.unwrap_or_else(|| Arc::new(TerminalPrompter::new(false))),
                total_memory: self.total_memory.unwrap_or(limits::MAX_TOTAL_MEMORY),
                keyrings: self.keyrings,
            }),
        }
    }
}

/// Puts a source together: a plugin with settings, grants and bounds.
pub struct SourceBuilder {
    host: Host,
    name: String,
    plugin: Arc<Plugin>,
    app: String,
    grants: Grants,
    settings: Map<String, Value>,
    credentials: Vec<Credential>,
    identities: BTreeMap<Vec<String>, Named>,
    base: Option<PathBuf>,
    bases: BTreeMap<String, PathBuf>,
    times: Times,
    seal: bool,
    trust: Option<Trust>,
    grant: Option<String>,
    own: Option<PathBuf>,
    terms: HttpTerms,
}

impl SourceBuilder {
    /// The app that the source serves: the prefix of variables, the default namespace.
    #[must_use]
    pub fn app(mut self, app: &str) -> Self {
        self.app = app.to_owned();
        self
    }

    /// What the plugin may use. Nothing, where nothing is said.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// All that the plugin says it wants, bounded as it is for a bundled plugin: variables with the app's own prefix,
    /// and the database and directory that its settings or the person's data folder give.
    #[must_use]
    pub fn grant_what_it_wants(mut self) -> Self {
        let wants = &self.plugin.facts().wants;
        let mut variables = std::mem::take(&mut self.grants.variables);
        variables.extend(wants.variables.iter().cloned());
        self.grants = Grants {
            environment: wants.environment.as_ref().map(|_| variable_prefix(&self.app)),
            sql: wants.sql.is_some(),
            files: wants.files.is_some(),
            document: wants.document.is_some(),
            keyring: wants.keyring.is_some(),
            prompt: wants.prompt.is_some() || wants.attention.is_some(),
            session: wants.session.is_some(),
            credential_files: wants.credential_files.iter().cloned().collect(),
            identities: wants.identities.iter().cloned().collect(),
            // The origin is known when the address is: `build` adds it.
            http: std::mem::take(&mut self.grants.http),
            variables,
        };
        self
    }

    /// Variables of the environment that it may read besides, by their whole names.
    #[must_use]
    pub(crate) fn grant_variables(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.grants.variables.extend(names);
        self
    }

    /// The plugin's own settings.
    #[must_use]
    pub fn settings(mut self, settings: Map<String, Value>) -> Self {
        self.settings = settings;
        self
    }

    /// A setting that another source has. It is fetched when the plugin is first used.
    #[must_use]
    pub(crate) fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(credential);
        self
    }

    /// The folder that relative paths in the settings are taken from: the manifest's.
    #[must_use]
    pub fn base(mut self, base: &Path) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// The folder that a relative path in this setting is taken from, instead of that of all settings: another layer's.
    #[must_use]
    pub fn base_of(mut self, setting: &str, base: &Path) -> Self {
        self.bases.insert(setting.to_owned(), base.to_owned());
        self
    }

    /// Answers nothing before this is settled.
    #[must_use]
    pub(crate) fn behind(mut self, trust: &Trust) -> Self {
        self.trust = (!trust.is_settled()).then(|| trust.clone());
        self
    }

    /// What a person types to grant it more.
    #[must_use]
    pub(crate) fn granted_by(mut self, command: String) -> Self {
        self.grant = Some(command);
        self
    }

    /// The folder, below the one of all plugins' data, of what it keeps where its settings name no place.
    #[must_use]
    pub(crate) fn own_folder(mut self, folder: &str) -> Self {
        self.own = Some(PathBuf::from(folder));
        self
    }

    /// The plugin that serves it.
    pub(crate) fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// The directory that the source would be given. Somebody else's plugin has none but the one that its settings name.
    pub(crate) fn directory(&self) -> Result<Option<PathBuf>, ConfigError> {
        let Some(wanted) = &self.plugin.facts().wants.files else { return Ok(None) };
        Ok(self.path(&wanted.setting)?.or_else(|| match self.plugin.is_bundled() {
            true => self.host.places().files(),
            false => None,
        }))
    }

    /// The one file that the source would be given.
    pub(crate) fn document(&self) -> Result<Option<PathBuf>, ConfigError> {
        let facts = self.plugin.facts();
        let Some(wanted) = &facts.wants.document else { return Ok(None) };
        let given = self.settings.get(&wanted.setting).and_then(Value::as_str);
        let text = given.or_else(|| facts.default_of(&wanted.setting));
        text.map(|text| self.resolve(&wanted.setting, text)).transpose()
    }

    /// Where somebody else's plugin keeps its data. The places of the bundled ones are theirs alone.
    fn data(&self) -> Option<PathBuf> {
        let plugins = self.host.places().data.as_ref()?.join("plugins");
        Some(match &self.own {
            Some(own) => plugins.join(own),
            None => plugins,
        })
    }

    /// How long a call may take, waiting included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.times.call = timeout;
        self
    }

    /// How long a person may take.
    #[must_use]
    pub fn interaction_timeout(mut self, timeout: Duration) -> Self {
        self.times.person = timeout;
        self
    }

    /// Whether secrets are sealed before the plugin keeps them in plain files: they are, unless it is said here that they
    /// are not. What is sealed already is opened in any case.
    #[must_use]
    pub fn seal(mut self, seal: bool) -> Self {
        self.seal = seal;
        self
    }

    /// How its requests travel, if it makes any: what the manifest says goes before the environment.
    #[must_use]
    pub fn http(mut self, terms: HttpTerms) -> Self {
        self.terms = terms;
        self
    }

    /// The source. Nothing is loaded or opened yet.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where the settings do not fit what the plugin says of them, or a relative path has no
    /// folder to start from.
    pub fn build(mut self) -> Result<ComponentSource, ConfigError> {
        self.reach_out()?;
        let facts = self.plugin.facts();
        let faults = facts.faults_of(
            &Value::Object(self.settings.clone()),
            &self.credentials.iter().map(|credential| &*credential.setting).collect::<Vec<_>>(),
        );
        if !faults.is_empty() {
            return Err(ConfigError::usage(
                FailureCode::Invalid,
                format!("source `{}`: {}", self.name, faults.join("; ")),
                format!("see what plugin `{}` can be told: its settings are in docs/manifest.md", facts.name),
            )
            .with_source_name(&self.name));
        }
        let directory = self.directory()?;
        let database = match &facts.wants.sql {
            // The main database is for the bundled plugin; another gets a file of its own.
            Some(wanted) => self.path(&wanted.setting)?.or_else(|| match self.plugin.is_bundled() {
                true => self.host.places().database(),
                false => Some(self.data()?.join(format!("{}.db", self.name))),
            }),
            None => None,
        };
        let document = self.document()?;
        let base = self.base.as_ref().and_then(|base| std::path::absolute(Path::new(".").join(base)).ok());
        let store = match facts.wants.keeps_plain() {
            true => {
                let path = database.as_ref().or(directory.as_ref()).or(document.as_ref());
                path.map(|path| path.display().to_string())
            }
            false => None,
        };
        let ring = Arc::clone(self.host.ring());
        let seal = Seal::new(ring, &self.app, Arc::from(self.name.as_str()), store, self.seal);
        let read_only = self.settings.get("read-only") == Some(&Value::Bool(true));
        let told = Told::new(self.settings.clone(), self.host_words(directory.as_deref()), self.credentials.clone());
        let inner = &self.host.inner;
        let policy = Policy::new(self.grants.clone()).granted_by(self.grant.clone());
        let name: Arc<str> = Arc::from(self.name.as_str());
        let network = Network::new(name, self.terms.clone(), inner.names.clone(), policy.clone(), self.times.call);
        let capabilities = Capabilities {
            policy,
            network,
            sessions: OwnSessions::new(Arc::clone(&inner.sessions), &self.app, &self.owner()),
            credential_files: CredentialFiles::new(self.credential_files()?),
            identities: Identities::new(self.identities),
            variables: inner.variables.clone(),
            plain_variables: facts.wants.plain_variables(),
            database: database.map(|path| Database::new(path, self.times.call, read_only)),
            directory: directory.map(Directory::new),
            document: document.map(|path| Document::new(path, base.as_deref(), read_only)),
            keyring: Arc::new(Entries::new(inner.keyrings.clone(), &self.app, inner.places.keyring_lock())),
            prompter: Arc::clone(&inner.prompter),
            read_only,
            trust: self.trust,
        };
        Ok(ComponentSource::new(&self.name, self.plugin, self.host, told, self.app, capabilities, self.times, seal))
    }

    /// Whose its sessions are: the same plugin's in every project, where it comes with the program.
    fn owner(&self) -> String {
        match self.plugin.is_bundled() {
            true => format!("builtin:{}", self.plugin.name()),
            false => {
                let folder = self.own.as_deref().unwrap_or(Path::new("")).display();
                format!("{}:{folder}", self.plugin.sha256_words())
            }
        }
    }

    /// What the host adds to the settings.
    fn host_words(&self, directory: Option<&Path>) -> Value {
        let mut host = json!({
            "app": self.app,
            "source": self.name,
            "prefix": variable_prefix(&self.app),
            "default-namespace": self.app,
        });
        if let Some(host) = host.as_object_mut() {
            remote::add_deadline(host, self.times.call);
            if let Some(directory) = directory {
                host.insert("directory".to_owned(), directory.display().to_string().into());
            }
        }
        host
    }

    fn path(&self, setting: &str) -> Result<Option<PathBuf>, ConfigError> {
        self.settings.get(setting).and_then(Value::as_str).map(|text| self.resolve(setting, text)).transpose()
    }

    /// The path that a setting means: `~/` is the home directory, and a relative one starts at the folder of the file that
    /// says so.
    fn resolve(&self, setting: &str, text: &str) -> Result<PathBuf, ConfigError> {
        let home = self.host.places().home.as_deref();
        let path = match self.bases.get(setting).or(self.base.as_ref()) {
            Some(base) => paths::absolute(text, base, home),
            None => paths::absolute(text, Path::new(""), home),
        };
        // Without the `.` of `./config.toml`.
        let path: PathBuf = path.components().collect();
        if path.is_absolute() {
            return Ok(path);
        }
        std::path::absolute(&path).map_err(|error| {
            ConfigError::other(format!("source `{}`: the path `{text}` cannot be made absolute: {error}", self.name))
        })
    }
}

/// The prefix of an app's variables: `my-app` has `MY_APP_CONFIG_`.
pub(crate) fn variable_prefix(app: &str) -> String {
    format!("{}_CONFIG_", app.to_ascii_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apps_variables_begin_with_its_name() {
        assert_eq!(variable_prefix("harmony"), "HARMONY_CONFIG_");
        assert_eq!(variable_prefix("my-app"), "MY_APP_CONFIG_");
    }
}
