//! Which fields are secret: the mark in the schema, how it is put there and how it is found. Where a mark cannot be put
//! precisely, what is around it becomes secret as a whole.

use serde_json::{Map, Value};

use super::{properties, step};

/// Marks a field whose value is never shown.
pub(crate) const SECRET_MARK: &str = "x-harmony-secret";

/// Whether this very schema is marked.
fn is_marked(schema: &Value) -> bool {
    schema.get(SECRET_MARK) == Some(&Value::Bool(true))
}

/// Whether a mark stands anywhere in a schema, its definitions too.
pub(crate) fn has_secret(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => is_marked(schema) || map.values().any(has_secret),
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// Whether a mark can be reached from here, references followed.
fn reaches_secret(root: &Value, schema: &Value) -> bool {
    fn search<'a>(root: &'a Value, schema: &'a Value, seen: &mut Vec<&'a str>) -> bool {
        match schema {
            Value::Object(map) => {
                if is_marked(schema) {
                    return true;
                }
                if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                    && !seen.contains(&reference)
                {
                    seen.push(reference);
                    let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                    // What a reference leads to is not known: it could be anything.
                    if target.is_none_or(|target| search(root, target, seen)) {
                        return true;
                    }
                }
                let inside = map.iter().filter(|(name, _)| !matches!(name.as_str(), "$defs" | "definitions"));
                inside.map(|(_, value)| value).any(|value| search(root, value, seen))
            }
            Value::Array(items) => items.iter().any(|item| search(root, item, seen)),
            _ => false,
        }
    }
    search(root, schema, &mut Vec::new())
}

/// Whether the field at `path`, or one around it or inside it, is marked secret.
pub(crate) fn is_secret(root: &Value, path: &[String]) -> bool {
    let mut current = root;
    for name in path {
        if marked_on_the_way(root, current) {
            return true;
        }
        let Some(next) = properties(root, current).and_then(|fields| fields.get(name)) else {
            // A field that the schema does not know could be anything.
            return true;
        };
        current = next;
    }
    reaches_secret(root, current)
}

/// Whether the schema, or one that it refers to for what the value is, is marked.
fn marked_on_the_way(root: &Value, schema: &Value) -> bool {
    let mut current = Some(schema);
    for _ in 0..super::MAX_REFERENCES {
        match current {
            Some(schema) if is_marked(schema) => return true,
            Some(schema) => current = step(root, schema).map(|(next, _)| next),
            None => return false,
        }
    }
    false
}

/// Marks a schema.
pub(crate) fn mark(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.insert(SECRET_MARK.to_owned(), Value::Bool(true));
        }
        // `true` is the schema of "anything".
        other => *other = Value::Object(Map::from_iter([(SECRET_MARK.to_owned(), Value::Bool(true))])),
    }
}

/// Marks the fields that `secret_paths` names. A name that the schema does not have makes the whole value secret: a
/// misspelt mark must not lay bare what it was to hide.
pub(crate) fn mark_secrets(schema: &mut Value, fields: &[&str]) {
    for field in fields {
        mark_field(schema, field);
    }
}

fn mark_field(schema: &mut Value, field: &str) {
    let object = target(schema, "");
    let property = schema.pointer_mut(&object).and_then(|object| object.get_mut("properties")?.get_mut(field));
    match property {
        Some(property) => mark(property),
        None => mark(schema),
    }
}

/// Marks in a field what the schema of its type marks; without a schema, the whole field.
#[cfg(feature = "schemars")]
pub(crate) fn mark_field_like(schema: &mut Value, field: &str, inner: Option<&Value>) {
    if inner.is_some_and(|inner| !has_secret(inner)) {
        return;
    }
    let object = target(schema, "");
    let place = format!("{object}/properties/{}", escaped(field));
    if schema.pointer(&place).is_none() {
        return mark(schema);
    }
    if !inner.is_some_and(|inner| mark_like(schema, &place, inner, inner, 0)) {
        mark_field(schema, field);
    }
}

