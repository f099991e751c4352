//! `move`: from one source to another, nothing lost on the way.

use crate::world::World;

/// Where the value is.
fn places(world: &World, key: &str) -> Vec<&'static str> {
    let has = |source: &&str| world.run(["get", key, "--from", source]).done().code == 0;
    ["sqlite", "local-file"].into_iter().filter(has).collect()
}

#[test]
fn a_value_is_moved_and_is_in_one_place() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", r#"{"port":8080}"#]);
    let moved = world.run(["move", "AppConfig", "--from", "sqlite", "--to", "local-file"]).done();
    assert_eq!((moved.code, moved.stdout.as_str()), (0, ""), "{moved:?}");
    assert_eq!(moved.stderr, "AppConfig is moved from `sqlite` to `local-file`\n");
    assert_eq!(places(&world, "AppConfig"), ["local-file"]);
    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n");
}

#[test]
fn some_of_the_fields_are_moved_as_some_of_the_fields() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", r#"{"host":"h","port":1}"#, "--in", "local-file"]);
    world.ok(["set", "AppConfig.port", "2", "--in", "sqlite"]);
    world.ok(["set", "Other.port", "3", "--in", "sqlite"]);
    world.ok(["move", "Other", "--from", "sqlite", "--to", "local-file"]);
    let steps = world.run(["explain", "Other", "--json"]).done().json();
    assert_eq!(steps["steps"][2]["outcome"], "partial", "{steps:#}");
    world.run(["move", "AppConfig", "--from", "sqlite", "--to", "local-file"]).done().fails(1, &["another value"]);
}

#[test]
fn everything_is_moved_at_once_and_looked_at_first() {
    let world = World::with_files();
    for key in ["One", "Two", "Many@a", "Many@b"] {
        world.ok(["set", key, "v"]);
    }
    let looked = world.run(["move", "--all", "--from", "sqlite", "--to", "local-file", "--dry-run"]).done();
    assert_eq!(looked.stderr.lines().count(), 4, "{looked:?}");
    assert!(looked.stderr.contains("Many@a would be moved from `sqlite` to `local-file`"), "{looked:?}");
    assert_eq!(places(&world, "One"), ["sqlite"], "nothing was changed");
    let moved = world.run(["move", "--all", "--from", "sqlite", "--to", "local-file"]).done();
    assert_eq!(moved.code, 0, "{moved:?}");
    for key in ["One", "Two", "Many@a", "Many@b"] {
        assert_eq!(places(&world, key), ["local-file"], "{key}");
    }
    let again = world.run(["move", "--all", "--from", "sqlite", "--to", "local-file"]).done();
    assert_eq!((again.code, again.stderr.as_str()), (0, "`sqlite` holds no value in namespace `p`\n"));
}

#[test]
fn another_value_stops_its_own_move_and_no_other() {
    let world = World::with_files();
    world.ok(["set", "One", "new"]);
    world.ok(["set", "One", "canary-old", "--in", "local-file"]);
    world.ok(["set", "Two", "v"]);
    let arguments = ["move", "One", "Two", "--from", "sqlite", "--to", "local-file"];
    let done = world.run(arguments).done();
    done.fails_beside(1, &["One: `local-file` has another value already; nothing was moved", "--force"]);
    assert!(!done.stderr.contains("canary"), "{done:?}");
    assert_eq!((places(&world, "One"), places(&world, "Two")), (vec!["sqlite", "local-file"], vec!["local-file"]));
    world.ok(["move", "One", "--from", "sqlite", "--to", "local-file", "--force"]);
    assert_eq!(world.ok(["get", "One"]), "new\n");
    assert_eq!(places(&world, "One"), ["local-file"]);
}

#[test]
fn what_cannot_be_moved_is_said_with_the_reason() {
    let world = World::with_files();
    let run = |from: &str, to: &str| world.run(["move", "Key", "--from", from, "--to", to]).done();
    run("sqlite", "local-file").fails_beside(3, &["Key: not found in sqlite", "next:"]);
    world.ok(["set", "Key", "1"]);
    run("sqlite", "env").fails_beside(1, &["source `env`: nothing was moved", "can only be read"]);
    run("prompt", "sqlite").fails_beside(1, &["source `prompt`: nothing was moved"]);
    run("sqlit", "local-file").fails(2, &["did you mean `sqlite`?"]);
    world.run(["move", "--all", "--from", "prompt", "--to", "sqlite"]).done().fails(1, &["prompt", "next:"]);
    assert_eq!(places(&world, "Key"), ["sqlite"]);
}
