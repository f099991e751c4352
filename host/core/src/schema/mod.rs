//! What the chain reads out of a JSON Schema. Validation itself is the `jsonschema` crate's; here is only what it does
//! not say: where a field's schema stands, which fields are secret, what is to be merged and what replaced.

pub(crate) mod coerce;
pub(crate) mod fault;
pub(crate) mod narrow;

use serde_json::{Map, Value};

/// Marks a field whose value is never shown.
pub(crate) const SECRET_MARK: &str = "x-harmony-secret";

/// How many references are followed before a schema is taken for circular.
const MAX_REFERENCES: usize = 32;

/// Follows `$ref`, an `allOf` of one, and the other half of "or null", to the schema that says what the value is.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut current = schema;
    for _ in 0..MAX_REFERENCES {
        let next = if let Some(reference) = current.get("$ref").and_then(Value::as_str) {
            reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
        } else if let Some([only]) = current.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some(only)
        } else {
            nullable_half(current)
        };
        match next {
            Some(next) => current = next,
            None => break,
        }
    }
    current
}

/// `anyOf: [X, null]` (how schemars writes an `Option` of a struct) is X.
fn nullable_half(schema: &Value) -> Option<&Value> {
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    let [first, second] = alternatives.as_slice() else { return None };
    let is_null = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("null");
    match (is_null(first), is_null(second)) {
        (false, true) => Some(first),
        (true, false) => Some(second),
        _ => None,
    }
}

/// The schema of the field at `path`.
pub(crate) fn at<'a>(root: &'a Value, path: &[String]) -> Option<&'a Value> {
    let mut current = resolve(root, root);
    for name in path {
        current = resolve(root, properties(root, current)?.get(name)?);
    }
    Some(current)
}

/// The fields of an object's schema.
pub(crate) fn properties<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Map<String, Value>> {
    resolve(root, schema).get("properties")?.as_object()
}

/// The names of the fields that must be there.
pub(crate) fn required<'a>(root: &'a Value, schema: &'a Value) -> impl Iterator<Item = &'a str> {
    let list = resolve(root, schema).get("required").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the value is one of several alternatives: then it is replaced as a whole, not merged by field.
pub(crate) fn is_alternative(root: &Value, schema: &Value) -> bool {
    let schema = resolve(root, schema);
    schema.get("oneOf").is_some() || schema.get("anyOf").is_some()
}

/// Whether any field is marked secret.
pub(crate) fn has_secret(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.get(SECRET_MARK) == Some(&Value::Bool(true)) || map.values().any(has_secret),
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// Whether the field at `path`, or one around it or inside it, is marked secret.
pub(crate) fn is_secret(root: &Value, path: &[String]) -> bool {
    let mut current = root;
    for name in path {
        let Some(next) = properties(root, current).and_then(|fields| fields.get(name)) else {
            // A field that the schema does not know could be anything.
            return true;
        };
        if next.get(SECRET_MARK) == Some(&Value::Bool(true)) {
            return true;
        }
        current = next;
    }
    has_secret(resolve(root, current)) || has_secret(current)
}

/// Marks the fields that `#[config(secret)]` names, at the top of the schema.
pub(crate) fn mark_secrets(schema: &mut Value, fields: &[&str]) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for field in fields {
        if let Some(property) = properties.get_mut(*field) {
            match property {
                Value::Object(map) => {
                    map.insert(SECRET_MARK.to_owned(), Value::Bool(true));
                }
                // `true` is the schema of "anything".
                other => *other = serde_json::json!({ SECRET_MARK: true }),
            }
        }
    }
}

/// The value at `path`, if there is one.
pub(crate) fn value_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.as_object()?.get(name))
}

/// Takes out the value at `path`.
pub(crate) fn remove_at(value: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else {
        *value = Value::Object(Map::new());
        return;
    };
    let parent = parents.iter().try_fold(value, |value, name| value.as_object_mut()?.get_mut(name));
    if let Some(Value::Object(map)) = parent {
        map.remove(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_behind_a_reference_and_an_option_is_found() {
        let root = json!({
            "properties": { "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] } },
            "$defs": { "Tls": { "properties": { "cert": { "type": "string" } } } },
        });
        let found = at(&root, &["tls".into(), "cert".into()]).unwrap();
        assert_eq!(found, &json!({ "type": "string" }));
    }

    #[test]
    fn a_circular_reference_ends() {
        let root = json!({ "$ref": "#" });
        assert!(properties(&root, &root).is_none());
    }

    #[test]
    fn a_field_that_the_schema_does_not_know_is_taken_for_secret() {
        let root = json!({ "properties": { "port": {}, "pw": { SECRET_MARK: true } } });
        assert!(!is_secret(&root, &["port".into()]));
        assert!(is_secret(&root, &["pw".into()]));
        assert!(is_secret(&root, &["other".into()]));
        assert!(is_secret(&root, &[]));
    }
}
