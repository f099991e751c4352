//! The value that a person's text stands for, by the schema of the whole value. (Texts of single fields, as variables
//! have them, are `coerce`'s.)

use serde_json::Value;

use super::{fault, resolve};

/// What `text` is: the text itself where the schema wants a text, JSON where it wants anything else. Where neither fits,
/// what is nearer to the schema, so that its faults can be named.
pub(crate) fn value_of(schema: &Value, text: &str) -> Value {
    let as_text = Value::String(text.to_owned());
    let as_json = serde_json::from_str::<Value>(text.trim()).ok();
    let Some(as_json) = as_json else { return as_text };
    let first = if wants_text(schema) { [as_text, as_json] } else { [as_json, as_text] };
    let fits = |value: &Value| fault::faults(schema, value).is_empty();
    match first {
        [first, second] if !fits(&first) && fits(&second) => second,
        [first, _] => first,
    }
}

/// Whether a text is what the schema speaks of first.
fn wants_text(schema: &Value) -> bool {
    match resolve(schema, schema).get("type") {
        Some(Value::String(name)) => name == "string",
        Some(Value::Array(names)) => names.iter().any(|name| name == "string"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_text_where_the_schema_wants_it_and_json_elsewhere() {
        for (schema, text, value) in [
            (json!({ "type": "string" }), "8080", json!("8080")),
            (json!({ "type": "string" }), "\"quoted\"", json!("\"quoted\"")),
            (json!({ "type": "string" }), "true", json!("true")),
            (json!({ "type": ["string", "null"] }), "null", json!("null")),
            (json!({ "type": "integer" }), " 8080 ", json!(8080)),
            (json!({ "type": "integer" }), "eighty", json!("eighty")),
            (json!({ "type": ["integer", "null"] }), "null", json!(null)),
            (json!({ "type": "object" }), "{\"a\":1}", json!({ "a": 1 })),
            (json!({ "enum": ["low", "1"] }), "low", json!("low")),
            (json!({ "enum": ["low", "1"] }), "1", json!("1")),
            (json!({ "oneOf": [{ "const": "low" }, { "const": 2 }] }), "2", json!(2)),
            (json!({}), "[1]", json!([1])),
            (json!({}), "word", json!("word")),
        ] {
            assert_eq!(value_of(&schema, text), value, "{schema} {text}");
        }
    }
}
