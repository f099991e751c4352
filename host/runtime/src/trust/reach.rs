//! What a manifest reaches beyond what is harmless, as a sorted list of facts, and its digest. Pure but for the symbolic
//! links on paths, which are followed. Whether the person said yes to it is `gate`'s business.
//!
//! Harmless, and so in no list: the bundled `env`, `prompt` and `keyring` (the app's own entries), and bundled sources that
//! keep files below the manifest's folder or in the person's data folder. What the person's own manifest says by itself
//! is their word already; once a project changes such a source, all of it is in the list.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use harmony_config_core::{ConfigError, Sensitivity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::resolve;
use crate::{
    Places,
    manifest::{Layer, Manifest, ManifestLine, ManifestPlugin, ManifestSource, Place},
    paths,
    plugin::Plugin,
    words::{names_a_secret, shown},
};

/// The version of the list: a digest of one version says nothing about another.
const VERSION: &str = "harmony-config reach 1";

/// Bundled plugins that stay on this machine. What such a one can reach is a path, and that is judged.
const LOCAL: [&str; 7] = ["env", "prompt", "sqlite", "local-file", "file", "dotenv", "keyring"];

/// One thing that a manifest reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// What is hashed: a JSON list, the same whatever the manifest's form. It may have a secret of the environment in it.
    canonical: String,
    /// What it is, in words that follow "it would".
    pub words: String,
    /// Where the manifest says so: `FILE:LINE`.
    pub place: Option<String>,
}

/// What a manifest reaches beyond what is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reach {
    /// Each thing once, what weighs most first.
    pub facts: Vec<Fact>,
}

impl Reach {
    /// Whether there is nothing that the person would have to say yes to.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The digest of all of it, `sha256:…`: the same for two manifests that reach the same.
    pub fn id(&self) -> String {
        let mut lines: Vec<&str> = self.facts.iter().map(|fact| fact.canonical.as_str()).collect();
        lines.sort_unstable();
        let mut digest = Sha256::new();
        digest.update(VERSION);
        for line in lines {
            digest.update("\n");
            digest.update(line);
        }
        digest.finalize().iter().fold("sha256:".to_owned(), |mut id, byte| {
            // A text takes whatever is written into it.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    /// What weighs most of it in one sentence, for an error. What the person said yes to before is left out.
    pub(crate) fn sentence(&self, known: &[String]) -> String {
        const MOST: usize = 3;
        let new: Vec<&str> = self
            .facts
            .iter()
            .map(|fact| fact.words.as_str())
            .filter(|words| !known.iter().any(|known| known == words))
            .collect();
        let said = new.get(..MOST.min(new.len())).unwrap_or_default();
        match (said, new.len().saturating_sub(MOST)) {
            // Less than before, which is another reach all the same.
            ([], _) => "do what you trusted in another way: a variable has another value, or something went".to_owned(),
            (said, 1) => format!("{}; and one thing more", said.join("; ")),
            (said, more) if more > 1 => format!("{}; and {more} things more", said.join("; ")),
            ([said @ .., last], _) if !said.is_empty() => format!("{}; and {last}", said.join("; ")),
            (said, _) => said.concat(),
        }
    }

    /// What this manifest reaches on this machine. `namespace` is the manifest's own.
    pub(crate) fn of(manifest: &Manifest, namespace: &str, places: &Places) -> Result<Reach, ConfigError> {
        let mut found = Finder { manifest, namespace, places, folder: PathBuf::new(), facts: Vec::new() };
        if let Some(folder) = manifest.file.as_deref().and_then(Path::parent) {
            let folder = found.real(folder)?;
            let home = places.home.as_deref().and_then(|home| resolve(home).ok());
            // What holds all that the person has is no project's own.
            if folder.parent().is_some() && home.is_none_or(|home| !home.starts_with(&folder)) {
                found.folder = folder;
            }
        }
        for (name, source) in &manifest.sources {
            found.source(name, source)?;
        }
        // Where every source is harmless, so is each place that secrets go to.
        if !found.facts.is_empty() {
            found.persist();
        }
        found.refs();
        let mut facts = found.facts;
        facts.sort_by_key(|(weight, fact)| (*weight, fact.canonical.clone()));
        facts.dedup();
        Ok(Reach { facts: facts.into_iter().map(|(_, fact)| fact).collect() })
    }
}

/// What a person should read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Credential,
    Plugin,
    Address,
    Secrets,
    Path,
    Setting,
}

struct Finder<'a> {
    manifest: &'a Manifest,
    namespace: &'a str,
    places: &'a Places,
    /// The manifest's, every link followed.
    folder: PathBuf,
    facts: Vec<(Weight, Fact)>,
}

impl Finder<'_> {
    fn add(&mut self, weight: Weight, canonical: &Value, words: String, at: &[&str]) {
        let place = self.manifest.place(at).map(|place| self.shown_place(place));
        let words = self.without_secrets(words);
        self.facts.push((weight, Fact { canonical: canonical.to_string(), words: shown(&words), place }));
    }

