//! From a folder to a chain: finds the manifest, reads it, has the sources made (`chain`). Nothing is loaded, opened or asked until
//! a value is.

mod chain;

use std::{collections::BTreeMap, env, ffi::OsString, path::PathBuf, sync::Arc};

use harmony_config_core::{ConfigError, ConfigManager, DEFAULT_NAMESPACE, FailureCode, Registry, check_name};

use crate::{
    ComponentSource, DeclaredIn, Host, Identity, Manifest, Places, Prompter, Variables, declared,
    host::variable_prefix,
    manifest::{self, Layer, Profile},
    terminal::TerminalPrompter,
    trust::{Given, Granting, Trust},
};

use self::chain::Chain;

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
/// empty for none), `HARMONY_CONFIG_NAMESPACE`, `HARMONY_CONFIG_PROFILE`, `HARMONY_CONFIG_NON_INTERACTIVE` (`1`: nobody is asked),
/// `HARMONY_CONFIG_HOME` (one folder for the database, files and compiled code). What the program says itself goes
/// before them. Where no manifest says a chain, `OPENBAO_URL` puts `openbao` after `env`.
#[must_use]
pub struct Loader {
    app: String,
    directory: Option<PathBuf>,
    manifest: Choice,
    namespace: Option<String>,
    profile: Option<String>,
    non_interactive: bool,
    for_commands: bool,
    places: Option<Places>,
    variables: Variables,
    prompter: Option<Arc<dyn Prompter>>,
    command: String,
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
    /// Who can sign a person or a machine in, by the names of the manifest.
    pub identities: BTreeMap<String, Identity>,
    /// The sources that keep values in plain files, in the chain and beside it.
    pub(crate) keepers: Vec<ComponentSource>,
    /// What the manifest reaches, and whether the person said yes to it. Until then no source answers.
    pub trust: Trust,
    /// What the person granted to plugins of somebody else.
    pub granting: Granting,
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
            profile: None,
            non_interactive: false,
            for_commands: false,
            places: None,
            variables: Variables::Process,
            prompter: None,
            command: "harmony-config".to_owned(),
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

    /// The profile, instead of the manifest's default one.
    pub fn profile(mut self, profile: &str) -> Self {
        self.profile = Some(profile.to_owned());
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

    /// What a person types before a command, where a message tells them one, instead of `harmony-config`.
    pub fn command(mut self, command: &str) -> Self {
        self.command = command.to_owned();
        self
    }

    /// The chain. Reads the manifest, and nothing else but the bytes of the plugins that it names by file.
    /// What this program declares is left behind for the command line, in the person's data folder, where that has changed.
    ///
    /// A manifest that reaches beyond what is harmless and that the person did not trust yet is loaded all the same: its
    /// chain asks nobody for a value before it has asked the person, where a call may ask, and refuses otherwise
    /// ([`Trust`]).
    ///
    /// # Errors
    /// [`ConfigError::Manifest`] where the manifest cannot be read or says something that cannot be, or where there is no
    /// profile of the chosen name; [`ConfigError::Usage`] where a namespace given beside it breaks the grammar, or where two
    /// types of this program have one key ([`Registry::linked`]).
    pub fn load(mut self) -> Result<Loaded, ConfigError> {
        let linked = Registry::linked()?;
        let in_code = matches!(self.manifest, Choice::Given(_));
        let command = self.command_words();
        let (mut manifest, settings) = self.manifest_and_settings()?;
        // What is said beside the manifest is the person's own word.
        let own_namespace = manifest.namespace.clone();
        let given = self.namespace.map(|name| (name, "given beside the manifest".to_owned()));
        let variable = || Some((settings.namespace?, format!("{}NAMESPACE", variable_prefix(&manifest.app))));
        if let Some((namespace, how)) = given.or_else(variable) {
            check_name("namespace", &namespace)?;
            manifest.set_namespace(namespace, how);
        }
        for warning in &manifest.warnings {
            tracing::warn!("{warning}");
        }
        let places = self.places.unwrap_or_else(|| Places::of(&manifest.app, settings.home));
        let non_interactive = self.non_interactive || settings.non_interactive;
        let prompter = self.prompter.unwrap_or_else(|| Arc::new(TerminalPrompter::new(non_interactive)));
        let given = match (in_code, &settings.trust) {
            (true, _) => Given::ByTheProgram,
            (false, Some(ids)) => Given::Named(ids),
            (false, None) => Given::Nothing,
        };
        let trust_command = format!("{command} trust");
        let trust = Trust::of(&manifest, &own_namespace, &places, &given, Arc::clone(&prompter), trust_command)?;
        let granting = Granting::of(&trust, places.config.as_deref());
        let host = Host::builder().places(places).variables(self.variables).prompter(prompter).build();
        let mut made_of = Chain { host: &host, manifest: &manifest, trust: &trust, granting, command };
        let chain::Made { manager, keepers, identities } = chain::chain(&mut made_of)?;
        let granting = made_of.granting;
        let (declared, declared_in) = match self.for_commands {
            true => declared::find(&manifest, host.places(), linked)?,
            false => {
                declared::keep(&manifest, host.places(), linked);
                (linked.clone(), vec![DeclaredIn::Program])
            }
        };
        Ok(Loaded { manager, manifest, host, declared, declared_in, keepers, identities, trust, granting })
    }

    /// What a person types before a command that is to find the same manifest.
    fn command_words(&self) -> String {
        let mut words = self.command.clone();
        let mut add = |flag: &str, value: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~:\\".contains(c);
            let quoted = match value.chars().all(plain) {
                true => value.to_owned(),
                false => format!("'{}'", value.replace('\'', r"'\''")),
            };
            words.push_str(&format!(" {flag} {quoted}"));
        };
        match (&self.manifest, &self.directory) {
            (Choice::File(file), _) => add("-f", &file.to_string_lossy()),
            (Choice::Find, Some(directory)) => add("-C", &directory.to_string_lossy()),
            _ => {}
        }
        if let Some(profile) = &self.profile {
            add("-p", profile);
        }
        words
    }

