//! What a plugin says of itself in a custom section: read without running it. `docs/contract.md` describes the section.

use harmony_config_core::{ConfigError, FailureCode, Features, check_name};
use serde::Deserialize;
use serde_json::{Map, Value};
use wasmparser::{Chunk, Parser, Payload};

use super::wants::Wants;
use crate::words::shown;

/// The name of the custom section.
const SECTION: &str = "harmony-config-plugin";

/// The version of the section that this host reads.
const VERSION: u32 = 1;

/// What a plugin says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Facts {
    /// The version of this shape: 1.
    pub version: u32,
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub plugin_version: String,
    /// One line on what it is.
    #[serde(default)]
    pub description: String,
    /// The most that it can do, by the names of the contract.
    #[serde(default)]
    pub features: Vec<String>,
    /// The JSON Schema of its settings.
    #[serde(default)]
    pub settings: Value,
    /// The capabilities that it wants.
    #[serde(default)]
    pub wants: Wants,
}

impl Facts {
    /// The most that the plugin can do.
    pub fn features(&self) -> Features {
        Features::from_names(self.features.iter().map(String::as_str))
    }

    /// Whether it signs somebody in, and hands out tokens that say who that is.
    pub fn is_identity(&self) -> bool {
        self.features.iter().any(|feature| feature == "identity")
    }

    /// The text that a setting has where it is not given, if its schema says so.
    pub(crate) fn default_of(&self, setting: &str) -> Option<&str> {
        self.settings.get("properties")?.get(setting)?.get("default")?.as_str()
    }

    /// Checks the settings of a source against the plugin's schema: every fault, with where it is. No value is quoted.
    /// The settings at the paths `later` come later, from another source: there they are taken to be right.
    pub(crate) fn faults_of(&self, settings: &Value, later: &[&[String]]) -> Vec<String> {
        if self.settings.is_null() {
            return Vec::new();
        }
        let Ok(validator) = jsonschema::validator_for(&self.settings) else {
            return vec!["the plugin's own description of its settings is not a JSON Schema".to_owned()];
        };
        let mut whole = settings.clone();
        for path in later {
            put(&mut whole, path, "…".into());
        }
        let later: Vec<String> = later.iter().map(|path| format!("/{}", path.join("/"))).collect();
        validator
            .iter_errors(&whole)
            .filter(|error| !later.iter().any(|later| error.instance_path().to_string().starts_with(later)))
            .map(|error| shown(&describe(&error, &whole, self)))
            .collect()
    }

    /// Whether the plugin says that a setting is a secret.
    pub(crate) fn is_secret_setting(&self, path: &[String]) -> bool {
        let mut schema = &self.settings;
        for name in path {
            let inner = match schema.get("items") {
                Some(items) => Some(items),
                None => schema.get("properties").and_then(|properties| properties.get(name)),
            };
            let Some(inner) = inner else { return false };
            if inner.get("x-harmony-secret") == Some(&Value::Bool(true)) {
                return true;
            }
            schema = inner;
        }
        false
    }
}

/// Puts a value where a setting is: a credential, or what stands for it.
pub(crate) fn put(settings: &mut Value, path: &[String], value: Value) {
    let Some((last, outer)) = path.split_last() else { return };
    let mut at = settings;
    for name in outer {
        let next = match at {
            Value::Array(items) => name.parse().ok().and_then(|index: usize| items.get_mut(index)),
            Value::Object(members) => Some(members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))),
            _ => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
    match at {
        Value::Object(members) => {
            members.insert(last.clone(), value);
        }
        Value::Array(items) => {
            if let Some(item) = last.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
}

/// One fault, without the value: a setting may be a credential.
fn describe(error: &jsonschema::ValidationError<'_>, settings: &Value, facts: &Facts) -> String {
    use jsonschema::error::ValidationErrorKind as Kind;
    let path = error.instance_path().to_string();
    let place = path.trim_start_matches('/').replace('/', ".");
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known: Vec<&str> = facts
                .settings
                .get("properties")
                .and_then(Value::as_object)
                .map(|properties| properties.keys().map(String::as_str).collect())
                .unwrap_or_default();
            let name = unexpected.first().map(String::as_str).unwrap_or_default();
            match crate::words::closest(name, known.iter().copied()) {
                Some(close) => format!("there is no setting `{name}`; did you mean `{close}`?"),
                None if known.is_empty() => format!("there is no setting `{name}`: the plugin has none"),
                None => format!("there is no setting `{name}`; there are: {}", known.join(", ")),
            }
        }
        // Without any property in it, a schema that allows no other is one that allows nothing.
        Kind::FalseSchema => match settings.as_object().and_then(|settings| settings.keys().next()) {
            Some(name) if place.is_empty() => format!("there is no setting `{name}`: the plugin has none"),
            _ => format!("there is no setting `{place}`"),
        },
        Kind::Required { property } => {
            format!("the setting `{}` is missing", property.as_str().unwrap_or("?"))
        }
        Kind::Type { kind } => {
            let wanted = format!("{kind:?}").to_lowercase();
            format!("the setting `{place}` has the wrong type; it should be {}", plain_type(&wanted))
        }
        _ => format!("the setting `{place}` does not fit: {}", error.masked()),
    }
}