    /// A manifest may fill in any variable of the environment, and what it reaches is told in errors.
    fn without_secrets(&self, mut words: String) -> String {
        for (name, variable) in &self.manifest.variables {
            if let (true, Some(from), Some(value)) = (variable.from_environment, &variable.environment, &variable.value)
                && !value.is_empty()
                && (names_a_secret(from) || names_a_secret(name))
            {
                words = words.replace(value.as_str(), &format!("${{{name}}}"));
            }
        }
        words
    }

    fn shown_place(&self, place: &Place) -> String {
        let file = match self.manifest.file.as_deref().and_then(Path::parent) {
            Some(folder) => place.file.strip_prefix(folder).unwrap_or(&place.file),
            None => &place.file,
        };
        format!("{}:{}", file.display(), place.line)
    }

    /// Whether all that is said of it is said by the person or the program.
    fn is_the_persons(&self, source: &str) -> bool {
        let mut said =
            self.manifest.lines.iter().filter(
                |line| matches!(line.path.as_slice(), [table, name, ..] if table == "source" && name == source),
            );
        let Some(first) = said.next() else { return false };
        let person = |line: &ManifestLine| line.place.as_ref().is_none_or(is_the_persons);
        person(first) && said.all(person) && !self.may_use_a_variable_of_the_project(source)
    }

    /// A project may say what a variable is that the person's own settings use. Which settings use it is not known any
    /// more: its value stands in them.
    fn may_use_a_variable_of_the_project(&self, source: &str) -> bool {
        let Some(source) = self.manifest.sources.get(source) else { return false };
        let variables = self.manifest.variables.values().filter(|variable| !is_the_persons(&variable.place));
        let values: Vec<&str> = variables.map(|variable| variable.value.as_deref().unwrap_or_default()).collect();
        source.settings.values().any(|setting| has_one_of(setting, &values))
    }

