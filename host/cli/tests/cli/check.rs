//! `check`: what is missing or invalid of all that a program declares, its exit codes, and asking for all of it at once.

use std::fs;

use crate::{declared::declared, world::World};

const SWITCH: &str = r#"{"user":"admin","password":"canary"}"#;

#[test]
fn where_nobody_declared_anything_silence_is_not_taken_for_a_yes() {
    World::new().run(["check"]).done().fails(2, &["no program has said yet", "next: run the program once"]);
    let world = World::with_manifest("version = 1\nchain = [\"env\", \"sqlite\"]\n");
    world.run(["check"]).done().fails(2, &["harmony-config.schema.json (harmony_config::export_schema)"]);
}

#[test]
fn three_says_that_something_is_missing_and_zero_that_all_is_there() {
    let world = declared();
    world.ok(["set", "Greeting", "hello"]);
    world.ok(["set", "AppConfig", r#"{"host":"h","port":8080}"#]);
    let missing = world.run(["check"]).done();
    assert_eq!(missing.code, 3, "{missing:?}");
    assert!(missing.stdout.contains("ApiToken    missing  not found in env, sqlite"), "{missing:?}");
    assert!(missing.stdout.contains("Greeting    set      sqlite"), "{missing:?}");
    assert!(missing.stderr.contains("4 values: 2 missing"), "{missing:?}");
    assert!(
        missing.stderr.contains("next: to be asked for all of it at once: harmony-config check --prompt"),
        "{missing:?}"
    );
    let piped = |key: &str, value: &str| assert_eq!(world.run(["set", key, "-"]).stdin(value).done().code, 0);
    piped("ApiToken", "canary");
    piped("SwitchAuth", SWITCH);
    let whole = world.run(["check"]).done();
    assert_eq!((whole.code, whole.stderr.as_str()), (0, "4 values, all there\n"), "{whole:?}");
    assert!(!whole.stdout.contains("canary"), "{whole:?}");
}

#[test]
fn seven_says_that_something_is_invalid_and_which_field_where() {
    let world = declared();
    let done = world.run(["check"]).env("HARMONY_CONFIG_AppConfig", r#"{"host":"canary","port":"canary"}"#).done();
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stdout
            .contains("field `port` should be a whole number from 1024 to 65535, in `env` (HARMONY_CONFIG_AppConfig)"),
        "{done:?}"
    );
    assert!(done.stdout.contains("next: put it right in `env`"), "{done:?}");
    assert!(!done.stdout.contains("canary") && !done.stderr.contains("canary"), "{done:?}");
    let unreadable = world.run(["check"]).env("HARMONY_CONFIG_AppConfig", "{canary").done();
    assert_eq!(unreadable.code, 7, "{unreadable:?}");
    assert!(!unreadable.stdout.contains("canary"), "{unreadable:?}");
}

#[test]
fn six_says_that_a_source_could_not_be_asked() {
    let world = declared();
    let home = world.home().join("data");
    fs::create_dir_all(home.join("config/config.db")).unwrap();
    let done = world.run(["check"]).env("HARMONY_CONFIG_HOME", &home).done();
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stdout.contains("unavailable") && done.stdout.contains("config.db"), "{done:?}");
}

#[test]
fn one_form_asks_for_all_that_is_missing_or_wrong_and_the_answers_are_kept() {
    let world = declared();
    world.ok(["set", "Greeting", "hello"]);
    world.run(["check", "--prompt"]).done().fails(4, &["next:"]);
    // The token; host, port and (optional) tls of AppConfig; user and password of SwitchAuth.
    let answers = "canary\nlocalhost\n8080\n\nadmin\ncanary\n";
    let done = world.run(["check", "--prompt", "--answers", "-"]).stdin(answers).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stdout.contains("canary") && !done.stderr.contains("canary"), "{done:?}");
    assert_eq!(world.run(["check"]).done().code, 0);
    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n");
    assert_eq!(world.ok(["get", "SwitchAuth.password"]), "canary\n");
    assert_eq!(world.run(["check", "--prompt", "--non-interactive"]).done().code, 0, "nobody is needed any more");
}

#[test]
fn what_nobody_can_answer_is_named_and_nobody_is_asked() {
    let world = declared();
    let run = world.run(["check", "--prompt", "--answers", "-"]).stdin("canary\n".repeat(9));
    let done = run.env("HARMONY_CONFIG_AppConfig__port", "canary").done();
    assert_eq!(done.code, 7, "{done:?}");
    assert!(done.stdout.contains("field `port`") && done.stdout.contains("HARMONY_CONFIG_AppConfig__port"), "{done:?}");
    assert_eq!(world.run(["get", "ApiToken"]).done().code, 3, "nobody was asked for the others");
}

#[test]
fn an_instance_is_looked_at_and_the_plain_key_is_not_missed_beside_it() {
    let world = declared();
    assert_eq!(world.run(["set", "SwitchAuth@fw-a", "-"]).stdin(SWITCH).done().code, 0);
    let checked = world.run(["check", "--json"]).done();
    let names: Vec<String> = checked.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| format!("{}@{} {}", key["key"].as_str().unwrap(), key["instance"], key["status"].as_str().unwrap()))
        .collect();
    assert!(names.contains(&"SwitchAuth@\"fw-a\" set".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("SwitchAuth@null")), "{names:?}");
}