fn plain_type(debug: &str) -> &'static str {
    for (name, words) in [
        ("string", "a text"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("array", "a list"),
        ("object", "a table"),
    ] {
        if debug.contains(name) {
            return words;
        }
    }
    "of another type"
}

/// Finds the section. It stands in the component's core module; what is larger than words is skipped unread.
pub(super) fn read(wasm: &[u8]) -> Result<Facts, ConfigError> {
    let wrong = |what: &str| {
        ConfigError::usage(
            FailureCode::Invalid,
            format!("this is not a plugin: {what}"),
            "build it with the SDK for the target wasm32-wasip2",
        )
    };
    let section = find(wasm).map_err(|error| wrong(&format!("{error}")))?;
    let section = section.ok_or_else(|| wrong("it has no section `harmony-config-plugin`"))?;
    let mut facts: Facts = serde_json::from_slice(section)
        .map_err(|error| wrong(&format!("its section `harmony-config-plugin` cannot be read: {error}")))?;
    if facts.version != VERSION {
        return Err(wrong(&format!("it is of version {} and this program knows version {VERSION}", facts.version)));
    }
    // It stands in messages, on the screen and in paths.
    check_name("its name", &facts.name).map_err(|error| wrong(error.message()))?;
    facts.plugin_version = shown(&facts.plugin_version);
    facts.description = shown(&facts.description);
    Ok(facts)
}

fn find(wasm: &[u8]) -> wasmparser::Result<Option<&[u8]>> {
    let mut parser = Parser::new(0);
    let mut outer = Vec::new();
    let mut rest = wasm;
    loop {
        let payload = match parser.parse(rest, true)? {
            Chunk::NeedMoreData(_) => return Ok(None),
            Chunk::Parsed { consumed, payload } => {
                rest = rest.get(consumed..).unwrap_or_default();
                payload
            }
        };
        match payload {
            Payload::CustomSection(section) if section.name() == SECTION => return Ok(Some(section.data())),
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                rest = rest.get(size as usize..).unwrap_or_default();
            }
            Payload::ModuleSection { parser: inner, .. } | Payload::ComponentSection { parser: inner, .. } => {
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::End(_) => match outer.pop() {
                Some(before) => parser = before,
                None => return Ok(None),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_else_is_not_taken_for_a_plugin() {
        for bytes in [&b""[..], b"hello", b"\0asm\x0d\0\x01\0"] {
            let error = read(bytes).unwrap_err();
            assert!(error.message().starts_with("this is not a plugin"), "{error}");
        }
    }

    #[test]
    fn every_bundled_plugin_says_what_it_is() {
        for bundled in harmony_config_plugins::bundled() {
            let facts = read(bundled.wasm).unwrap();
            assert_eq!(facts.name, bundled.name);
            jsonschema::validator_for(&facts.settings).unwrap();
        }
    }

    #[test]
    fn a_plugin_without_settings_says_so() {
        let facts: Facts = serde_json::from_value(serde_json::json!({
            "version": 1, "name": "x", "plugin-version": "1", "settings": { "type": "object", "additionalProperties": false },
        }))
        .unwrap();
        let faults = facts.faults_of(&serde_json::json!({ "path": "canary" }), &[]);
        assert_eq!(faults, ["there is no setting `path`: the plugin has none"]);
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not() {
        let facts: Facts = serde_json::from_value(serde_json::json!({
            "version": 1, "name": "x", "plugin-version": "1",
            "settings": { "type": "object", "additionalProperties": false, "properties": { "path": { "type": "string" } } },
        }))
        .unwrap();
        let fault = |settings: Value| facts.faults_of(&settings, &[]).join("\n");
        assert_eq!(fault(serde_json::json!({ "paht": "canary" })), "there is no setting `paht`; did you mean `path`?");
        assert_eq!(
            fault(serde_json::json!({ "path": 7 })),
            "the setting `path` has the wrong type; it should be a text"
        );
    }
}
