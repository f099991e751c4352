//! The schema document: what a program declares, as one JSON file. It is a JSON Schema itself, of a document with a
//! value for each key, so that an editor can use it. Its format is described in `docs/schema.md`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{ConfigError, Coordinate, DEFAULT_NAMESPACE, Sensitivity, Shape, schema::refs};

use super::{Declared, Known, Registry, clash};

/// The version of the document that is written, and the newest that is read.
pub const DOCUMENT_VERSION: u64 = 1;

/// The language of the schemas in it.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const VERSION: &str = "x-harmony-version";
const CLASS: &str = "x-harmony-class";
const TYPE: &str = "x-harmony-type";

/// What to do about a document that cannot be used.
const REMEDY: &str = "have the program write it again (harmony_config::export_schema), or put it right by hand";

impl Registry {
    /// The schema document: the same for the same types, with a newline at its end.
    pub fn to_document(&self) -> String {
        let mut properties = Map::new();
        for declared in self.iter() {
            properties.insert(declared.key().to_owned(), property(declared));
        }
        let document = json!({
            "$schema": DIALECT,
            "title": "Configuration",
            "description": "The keys that a program declares, by harmony_config::export_schema. Do not edit: export it again.",
            VERSION: DOCUMENT_VERSION,
            "type": "object",
            "properties": properties,
        });
        // A JSON value can always be written; the alternate form of its Display is the indented one.
        format!("{document:#}\n")
    }

    /// Reads a schema document. `name` is what it is called in errors: its file.
    ///
    /// # Errors
    /// [`ConfigError::Manifest`]: what is wrong with it, where, and what to do about it.
    pub fn from_document(text: &str, name: &str) -> Result<Registry, ConfigError> {
        let wrong = |what: String| ConfigError::manifest(format!("{name}: {what}")).with_remedy(REMEDY);
        let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            // serde_json's words for a fault of syntax have nothing of the text in them.
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            wrong(format!("line {}, column {}: this is not JSON: {what}", error.line(), error.column()))
        })?;
        match document.get(VERSION) {
            None => return Err(wrong(format!("it is no schema document of harmony-config: it has no `{VERSION}`"))),
            Some(version) if version.as_u64() == Some(DOCUMENT_VERSION) => {}
            Some(version) => {
                return Err(ConfigError::manifest(format!(
                    "{name}: version {version} of schema documents is not known to this program"
                ))
                .with_remedy("update this program, or export the document with an older version of harmony-config"));
            }
        }
        let Some(properties) = document.get("properties").and_then(Value::as_object) else {
            return Err(wrong("it has no `properties`, an object with a member for each key".to_owned()));
        };
        let mut registry = Registry::default();
        for (key, property) in properties {
            // The grammar, and the names that are reserved.
            Coordinate::new(DEFAULT_NAMESPACE, key, None).map_err(|error| wrong(error.message().to_owned()))?;
            let declared = declared(key, property).map_err(|what| wrong(format!("key `{key}`: {what}")))?;
            registry.by_key.insert(key.clone(), declared);
        }
        if let Some((one, other)) = clash::coinciding(registry.by_key.keys().map(String::as_str), cfg!(windows)) {
            return Err(wrong(format!("the keys `{one}` and `{other}` would be one variable of the environment")));
        }
        Ok(registry)
    }
}

/// The schema of one key's value, and what else is known of the key.
fn property(declared: &Declared) -> Value {
    let shape = declared.shape();
    let mut members = Map::new();
    members.insert(CLASS.to_owned(), class_name(shape.sensitivity()).into());
    if let Some(name) = declared.type_name() {
        members.insert(TYPE.to_owned(), name.into());
    }
    match shape.schema().cloned() {
        Some(Value::Object(mut schema)) => {
            schema.shift_remove("$schema");
            let mut schema = Value::Object(schema);
            refs::put_below(&mut schema, &place(declared.key()));
            if let Value::Object(schema) = schema {
                members.extend(schema);
            }
        }
        // `true` is the schema of "anything", `false` of "nothing".
        Some(Value::Bool(false)) => {
            members.insert("not".to_owned(), json!({}));
        }
        Some(_) => {
            members.insert("$comment".to_owned(), "any JSON".into());
        }
        None => {}
    }
    Value::Object(members)
}

