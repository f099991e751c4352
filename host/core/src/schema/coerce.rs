//! Text typed by the schema: a variable is text, and a field may be a number. Only for entries that a source marked
//! partial, whose fields came one by one.

use serde_json::Value;

use super::{properties, resolve};

/// Turns texts into what the schema wants where the text is exactly that; anything else stays as it is, to be reported.
pub(crate) fn coerce(root: &Value, schema: &Value, value: &mut Value) {
    let schema = resolve(root, schema);
    match value {
        Value::Object(fields) => {
            if let Some(properties) = properties(root, schema) {
                for (name, field) in fields {
                    if let Some(property) = properties.get(name) {
                        coerce(root, property, field);
                    }
                }
            }
        }
        Value::String(text) => {
            if wants(schema, "string") || !schema.as_object().is_some_and(|map| map.contains_key("type")) {
                return;
            }
            if let Ok(parsed) = serde_json::from_str::<Value>(text.trim())
                && !parsed.is_string()
                && wants(schema, type_name(&parsed))
            {
                *value = parsed;
            }
        }
        _ => {}
    }
}

/// Whether the schema's `type` allows this type. An integer is a number too.
fn wants(schema: &Value, name: &str) -> bool {
    let matches = |wanted: &str| wanted == name || (wanted == "number" && name == "integer");
    match schema.get("type") {
        Some(Value::String(wanted)) => matches(wanted),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).any(matches),
        _ => false,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_becomes_what_the_schema_wants_and_nothing_else() {
        let schema = json!({ "properties": {
            "port": { "type": "integer" }, "name": { "type": "string" }, "on": { "type": ["boolean", "null"] },
            "tags": { "type": "array" }, "ratio": { "type": "number" },
        }});
        let mut value = json!({ "port": "80", "name": "80", "on": "true", "tags": "[1]", "ratio": "2", "other": "1" });
        coerce(&schema, &schema, &mut value);
        assert_eq!(value, json!({ "port": 80, "name": "80", "on": true, "tags": [1], "ratio": 2, "other": "1" }));
        let mut wrong = json!({ "port": "eighty", "on": "maybe" });
        coerce(&schema, &schema, &mut wrong);
        assert_eq!(wrong, json!({ "port": "eighty", "on": "maybe" }));
    }
}
