//! From a folder to a chain: finds the manifest, reads it, makes the sources. Nothing is loaded, opened or asked until
//! a value is.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use harmony_config_core::{ConfigError, ConfigManager, ConfigSource, DEFAULT_NAMESPACE, Registry, check_name};

use crate::{
    ComponentSource, DeclaredIn, Host, Manifest, Places, Prompter, Variables, declared,
    host::variable_prefix,
    manifest::{self, ManifestSource},
    plugin::Plugin,
    terminal::TerminalPrompter,
};

/// Finds the manifest, reads it, and makes the chain.
///
/// ```no_run
/// # async fn example() -> Result<(), harmony_config_core::ConfigError> {
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct AppConfig { port: u16 }
/// # impl harmony_config_core::Config for AppConfig { const KEY: &'static str = "AppConfig"; }
/// let manager = harmony_config_host::Loader::new().load()?.manager;
/// let config: AppConfig = manager.get_or_prompt().await?;
/// # Ok(())
/// # }
/// ```
///
/// Variables of the environment that it obeys, `HARMONY` being the app's name: `HARMONY_CONFIG_MANIFEST` (a file, or
/// empty for none), `HARMONY_CONFIG_NAMESPACE`, `HARMONY_CONFIG_NON_INTERACTIVE` (`1`: nobody is asked),
/// `HARMONY_CONFIG_HOME` (one folder for the database, files and compiled code). What the program says itself goes
/// before them.
#[must_use]
pub struct Loader {
    app: String,
    directory: Option<PathBuf>,
    manifest: Choice,
    namespace: Option<String>,
    non_interactive: bool,
    for_commands: bool,
    places: Option<Places>,
    variables: Variables,
    prompter: Option<Arc<dyn Prompter>>,
}

enum Choice {
    Find,
    File(PathBuf),
    Given(Box<Manifest>),
}

/// A chain, and the manifest that says so.
#[non_exhaustive]
pub struct Loaded {
    /// What a program asks for its configuration.
    pub manager: ConfigManager,
    /// What was read.
    pub manifest: Manifest,
    /// The host that the sources share.
    pub host: Host,
    /// What is known of the keys: the types of this program, and for a command line also what a schema document says.
    pub declared: Registry,
    /// Where that comes from.
    pub declared_in: Vec<DeclaredIn>,
    /// The sources that keep values in plain files, in the chain and beside it.
    pub(crate) keepers: Vec<ComponentSource>,
}

impl Default for Loader {
    fn default() -> Self {
        Loader::new()
    }
}

impl Loader {
    /// With everything as it is by itself: the manifest up the tree from the current folder, else the default chain.
    pub fn new() -> Self {
        Loader {
            app: DEFAULT_NAMESPACE.to_owned(),
            directory: None,
            manifest: Choice::Find,
            namespace: None,
            non_interactive: false,
            for_commands: false,
            places: None,
            variables: Variables::Process,
            prompter: None,
        }
    }

    /// The program's own app name, which holds where no manifest names one, instead of `harmony`.
    pub fn app(mut self, app: &str) -> Self {
        self.app = app.to_owned();
        self
    }

    /// Where looking for a manifest begins, instead of the current folder.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// This manifest's file, instead of looking for one.
    pub fn manifest_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.manifest = Choice::File(file.into());
        self
    }

    /// A manifest of the program's own, instead of looking for one.
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = Choice::Given(Box::new(manifest));
        self
    }

    /// The namespace, instead of the manifest's.
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Whether nobody may be asked, terminal or not.
    pub fn non_interactive(mut self, non_interactive: bool) -> Self {
        self.non_interactive = non_interactive;
        self
    }

    /// For a command line that shows and changes configuration: what it knows of keys comes from the project's schema
    /// document, or from what its programs left behind when they last ran, where this program itself does not declare
    /// them; and it leaves nothing behind itself.
    pub fn for_commands(mut self) -> Self {
        self.for_commands = true;
        self
    }

    /// The places on this machine, instead of the person's own.
    pub fn places(mut self, places: Places) -> Self {
        self.places = Some(places);
        self
    }

    /// The environment, instead of the process's.
    pub fn variables(mut self, variables: Variables) -> Self {
        self.variables = variables;
        self
    }

    /// Who asks the person, instead of the terminal.
    pub fn prompter(mut self, prompter: Arc<dyn Prompter>) -> Self {
        self.prompter = Some(prompter);
        self
    }

    /// The chain. Reads the manifest, and no source. What this program declares is left behind for the command line, in
    /// the person's data folder, where that has changed.
    ///
    /// # Errors
    /// [`ConfigError::Manifest`] where the manifest cannot be read or says something that cannot be;
    /// [`ConfigError::Usage`] where a namespace given beside it breaks the grammar, or where two types of this program
    /// have one key ([`Registry::linked`]).
    pub fn load(self) -> Result<Loaded, ConfigError> {
        let linked = Registry::linked()?;
        let of_program = Settings::of(&self.app, &self.variables);
        let home = Places::of(&self.app, None).home;
        let mut manifest = match self.manifest {
            Choice::Given(manifest) => *manifest,
            Choice::File(file) => parse(&file)?,
            Choice::Find => match of_program.manifest {
                Some(file) if file.is_empty() => Manifest::built_in(&self.app),
                Some(file) => parse(Path::new(&file))?,
                None => {
                    let directory = match self.directory {
                        Some(directory) => std::path::absolute(&directory),
                        None => env::current_dir(),
                    };
                    let directory = directory.map_err(|error| {
                        ConfigError::manifest(format!("the current folder cannot be found: {error}"))
                            .with_remedy("change into a folder that exists, or name a manifest with -f")
                    })?;
                    match manifest::find(&directory, home.as_deref()) {
                        Some(file) => parse(&file)?,
                        None => Manifest::built_in(&self.app),
                    }
                }
            },
        };
        let settings = Settings::of(&manifest.app, &self.variables);
        if let Some(namespace) = self.namespace.or(settings.namespace) {
            check_name("namespace", &namespace)?;
            manifest.namespace = namespace;
        }
        for warning in &manifest.warnings {
            tracing::warn!("{warning}");
        }
        let places = self.places.unwrap_or_else(|| Places::of(&manifest.app, settings.home));
        let non_interactive = self.non_interactive || settings.non_interactive;
        let prompter = self.prompter.unwrap_or_else(|| Arc::new(TerminalPrompter::new(non_interactive)));
        let host = Host::builder().places(places).variables(self.variables).prompter(prompter).build();
        let (manager, keepers) = chain(&host, &manifest)?;
        let (declared, declared_in) = match self.for_commands {
            true => declared::find(&manifest, host.places(), linked)?,
            false => {
                declared::keep(&manifest, host.places(), linked);
                (linked.clone(), vec![DeclaredIn::Program])
            }
        };
        Ok(Loaded { manager, manifest, host, declared, declared_in, keepers })
    }
}