    /// The manifest, and what the environment says about the host.
    fn manifest_and_settings(&mut self) -> Result<(Manifest, Settings), ConfigError> {
        let project = match std::mem::replace(&mut self.manifest, Choice::Find) {
            Choice::Given(manifest) => {
                let settings = Settings::of(&manifest.app, &self.variables);
                return match &self.profile {
                    Some(name) => Err(ConfigError::usage(
                        FailureCode::Invalid,
                        format!("the profile `{name}` cannot be laid over a manifest that the program gives"),
                        "give the program's manifest without a profile, or let the manifest be found",
                    )),
                    None => Ok((*manifest, settings)),
                };
            }
            Choice::File(file) => Project::File(file),
            Choice::Find => self.project()?,
        };
        let mut layers = match project {
            Project::None => Vec::new(),
            Project::Nothing => {
                let settings = Settings::of(&self.app, &self.variables);
                return Ok((Manifest::without_any(&self.app, &self.variables), settings));
            }
            Project::File(file) => manifest::read_project(file, true)?,
            Project::Found(file) => manifest::read_project(file, false)?,
        };
        let app = manifest::app_of(&layers).unwrap_or_else(|| self.app.clone());
        let settings = Settings::of(&app, &self.variables);
        let config = match &self.places {
            Some(places) => places.config.clone(),
            None => Places::of(&app, settings.home.clone()).config,
        };
        if let Some(user) = config.map(|folder| folder.join(manifest::NAME)).filter(|file| file.exists()) {
            let text = manifest::read(&user)?;
            layers.insert(0, (Layer::User, user, text));
        }
        let profile = match (&self.profile, &settings.profile) {
            (Some(name), _) => Profile::Named(name.clone(), "chosen by hand".to_owned()),
            (None, Some(name)) => Profile::Named(name.clone(), format!("chosen by {}PROFILE", variable_prefix(&app))),
            (None, None) => Profile::Default,
        };
        if layers.is_empty() && matches!(profile, Profile::Default) {
            return Ok((Manifest::without_any(&self.app, &self.variables), settings));
        }
        let input = manifest::Input { layers, profile, app: &self.app, variables: &self.variables };
        Ok((manifest::read_layers(input)?, settings))
    }

    /// The project's manifest.
    fn project(&self) -> Result<Project, ConfigError> {
        match Settings::of(&self.app, &self.variables).manifest {
            Some(file) if file.is_empty() => return Ok(Project::Nothing),
            Some(file) => return Ok(Project::File(file.into())),
            None => {}
        }
        let directory = match &self.directory {
            Some(directory) => std::path::absolute(directory),
            None => env::current_dir(),
        };
        let directory = directory.map_err(|error| {
            ConfigError::manifest(format!("the current folder cannot be found: {error}"))
                .with_remedy("change into a folder that exists, or name a manifest with -f")
        })?;
        let home = match &self.places {
            Some(places) => places.home.clone(),
            None => Places::of(&self.app, None).home,
        };
        Ok(manifest::find(&directory, home.as_deref()).map_or(Project::None, Project::Found))
    }
}

/// Which manifest is the project's.
enum Project {
    /// The person named it.
    File(PathBuf),
    /// It stands up the tree.
    Found(PathBuf),
    /// There is none.
    None,
    /// There is to be none, nor the person's own.
    Nothing,
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
    profile: Option<String>,
    trust: Option<String>,
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
            trust: set("TRUST").map(|value| value.to_string_lossy().into_owned()),
            profile: set("PROFILE").map(|value| value.to_string_lossy().into_owned()),
            non_interactive: set("NON_INTERACTIVE").is_some_and(|value| value != "0" && value != "false"),
            // An app named `xdg` would have the desktop's own variable for its.
            home: set("HOME").filter(|_| prefix != "XDG_CONFIG_").map(PathBuf::from),
        }
    }
}
