//! What a JSON Schema (draft 7 or 2020-12, as schemars writes it) says of one field: references followed, "or null" left
//! out, the words nearest to the field kept.

use serde_json::{Map, Value};

/// How many references are followed before a schema is taken for circular.
const MAX_REFERENCES: usize = 32;

/// Marks what is never shown.
const SECRET_MARK: &str = "x-harmony-secret";

/// Where definitions stand.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// What is known of one field.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    /// The schema that says what the value is.
    pub(crate) schema: &'a Value,
    /// The title that the field itself was given; that of its type would not tell two fields apart.
    pub(crate) title: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) default: Option<&'a Value>,
    /// Whether a mark was on the way.
    pub(crate) secret: bool,
    /// The references that were followed.
    pub(crate) references: Vec<&'a str>,
}

impl<'a> Field<'a> {
    /// Reads the schema of a field.
    pub(crate) fn read(root: &'a Value, schema: &'a Value) -> Self {
        let text = |schema: &'a Value, word| schema.get(word).and_then(Value::as_str);
        let mut field = Field {
            schema,
            title: text(schema, "title"),
            description: None,
            default: None,
            secret: false,
            references: Vec::new(),
        };
        for _ in 0..MAX_REFERENCES {
            let current = field.schema;
            field.description = field.description.or_else(|| text(current, "description"));
            field.default = field.default.or_else(|| current.get("default").filter(|default| !default.is_null()));
            field.secret |= current.get(SECRET_MARK) == Some(&Value::Bool(true));
            match step(root, current) {
                Some((next, reference)) => {
                    field.references.extend(reference);
                    field.schema = next;
                }
                None => break,
            }
        }
        field
    }

    /// The fields of an object, if that is what it is: alternatives are no plain object.
    pub(crate) fn properties(&self) -> Option<&'a Map<String, Value>> {
        let plain = !["oneOf", "anyOf", "allOf", "enum", "const"].iter().any(|word| self.schema.get(word).is_some());
        let properties = self.schema.get("properties").and_then(Value::as_object)?;
        (plain && matches!(self.type_name(), "object" | "")).then_some(properties)
    }

    /// Whether an object must have this field.
    pub(crate) fn requires(&self, name: &str) -> bool {
        let required = self.schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|one| one == name))
    }

    /// The one type that it has, "or null" left out; empty where it has none or several.
    pub(crate) fn type_name(&self) -> &'a str {
        match self.schema.get("type") {
            Some(Value::String(name)) => name,
            Some(Value::Array(names)) => {
                let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
                match (names.next(), names.next()) {
                    (Some(only), None) => only,
                    _ => "",
                }
            }
            _ => "",
        }
    }

    /// The values it can have, each with its description, if they are counted out.
    pub(crate) fn choices(&self) -> Option<Vec<(&'a Value, Option<&'a str>)>> {
        let mut choices = Vec::new();
        match alternatives(self.schema) {
            Some(alternatives) => {
                for alternative in alternatives.iter().filter(|alternative| !is_null(alternative)) {
                    let description = alternative.get("description").and_then(Value::as_str);
                    let values = counted_out(alternative)?;
                    choices.extend(values.into_iter().map(|value| (value, description)));
                }
            }
            None => choices.extend(counted_out(self.schema)?.into_iter().map(|value| (value, None))),
        }
        choices.retain(|(value, _)| !value.is_null());
        let scalar = choices.iter().all(|(value, _)| !value.is_object() && !value.is_array());
        (scalar && !choices.is_empty()).then_some(choices)
    }

    /// The schema by itself, for the host to check an answer by: its words, and what an empty answer means, stand in the
    /// question.
    pub(crate) fn standalone(&self, root: &Value) -> Value {
        let mut schema = self.schema.clone();
        if let Value::Object(map) = &mut schema {
            for word in ["default", "description", "title"] {
                map.shift_remove(word);
            }
            if !self.type_name().is_empty() {
                map.insert("type".to_owned(), Value::String(self.type_name().to_owned()));
            }
            if let Some(Value::Array(values)) = map.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            if let Some(items) = self.schema.get("items") {
                map.insert("items".to_owned(), Field::read(root, items).schema.clone());
            }
        }
        let mut references = Vec::new();
        collect_references(&schema, &mut references);
        if references.is_empty() {
            return schema;
        }
        let elsewhere = |reference: &&str| !DEFINITIONS.iter().any(|name| reference.starts_with(&format!("#/{name}/")));
        if references.iter().any(elsewhere) {
            // What it refers to does not come along; the whole value is checked later in any case.
            return Value::Object(Map::new());
        }
        if let Value::Object(map) = &mut schema {
            for name in DEFINITIONS {
                if let Some(definitions) = root.get(name) {
                    map.insert(name.to_owned(), definitions.clone());
                }
            }
        }
        schema
    }
}

/// Whether a mark can be reached from here, references followed.
pub(crate) fn reaches_secret<'a>(root: &'a Value, schema: &'a Value, seen: &mut Vec<&'a str>) -> bool {
    match schema {
        Value::Object(map) => {
            if map.get(SECRET_MARK) == Some(&Value::Bool(true)) {
                return true;
            }
            if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                && !seen.contains(&reference)
            {
                seen.push(reference);
                // What a reference leads to is not known: it could be anything.
                if target(root, reference).is_none_or(|target| reaches_secret(root, target, seen)) {
                    return true;
                }
            }
            let inside = map.iter().filter(|(name, _)| !DEFINITIONS.contains(&name.as_str()));
            inside.map(|(_, value)| value).any(|value| reaches_secret(root, value, seen))
        }
        Value::Array(items) => items.iter().any(|item| reaches_secret(root, item, seen)),
        _ => false,
    }
}

/// The alternatives of a schema, if it has some.
pub(crate) fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].iter().find_map(|word| schema.get(word)).and_then(Value::as_array)
}

/// Whether a schema allows null alone.
pub(crate) fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null") || schema.get("const") == Some(&Value::Null)
}

fn step<'a>(root: &'a Value, schema: &'a Value) -> Option<(&'a Value, Option<&'a str>)> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return Some((target(root, reference)?, Some(reference)));
    }
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return Some((only, None));
    }
    match alternatives(schema)?.as_slice() {
        [half, null] | [null, half] if is_null(null) && !is_null(half) => Some((half, None)),
        _ => None,
    }
}

fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

fn counted_out(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(values)) => Some(values.iter().collect()),
        (None, None) => None,
    }
}

fn collect_references<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    match schema {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
