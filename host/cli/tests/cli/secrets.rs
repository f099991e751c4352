//! A known secret, searched for in everything but the answer of `get`.

use crate::world::{Done, World};

const CANARY: &str = "canary-7f3a";

#[track_caller]
fn clean(done: &Done) {
    assert!(!done.stderr.contains(CANARY), "in standard error: {}", done.stderr);
    assert!(!done.stdout.contains(CANARY), "in standard output: {}", done.stdout);
}

#[test]
fn no_log_at_any_verbosity_has_a_value_in_it() {
    let world = World::new();
    let value = format!(r#"{{"user":"admin","password":"{CANARY}"}}"#);
    for verbose in ["-v", "-vv", "-vvv"] {
        clean(&world.run(["set", "Key", "-", verbose]).stdin(value.clone()).done());
        clean(&world.run(["explain", "Key", verbose]).env("HARMONY_CONFIG_Key__user", CANARY).done());
        clean(&world.run(["explain", "Key", "--json", verbose]).env("HARMONY_CONFIG_Key", &value).done());
        clean(&world.run(["list", verbose]).env("HARMONY_CONFIG_Key", &value).done());
        clean(&world.run(["set", "Key", verbose, "--json", "--answers", "-"]).stdin(value.clone()).done());
        clean(&world.run(["get", "Key.user", verbose, "--from", "sqlite"]).done());
        clean(&world.run(["get", "Key.absent", verbose]).done());
        clean(&world.run(["unset", "Key", "--json", verbose]).env("HARMONY_CONFIG_Key__user", CANARY).done());
    }
    let everything = world.run(["set", "Key", "-"]).stdin(value.clone()).env("HARMONY_CONFIG_LOG", "trace").done();
    assert!(everything.stderr.lines().count() > 1, "the log is on: {everything:?}");
    clean(&everything);
    let got = world.run(["get", "Key.password", "-vvv"]).env("HARMONY_CONFIG_LOG", "trace").done();
    assert_eq!(got.stdout, format!("{CANARY}\n"), "who asks for it gets it");
    assert!(!got.stderr.contains(CANARY), "{}", got.stderr);
}

#[test]
fn no_error_has_a_value_in_it() {
    let world = World::new();
    clean(&world.run(["get", "Key"]).env("HARMONY_CONFIG_Key", format!("{{\"a\":{CANARY}")).done());
    clean(&world.run(["get", "Key", "--json"]).env("HARMONY_CONFIG_Key", format!("{{\"a\":{CANARY}")).done());
    clean(&world.run(["set", "Key", CANARY, "--in", "env"]).done());
    clean(&world.run(["set", "Key", CANARY, "--in", "nowhere"]).done());
    clean(&world.run(["set", "Key", CANARY, "-f", "nothing.toml", "--json"]).done());
    clean(&world.run(["set", "Key", "-"]).stdin(format!("{CANARY}\0")).done());
    clean(&world.run(["set", "not a key", CANARY]).done());
}

#[test]
fn verbosity_says_where_a_value_came_from() {
    let world = World::new();
    world.ok(["set", "Key", "1"]);
    let done = world.run(["get", "Key", "-v"]).done();
    assert_eq!(done.stdout, "1\n");
    assert!(done.stderr.contains("info: Key comes from `sqlite` ("), "{done:?}");
    assert_eq!(world.run(["get", "Key"]).done().stderr, "", "and nothing without being asked");
}

#[test]
fn a_filter_that_is_none_is_said_and_ignored() {
    let world = World::new();
    let done = world.run(["list"]).env("HARMONY_CONFIG_LOG", "a=b=c").done();
    assert_eq!(done.code, 0);
    assert!(done.stderr.contains("HARMONY_CONFIG_LOG is no filter"), "{done:?}");
}