    fn source(&mut self, name: &str, source: &ManifestSource) -> Result<(), ConfigError> {
        if self.is_the_persons(name) {
            return Ok(());
        }
        let place = match &source.plugin {
            ManifestPlugin::Bundled(plugin) if LOCAL.contains(&plugin.as_str()) => Some(place_setting(plugin)),
            _ => None,
        };
        for credential in &source.credentials {
            // To one that stays here and is told by it where to keep nothing, it is as any other setting.
            if let Some(place) = &place
                && credential.setting.first().is_none_or(|setting| place.as_ref() != Some(setting))
            {
                continue;
            }
            let setting = credential.setting.join(".");
            let what = match &credential.field {
                Some(field) => format!("`{field}` of `{}`", credential.key),
                None => format!("`{}`", credential.key),
            };
            let canonical =
                json!(["credential", name, credential.setting, credential.source, credential.key, credential.field]);
            let words = format!("hand {what} from `{}` to `{name}`, as its setting `{setting}`", credential.source);
            self.add(Weight::Credential, &canonical, words, &["source", name, "settings"]);
        }
        match &source.plugin {
            ManifestPlugin::Bundled(plugin) if LOCAL.contains(&plugin.as_str()) => self.local(name, plugin, source),
            ManifestPlugin::Bundled(plugin) => {
                let canonical = json!(["bundled", name, plugin, self.manifest.app, self.namespace]);
                let words = format!(
                    "ask and tell values of the namespace `{}` elsewhere: source `{name}` (builtin:{plugin})",
                    self.namespace
                );
                self.add(Weight::Plugin, &canonical, words, &["source", name]);
                self.settings(name, source);
                Ok(())
            }
            ManifestPlugin::File { path, sha256, place } => {
                let path = self.written(&self.real(&self.absolute(path, Some(place)))?);
                let sha256 = sha256.to_ascii_lowercase();
                let canonical = json!(["plugin", name, path, sha256, self.manifest.app, self.namespace]);
                let short: String = sha256.chars().take(12).collect();
                let words = format!(
                    "run the plugin {path} (sha256 {short}…) as source `{name}`, for the namespace `{}`",
                    self.namespace
                );
                self.add(Weight::Plugin, &canonical, words, &["source", name, "plugin"]);
                self.settings(name, source);
                Ok(())
            }
        }
    }

    /// All that a plugin is told: the host cannot know which of it is an address.
    fn settings(&mut self, name: &str, source: &ManifestSource) {
        for (setting, value) in &source.settings {
            let value = canonical(value);
            let words = format!("tell `{name}`: {setting} = {}", cut(&to_show(setting, &value).to_string()));
            let weight = if value.to_string().contains("://") { Weight::Address } else { Weight::Setting };
            self.add(weight, &json!(["setting", name, setting, value]), words, &["source", name, "settings", setting]);
        }
    }

    /// A bundled source that keeps files.
    fn local(&mut self, name: &str, plugin: &str, source: &ManifestSource) -> Result<(), ConfigError> {
        let Some((setting, real)) = self.place_of(name, plugin, source)? else { return Ok(()) };
        if self.is_harmless(&real)? {
            return Ok(());
        }
        let only_read = source.settings.get("read-only") == Some(&Value::Bool(true));
        let path = self.written(&real);
        let (mode, does) = if only_read { ("read", "read") } else { ("write", "read and write") };
        let words = format!("{does} {path}, outside the project, as source `{name}`");
        self.add(
            Weight::Path,
            &json!(["path", name, plugin, mode, path]),
            words,
            &["source", name, "settings", &setting],
        );
        Ok(())
    }

    /// Where secrets go: each place that is in the list already, and how early it is tried.
    fn persist(&mut self) {
        let manifest = self.manifest;
        let chains: Vec<(&str, &[String])> = std::iter::once(("", manifest.chain.as_slice()))
            .chain(manifest.keys.iter().filter_map(|key| Some((key.pattern.as_str(), key.chain.as_deref()?))))
            .collect();
        for (pattern, chain) in chains {
            // As the chain does it: of the list, what this key may be kept in; else the first that persists.
            let list = manifest.persist.get(&Sensitivity::Secret).map(Vec::as_slice).unwrap_or_default();
            let listed: Vec<&String> =
                list.iter().filter(|name| chain.contains(name) || !manifest.chain.contains(name)).collect();
            let (places, at): (Vec<&String>, &[&str]) = match listed.is_empty() {
                false => (listed, &["persist", "secret"]),
                true => (chain.iter().filter(|name| self.may_keep(name)).take(1).collect(), &["chain"]),
            };
            for (rank, name) in places.into_iter().enumerate() {
                if manifest.sources.get(name).is_none_or(|source| self.stays_here(name, source)) {
                    continue;
                }
                let which = if pattern.is_empty() { String::new() } else { format!(" of `{pattern}`") };
                let when = if rank == 0 { "" } else { ", where the ones before are unavailable" };
                let words = format!("keep secrets{which} in `{name}`{when}");
                self.add(Weight::Secrets, &json!(["secrets", pattern, rank, name]), words, at);
            }
        }
    }

