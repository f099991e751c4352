//! From the text of a variable to a JSON value.

use serde_json::Value;

/// How many references are followed before a schema is taken for circular.
const MAX_REFERENCES: usize = 32;

/// A list or an object, if the text is one; else the text.
pub(crate) fn structured(text: &str) -> Value {
    if text.trim_start().starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    Value::String(text.to_owned())
}

/// A text that goes into a whole value: of the type that the schema wants there, else of the type that the value has
/// there, else a text.
pub(crate) fn typed(text: &str, schema: Option<&Value>, path: &[String], known: Option<&Value>) -> Value {
    let wants_text = match schema.and_then(|root| field(root, path)) {
        Some(schema) => allows(schema, "string"),
        None => known.is_none_or(Value::is_string),
    };
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(value) if !wants_text && !value.is_string() => value,
        _ => structured(text),
    }
}

/// The schema of the field at `path`.
fn field<'a>(root: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(resolve(root, root), |schema, part| Some(resolve(root, schema.get("properties")?.get(part)?)))
}

/// Follows `$ref`, an `allOf` of one, and the other half of "or null".
fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..MAX_REFERENCES {
        let list = |word| schema.get(word).and_then(Value::as_array).map(Vec::as_slice);
        let is_null = |half: &Value| half.get("type").and_then(Value::as_str) == Some("null");
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        let next = match (reference, list("allOf"), list("anyOf").or_else(|| list("oneOf"))) {
            (Some(pointer), _, _) => root.pointer(pointer),
            (_, Some([only]), _) => Some(only),
            (_, _, Some([half, null])) if is_null(null) => Some(half),
            (_, _, Some([null, half])) if is_null(null) => Some(half),
            _ => None,
        };
        match next {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

/// Whether a schema that says anything of types says this one.
fn allows(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(names)) => names.iter().any(|one| one == name),
        _ => true,
    }
}
