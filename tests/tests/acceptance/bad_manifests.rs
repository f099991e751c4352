//! Manifests that cannot be used: the error says where in which file, marks the text, and says what was probably meant.

use std::fs;

use crate::world::World;

/// The program and the command line say the same of a manifest.
#[track_caller]
fn refused(manifest: &str, words: &[&str]) {
    let world = World::new();
    world.manifest(manifest);
    for done in [world.run(&["get", "AppConfig"]), world.cli(&["get", "AppConfig"], b"")] {
        let done = done.badly(2, &["harmony-config.toml"]);
        for word in words {
            assert!(done.err.contains(word), "`{word}` is not said: {}", done.err);
        }
    }
}

#[test]
fn broken_toml_is_marked() {
    refused("version = 1\nchain = [\"env\"\nnamespace = \"x\"\n", &["harmony-config.toml:", " | ", "^"]);
    refused("version = 1\nchain = [\"env]\n", &["harmony-config.toml:2", "^"]);
    refused("\u{1}\u{2}", &["harmony-config.toml:1", "^"]);
}

#[test]
fn an_unknown_key_is_marked_with_what_was_probably_meant() {
    let manifest = "version = 1\nchian = [\"env\"]\n";
    refused(manifest, &["harmony-config.toml:2:1", "`chian`", "did you mean `chain`?", "2 | chian", "^^^^^"]);
    let manifest = "version = 1\nchain = [\"env\"]\n[source.env]\ntimeuot = \"1s\"\n";
    refused(manifest, &["harmony-config.toml:4", "`timeuot`", "did you mean `timeout`?"]);
}

#[test]
fn an_unknown_plugin_is_marked_with_what_was_probably_meant() {
    let manifest = "version = 1\nchain = [\"db\"]\n[source.db]\nplugin = \"builtin:sqllite\"\n";
    refused(manifest, &["harmony-config.toml:4:10", "`builtin:sqllite`", "did you mean `builtin:sqlite`?", "^^^"]);
}

#[test]
fn an_unknown_source_is_marked_with_what_was_probably_meant() {
    let manifest = "version = 1\nchain = [\"env\", \"sqlit\"]\n";
    refused(manifest, &["harmony-config.toml:2", "`sqlit`", "did you mean `sqlite`?", "^^^"]);
}

#[test]
fn a_source_that_is_named_twice_is_marked() {
    let manifest = "version = 1\nchain = [\"env\", \"sqlite\", \"env\"]\n";
    refused(manifest, &["harmony-config.toml:2:27", "`env` is named twice", "^^^^^"]);
    let manifest = "version = 1\nchain = [\"env\"]\n[source.env]\n[source.env]\n";
    refused(manifest, &["harmony-config.toml:4", "env"]);
}

#[test]
fn an_unknown_setting_and_one_of_the_wrong_type_are_marked() {
    let manifest = "version = 1\nchain = [\"sqlite\"]\n[source.sqlite.settings]\npaht = \"x\"\n";
    refused(manifest, &["harmony-config.toml:4", "`sqlite`", "`paht`"]);
    let manifest = "version = 1\nchain = [\"sqlite\"]\n[source.sqlite.settings]\npath = 1\n";
    refused(manifest, &["harmony-config.toml:4", "`sqlite`", "`path`"]);
}

#[test]
fn a_manifest_without_version_chain_or_sense_says_what_to_write() {
    refused("chain = [\"env\"]\n", &["version = 1"]);
    refused("version = 99\nchain = [\"env\"]\n", &["harmony-config.toml:1", "99"]);
    refused("version = 1\n", &["chain = ["]);
    refused("version = 1\nchain = []\n", &["harmony-config.toml:2", "empty"]);
    refused("version = 1\nchain = \"env\"\n", &["harmony-config.toml:2", "^^^^^"]);
    refused("version = 1\nnamespace = \"../x\"\nchain = [\"env\"]\n", &["harmony-config.toml:2", "^^^^"]);
    refused("version = 1\nchain = [\"env\"]\n[source.env]\ntimeout = \"soon\"\n", &["harmony-config.toml:4", "`soon`"]);
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let world = World::new();
    fs::create_dir(world.project().join("harmony-config.toml")).unwrap();
    world.run(&["get", "AppConfig"]).badly(2, &["harmony-config.toml", "regular file"]);

    let world = World::new();
    fs::write(world.project().join("harmony-config.toml"), [0xff, 0xfe]).unwrap();
    world.run(&["get", "AppConfig"]).badly(2, &["harmony-config.toml", "UTF-8"]);

    let world = World::new().with("HARMONY_CONFIG_MANIFEST", "nowhere.toml");
    world.run(&["get", "AppConfig"]).badly(2, &["nowhere.toml"]);
}