    /// Fields that are taken from elsewhere than where the host would look for them: another program's secret could end in
    /// a value that goes to a stranger.
    fn refs(&mut self) {
        let manifest = self.manifest;
        for key in manifest.keys.iter().filter(|key| !is_the_persons(&key.place)) {
            for (name, refs) in &key.refs {
                if manifest.sources.get(name).is_some_and(|source| self.is_below_the_project(name, source)) {
                    continue;
                }
                for one in refs {
                    let field = one.field.join(".");
                    let of = if field.is_empty() { String::new() } else { format!("`{field}` of ") };
                    let words = format!("take {of}`{}` from `{}` of `{name}`", key.pattern, one.at);
                    let canonical = json!(["ref", key.pattern, name, one.field, one.at]);
                    let place = Some(self.shown_place(&one.place));
                    let fact = Fact { canonical: canonical.to_string(), words: shown(&words), place };
                    self.facts.push((Weight::Credential, fact));
                }
            }
        }
    }

    /// Whether a source may be where answers are kept. What somebody else's plugin says of itself is not asked.
    fn may_keep(&self, name: &str) -> bool {
        match self.manifest.sources.get(name).map(|source| &source.plugin) {
            Some(ManifestPlugin::File { .. }) => true,
            Some(ManifestPlugin::Bundled(plugin)) => {
                Plugin::bundled(plugin).is_none_or(|plugin| plugin.facts().features().persists)
            }
            None => true,
        }
    }

    /// Whether what a source keeps stays where it is harmless.
    fn stays_here(&self, name: &str, source: &ManifestSource) -> bool {
        let ManifestPlugin::Bundled(plugin) = &source.plugin else { return self.is_the_persons(name) };
        let here = LOCAL.contains(&plugin.as_str())
            && match self.place_of(name, plugin, source) {
                Ok(None) => true,
                Ok(Some((_, real))) => self.is_harmless(&real).unwrap_or(false),
                Err(_) => false,
            };
        here || self.is_the_persons(name)
    }

    fn is_below_the_project(&self, name: &str, source: &ManifestSource) -> bool {
        let ManifestPlugin::Bundled(plugin) = &source.plugin else { return false };
        match self.place_of(name, plugin, source) {
            Ok(Some((_, real))) => self.is_below_folder(&real),
            _ => false,
        }
    }

    /// The setting that says where a bundled source keeps its files, and where that leads; none where the place is the
    /// host's.
    fn place_of(
        &self,
        name: &str,
        plugin: &str,
        source: &ManifestSource,
    ) -> Result<Option<(String, PathBuf)>, ConfigError> {
        let Some((setting, given)) = said_of_place(plugin, source) else { return Ok(None) };
        let place = self.manifest.place(&["source", name, "settings", &setting]);
        let real = self.real(&self.absolute(Path::new(&given), place))?;
        Ok(Some((setting, real)))
    }

