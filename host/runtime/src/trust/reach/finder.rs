//! Goes through a manifest and finds what it reaches. Where paths lead is `places`', what goes over the network `network`'s.

use std::path::{Path, PathBuf};

use harmony_config_core::{ConfigError, Sensitivity};
use serde_json::{Value, json};

use super::{
    Fact,
    places::place_setting,
    shown::{canonical, cut, to_show},
};
use crate::{
    Places,
    manifest::{Layer, Manifest, ManifestLine, ManifestPlugin, ManifestSource, Place},
    plugin::{Facts, Plugin},
    trust::resolve,
    words::{names_a_secret, shown},
};

/// Bundled plugins that stay on this machine. What such a one can reach is a path, and that is judged.
pub(super) const LOCAL: [&str; 7] = ["env", "prompt", "sqlite", "local-file", "file", "dotenv", "keyring"];

/// What a person should read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Credential,
    Plugin,
    Address,
    Secrets,
    Path,
    Setting,
}

pub(super) struct Finder<'a> {
    pub(super) manifest: &'a Manifest,
    namespace: &'a str,
    pub(super) places: &'a Places,
    /// The manifest's, every link followed.
    pub(super) folder: PathBuf,
    facts: Vec<(Weight, Fact)>,
}

impl<'a> Finder<'a> {
    /// All that this manifest reaches, with the weight of each.
    pub(super) fn of(
        manifest: &'a Manifest,
        namespace: &'a str,
        places: &'a Places,
    ) -> Result<Vec<(Weight, Fact)>, ConfigError> {
        // Without a project there is nobody's word but the person's.
        if manifest.files.iter().all(|file| file.layer == Layer::User) {
            return Ok(Vec::new());
        }
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
        found.schema()?;
        Ok(found.facts)
    }
}

impl Finder<'_> {
    pub(super) fn add(&mut self, weight: Weight, canonical: &Value, words: String, at: &[&str]) {
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
    pub(super) fn is_the_persons(&self, source: &str) -> bool {
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
        let values = self.variables_of_the_project();
        let tls = source.tls.ca_file.as_ref().map(|file| file.to_string_lossy().into_owned());
        let travel = [tls, source.tls.server_name.clone(), source.proxy.clone()];
        source.settings.values().any(|setting| has_one_of(setting, &values))
            || travel.into_iter().flatten().any(|text| has_one_of(&text.into(), &values))
    }

    fn variables_of_the_project(&self) -> Vec<&str> {
        let variables = self.manifest.variables.values().filter(|variable| !is_the_persons(&variable.place));
        variables.map(|variable| variable.value.as_deref().unwrap_or_default()).collect()
    }

    /// Whether a project says what a setting is, or may: by a variable in it.
    pub(super) fn is_said_by_the_project(&self, name: &str, setting: &str, source: &ManifestSource) -> bool {
        let begins = |line: &&ManifestLine| {
            matches!(line.path.as_slice(), [table, source, settings, first, ..]
                if table == "source" && source == name && settings == "settings" && first == setting)
        };
        let mut places = self.manifest.lines.iter().filter(begins).map(|line| line.place.as_ref());
        places.any(|place| place.is_none_or(|place| !is_the_persons(place)))
            || source.settings.get(setting).is_some_and(|value| has_one_of(value, &self.variables_of_the_project()))
    }

    fn source(&mut self, name: &str, source: &ManifestSource) -> Result<(), ConfigError> {
        if self.is_the_persons(name) {
            return Ok(());
        }
        if !source.seal && may_keep_plain(source) {
            let words = format!("keep secrets in `{name}` as they are, without sealing them");
            self.add(Weight::Secrets, &json!(["plain", name]), words, &["source", name, "seal"]);
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
        for identity in &source.identities {
            let audience = identity.audience.as_ref().map(|audience| format!(" for `{audience}`")).unwrap_or_default();
            let words = format!("hand tokens of `{}`{audience} to `{name}`: they say who you are", identity.source);
            let canonical = json!(["identity", name, identity.setting, identity.source, identity.audience]);
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
                let plugin = Plugin::bundled(plugin);
                let facts = plugin.as_deref().map(Plugin::facts);
                self.settings(name, source, facts);
                match facts.and_then(|facts| Some((facts, facts.wants.http.as_ref()?))) {
                    Some((facts, wanted)) => self.remote(name, facts, wanted, source),
                    None => Ok(()),
                }
            }
            ManifestPlugin::File { path, sha256, .. } => {
                let path = self.written(&self.real(&self.at_home(path))?);
                let sha256 = sha256.to_ascii_lowercase();
                let canonical = json!(["plugin", name, path, sha256, self.manifest.app, self.namespace]);
                let short: String = sha256.chars().take(12).collect();
                let words = format!(
                    "run the plugin {path} (sha256 {short}…) as source `{name}`, for the namespace `{}`",
                    self.namespace
                );
                self.add(Weight::Plugin, &canonical, words, &["source", name, "plugin"]);
                self.settings(name, source, None);
                self.requests(name, None, "", source)
            }
        }
    }

    /// All that a plugin is told: the host cannot know which of it is an address, unless the plugin comes with it.
    fn settings(&mut self, name: &str, source: &ManifestSource, facts: Option<&Facts>) {
        let address = facts.and_then(|facts| facts.wants.http.as_ref()?.setting.as_ref());
        for (setting, value) in source.settings.iter().filter(|(setting, _)| Some(*setting) != address) {
            let value = canonical(value);
            let shown = to_show(&mut vec![setting.clone()], &value, facts);
            let words = format!("tell `{name}`: {setting} = {}", cut(&shown.to_string()));
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

    /// The document that says which values are secrets, where it is not the project's own.
    fn schema(&mut self) -> Result<(), ConfigError> {
        let manifest = self.manifest;
        let at = ["schema", "file"];
        let Some(file) = &manifest.schema else { return Ok(()) };
        if manifest.place(&at).is_some_and(is_the_persons) {
            return Ok(());
        }
        let real = self.real(file)?;
        if !self.is_below_folder(&real) {
            let path = self.written(&real);
            let words = format!("learn from {path}, outside the project, which values are secrets");
            self.add(Weight::Path, &json!(["schema", path]), words, &at);
        }
        Ok(())
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
}

/// Whether it may keep values in plain files. What somebody else's plugin says of itself is not asked.
fn may_keep_plain(source: &ManifestSource) -> bool {
    match &source.plugin {
        ManifestPlugin::Bundled(plugin) => {
            Plugin::bundled(plugin).is_none_or(|plugin| plugin.facts().wants.keeps_plain())
        }
        ManifestPlugin::File { .. } => true,
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

pub(super) fn is_the_persons(place: &Place) -> bool {
    matches!(place.layer, Layer::User | Layer::Program)
}
