//! The sources of a manifest: what each table says, and whether what is named is there.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use harmony_config_core::{ConfigError, FailureCode, OnError, check_name};
use serde_json::Value;
use toml::Spanned;

use super::{
    ManifestPlugin, ManifestSource, duration, network,
    node::{Node, Table},
    settings, shape,
    texts::{Span, Texts},
    vars::Vars,
};
use crate::{
    plugin::Plugin,
    words::{closest, shown},
};

/// The source that the manifest's own defaults are. It stands below every chain by itself.
pub(crate) const DEFAULTS: &str = "value";

/// The sources that are described, and those that are named and need no table.
pub(super) struct Sources<'a> {
    texts: &'a Texts,
    pub(super) known: BTreeMap<String, ManifestSource>,
    /// Which source needs a credential, which one has it, and where that is said.
    credentials: Vec<(String, String, Span)>,
    /// Which source wants tokens, of which identity, and where that is said.
    identities: Vec<(String, String, Span)>,
}

impl<'a> Sources<'a> {
    pub(super) fn read(
        texts: &'a Texts,
        vars: &Vars,
        tables: &BTreeMap<Spanned<String>, shape::Source>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Sources { texts, known: BTreeMap::new(), credentials: Vec::new(), identities: Vec::new() };
        for (name, table) in tables {
            checked(texts, "source", name)?;
            if name.get_ref() == DEFAULTS {
                return Err(texts
                    .error(name.span(), "`value` is the name of the manifest's own defaults")
                    .with_remedy("give the source another name; defaults are written [value.KEY]"));
            }
            let source = sources.source(vars, name, table)?;
            sources.known.insert(name.get_ref().clone(), source);
        }
        sources.check_credentials()?;
        sources.check_identities()?;
        Ok(sources)
    }

    /// What the default chain has by itself: where the person's own table says nothing of a source, all of it.
    pub(super) fn add_implied(
        &mut self,
        tables: &BTreeMap<Spanned<String>, shape::Source>,
        implied: BTreeMap<String, ManifestSource>,
    ) {
        let is_described = |name: &String| tables.keys().any(|table| table.get_ref() == name);
        for (name, source) in implied {
            if !is_described(&name) {
                self.known.insert(name, source);
            }
        }
    }

    /// A list of names: each is there, and none twice.
    pub(super) fn list(&mut self, names: &[Spanned<String>]) -> Result<Vec<String>, ConfigError> {
        let mut list: Vec<String> = Vec::with_capacity(names.len());
        for name in names {
            self.find(name.get_ref(), &name.span())?;
            if list.contains(name.get_ref()) {
                let message = format!("source `{}` is named twice", name.get_ref());
                return Err(self
                    .texts
                    .error(name.span(), &message)
                    .with_remedy("name it once, where it belongs in the order"));
            }
            list.push(name.get_ref().clone());
        }
        Ok(list)
    }

    /// The source of that name. A name without a table is the bundled plugin of that name.
    pub(super) fn find(&mut self, given: &str, span: &Span) -> Result<&ManifestSource, ConfigError> {
        if !self.known.contains_key(given) {
            if !Plugin::bundled_names().any(|bundled| bundled == given) {
                return Err(self.unknown(given, span));
            }
            self.known.insert(given.to_owned(), ManifestSource::bundled(given));
        }
        self.known.get(given).ok_or_else(|| ConfigError::other("a source that was just there"))
    }

    fn unknown(&self, given: &str, span: &Span) -> ConfigError {
        if given == DEFAULTS {
            return self
                .texts
                .error(span.clone(), "`value` is the name of the manifest's own defaults, which are below every source")
                .with_remedy("leave it out: where there is a [value.KEY], it is in every chain by itself");
        }
        let mut known: Vec<&str> = Plugin::bundled_names().collect();
        known.extend(
            self.known
                .keys()
                .map(String::as_str)
                .filter(|name| Plugin::bundled_names().all(|bundled| bundled != *name)),
        );
        let message = match closest(given, known.iter().copied()) {
            Some(close) => format!("there is no source `{given}`; did you mean `{close}`?"),
            None => format!("there is no source `{given}`"),
        };
        self.texts.error(span.clone(), &message).with_remedy(format!(
            "name one of {}, or describe it in a table [source.{}]",
            known.join(", "),
            shown(given)
        ))
    }