    /// A relative path starts at the folder of the file that says it.
    fn absolute(&self, path: &Path, place: Option<&Place>) -> PathBuf {
        let base = place.and_then(|place| place.file.parent()).unwrap_or(&self.folder);
        paths::absolute(&path.to_string_lossy(), base, self.places.home.as_deref())
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ConfigError> {
        resolve(path).map_err(|error| {
            super::denied(format!("where {} leads cannot be found out: {error}", path.display()))
                .with_remedy("name another path in the manifest")
        })
    }

    /// Below the manifest's folder, or where the host itself keeps values of the app; never where the person decides or
    /// code is kept.
    fn is_harmless(&self, real: &Path) -> Result<bool, ConfigError> {
        for decides in [&self.places.config, &self.places.cache].into_iter().flatten() {
            if real.starts_with(self.real(decides)?) {
                return Ok(false);
            }
        }
        if self.is_below_folder(real) {
            return Ok(true);
        }
        match &self.places.data {
            // The manifest names the app: the rest of that folder may be another program's.
            Some(data) => Ok(real.starts_with(self.real(&data.join("config"))?)),
            None => Ok(false),
        }
    }

    fn is_below_folder(&self, real: &Path) -> bool {
        !self.folder.as_os_str().is_empty() && real.starts_with(&self.folder)
    }

    /// A path as it is written in a fact: the same on another machine where it can be.
    fn written(&self, real: &Path) -> String {
        if !self.folder.as_os_str().is_empty()
            && let Ok(below) = real.strip_prefix(&self.folder)
        {
            return match below.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => below.display().to_string(),
            };
        }
        let home = self.places.home.as_deref().and_then(|home| resolve(home).ok());
        match home.and_then(|home| real.strip_prefix(home).ok().map(Path::to_owned)) {
            Some(below) => format!("~/{}", below.display()),
            None => real.display().to_string(),
        }
    }
}

fn has_one_of(setting: &Value, values: &[&str]) -> bool {
    match setting {
        Value::Object(fields) => fields.values().any(|field| has_one_of(field, values)),
        Value::Array(items) => items.iter().any(|item| has_one_of(item, values)),
        Value::String(text) => values.iter().any(|value| text.contains(value)),
        _ => false,
    }
}

fn is_the_persons(place: &Place) -> bool {
    matches!(place.layer, Layer::User | Layer::Program)
}

/// The setting that says where a bundled source keeps its files, and what it says.
fn said_of_place(plugin: &str, source: &ManifestSource) -> Option<(String, String)> {
    // A plugin's facts are read only where they could say something.
    if source.settings.is_empty() && matches!(plugin, "env" | "prompt" | "sqlite" | "local-file" | "keyring") {
        return None;
    }
    let setting = place_setting(plugin)?;
    let given = match source.settings.get(&setting) {
        Some(given) => given.as_str()?.to_owned(),
        None => Plugin::bundled(plugin)?.facts().default_of(&setting)?.to_owned(),
    };
    Some((setting, given))
}

/// The setting that says where a bundled plugin keeps its files.
fn place_setting(plugin: &str) -> Option<String> {
    let plugin = Plugin::bundled(plugin)?;
    let wants = &plugin.facts().wants;
    let files = wants.files.as_ref().map(|wanted| wanted.setting.clone());
    let sql = || wants.sql.as_ref().map(|wanted| wanted.setting.clone());
    files.or_else(sql).or_else(|| wants.document.as_ref().map(|wanted| wanted.setting.clone()))
}

/// The value with the fields of its objects sorted.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            names.into_iter().filter_map(|name| Some((name.clone(), canonical(fields.get(name)?)))).collect()
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

/// The value without what its name calls a secret. An address is shown, whatever it is called.
fn to_show(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), to_show(name, value))).collect(),
        Value::Array(items) => items.iter().map(|item| to_show(name, item)).collect(),
        Value::String(text) if names_a_secret(name) && !text.contains("://") => "***".into(),
        other => other.clone(),
    }
}

/// A setting's value as it is shown: whole where a person would read all of it, else its two ends.
fn cut(text: &str) -> String {
    const ENDS: usize = 80;
    let characters = text.chars().count();
    if characters <= 2 * ENDS {
        return text.to_owned();
    }
    let start: String = text.chars().take(ENDS).collect();
    let end: String = text.chars().skip(characters - ENDS).collect();
    format!("{start} … {end} ({} bytes)", text.len())
}

#[cfg(test)]
mod tests;
