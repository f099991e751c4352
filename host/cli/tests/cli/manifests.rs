//! Manifests that cannot be used: file, line, the offending text marked, exit code 2.

use crate::world::World;

#[track_caller]
fn refused(text: &str, marked: &str, words: &[&str]) {
    let world = World::with_manifest(text);
    let done = world.run(["list"]).done();
    done.fails(2, words);
    assert!(done.stderr.contains("harmony-config.toml:"), "{done:?}");
    let mut lines = done.stderr.lines().skip_while(|line| !(line.contains(" | ") && line.contains(marked)));
    assert!(lines.next().is_some(), "no line with {marked:?} in {}", done.stderr);
    let marks = lines.next().unwrap_or_default();
    assert!(marks.trim_start_matches([' ', '|']).starts_with('^'), "not marked: {}", done.stderr);
}

#[test]
fn broken_toml_is_marked() {
    refused("version = 1\nchain = [\"env\"\nnamespace = \"x\"\n", "namespace", &["error: "]);
}

#[test]
fn an_unknown_word_is_marked_and_the_right_one_offered() {
    refused("version = 1\nchian = [\"env\"]\n", "chian", &["chain"]);
}

#[test]
fn an_unknown_plugin_is_marked() {
    refused("version = 1\nchain = [\"sqlit\"]\n", "sqlit", &["sqlite"]);
}

#[test]
fn a_source_named_twice_is_marked() {
    refused("version = 1\nchain = [\"env\", \"env\"]\n", "env", &["twice"]);
}

#[test]
fn the_file_that_a_variable_names_is_used() {
    let world = World::new();
    let other = world.home().join("other.toml");
    std::fs::write(&other, "version = 1\nnamespace = \"elsewhere\"\nchain = [\"env\", \"sqlite\"]\n").unwrap();
    let done = world.run(["list", "--json"]).env("HARMONY_CONFIG_MANIFEST", &other).done();
    assert_eq!(done.json()["namespace"], "elsewhere");
}

#[test]
fn reordering_the_chain_changes_who_wins() {
    let manifest = |first: &str, second: &str| {
        format!(
            "version = 1\nnamespace = \"p\"\nchain = [\"{first}\", \"{second}\"]\n[source.local-file]\nsettings.dir = \"files\"\n"
        )
    };
    let world = World::with_manifest(&manifest("local-file", "sqlite"));
    world.ok(["set", "Key", "in a file", "--in", "local-file"]);
    world.ok(["set", "Key", "in the database", "--in", "sqlite"]);
    assert_eq!(world.ok(["get", "Key"]), "in a file\n");
    std::fs::write(world.project().join("harmony-config.toml"), manifest("sqlite", "local-file")).unwrap();
    assert_eq!(world.ok(["get", "Key"]), "in the database\n");
}
