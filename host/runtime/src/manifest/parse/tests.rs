//! What a manifest means, and what is said of one that means nothing. Layers, profiles and variables are in `layers`, single
//! keys in `keys`, the network in `network`.

mod keys;
mod layers;
mod network;

use std::time::Duration;

use harmony_config_core::{FailureCode, OnError};

use super::*;
use crate::ManifestPlugin;

fn read(text: &str) -> Result<Manifest, ConfigError> {
    parse(text, Path::new("harmony-config.toml"))
}

#[track_caller]
fn refused(text: &str, place: &str, words: &[&str]) {
    let error = read(text).unwrap_err().to_string();
    assert!(error.starts_with(&format!("harmony-config.toml{place}")), "{error}");
    for word in words {
        assert!(error.contains(word), "`{word}` is not in:\n{error}");
    }
}

#[test]
fn a_whole_manifest_is_read() {
    let manifest = read(
        r#"
        version = 1
        app = "acme"
        namespace = "my-project"
        chain = ["env", "team", "sqlite", "prompt"]
        [source.team]
        plugin = "builtin:local-file"
        timeout = "500ms"
        interaction-timeout = "5m"
        on-error = { denied = "continue", unavailable = "fail" }
        settings.dir = "shared"
        [persist]
        secret = ["sqlite"]
        standard = ["team", "sqlite"]
        "#,
    )
    .unwrap();
    assert_eq!((manifest.app.as_str(), manifest.namespace.as_str()), ("acme", "my-project"));
    assert_eq!(manifest.chain, ["env", "team", "sqlite", "prompt"]);
    let team = &manifest.sources["team"];
    assert_eq!(team.plugin, ManifestPlugin::Bundled("local-file".to_owned()));
    assert!(team.seal, "sealing is what happens where nothing is said");
    assert_eq!(team.timeout, Some(Duration::from_millis(500)));
    assert_eq!(team.interaction_timeout, Some(Duration::from_secs(300)));
    assert_eq!(team.on_error[&FailureCode::Denied], OnError::Continue);
    assert_eq!(team.settings["dir"], "shared");
    assert_eq!(manifest.persist[&Sensitivity::Standard], ["team", "sqlite"]);
}

#[test]
fn the_namespace_is_the_apps_name_where_none_is_given() {
    let manifest = read("version = 1\nchain = [\"env\"]").unwrap();
    assert_eq!((manifest.app.as_str(), manifest.namespace.as_str()), ("harmony", "harmony"));
}

#[test]
fn broken_toml_is_marked() {
    refused("version = 1\nchain = [\"env\"", ":2:", &["chain = [\"env\""]);
}

#[test]
fn an_unknown_word_is_marked_and_the_nearest_offered() {
    refused("version = 1\nchian = [\"env\"]", ":2:1", &["there is no `chian` here; did you mean `chain`?", "^^^^^"]);
    refused(
        "version = 1\nchain = [\"env\"]\n[source.env]\ntimeot = \"2s\"",
        ":4:1",
        &["did you mean `timeout`?", "^^^^^^"],
    );
}

#[test]
fn an_unknown_source_is_marked_and_the_nearest_offered() {
    refused(
        "version = 1\nchain = [\"env\", \"sqlit\"]",
        ":2:17",
        &["there is no source `sqlit`; did you mean `sqlite`?", "^^^^^^^"],
    );
    refused("version = 1\nchain = [\"env\"]\n[persist]\nsecret = [\"sqlit\"]", ":4:11", &["did you mean `sqlite`?"]);
}

#[test]
fn an_unknown_plugin_is_marked_and_the_nearest_offered() {
    refused(
        "version = 1\nchain = [\"x\"]\n[source.x]\nplugin = \"builtin:sqlit\"",
        ":4:10",
        &["did you mean `builtin:sqlite`?"],
    );
    refused("version = 1\nchain = [\"x\"]\n[source.x]\nplugin = \"sqlite\"", ":4:10", &["builtin:sqlite"]);
    refused("version = 1\nchain = [\"x\"]\n[source.x]", ":3:9", &["does not say which plugin"]);
}

#[test]
fn a_source_named_twice_is_marked() {
    refused("version = 1\nchain = [\"env\", \"env\"]", ":2:17", &["source `env` is named twice"]);
    refused("version = 1\nchain = [\"env\"]\n[persist]\nsecret = [\"sqlite\", \"sqlite\"]", ":4:21", &["named twice"]);
    refused("version = 1\nchain = [\"env\"]\n[source.env]\n[source.env]", ":4:", &["duplicate"]);
}

#[test]
fn a_wrong_setting_is_marked_without_its_value() {
    let text = "version = 1\nchain = [\"local-file\"]\n[source.local-file.settings]\ndri = \"canary\"";
    refused(text, ":4:1", &["there is no setting `dri`; did you mean `dir`?"]);
    refused(
        "version = 1\nchain = [\"local-file\"]\n[source.local-file.settings]\ndir = 7",
        ":4:1",
        &["should be a text"],
    );
}

#[test]
fn other_words_that_say_nothing_are_marked() {
    refused("chain = [\"env\"]", ":", &["does not say its version", "version = 1"]);
    refused("version = 2\nchain = [\"env\"]", ":1:11", &["version 2"]);
    refused("version = 1", ":", &["has no `chain`"]);
    refused("version = 1\nchain = []", ":2:9", &["is empty"]);
    refused("version = 1\nnamespace = \"a/b\"\nchain = [\"env\"]", ":2:13", &["'/'"]);
    refused("version = 1\nchain = [\"env\"]\n[source.env]\ntimeout = \"2\"", ":4:11", &["is not a duration", "500ms"]);
    refused("version = 1\nchain = [\"env\"]\n[source.env]\non-error = { denid = \"fail\" }", ":4:14", &["`denied`"]);
    refused("version = 1\nchain = [\"env\"]\n[source.env]\non-error = { denied = \"no\" }", ":4:23", &["continue"]);
    refused("version = \"1\"\nchain = [\"env\"]", ":1:11", &["whole number"]);
}

#[test]
fn a_source_that_nothing_names_is_a_warning() {
    let manifest = read("version = 1\nchain = [\"env\"]\n[source.sqlite]\ntimeout = \"1s\"").unwrap();
    assert_eq!(manifest.warnings.len(), 1);
    assert!(manifest.warnings[0].contains("`sqlite`"));
}
