//! The schema of what is missing: what an interactive source is shown, and nothing more.

use serde_json::{Map, Value};

use super::{properties, required, resolve, value_at};

/// The part of `schema` that asks for these paths, with every field in `must` required. References stay as they are:
/// the definitions are carried along.
pub(crate) fn to_paths(schema: &Value, paths: &[Vec<String>]) -> Value {
    if paths.iter().any(Vec::is_empty) {
        return schema.clone();
    }
    let mut narrowed = narrow(schema, schema, paths);
    if let Value::Object(map) = &mut narrowed {
        for name in ["$defs", "definitions", "$schema", "title", "description"] {
            if let Some(kept) = schema.get(name) {
                map.insert(name.to_owned(), kept.clone());
            }
        }
    }
    narrowed
}

/// Whether a narrowed schema has no field left to ask for.
pub(crate) fn asks_nothing(narrowed: &Value) -> bool {
    properties(narrowed, narrowed).is_some_and(Map::is_empty)
}

fn narrow(root: &Value, schema: &Value, paths: &[Vec<String>]) -> Value {
    let resolved = resolve(root, schema);
    let Some(fields) = properties(root, resolved) else { return schema.clone() };
    let mut kept = Map::new();
    let mut must = Vec::new();
    for (name, field) in fields {
        let inside: Vec<Vec<String>> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(first, _)| *first == name)
            .map(|(_, rest)| rest.to_vec())
            .collect();
        if inside.is_empty() {
            continue;
        }
        let whole = inside.iter().any(Vec::is_empty);
        kept.insert(name.clone(), if whole { field.clone() } else { narrow(root, field, &inside) });
        // Where only a part is asked for, the other part is there: then the struct is no longer optional.
        if !whole || required(root, resolved).any(|required| required == name) {
            must.push(Value::String(name.clone()));
        }
    }
    let mut narrowed = Map::new();
    narrowed.insert("type".to_owned(), Value::String("object".to_owned()));
    for name in ["title", "description", super::SECRET_MARK] {
        if let Some(text) = resolved.get(name).or_else(|| schema.get(name)) {
            narrowed.insert(name.to_owned(), text.clone());
        }
    }
    narrowed.insert("properties".to_owned(), Value::Object(kept));
    narrowed.insert("required".to_owned(), Value::Array(must));
    Value::Object(narrowed)
}

/// The paths of all fields that `known` does not have: what a first run asks for, the optional ones too.
pub(crate) fn unknown_paths(schema: &Value, known: &Value) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    collect(schema, schema, known, &mut Vec::new(), &mut paths, 0);
    paths
}

fn collect(
    root: &Value,
    schema: &Value,
    known: &Value,
    prefix: &mut Vec<String>,
    paths: &mut Vec<Vec<String>>,
    depth: usize,
) {
    let Some(fields) = properties(root, schema) else { return };
    for (name, field) in fields {
        prefix.push(name.clone());
        match value_at(known, prefix) {
            None => paths.push(prefix.clone()),
            Some(Value::Object(_)) if depth < 16 && !super::is_alternative(root, field) => {
                collect(root, field, known, prefix, paths, depth + 1);
            }
            Some(_) => {}
        }
        prefix.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_optional_struct_that_is_partly_known_is_asked_for_in_earnest() {
        let schema = json!({
            "type": "object",
            "properties": { "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] } },
            "$defs": { "Tls": {
                "type": "object", "required": ["cert", "key"],
                "properties": { "cert": { "type": "string" }, "key": { "type": "string" } },
            }},
        });
        let partly = to_paths(&schema, &unknown_paths(&schema, &json!({ "tls": { "cert": "c" } })));
        assert_eq!(partly["required"], json!(["tls"]));
        let unknown = to_paths(&schema, &unknown_paths(&schema, &json!({})));
        assert_eq!(unknown["required"], json!([]));
    }

    #[test]
    fn only_the_missing_fields_are_left_and_what_they_refer_to() {
        let schema = json!({
            "title": "T", "type": "object", "required": ["host", "tls"],
            "properties": {
                "host": { "type": "string" }, "port": { "type": "integer" }, "tls": { "$ref": "#/$defs/Tls" },
            },
            "$defs": { "Tls": {
                "type": "object", "required": ["cert", "key"],
                "properties": { "cert": { "type": "string" }, "key": { "type": "string" } },
            }},
        });
        let known = json!({ "host": "h", "tls": { "cert": "c" } });
        let paths = unknown_paths(&schema, &known);
        assert_eq!(paths, [vec!["port".to_owned()], vec!["tls".to_owned(), "key".to_owned()]]);
        let narrowed = to_paths(&schema, &paths);
        assert_eq!(narrowed["required"], json!(["tls"]));
        assert_eq!(narrowed["properties"]["tls"]["properties"], json!({ "key": { "type": "string" } }));
        assert!(narrowed["properties"].get("host").is_none());
        assert!(narrowed.get("$defs").is_some());
    }
}