    fn source(
        &mut self,
        vars: &Vars,
        name: &Spanned<String>,
        raw: &shape::Source,
    ) -> Result<ManifestSource, ConfigError> {
        let texts = self.texts;
        let plugin = match &raw.plugin {
            None => bundled(texts, name.get_ref(), name.span(), true)?,
            Some(said) => match said.get_ref() {
                Node::Leaf(Value::String(text)) => bundled(texts, text, said.span(), false)?,
                Node::Table(members) => file(texts, said, members)?,
                _ => return Err(no_plugin(texts, said.span(), "this names no plugin")),
            },
        };
        network::check(texts, name.get_ref(), &plugin, raw)?;
        let settings = match &raw.settings {
            None => settings::Settings::default(),
            Some(table) => {
                let facts = match &plugin {
                    ManifestPlugin::Bundled(name) => Plugin::bundled(name),
                    ManifestPlugin::File { .. } => None,
                };
                settings::read(texts, vars, name.get_ref(), facts.as_deref(), table)?
            }
        };
        let mut on_error = BTreeMap::new();
        for (code, meaning) in &raw.on_error {
            on_error.insert(failure_code(texts, code)?, on_error_of(texts, meaning)?);
        }
        let mut credentials = Vec::with_capacity(settings.credentials.len());
        for (credential, span) in settings.credentials {
            self.credentials.push((name.get_ref().clone(), credential.source.clone(), span));
            credentials.push(credential);
        }
        let mut identities = Vec::with_capacity(settings.identities.len());
        for (identity, span) in settings.identities {
            self.identities.push((name.get_ref().clone(), identity.source.clone(), span));
            identities.push(identity);
        }
        Ok(ManifestSource {
            plugin,
            settings: settings.values,
            credentials,
            identities,
            seal: raw.seal.as_ref().is_none_or(|seal| *seal.get_ref()),
            tls: network::tls(texts, vars, &raw.tls)?,
            proxy: network::proxy(texts, vars, &raw.proxy)?,
            timeout: time(texts, &raw.timeout)?,
            interaction_timeout: time(texts, &raw.interaction_timeout)?,
            on_error,
        })
    }

    /// A source that credentials come from is there, asks nobody, and needs none itself: so there is no circle of them.
    fn check_credentials(&mut self) -> Result<(), ConfigError> {
        for (needs, from, span) in std::mem::take(&mut self.credentials) {
            let texts = self.texts;
            let refused = |message: String, remedy: &str| Err(texts.error(span.clone(), &message).with_remedy(remedy));
            if from == needs {
                return refused(
                    format!("source `{needs}` cannot have its own credential"),
                    "take it from another source, for example `sqlite`",
                );
            }
            let source = self.find(&from, &span)?;
            if let Some(other) = source.credentials.first() {
                return refused(
                    format!("source `{from}` needs a credential itself, from `{}`", other.source),
                    "take the credential from a source that needs none, for example `sqlite`",
                );
            }
            let ManifestPlugin::Bundled(plugin) = &source.plugin else { continue };
            if Plugin::bundled(plugin).is_some_and(|plugin| plugin.facts().features().interactive) {
                return refused(
                    format!("source `{from}` asks a person, and keeps no credential"),
                    "take it from a source that keeps values, for example `sqlite`",
                );
            }
        }
        Ok(())
    }
}

impl Sources<'_> {
    /// An identity is there, signs somebody in, and needs nobody who is signed in or keeps a credential: so there is no
    /// circle of them.
    fn check_identities(&mut self) -> Result<(), ConfigError> {
        for (wants, named, span) in std::mem::take(&mut self.identities) {
            let texts = self.texts;
            let refused = |message: String, remedy: &str| Err(texts.error(span.clone(), &message).with_remedy(remedy));
            let is_bundled = |source: Option<&ManifestSource>| {
                source.is_some_and(|source| matches!(source.plugin, ManifestPlugin::Bundled(_)))
            };
            let is_there = self.known.contains_key(&named) || Plugin::bundled_names().any(|bundled| bundled == named);
            if !is_there && !is_bundled(self.known.get(&wants)) {
                // What somebody else's plugin means by the word, it says when it is loaded.
                continue;
            }
            let theirs = !is_bundled(self.known.get(&wants));
            let source = self.find(&named, &span)?;
            let signs_in = match &source.plugin {
                ManifestPlugin::Bundled(plugin) => {
                    Plugin::bundled(plugin).is_some_and(|plugin| plugin.facts().is_identity())
                }
                ManifestPlugin::File { .. } => true,
            };
            if theirs && !signs_in {
                continue;
            }
            if let Some(other) = source.credentials.first() {
                return refused(
                    format!("the identity `{named}` needs a credential, from `{}`", other.source),
                    "an identity signs in by itself: give it what it needs in its own settings, or in a file",
                );
            }
            if let Some(other) = source.identities.first() {
                return refused(
                    format!("the identity `{named}` needs an identity itself, `{}`", other.source),
                    "name the one that signs in by itself",
                );
            }
            if !signs_in {
                return refused(
                    format!("source `{named}` is no identity: it signs nobody in"),
                    "name one that does, for example `zitadel`",
                );
            }
        }
        Ok(())
    }
}

