//! Reading a manifest: its shape, and what its words mean. Unknown words are errors, with what was probably meant.

use std::{collections::BTreeMap, ops::Range, path::Path, time::Duration};

use harmony_config_core::{ConfigError, DEFAULT_NAMESPACE, FailureCode, OnError, Sensitivity, check_name};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::{Manifest, ManifestSource, duration, report::Text};
use crate::{plugin::Plugin, words::closest};

/// The version of manifests that this program reads.
const VERSION: i64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    version: Option<Spanned<i64>>,
    app: Option<Spanned<String>>,
    namespace: Option<Spanned<String>>,
    chain: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    source: BTreeMap<Spanned<String>, RawSource>,
    #[serde(default)]
    persist: RawPersist,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSource {
    plugin: Option<Spanned<String>>,
    timeout: Option<Spanned<String>>,
    interaction_timeout: Option<Spanned<String>>,
    #[serde(default)]
    on_error: BTreeMap<Spanned<String>, Spanned<String>>,
    settings: Option<Spanned<toml::Table>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPersist {
    #[serde(default)]
    secret: Vec<Spanned<String>>,
    #[serde(default)]
    standard: Vec<Spanned<String>>,
}

pub(super) fn parse(text: &str, file: &Path) -> Result<Manifest, ConfigError> {
    let text = Text { text, file };
    let raw: Raw = toml::from_str(text.text).map_err(|error| syntax(text, &error))?;
    match &raw.version {
        None => {
            return Err(text.error_of_all("it does not say its version").with_remedy("add the line: version = 1"));
        }
        Some(version) if *version.get_ref() != VERSION => {
            let message = format!("version {} of manifests is not known to this program", version.get_ref());
            return Err(text.error(version.span(), &message).with_remedy("update this program, or write: version = 1"));
        }
        Some(_) => {}
    }
    let name = |what: &str, given: &Option<Spanned<String>>, default: &str| match given {
        None => Ok(default.to_owned()),
        Some(given) => {
            checked(text, what, given)?;
            Ok(given.get_ref().clone())
        }
    };
    let app = name("app", &raw.app, DEFAULT_NAMESPACE)?;
    let namespace = name("namespace", &raw.namespace, &app)?;

    let mut sources = BTreeMap::new();
    for (name, table) in &raw.source {
        checked(text, "source", name)?;
        sources.insert(name.get_ref().clone(), source(text, name, table)?);
    }
    let chain = chain(text, &raw, &mut sources)?;
    let mut persist = BTreeMap::new();
    for (class, names) in [(Sensitivity::Secret, &raw.persist.secret), (Sensitivity::Standard, &raw.persist.standard)] {
        for (index, name) in names.iter().enumerate() {
            known_source(text, name, &mut sources)?;
            if names.iter().take(index).any(|earlier| earlier.get_ref() == name.get_ref()) {
                return Err(twice(text, name));
            }
        }
        if !names.is_empty() {
            persist.insert(class, names.iter().map(|name| name.get_ref().clone()).collect());
        }
    }
    let used = |name: &String| chain.contains(name) || persist.values().any(|names: &Vec<String>| names.contains(name));
    let warnings = sources
        .keys()
        .filter(|name| !used(name))
        .map(|name| format!("{}: source `{name}` is described and used nowhere; add it to `chain`", file.display()))
        .collect();
    sources.retain(|name, _| chain.contains(name) || persist.values().any(|names| names.contains(name)));
    Ok(Manifest { file: Some(file.to_owned()), app, namespace, chain, sources, persist, warnings })
}

fn checked(text: Text<'_>, what: &str, name: &Spanned<String>) -> Result<(), ConfigError> {
    check_name(what, name.get_ref()).map_err(|error| {
        let marked = text.error(name.span(), error.message());
        match error.remedy() {
            Some(remedy) => marked.with_remedy(remedy),
            None => marked,
        }
    })
}

fn chain(
    text: Text<'_>,
    raw: &Raw,
    sources: &mut BTreeMap<String, ManifestSource>,
) -> Result<Vec<String>, ConfigError> {
    let Some(chain) = &raw.chain else {
        return Err(text
            .error_of_all("it has no `chain`")
            .with_remedy("say which sources are asked, in which order: chain = [\"env\", \"sqlite\", \"prompt\"]"));
    };
    if chain.get_ref().is_empty() {
        return Err(text
            .error(chain.span(), "the chain is empty: there is nothing to ask")
            .with_remedy("name at least one source: chain = [\"env\", \"sqlite\", \"prompt\"]"));
    }
    let mut names: Vec<String> = Vec::new();
    for name in chain.get_ref() {
        known_source(text, name, sources)?;
        if names.contains(name.get_ref()) {
            return Err(twice(text, name));
        }
        names.push(name.get_ref().clone());
    }
    Ok(names)
}

fn twice(text: Text<'_>, name: &Spanned<String>) -> ConfigError {
    let message = format!("source `{}` is named twice", name.get_ref());
    text.error(name.span(), &message).with_remedy("name it once, where it belongs in the order")
}

/// A name without a table is the bundled plugin of that name.
fn known_source(
    text: Text<'_>,
    name: &Spanned<String>,
    sources: &mut BTreeMap<String, ManifestSource>,
) -> Result<(), ConfigError> {
    let given = name.get_ref();
    if sources.contains_key(given) {
        return Ok(());
    }
    if Plugin::bundled_names().any(|bundled| bundled == given) {
        sources.insert(given.clone(), ManifestSource::bundled(given));
        return Ok(());
    }
    let mut known: Vec<&str> = Plugin::bundled_names().collect();
    known.extend(sources.keys().map(String::as_str));
    let message = match closest(given, known.iter().copied()) {
        Some(close) => format!("there is no source `{given}`; did you mean `{close}`?"),
        None => format!("there is no source `{given}`"),
    };
    Err(text.error(name.span(), &message).with_remedy(format!(
        "name one of {}, or describe it in a table [source.{}]",
        known.join(", "),
        crate::words::shown(given)
    )))
}

fn source(text: Text<'_>, name: &Spanned<String>, raw: &RawSource) -> Result<ManifestSource, ConfigError> {
    let (plugin, span) = match &raw.plugin {
        Some(plugin) => (plugin.get_ref().as_str(), plugin.span()),
        None => (name.get_ref().as_str(), name.span()),
    };
    let plugin = bundled(text, plugin, span, raw.plugin.is_none())?;
    let time = |given: &Option<Spanned<String>>| -> Result<Option<Duration>, ConfigError> {
        let Some(given) = given else { return Ok(None) };
        let parsed = duration::parse(given.get_ref()).map_err(|how| {
            text.error(given.span(), &format!("`{}` is not a duration", given.get_ref())).with_remedy(how)
        });
        parsed.map(Some)
    };
    let settings = match &raw.settings {
        None => Map::new(),
        Some(settings) => match json(toml::Value::Table(settings.get_ref().clone())) {
            Value::Object(map) => map,
            _ => Map::new(),
        },
    };
    if let Some(spanned) = &raw.settings {
        check_settings(text, name.get_ref(), &plugin, spanned.span(), &settings)?;
    }
    let mut on_error = BTreeMap::new();
    for (code, meaning) in &raw.on_error {
        on_error.insert(failure_code(text, code)?, on_error_of(text, meaning)?);
    }
    Ok(ManifestSource {
        plugin,
        settings,
        timeout: time(&raw.timeout)?,
        interaction_timeout: time(&raw.interaction_timeout)?,
        on_error,
    })
}

/// The bundled plugin that is meant. Plugins of third parties are not known to this version.
fn bundled(text: Text<'_>, given: &str, span: Range<usize>, is_name: bool) -> Result<String, ConfigError> {
    let known: Vec<&str> = Plugin::bundled_names().collect();
    let name = given.strip_prefix("builtin:").unwrap_or(given);
    let prefixed = is_name || given.starts_with("builtin:");
    if prefixed && known.contains(&name) {
        return Ok(name.to_owned());
    }
    let close = closest(name, known.iter().copied());
    let message = match (close, is_name) {
        (Some(close), false) => format!("there is no plugin `{given}`; did you mean `builtin:{close}`?"),
        (None, false) => format!("there is no plugin `{given}`"),
        (_, true) => format!("source `{given}` does not say which plugin serves it"),
    };
    let names: Vec<String> = known.iter().map(|name| format!("builtin:{name}")).collect();
    Err(text.error(span, &message).with_remedy(format!("write: plugin = \"…\", one of {}", names.join(", "))))
}

fn check_settings(
    text: Text<'_>,
    source: &str,
    plugin: &str,
    span: Range<usize>,
    settings: &Map<String, Value>,
) -> Result<(), ConfigError> {
    let Some(plugin) = Plugin::bundled(plugin) else { return Ok(()) };
    let faults = plugin.facts().faults_of(&Value::Object(settings.clone()));
    match faults.first() {
        None => Ok(()),
        Some(fault) => {
            // Where the fault names a setting, that is what is marked.
            let named = fault.split('`').nth(1).and_then(|name| {
                let at = text.text.get(span.start..)?.find(name)? + span.start;
                Some(at..at + name.len())
            });
            Err(text
                .error(named.unwrap_or(span), &format!("source `{source}`: {fault}"))
                .with_remedy(format!("see the settings of `{}` in docs/manifest.md", plugin.name())))
        }
    }
}

const CODES: [&str; 6] = ["denied", "unavailable", "interaction-required", "invalid", "unsupported", "cancelled"];

fn failure_code(text: Text<'_>, code: &Spanned<String>) -> Result<FailureCode, ConfigError> {
    let given = code.get_ref().as_str();
    if CODES.contains(&given) {
        return Ok(FailureCode::from_name(given));
    }
    let message = match closest(given, CODES) {
        Some(close) => format!("there is no kind of failure `{given}`; did you mean `{close}`?"),
        None => format!("there is no kind of failure `{given}`"),
    };
    Err(text.error(code.span(), &message).with_remedy(format!("there are: {}", CODES.join(", "))))
}

fn on_error_of(text: Text<'_>, meaning: &Spanned<String>) -> Result<OnError, ConfigError> {
    match meaning.get_ref().as_str() {
        "continue" => Ok(OnError::Continue),
        "fail" => Ok(OnError::Fail),
        other => Err(text
            .error(meaning.span(), &format!("`{other}` says nothing"))
            .with_remedy("write `continue` (go on to the next source) or `fail`")),
    }
}

/// A syntax error, or a shape that is not the manifest's.
fn syntax(text: Text<'_>, error: &toml::de::Error) -> ConfigError {
    let said = error.message();
    let span = error.span().unwrap_or(0..0);
    let unknown = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let Some((name, rest)) = unknown else {
        let mut message = said.trim_end().replace('\n', "; ");
        for (of_rust, of_people) in [
            ("expected i64", "expected a whole number"),
            ("a sequence", "a list"),
            ("a map", "a table"),
            ("struct ", "table "),
        ] {
            message = message.replace(of_rust, of_people);
        }
        return text.error(span, &message).with_remedy("see docs/manifest.md for what a manifest may say");
    };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let message = match closest(name, known.iter().copied()) {
        Some(close) => format!("there is no `{name}` here; did you mean `{close}`?"),
        None => format!("there is no `{name}` here"),
    };
    text.error(span, &message).with_remedy(format!("there are: {}", known.join(", ")))
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