/// Marks in the value what the schema of a flattened type marks; without a schema, the whole value.
#[cfg(feature = "schemars")]
pub(crate) fn mark_flattened_like(schema: &mut Value, inner: Option<&Value>) {
    if inner.is_some_and(|inner| !has_secret(inner)) {
        return;
    }
    if !inner.is_some_and(|inner| mark_like(schema, "", inner, inner, 0)) {
        mark(schema);
    }
}

/// Marks at `place` what `inner` marks. False where the two are not alike, so that something would stay unmarked.
#[cfg(feature = "schemars")]
fn mark_like(schema: &mut Value, place: &str, inner_root: &Value, inner: &Value, depth: usize) -> bool {
    if depth > super::MAX_REFERENCES || marked_on_the_way(inner_root, inner) {
        return false;
    }
    let object = target(schema, place);
    let Some(fields) = properties(inner_root, inner) else { return !reaches_secret(inner_root, inner) };
    for (name, field) in fields {
        if !reaches_secret(inner_root, field) {
            continue;
        }
        let place = format!("{object}/properties/{}", escaped(name));
        if schema.pointer(&place).is_none() {
            return false;
        }
        if !mark_like(schema, &place, inner_root, field, depth + 1)
            && let Some(property) = schema.pointer_mut(&place)
        {
            mark(property);
        }
    }
    true
}

/// Where the schema that says what the value is stands: the pointer, references followed.
pub(super) fn target(root: &Value, place: &str) -> String {
    let mut pointer = place.to_owned();
    for _ in 0..super::MAX_REFERENCES {
        let Some(next) = root.pointer(&pointer).and_then(|schema| step(root, schema)) else { break };
        pointer = match next.1 {
            super::Hop::Root(target) => target.to_owned(),
            super::Hop::Inside(inside) => pointer + &inside,
        };
    }
    pointer
}

pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_that_the_schema_does_not_know_is_taken_for_secret() {
        let root = json!({ "properties": { "port": {}, "pw": { SECRET_MARK: true } } });
        assert!(!is_secret(&root, &["port".into()]));
        assert!(is_secret(&root, &["pw".into()]));
        assert!(is_secret(&root, &["other".into()]));
        assert!(is_secret(&root, &[]));
    }

    #[test]
    fn a_mark_behind_two_references_is_found() {
        let root = json!({
            "properties": { "outer": { "$ref": "#/$defs/Outer" }, "plain": { "$ref": "#/$defs/Plain" } },
            "$defs": {
                "Outer": { "properties": { "inner": { "$ref": "#/$defs/Inner" } } },
                "Inner": { "properties": { "pw": { SECRET_MARK: true }, "me": { "$ref": "#/$defs/Inner" } } },
                "Plain": { "properties": { "me": { "$ref": "#/$defs/Plain" } } },
            },
        });
        assert!(is_secret(&root, &["outer".into()]));
        assert!(is_secret(&root, &["outer".into(), "inner".into(), "pw".into()]));
        assert!(!is_secret(&root, &["plain".into()]));
    }

    #[test]
    fn a_marked_definition_makes_all_its_fields_secret() {
        let root = json!({
            "properties": { "login": { "anyOf": [{ "$ref": "#/$defs/Login" }, { "type": "null" }] } },
            "$defs": { "Login": { SECRET_MARK: true, "properties": { "user": { "type": "string" } } } },
        });
        assert!(is_secret(&root, &["login".into(), "user".into()]));
    }

    #[test]
    fn a_secret_path_that_the_schema_does_not_have_makes_all_of_it_secret() {
        let mut schema = json!({ "properties": { "user": {}, "password": {} } });
        mark_secrets(&mut schema, &["pasword"]);
        assert!(is_secret(&schema, &["user".into()]));
    }

    #[test]
    fn a_property_without_a_schema_of_its_own_can_be_marked() {
        let mut schema = json!({ "properties": { "any": true } });
        mark_secrets(&mut schema, &["any"]);
        assert_eq!(schema, json!({ "properties": { "any": { SECRET_MARK: true } } }));
    }
}
