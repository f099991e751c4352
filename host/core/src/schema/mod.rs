//! What the chain reads out of a JSON Schema. Validation itself is the `jsonschema` crate's; here is only what it does
//! not say: where a field's schema stands, which fields are secret, what is to be merged and what replaced.

pub(crate) mod coerce;
pub(crate) mod fault;
pub(crate) mod marks;
pub(crate) mod narrow;
pub(crate) mod refs;
pub(crate) mod typed;

use serde_json::{Map, Value};

pub(crate) use marks::{SECRET_MARK, has_secret, is_secret, mark_secrets};

/// How many references are followed before a schema is taken for circular.
const MAX_REFERENCES: usize = 32;

/// Follows `$ref`, an `allOf` of one, and the other half of "or null", to the schema that says what the value is.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut current = schema;
    for _ in 0..MAX_REFERENCES {
        match step(root, current) {
            Some((next, _)) => current = next,
            None => break,
        }
    }
    current
}

/// How one schema leads to the next: a pointer from the root, or from where it stands.
pub(crate) enum Hop<'a> {
    Root(&'a str),
    Inside(String),
}

/// The next schema on the way to the one that says what the value is.
pub(crate) fn step<'a>(root: &'a Value, schema: &'a Value) -> Option<(&'a Value, Hop<'a>)> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = reference.strip_prefix('#')?;
        return Some((root.pointer(pointer)?, Hop::Root(pointer)));
    }
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return Some((only, Hop::Inside("/allOf/0".to_owned())));
    }
    nullable_half(schema)
}

/// `anyOf: [X, null]` (how schemars writes an `Option` of a struct) is X.
fn nullable_half(schema: &Value) -> Option<(&Value, Hop<'_>)> {
    let word = ["anyOf", "oneOf"].into_iter().find(|word| schema.get(word).is_some())?;
    let [first, second] = schema.get(word)?.as_array()?.as_slice() else { return None };
    let is_null = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("null");
    match (is_null(first), is_null(second)) {
        (false, true) => Some((first, Hop::Inside(format!("/{word}/0")))),
        (true, false) => Some((second, Hop::Inside(format!("/{word}/1")))),
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

/// A schema of its own for the field at `path`: the whole is carried along, since the field may refer to any of it.
pub(crate) fn of_field(root: &Value, path: &[String]) -> Option<Value> {
    let pointer = path.iter().fold(String::new(), |pointer, name| {
        format!("{}/properties/{}", marks::target(root, &pointer), marks::escaped(name))
    });
    root.pointer(&pointer)?;
    let mut whole = root.clone();
    if let Value::Object(members) = &mut whole {
        members.shift_remove("$schema");
    }
    refs::put_below(&mut whole, WHOLE);
    Some(serde_json::json!({ "$ref": format!("{WHOLE}{pointer}"), "$defs": { "whole": whole } }))
}

/// Where the whole stands in the schema of a field.
const WHOLE: &str = "#/$defs/whole";

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
        map.shift_remove(last);
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
    fn a_fields_schema_stands_by_itself_wherever_it_refers_to() {
        let root = json!({
            "properties": { "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] }, "me": { "$ref": "#" } },
            "$defs": { "Tls": { "properties": { "port": { "type": "integer" }, "of": { "$ref": "#" } } } },
        });
        let fits = |path: &[&str], value: Value| {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            fault::faults(&of_field(&root, &path).unwrap(), &value).is_empty()
        };
        assert!(fits(&["tls", "port"], json!(1)) && !fits(&["tls", "port"], json!("x")));
        assert!(fits(&["me"], json!({ "tls": { "port": 1 } })) && !fits(&["me"], json!({ "tls": { "port": "x" } })));
        assert!(!fits(&["me", "tls", "of", "tls", "port"], json!("x")));
        assert_eq!(of_field(&root, &["other".to_owned()]), None);
    }

    #[test]
    fn a_circular_reference_ends() {
        let root = json!({ "$ref": "#" });
        assert!(properties(&root, &root).is_none());
    }
}
