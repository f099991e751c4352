//! What the formats have in common: a table of names at top level, and a JSON text for each.

use serde::Deserialize;

use crate::{fault::Fault, json, toml, yaml};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Json,
    Toml,
    Yaml,
}

impl Format {
    /// What a file's name says of its format.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "toml" => Some(Format::Toml),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }

    /// The value of this name, as JSON.
    pub(crate) fn get(self, text: &str, name: &str) -> Result<Option<String>, Fault> {
        match self {
            Format::Json => json::get(text, name),
            Format::Toml => toml::get(text, name),
            Format::Yaml => yaml::get(text, name),
        }
    }

    /// All names at top level.
    pub(crate) fn names(self, text: &str) -> Result<Vec<String>, Fault> {
        match self {
            Format::Json => json::names(text),
            Format::Toml => toml::names(text),
            Format::Yaml => yaml::names(text),
        }
    }

    /// The text with this value in it, everything else as it was.
    pub(crate) fn set(self, text: &str, name: &str, value: &serde_json::Value) -> Result<String, Fault> {
        match self {
            Format::Json => json::set(text, name, value),
            Format::Toml => toml::set(text, name, value),
            Format::Yaml => Err(Fault::unsupported("YAML is only read")),
        }
    }

    /// The text without this value.
    pub(crate) fn remove(self, text: &str, name: &str) -> Result<String, Fault> {
        match self {
            Format::Json => json::remove(text, name),
            Format::Toml => toml::remove(text, name),
            Format::Yaml => Err(Fault::unsupported("YAML is only read")),
        }
    }
}

impl Format {
    /// Whether a value that was written and is read again is the one that was meant. What has no value in TOML is not
    /// there: a member that is null is one that is left out.
    pub(crate) fn keeps(self, meant: &serde_json::Value, read: &serde_json::Value) -> bool {
        match self {
            Format::Toml => toml::without_nulls(meant) == *read,
            Format::Json | Format::Yaml => meant == read,
        }
    }
}
