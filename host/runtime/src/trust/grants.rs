//! What the person lets plugins of somebody else use: kept in a file of their own, by folder, source, the plugin's bytes
//! and the manifest's reach. Another plugin in its place, or another address beside it, has none of it. Whether a use is
//! within a grant is the policy's to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use harmony_config_core::ConfigError;
use serde::{Deserialize, Serialize};

use super::{
    Trust, resolve,
    store::{Kind, Store, today},
};
use crate::{Grants, Origin, plugin::Plugin, words::shown};

/// What one source's plugin may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Granted {
    /// The manifest's folder, every symbolic link on it followed.
    pub folder: PathBuf,
    /// The source, by its name in the manifest.
    pub source: String,
    /// The digest of the plugin's bytes.
    pub plugin: String,
    /// The digest of what the manifest reaches.
    pub reach: String,
    /// The day.
    pub on: String,
    /// The environment variables whose names begin so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// A database of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sql: bool,
    /// This directory, every symbolic link on it followed when it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<PathBuf>,
    /// This file, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The app's entries of the keyring.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyring: bool,
    /// To ask the person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prompt: bool,
    /// Requests to these: scheme, host and port of each, as [`Origin`] writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<String>,
    /// What its sign-ins leave behind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session: bool,
    /// These files with credentials, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_files: Vec<PathBuf>,
    /// Tokens of these identities, by their names in the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<String>,
}

impl Kind for Granted {
    const FILE: &'static str = "grants.toml";
    const TABLE: &'static str = "grant";
    const HEAD: &'static str = "# What plugins may use, by folder and source. `harmony-config grant` adds to it, \
                                `harmony-config revoke` takes it back.\nversion = 1\n";
}

impl Granted {
    /// What may be used, one thing a line, in words that follow "it may use".
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(prefix) = &self.environment {
            words.push(format!("environment variables that begin with `{prefix}`"));
        }
        if self.sql {
            words.push("a database of its own".to_owned());
        }
        if let Some(directory) = &self.files {
            words.push(format!("the directory {}", directory.display()));
        }
        if let Some(file) = &self.file {
            words.push(format!("the file {}", file.display()));
        }
        if self.keyring {
            words.push("this app's entries of the keyring".to_owned());
        }
        if self.prompt {
            words.push("the terminal, to ask you".to_owned());
        }
        words.extend(self.http.iter().map(|origin| format!("the network, for requests to {origin}")));
        if self.session {
            words.push("sessions: what its sign-ins leave behind".to_owned());
        }
        words.extend(self.credential_files.iter().map(|file| format!("the credential in {}", file.display())));
        words.extend(self.identities.iter().map(|name| format!("tokens of the identity `{}`", shown(name))));
        words
    }

    fn is_of(&self, other: &Granted) -> bool {
        (&self.folder, &self.source, &self.plugin, &self.reach)
            == (&other.folder, &other.source, &other.plugin, &other.reach)
    }
}

/// The places that the settings of a source name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) file: Option<PathBuf>,
    /// The files with a credential, by the paths of the settings.
    pub(crate) credential_files: BTreeMap<Vec<String>, PathBuf>,
    /// The identities, likewise.
    pub(crate) identities: BTreeMap<Vec<String>, String>,
}

/// A plugin of somebody else, and the places that its settings name.
#[derive(Clone, Debug)]
struct Theirs {
    plugin: Arc<Plugin>,
    named: Named,
}

/// What the plugins of a manifest may use, as the person granted it.
#[derive(Clone, Debug)]
pub struct Granting {
    store: Store<Granted>,
    folder: PathBuf,
    reach: String,
    plugins: BTreeMap<String, Theirs>,
}

impl Granting {
    pub(crate) fn of(trust: &Trust, config: Option<&Path>) -> Self {
        Granting {
            store: Store::new(config),
            folder: trust.folder().to_owned(),
            reach: trust.id().to_owned(),
            plugins: BTreeMap::new(),
        }
    }

    pub(crate) fn add_plugin(&mut self, source: &str, plugin: &Arc<Plugin>, named: Named) {
        self.plugins.insert(source.to_owned(), Theirs { plugin: Arc::clone(plugin), named });
    }

