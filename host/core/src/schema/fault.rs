//! What is wrong with a value: which field, and what it should be. Never what it is: serde's and jsonschema's own
//! texts quote values, so they are rewritten here from the path and the expectation.

use std::fmt;

use serde_json::Value;

use crate::Config;

use super::{at, remove_at};

/// One field that is missing or does not fit. It displays as `field `port` should be a whole number from 1 to 65535`, and
/// never has the value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The field's path; empty where the whole value is meant.
    pub path: Vec<String>,
    /// True where the field is not there at all.
    pub missing: bool,
    /// What it should be, in words: `a whole number from 1 to 65535`. Empty where nothing better is known.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl Fault {
    /// `field `port` is missing`, `field `port` should be a whole number`.
    pub(crate) fn describe(&self) -> String {
        let what = match self.path.is_empty() {
            true => "the value".to_owned(),
            false => format!("field `{}`", self.path.join(".")),
        };
        match (self.missing, self.expected.is_empty()) {
            (true, true) => format!("{what} is missing"),
            (true, false) => format!("{what} is missing (it should be {})", self.expected),
            (false, true) => format!("{what} does not fit its type"),
            (false, false) => format!("{what} should be {}", self.expected),
        }
    }
}

/// Whether `value` deserialises as `T`, and if not, where and why.
pub(crate) fn fit<T: Config>(value: &Value) -> Result<(), Fault> {
    // The quick way first: tracking the path costs, and most values fit.
    if T::deserialize(value).is_ok() {
        return Ok(());
    }
    match serde_path_to_error::deserialize::<_, T>(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(from_serde(&error)),
    }
}

fn from_serde(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    use serde_path_to_error::Segment;
    let mut path = Vec::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => path.push(key.clone()),
            // A list is replaced as a whole, so it is the list that is at fault.
            Segment::Seq { .. } => break,
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let text = error.inner().to_string();
    if let Some(rest) = text.strip_prefix("missing field `")
        && let Some((name, _)) = rest.split_once('`')
    {
        if path.last().map(String::as_str) != Some(name) {
            path.push(name.to_owned());
        }
        return Fault { path, missing: true, expected: String::new() };
    }
    if let Some(rest) = text.strip_prefix("unknown field `")
        && let Some((name, _)) = rest.split_once('`')
    {
        if path.last().map(String::as_str) != Some(name) {
            path.push(name.to_owned());
        }
        return Fault { path, missing: false, expected: "left out: the type has no such field".to_owned() };
    }
    // Only serde's own phrases are trusted to have nothing of the value behind their last "expected"; the text of a
    // hand-written `Deserialize` could quote anything.
    let own_phrase = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "]
        .iter()
        .any(|phrase| text.starts_with(phrase));
    let expected = match text.rsplit_once(", expected ") {
        Some((_, expected)) if own_phrase => {
            let expected = expected.split(" at line ").next().unwrap_or(expected);
            words_for_rust_type(expected)
        }
        _ => String::new(),
    };
    Fault { path, missing: false, expected }
}

fn words_for_rust_type(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" | "u128" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" | "i128" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "a borrowed string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other if other.starts_with("struct ") || other == "a map" => "an object",
        other => other,
    }
    .to_owned()
}

/// Everything that keeps `value` from fitting `schema`, a fault for each field, outermost fields first.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<Fault> {
    let Ok(validator) = jsonschema::validator_for(schema) else {
        // A schema that cannot be compiled says nothing about the value; deserialising it will.
        return Vec::new();
    };
    let mut faults: Vec<Fault> = Vec::new();
    for error in validator.iter_errors(value) {
        let fault = from_validation(schema, &error);
        if !faults.iter().any(|known| fault.path.starts_with(&known.path)) {
            faults.retain(|known| !known.path.starts_with(&fault.path));
            faults.push(fault);
        }
    }
    faults.sort_by(|a, b| a.path.cmp(&b.path));
    faults
}

fn from_validation(schema: &Value, error: &jsonschema::ValidationError<'_>) -> Fault {
    use jsonschema::error::ValidationErrorKind;
    let mut path = Vec::new();
    let mut position = schema;
    for segment in error.instance_path().as_str().split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        // Only fields of objects are asked for one by one: what is inside a list or a map belongs to it.
        let Some(next) = super::properties(schema, position).and_then(|fields| fields.get(&name)) else { break };
        path.push(name);
        position = next;
    }
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            if let Some(name) = property.as_str() {
                path.push(name.to_owned());
            }
            let expected = at(schema, &path).map(describe).unwrap_or_default();
            Fault { path, missing: true, expected }
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            path.extend(unexpected.first().cloned());
            Fault { path, missing: false, expected: "left out: the type has no such field".to_owned() }
        }
        _ => {
            let expected = at(schema, &path).map(describe).unwrap_or_default();
            Fault { path, missing: false, expected }
        }
    }
}

/// What a schema wants, in words.
pub(crate) fn describe(schema: &Value) -> String {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let names: Vec<String> = choices.iter().map(|choice| format!("`{}`", plain(choice))).collect();
        return format!("one of {}", names.join(", "));
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or(""),
        _ => "",
    };
    let noun = match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        "null" => "null",
        _ => return String::new(),
    };
    let bound = |key: &str| schema.get(key).filter(|value| value.is_number()).map(plain);
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => format!("{noun} from {low} to {high}"),
        (Some(low), None) => format!("{noun}, {low} or more"),
        (None, Some(high)) => format!("{noun}, {high} or less"),
        (None, None) => noun.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            // schemars writes the bounds of whole numbers as 65535.0.
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// What is left of a value when every faulty field is taken out.
pub(crate) fn without_faults(value: &Value, faults: &[Fault]) -> Value {
    let mut kept = value.clone();
    if !kept.is_object() {
        return Value::Object(serde_json::Map::new());
    }
    for fault in faults.iter().filter(|fault| !fault.missing) {
        remove_at(&mut kept, &fault.path);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Serialize, Deserialize)]
    struct Inner {
        cert: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Sample {
        port: u16,
        inner: Inner,
    }

    impl Config for Sample {
        const KEY: &'static str = "Sample";
    }

    #[test]
    fn a_misfit_names_the_field_and_never_the_value() {
        let fault = fit::<Sample>(&json!({ "port": "canary", "inner": { "cert": "c" } })).unwrap_err();
        assert_eq!(fault.describe(), "field `port` should be a whole number from 0 to 65535");
        let fault = fit::<Sample>(&json!({ "port": 1, "inner": {} })).unwrap_err();
        assert_eq!(fault.describe(), "field `inner.cert` is missing");
        let fault = fit::<Sample>(&json!({ "port": 1, "inner": { "cert": 5 } })).unwrap_err();
        assert_eq!(fault.describe(), "field `inner.cert` should be a text");
    }

    #[test]
    fn a_schema_finds_every_fault_at_once() {
        let schema = json!({
            "type": "object", "required": ["a", "b", "c"],
            "properties": {
                "a": { "type": "integer", "minimum": 1, "maximum": 9.0 },
                "b": { "type": "string" },
                "c": { "type": "object", "required": ["d"], "properties": { "d": { "type": "boolean" } } },
            }
        });
        let found = faults(&schema, &json!({ "a": "canary", "c": {} }));
        let words: Vec<String> = found.iter().map(Fault::describe).collect();
        assert_eq!(
            words,
            [
                "field `a` should be a whole number from 1 to 9",
                "field `b` is missing (it should be a text)",
                "field `c.d` is missing (it should be true or false)",
            ]
        );
    }
}
