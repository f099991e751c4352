//! `doctor`: what it sees, what it says is wrong, and with which code it ends.

use crate::world::World;

#[test]
fn where_nothing_is_wrong_it_says_how_everything_is() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", "1"]);
    let screen = world.ok(["doctor"]);
    for words in ["namespace  p", "harmony-config.toml", "config.db", "nobody can be asked", "Nothing is wrong."] {
        assert!(screen.contains(words), "no {words:?} in {screen}");
    }
    for source in ["env", "sqlite", "local-file", "prompt"] {
        assert!(screen.lines().any(|line| line.starts_with(source)), "no {source} in {screen}");
    }
    assert!(screen.lines().count() < 30, "it is one screen: {screen}");
}

#[cfg(unix)]
#[test]
fn a_source_that_cannot_be_reached_is_named_with_the_reason_and_decides_the_code() {
    let world = World::with_files();
    std::fs::create_dir_all(world.home().join("h/config/config.db")).unwrap();
    let done = world.run(["doctor"]).env("HARMONY_CONFIG_HOME", world.home().join("h")).done();
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stdout.contains("problem: source `sqlite`"), "{done:?}");
    assert!(done.stdout.contains("next:"), "{done:?}");
    assert!(done.stdout.lines().any(|line| line.starts_with("local-file") && line.contains(" ok ")), "{done:?}");
}

#[cfg(unix)]
#[test]
fn places_that_others_can_look_into_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with_files();
    let home = world.home().join("h");
    let set = world.run(["set", "Key", "-"]).stdin("1").env("HARMONY_CONFIG_HOME", &home).done();
    assert_eq!(set.code, 0, "{set:?}");
    let database = home.join("config/config.db");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let done = world.run(["doctor"]).env("HARMONY_CONFIG_HOME", &home).done();
    assert!(done.stdout.contains("warning: others on this machine can look into"), "{done:?}");
    assert!(done.stdout.contains(&format!("chmod 600 {}", database.display())), "{done:?}");
}

#[test]
fn a_manifest_that_cannot_be_used_is_the_finding() {
    let world = World::with_manifest("version = 1\nchain = [\"sqlit\"]\n");
    world.run(["doctor"]).done().fails(2, &["sqlit", "harmony-config.toml"]);
}

#[test]
fn a_chain_that_keeps_nothing_is_warned_of() {
    let world = World::with_manifest("version = 1\nchain = [\"env\"]\n");
    let done = world.run(["doctor"]).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("warning: no source of the chain can keep a value"), "{done:?}");
}