fn declared(key: &str, property: &Value) -> Result<Declared, String> {
    let Some(members) = property.as_object() else { return Err("it should be an object: the schema".to_owned()) };
    let mut schema = members.clone();
    let class = match schema.shift_remove(CLASS).as_ref().and_then(Value::as_str) {
        Some("standard") => Sensitivity::Standard,
        Some("secret") => Sensitivity::Secret,
        _ => return Err(format!("`{CLASS}` should be `standard` or `secret`")),
    };
    let type_name = schema.shift_remove(TYPE).as_ref().and_then(Value::as_str).map(str::to_owned);
    let shape = match schema.is_empty() {
        true => Shape::undeclared(),
        false => {
            let mut schema = Value::Object(schema);
            refs::take_out(&mut schema, &place(key)).map_err(|reference| {
                format!("the reference `{reference}` leads out of the key's own schema, which it may not")
            })?;
            if let Value::Object(members) = &mut schema {
                members.insert("$schema".to_owned(), DIALECT.into());
            }
            Shape::from_schema(schema, class)
        }
    };
    Ok(Declared { key: key.to_owned(), type_name, shape: Known::Here(Arc::new(shape)) })
}

/// Where a key's schema stands in the document. A key has no character that a pointer would have to escape.
fn place(key: &str) -> String {
    format!("#/properties/{key}")
}

fn class_name(class: Sensitivity) -> &'static str {
    match class {
        Sensitivity::Secret => "secret",
        Sensitivity::Standard => "standard",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Registry, ConfigError> {
        Registry::from_document(text, "app.schema.json")
    }

    fn document(properties: &Value) -> String {
        json!({ VERSION: 1, "properties": properties }).to_string()
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said_with_the_file_and_what_to_do() {
        for (text, words) in [
            ("{ \"a\": }".to_owned(), &["line 1, column 8", "not JSON"][..]),
            ("[]".to_owned(), &["no schema document", "`x-harmony-version`"]),
            (json!({ VERSION: 9, "properties": {} }).to_string(), &["version 9", "update this program"]),
            (json!({ VERSION: 1 }).to_string(), &["`properties`"]),
            (document(&json!({ "a/b": {} })), &["key `a/b` has '/' in it"]),
            (document(&json!({ "HOME": {} })), &["key `HOME` is reserved"]),
            (document(&json!({ "K": true })), &["key `K`", "an object"]),
            (document(&json!({ "K": { CLASS: "public" } })), &["key `K`", "`standard` or `secret`"]),
            (
                document(&json!({ "K": { CLASS: "standard", "items": { "$ref": "#/$defs/Shared" } } })),
                &["key `K`", "`#/$defs/Shared`", "leads out"],
            ),
            (
                document(&json!({ "a-b": { CLASS: "secret" }, "a_b": { CLASS: "secret" } })),
                &["`a-b` and `a_b`", "one variable"],
            ),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.message().starts_with("app.schema.json: "), "{error}");
            for word in words {
                assert!(error.to_string().contains(word), "{word}: {error}");
            }
            assert!(error.remedy().is_some(), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn a_key_without_a_schema_is_secret_whatever_its_class_says() {
        let registry = read(&document(&json!({ "K": { CLASS: "standard", TYPE: "acme::K" } }))).unwrap();
        let declared = registry.get("K").unwrap();
        assert_eq!((declared.class(), declared.type_name()), (Sensitivity::Secret, Some("acme::K")));
        assert!(declared.shape().schema().is_none());
    }

    #[test]
    fn a_marked_field_makes_a_key_secret_whatever_its_class_says() {
        let schema = json!({ CLASS: "standard", "properties": { "pw": { "x-harmony-secret": true } } });
        let registry = read(&document(&json!({ "K": schema }))).unwrap();
        assert_eq!(registry.get("K").unwrap().class(), Sensitivity::Secret);
    }
}