/// A name that keeps the grammar.
pub(super) fn checked(texts: &Texts, what: &str, name: &Spanned<String>) -> Result<(), ConfigError> {
    check_name(what, name.get_ref()).map_err(|error| marked(texts, name.span(), &error))
}

/// The error with its place in the manifest.
pub(super) fn marked(texts: &Texts, span: Span, error: &ConfigError) -> ConfigError {
    let marked = texts.error(span, error.message());
    match error.remedy() {
        Some(remedy) => marked.with_remedy(remedy),
        None => marked,
    }
}

fn time(texts: &Texts, given: &Option<Spanned<String>>) -> Result<Option<Duration>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    let parsed = duration::parse(given.get_ref())
        .map_err(|how| texts.error(given.span(), &format!("`{}` is not a duration", given.get_ref())).with_remedy(how));
    parsed.map(Some)
}

/// The bundled plugin that is meant.
fn bundled(texts: &Texts, given: &str, span: Range<usize>, is_name: bool) -> Result<ManifestPlugin, ConfigError> {
    let known: Vec<&str> = Plugin::bundled_names().collect();
    let name = given.strip_prefix("builtin:").unwrap_or(given);
    let prefixed = is_name || given.starts_with("builtin:");
    if prefixed && known.contains(&name) {
        return Ok(ManifestPlugin::Bundled(name.to_owned()));
    }
    let close = closest(name, known.iter().copied());
    let message = match (close, is_name) {
        (Some(close), false) => format!("there is no plugin `{given}`; did you mean `builtin:{close}`?"),
        (None, false) => format!("there is no plugin `{given}`"),
        (_, true) => format!("source `{given}` does not say which plugin serves it"),
    };
    Err(no_plugin(texts, span, &message))
}

fn no_plugin(texts: &Texts, span: Range<usize>, message: &str) -> ConfigError {
    let names: Vec<String> = Plugin::bundled_names().map(|name| format!("builtin:{name}")).collect();
    texts.error(span, message).with_remedy(format!("write: plugin = \"…\", one of {}", names.join(", ")))
}

/// A component in a file. What is in the file is looked at when the chain is made.
fn file(texts: &Texts, said: &Spanned<Node>, members: &Table) -> Result<ManifestPlugin, ConfigError> {
    let how = "write: plugin = { path = \"plugins/acme.wasm\", sha256 = \"…\" }";
    let (mut path, mut sha256) = (None, None);
    for (name, value) in members {
        let place = match name.get_ref().as_str() {
            "path" => &mut path,
            "sha256" => &mut sha256,
            other => {
                let message = match closest(other, ["path", "sha256"]) {
                    Some(close) => format!("there is no `{}` here; did you mean `{close}`?", shown(other)),
                    None => format!("there is no `{}` here", shown(other)),
                };
                return Err(texts.error(name.span(), &message).with_remedy(how));
            }
        };
        let Node::Leaf(Value::String(text)) = value.get_ref() else {
            let message = format!("`{}` should be a text", name.get_ref());
            return Err(texts.error(value.span(), &message).with_remedy(how));
        };
        Vars::refuse(texts, &value.span(), text, "the name of a plugin")?;
        *place = Some((text.as_str(), value.span()));
    }
    let missing = |what: &str| Err(texts.error(said.span(), &format!("the plugin has no `{what}`")).with_remedy(how));
    let Some((path, span)) = path else { return missing("path") };
    let Some((sha256, digest_span)) = sha256 else { return missing("sha256") };
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(texts
            .error(digest_span, "this is not a SHA-256 digest: it has 64 hexadecimal digits")
            .with_remedy(format!("find it out with: sha256sum {path}")));
    }
    Ok(ManifestPlugin::File {
        path: texts.path(&span, path),
        sha256: sha256.to_ascii_lowercase(),
        place: texts.place(&said.span()),
    })
}

const CODES: [&str; 6] = ["denied", "unavailable", "interaction-required", "invalid", "unsupported", "cancelled"];

fn failure_code(texts: &Texts, code: &Spanned<String>) -> Result<FailureCode, ConfigError> {
    let given = code.get_ref().as_str();
    if CODES.contains(&given) {
        return Ok(FailureCode::from_name(given));
    }
    let message = match closest(given, CODES) {
        Some(close) => format!("there is no kind of failure `{given}`; did you mean `{close}`?"),
        None => format!("there is no kind of failure `{given}`"),
    };
    Err(texts.error(code.span(), &message).with_remedy(format!("there are: {}", CODES.join(", "))))
}

fn on_error_of(texts: &Texts, meaning: &Spanned<String>) -> Result<OnError, ConfigError> {
    match meaning.get_ref().as_str() {
        "continue" => Ok(OnError::Continue),
        "fail" => Ok(OnError::Fail),
        other => Err(texts
            .error(meaning.span(), &format!("`{other}` says nothing"))
            .with_remedy("write `continue` (go on to the next source) or `fail`")),
    }
}
