//! The registry from outside: what a program declares is known without a call, and the document that it exports says the
//! same again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]
#![allow(dead_code, reason = "its types are declared, and no value of them is made")]

use std::fs;

use harmony_config_core::{Config, Registry, Secret, Sensitivity, Shape, export_schema, schema_document};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How to log in at the switch.
#[derive(harmony_config_derive::Config, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
struct SwitchAuth {
    host: String,
    /// What the account logs in with.
    #[config(secret)]
    password: String,
}

/// How the program serves.
#[derive(harmony_config_derive::Config, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core", key = "server")]
struct Server {
    port: u16,
    tls: Option<Tls>,
    /// The server behind this one.
    next: Option<Box<Server>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Tls {
    certificate: String,
}

mod library {
    use super::*;

    #[derive(harmony_config_derive::Config, Serialize, Deserialize, JsonSchema)]
    #[config(crate = "harmony_config_core")]
    pub(crate) struct Token(Secret<String>);
}

/// By hand, without a schema: nothing is asked of its type, and nothing is known of it.
#[derive(Serialize, Deserialize)]
struct ByHand;

impl Config for ByHand {
    const KEY: &'static str = "ByHand";
}

#[test]
fn what_the_derive_declares_is_known_without_a_call() {
    let linked = Registry::linked().unwrap();
    let known: Vec<&str> = linked.iter().map(|declared| declared.key()).collect();
    assert_eq!(known, ["SwitchAuth", "Token", "server"], "in the order of the keys, and nothing else");
    let auth = linked.get("SwitchAuth").unwrap();
    assert_eq!(auth.type_name(), Some("registry::SwitchAuth"));
    assert_eq!(auth.class(), Sensitivity::Secret);
    assert_eq!(auth.doc().as_deref(), Some("How to log in at the switch."));
    assert_eq!(linked.get("Token").unwrap().type_name(), Some("registry::library::Token"));
    assert_eq!(linked.get("server").unwrap().class(), Sensitivity::Standard);
}

#[test]
fn a_key_that_nobody_declared_is_secret() {
    let linked = Registry::linked().unwrap();
    assert!(linked.get(ByHand::KEY).is_none());
    assert_eq!(linked.shape(ByHand::KEY).sensitivity(), Sensitivity::Secret);
}

#[test]
fn a_type_of_one_function_may_share_its_key_with_another() {
    #[derive(harmony_config_derive::Config, Serialize, Deserialize, JsonSchema)]
    #[config(crate = "harmony_config_core")]
    struct SwitchAuth {
        other: bool,
    }
    assert_eq!(Shape::of::<SwitchAuth>().sensitivity(), Sensitivity::Standard);
    let linked = Registry::linked().unwrap();
    assert_eq!(linked.get("SwitchAuth").unwrap().class(), Sensitivity::Secret, "the one that all can see holds");
    schema_document().unwrap();
}

#[test]
fn the_document_read_again_says_the_same() {
    let text = schema_document().unwrap();
    let read = Registry::from_document(&text, "file").unwrap();
    assert_eq!(read.to_document(), text);
    assert_eq!(read.len(), Registry::linked().unwrap().len());
    for declared in Registry::linked().unwrap().iter() {
        let again = read.get(declared.key()).unwrap();
        assert_eq!(again.class(), declared.class());
        assert_eq!(again.doc(), declared.doc());
        assert_eq!(again.type_name(), declared.type_name());
        assert_eq!(again.shape().schema(), declared.shape().schema().cloned().map(in_order).as_ref());
    }
}

/// A schema as it comes out of a document: its language stands last.
fn in_order(mut schema: Value) -> Value {
    let members = schema.as_object_mut().unwrap();
    let dialect = members.shift_remove("$schema").unwrap();
    members.insert("$schema".to_owned(), dialect);
    schema
}

#[test]
fn the_document_is_a_json_schema_that_an_editor_can_use() {
    let document: Value = serde_json::from_str(&schema_document().unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&document));
    let validator = jsonschema::validator_for(&document).unwrap();
    let server = json!({ "port": 1, "tls": { "certificate": "c" }, "next": { "port": 2, "tls": null, "next": null } });
    assert!(validator.is_valid(&json!({ "server": server, "Other": 1 })));
    for (pointer, wrong) in [("/tls/certificate", json!(1)), ("/next/port", json!("x")), ("/port", json!(-1))] {
        let mut server = server.clone();
        *server.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&json!({ "server": server })), "{pointer}: references lead where they should");
    }
    assert_eq!(document["properties"]["SwitchAuth"]["x-harmony-class"], "secret");
    assert_eq!(document["properties"]["SwitchAuth"]["properties"]["password"]["x-harmony-secret"], true);
}

#[test]
fn an_export_that_changes_nothing_leaves_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harmony-config.schema.json");
    export_schema(&path).unwrap();
    let before = fs::metadata(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), schema_document().unwrap());
    export_schema(&path).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    fs::write(&path, "an older one").unwrap();
    export_schema(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), schema_document().unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = export_schema(folder.path().join("no/such/folder/schema.json")).unwrap_err();
    assert!(error.message().contains("schema.json cannot be written"), "{error}");
    assert!(error.remedy().is_some());
}

#[test]
fn the_document_is_golden() {
    let text = schema_document().unwrap();
    let wanted = include_str!("golden/registry.schema.json");
    assert!(text == wanted, "the format of schema documents has changed:\n{text}");
}
