//! What a yes covers: the same reach in the same folder, in whatever form; not another one.

use std::fs;

use crate::{
    project::{Cloned, acme, clone_of, filled},
    world::World,
};

fn trusted() -> World {
    let world = clone_of(&acme("settings.address = \"https://acme.example\"\n"));
    world.trust();
    world.run_cli(&["get", "GoodKey"]).well();
    world
}

fn manifest(world: &World) -> String {
    fs::read_to_string(world.project().join("harmony-config.toml")).unwrap()
}

fn change(world: &World, from: &str, to: &str) {
    let text = manifest(world);
    assert!(text.contains(from), "{text}");
    world.manifest(&text.replace(from, to));
}

#[test]
fn reordering_the_chain_and_editing_comments_asks_nobody() {
    let world = trusted();
    for (from, to) in [
        ("chain", "# a comment\nchain"),
        ("[\"env\", \"acme\", \"sqlite\", \"prompt\"]", "[ 'acme', \"prompt\",\n  \"env\", \"sqlite\" ] # reordered"),
        ("settings.guest", "timeout = \"9s\"\non-error = { denied = \"continue\" }\nsettings.guest"),
        ("settings.guest = \"none\"\nsettings.address", "[source.acme.settings]\nguest = 'none'\naddress"),
    ] {
        change(&world, from, to);
        world.run_cli(&["get", "GoodKey"]).well();
    }
}

#[test]
fn changing_where_secrets_go_asks() {
    let world = trusted();
    change(&world, "\"acme\", \"sqlite\"", "\"sqlite\", \"acme\"");
    world.run_cli(&["get", "GoodKey"]).badly(5, &["harmony-config trust"]);
    let world = trusted();
    world.manifest(&format!("{}[persist]\nsecret = [\"sqlite\", \"acme\"]\n", manifest(&world)));
    world.run_cli(&["get", "GoodKey"]).badly(5, &["keep secrets in `acme`, where the ones before are unavailable"]);
}

#[test]
fn sources_that_are_harmless_may_be_reordered_without_any_word() {
    let chain = |order: &str| filled(&format!("chain = [{order}]\n[source.local-file]\nsettings.dir = \"files\"\n"));
    let world = World::new();
    for order in ["\"env\", \"sqlite\", \"local-file\"", "\"local-file\", \"env\", \"sqlite\""] {
        world.manifest(&chain(order));
        world.run_cli(&["get", "Missing"]).badly(3, &["not found"]);
    }
}

#[test]
fn a_copy_of_the_project_elsewhere_is_another_one() {
    let world = trusted();
    let copy = world.path("copy");
    fs::create_dir_all(copy.join(".git")).unwrap();
    for file in ["harmony-config.toml", "acme.wasm"] {
        fs::copy(world.project().join(file), copy.join(file)).unwrap();
    }
    let done = world.run_cli(&["-C", copy.to_str().unwrap(), "get", "GoodKey"]).badly(5, &["is not trusted"]);
    // The command that it names is the one that helps.
    let next = done.err.lines().find_map(|line| line.split_once(": harmony-config ")).unwrap().1.to_owned();
    let printed = world.run_cli(&["-C", copy.to_str().unwrap(), "trust", "--print"]).well().out;
    let mut arguments: Vec<&str> = next.split(' ').collect();
    arguments.extend(["--yes", printed.lines().next().unwrap()]);
    world.run_cli(&arguments).well();
    world.run_cli(&["-C", copy.to_str().unwrap(), "get", "GoodKey"]).well();
}

#[test]
fn what_is_taken_back_is_asked_again() {
    let world = trusted();
    world.run_cli(&["untrust"]).well();
    world.run_cli(&["get", "GoodKey"]).badly(5, &["is not trusted"]);
    let done = world.run_cli(&["untrust"]).well();
    assert!(done.err.contains("nothing in"), "{done:?}");
}

#[test]
fn another_digest_trusts_nothing() {
    let world = clone_of(&acme(""));
    let wrong = format!("sha256:{}", "0".repeat(64));
    world.run_cli(&["trust", "--yes", &wrong]).badly(5, &["something else", "trust --print"]);
    world.run_cli(&["get", "GoodKey"]).badly(5, &["is not trusted"]);
}

#[test]
fn a_variable_says_for_ci_what_is_trusted_and_only_that() {
    let world = clone_of(&acme(""));
    let id = world.run_cli(&["trust", "--print"]).well().out.lines().next().unwrap().to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let mut world = world.with("HARMONY_CONFIG_TRUST", format!("{other}, {id}"));
    world.run_cli(&["get", "GoodKey"]).well();
    world.set("HARMONY_CONFIG_TRUST", other);
    world.run_cli(&["get", "GoodKey"]).badly(5, &["is not trusted"]);
    assert!(!world.home().join(".config/harmony/trust.toml").exists(), "and nothing is remembered of it");
}

#[test]
fn the_digest_is_the_same_in_another_folder() {
    let id = |world: &World| world.run_cli(&["trust", "--print"]).well().out.lines().next().unwrap().to_owned();
    let text = acme("settings.address = \"https://acme.example\"\n");
    assert_eq!(id(&clone_of(&text)), id(&clone_of(&text)));
}

#[test]
fn a_project_that_reaches_nothing_needs_no_word() {
    let world = World::new();
    world.manifest("version = 1\nchain = [\"env\", \"sqlite\"]\n");
    let done = world.run_cli(&["trust"]).well();
    assert!(done.err.contains("there is nothing to trust"), "{done:?}");
    assert!(!world.home().join(".config/harmony").exists());
}

/// What is named by a relative path reaches the same.
#[test]
fn a_manifest_that_is_named_from_elsewhere_is_the_same() {
    let world = clone_of(&acme(""));
    world.trust();
    let mut command = world.command(crate::world::cli(), &["-f", "project/harmony-config.toml", "get", "GoodKey"]);
    command.current_dir(world.path(""));
    let done = crate::world::finish(crate::world::start(command, b"")).well();
    assert!(done.out.contains("guest"), "{done:?}");
}