impl Host {
    /// The host of this process, as its environment says: `{APP}_CONFIG_HOME` and `{APP}_CONFIG_NON_INTERACTIVE` as for
    /// the [`Loader`].
    pub fn from_environment(app: &str) -> Host {
        let settings = Settings::of(app, &Variables::Process);
        Host::builder()
            .places(Places::of(app, settings.home))
            .prompter(Arc::new(TerminalPrompter::new(settings.non_interactive)))
            .build()
    }
}

/// What the environment says about the host itself.
struct Settings {
    manifest: Option<OsString>,
    namespace: Option<String>,
    non_interactive: bool,
    home: Option<PathBuf>,
}

impl Settings {
    fn of(app: &str, variables: &Variables) -> Self {
        let prefix = variable_prefix(app);
        let get = |name: &str| variables.of_host(&format!("{prefix}{name}"));
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        Settings {
            manifest: get("MANIFEST"),
            namespace: set("NAMESPACE").map(|value| value.to_string_lossy().into_owned()),
            non_interactive: set("NON_INTERACTIVE").is_some_and(|value| value != "0" && value != "false"),
            home: set("HOME").map(PathBuf::from),
        }
    }
}

fn parse(file: &Path) -> Result<Manifest, ConfigError> {
    Manifest::parse(&manifest::read(file)?, file)
}

/// The chain, and the sources that keep values in plain files.
fn chain(host: &Host, manifest: &Manifest) -> Result<(ConfigManager, Vec<ComponentSource>), ConfigError> {
    let mut builder = ConfigManager::builder().namespace(&manifest.namespace);
    let mut keepers = Vec::new();
    let mut made = |name: &str| -> Result<Arc<dyn ConfigSource>, ConfigError> {
        let source = source(host, manifest, name)?;
        if source.seal().keeps_plain() {
            keepers.push(source.clone());
        }
        Ok(Arc::new(source))
    };
    for name in &manifest.chain {
        builder = builder.source(made(name)?);
    }
    for name in manifest.sources.keys().filter(|name| !manifest.chain.contains(name)) {
        builder = builder.off_chain(made(name)?);
    }
    for (name, table) in &manifest.sources {
        for (code, on_error) in &table.on_error {
            builder = builder.on_error(name, *code, *on_error);
        }
    }
    for (class, names) in &manifest.persist {
        builder = builder.persist(*class, names.clone());
    }
    Ok((builder.build()?, keepers))
}

fn source(host: &Host, manifest: &Manifest, name: &str) -> Result<ComponentSource, ConfigError> {
    let default = ManifestSource::bundled(name);
    let table = manifest.sources.get(name).unwrap_or(&default);
    let plugin = Plugin::bundled(&table.plugin)
        .ok_or_else(|| ConfigError::manifest(format!("source `{name}`: there is no plugin `{}`", table.plugin)))?;
    let mut builder =
        host.source(name, plugin).app(&manifest.app).settings(table.settings.clone()).grant_what_it_wants();
    if let Some(folder) = manifest.file.as_deref().and_then(Path::parent) {
        builder = builder.base(folder);
    }
    if let Some(timeout) = table.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(timeout) = table.interaction_timeout {
        builder = builder.interaction_timeout(timeout);
    }
    builder.build()
}
