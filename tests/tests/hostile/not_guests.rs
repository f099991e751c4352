//! Files that are no plugins, and facts that are not to be believed: refused before anything of them is run, or when
//! they are asked for the first time.

use harmony_config_core::{Blame, ConfigSource, FailureCode};
use harmony_config_host::{Host, Places, Plugin};
use serde_json::json;

use crate::world::{bad, hostile};

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A binary with the section of facts and nothing else.
fn with_facts(start: &[u8], facts: &str) -> Vec<u8> {
    let name = b"harmony-config-plugin";
    let mut section = length(name.len());
    section.extend_from_slice(name);
    section.extend_from_slice(facts.as_bytes());
    let mut wasm = start.to_vec();
    wasm.push(0);
    wasm.extend(length(section.len()));
    wasm.extend(section);
    wasm
}

/// LEB128.
fn length(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn facts(name: &str) -> String {
    serde_json::json!({ "version": 1, "name": name, "plugin-version": "1", "settings": { "type": "object" } })
        .to_string()
}

fn refusal(wasm: Vec<u8>) -> String {
    let error = Plugin::from_bytes(wasm).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("wasm32-wasip2")), "{error:?}");
    error.message().to_owned()
}

#[test]
fn not_a_component() {
    for bytes in [&b""[..], b"#!/bin/sh\nexit 1\n", b"\0asm", b"\x7fELF\x02\x01\x01", &[0xff; 4096]] {
        let message = refusal(bytes.to_vec());
        assert!(message.starts_with("this is not a plugin: "), "{message}");
    }
}

#[test]
fn a_component_cut_short_is_none() {
    let wasm =
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/wasm/hostile.wasm")).unwrap();
    for end in [9, 100, 1_000] {
        refusal(wasm[..end].to_vec());
    }
}

#[test]
fn facts_that_are_none_are_refused() {
    for (facts, words) in [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (r#"{"version":2,"name":"x","plugin-version":"1"}"#, "version 2"),
        (r#"{"version":1}"#, "cannot be read"),
    ] {
        let message = refusal(with_facts(COMPONENT, facts));
        assert!(message.contains(words), "{facts}: {message}");
    }
}

/// A plugin's name is shown, and stands in paths and messages.
#[test]
fn a_name_that_is_none_is_refused() {
    for name in ["", "a/b", "..", "a\u{1b}[2Jb", "a b", "a\u{202e}b", &"n".repeat(200)] {
        let message = refusal(with_facts(COMPONENT, &facts(name)));
        assert!(message.contains("its name"), "{message}");
        assert!(!message.chars().any(|character| character.is_control() || character == '\u{202e}'), "{message:?}");
    }
    Plugin::from_bytes(with_facts(COMPONENT, &facts("acme-vault"))).unwrap();
}

fn host() -> Host {
    Host::builder().places(Places::default()).build()
}

/// A plugin's description of its settings is judged before anything of it runs: it can neither send the host elsewhere
/// nor round in circles, nor keep it busy.
#[test]
fn a_hostile_description_of_settings_is_survived() {
    let start = std::time::Instant::now();
    let long = format!("{}!", "a".repeat(40));
    for (schema, words) in [
        (json!({ "$ref": "#" }), None),
        (json!({ "$ref": "file:///etc/passwd" }), Some("is not a JSON Schema")),
        (json!({ "$ref": "http://127.0.0.1:1/schema.json" }), Some("is not a JSON Schema")),
        (json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }), None),
        (json!({ "type": 7 }), Some("is not a JSON Schema")),
        (json!({ "properties": { "s": { "pattern": "^(a+)+$" } } }), Some("`s`")),
        (json!({ "properties": { "s": { "pattern": "(" } } }), Some("is not a JSON Schema")),
        (json!({ "additionalProperties": false, "properties": { "a\u{1b}[2Jb": {} } }), Some("no setting `s`")),
    ] {
        let facts = json!({ "version": 1, "name": "x", "plugin-version": "1", "settings": schema }).to_string();
        let plugin = Plugin::from_bytes(with_facts(COMPONENT, &facts)).unwrap();
        let settings = json!({ "s": long }).as_object().unwrap().clone();
        let built = host().source("guest", plugin).settings(settings).build();
        if let Some(words) = words {
            let error = built.unwrap_err();
            assert!(error.message().contains(words), "{schema}: {error}");
            assert!(!error.message().contains('\u{1b}') && !error.message().contains(&long), "{schema}: {error}");
        }
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

/// Facts alone do not make a plugin: that shows when it is loaded.
async fn unloadable(wasm: Vec<u8>, words: &str) {
    let host = host();
    let source = host.source("guest", Plugin::from_bytes(wasm).unwrap()).build().unwrap();
    for _ in 0..2 {
        let failure = source.read(&bad()).await.unwrap_err();
        assert_eq!((failure.code, failure.blame), (FailureCode::Unavailable, Blame::Plugin), "{failure}");
        assert!(failure.message.contains(words), "{failure}");
        assert!(failure.remedy.is_some());
    }
    // The host goes on.
    let settings = serde_json::json!({ "guest": "none" }).as_object().unwrap().clone();
    let other = host.source("other", hostile()).settings(settings).build().unwrap();
    assert!(other.read(&bad()).await.unwrap().is_some());
}

#[tokio::test]
async fn core_module() {
    unloadable(with_facts(MODULE, &facts("module")), "is not a component that this program can load").await;
}

#[tokio::test]
async fn wrong_world() {
    unloadable(with_facts(COMPONENT, &facts("empty")), "built for another version of it").await;
}

#[tokio::test]
async fn a_component_with_garbage_behind_its_facts() {
    let mut wasm = with_facts(COMPONENT, &facts("garbage"));
    wasm.extend([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
    unloadable(wasm, "is not a component that this program can load").await;
}