    /// What the policy is told of a source's grants.
    pub(crate) fn grants(&self, source: &str) -> Result<Grants, ConfigError> {
        let granted = self.granted(source)?;
        // The place that was granted is the one that the settings name, and no other: where a link leads now is looked at
        // here, where it led then was written down.
        let is_place = |granted: &Path, named: &Path| resolve(named).is_ok_and(|named| named == granted);
        let is_named = |granted: Option<&Path>, named: Option<&Path>| {
            granted.zip(named).is_some_and(|(granted, named)| is_place(granted, named))
        };
        let named = self.plugins.get(source).map(|theirs| &theirs.named);
        let credential_files = named.into_iter().flat_map(|named| &named.credential_files);
        let is_granted = |file: &Path| granted.credential_files.iter().any(|one| is_place(one, file));
        Ok(Grants {
            files: is_named(granted.files.as_deref(), self.directory(source)),
            document: is_named(granted.file.as_deref(), self.file(source)),
            credential_files: credential_files
                .filter(|(_, file)| is_granted(file))
                .map(|(setting, _)| setting.join("."))
                .collect(),
            identities: named
                .into_iter()
                .flat_map(|named| &named.identities)
                .filter(|(_, name)| granted.identities.contains(name))
                .map(|(setting, _)| setting.join("."))
                .collect(),
            http: origins(source, &granted.http),
            environment: granted.environment,
            sql: granted.sql,
            keyring: granted.keyring,
            prompt: granted.prompt,
            session: granted.session,
            ..Grants::default()
        })
    }

    /// The directory that the settings of a source name.
    pub fn directory(&self, source: &str) -> Option<&Path> {
        self.plugins.get(source)?.named.directory.as_deref()
    }

    /// The file that the settings of a source name.
    pub fn file(&self, source: &str) -> Option<&Path> {
        self.plugins.get(source)?.named.file.as_deref()
    }

    /// The files with a credential that the settings of a source name.
    pub fn credential_files(&self, source: &str) -> Vec<&Path> {
        let theirs = self.plugins.get(source).into_iter();
        theirs.flat_map(|theirs| theirs.named.credential_files.values()).map(PathBuf::as_path).collect()
    }

    /// The identities that the settings of a source name.
    pub fn identities(&self, source: &str) -> Vec<&str> {
        let theirs = self.plugins.get(source).into_iter();
        theirs.flat_map(|theirs| theirs.named.identities.values()).map(String::as_str).collect()
    }

    /// The plugin of a source, where it is somebody else's. What comes with this program needs no grant.
    pub fn plugin(&self, source: &str) -> Option<&Arc<Plugin>> {
        self.plugins.get(source).map(|theirs| &theirs.plugin)
    }

    /// What a source's plugin may use now.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read.
    pub fn granted(&self, source: &str) -> Result<Granted, ConfigError> {
        let Some(key) = self.key(source) else { return Ok(Granted::default()) };
        Ok(self.store.read()?.into_iter().find(|one| one.is_of(&key)).unwrap_or(key))
    }

    /// Grants what `change` adds to what is granted already, and answers with all of it.
    ///
    /// # Errors
    /// Where it could not be kept.
    pub fn grant(&self, source: &str, change: impl FnOnce(&mut Granted)) -> Result<Granted, ConfigError> {
        let mut granted = self.granted(source)?;
        change(&mut granted);
        let real = |path: PathBuf| resolve(&path).unwrap_or(path);
        granted.files = granted.files.map(real);
        granted.file = granted.file.map(real);
        granted.credential_files = granted.credential_files.into_iter().map(real).collect();
        granted.on = today();
        self.store.add(&granted, |old| old.is_of(&granted))?;
        Ok(granted)
    }

    /// Takes back all that was granted to a source of this name in this folder, whatever its plugin was then.
    ///
    /// # Errors
    /// Where the person's decisions cannot be read or written.
    pub fn revoke(&self, source: &str) -> Result<Vec<Granted>, ConfigError> {
        self.store.remove(|one| one.folder == self.folder && one.source == source)
    }

    fn key(&self, source: &str) -> Option<Granted> {
        let plugin = self.plugin(source)?;
        Some(Granted {
            folder: self.folder.clone(),
            source: source.to_owned(),
            plugin: plugin.sha256_words(),
            reach: self.reach.clone(),
            ..Granted::default()
        })
    }
}

/// The origins of a grant. One that the person spoiled by hand grants nothing.
fn origins(source: &str, granted: &[String]) -> BTreeSet<Origin> {
    let origin = |text: &String| {
        let warn = |why: &String| tracing::warn!("the grant of `{source}` for `{}` is not used: it {why}", shown(text));
        Origin::parse(text).inspect_err(warn).ok()
    };
    granted.iter().filter_map(origin).collect()
}
