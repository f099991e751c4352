//! How a setting stands in a fact: in one form for the digest, and for a person without what is a secret.

use serde_json::Value;

use crate::{plugin::Facts, words::names_a_secret};

/// The value with the fields of its objects sorted.
pub(super) fn canonical(value: &Value) -> Value {
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

/// The value at a path without what its name, or the plugin, calls a secret. An address is shown, whatever it is called.
pub(super) fn to_show(path: &mut Vec<String>, value: &Value, facts: Option<&Facts>) -> Value {
    let is_secret = |path: &[String]| {
        let named = path.iter().rev().find(|name| name.parse::<usize>().is_err());
        named.is_some_and(|name| names_a_secret(name)) || facts.is_some_and(|facts| facts.is_secret_setting(path))
    };
    let mut inside = |name: String, value: &Value| {
        path.push(name);
        let shown = to_show(path, value, facts);
        path.pop();
        shown
    };
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), inside(name.clone(), value))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(place, value)| inside(place.to_string(), value)).collect()
        }
        Value::String(text) if is_secret(path) && !text.contains("://") => "***".into(),
        other => other.clone(),
    }
}

/// A setting's value as it is shown: whole where a person would read all of it, else its two ends.
pub(super) fn cut(text: &str) -> String {
    const ENDS: usize = 80;
    let characters = text.chars().count();
    if characters <= 2 * ENDS {
        return text.to_owned();
    }
    let start: String = text.chars().take(ENDS).collect();
    let end: String = text.chars().skip(characters - ENDS).collect();
    format!("{start} … {end} ({} bytes)", text.len())
}
