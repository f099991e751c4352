//! One field of a value: set and unset in one source, the rest of it staying as it is.

use std::thread;

use crate::{declared::declared, world::World};

#[test]
fn a_field_is_set_and_the_rest_stays() {
    let world = World::new();
    world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    let kept = world.run(["set", "AppConfig.port", "9090"]).done();
    assert_eq!(kept.code, 0, "{kept:?}");
    assert!(kept.stderr.contains("AppConfig.port is kept in `sqlite`"), "{kept:?}");
    assert_eq!(world.ok(["get", "AppConfig.port"]), "9090\n");
    assert_eq!(world.ok(["get", "AppConfig.host"]), "localhost\n");
}

#[test]
fn a_field_of_an_instance_deep_inside_is_set_without_the_value_being_there() {
    let world = World::new();
    assert_eq!(world.run(["set", "Firewall@fw-a.login.user", "-"]).stdin("admin").done().code, 0);
    assert_eq!(world.ok(["get", "Firewall@fw-a.login.user"]), "admin\n");
    assert_eq!(world.run(["get", "Firewall"]).done().code, 3);
}

#[test]
fn a_field_that_the_environment_overrides_is_not_written_into_the_store() {
    let world = World::new();
    world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    let run = |arguments: &[&str]| world.run(arguments).env("HARMONY_CONFIG_AppConfig__port", "1").done();
    let kept = run(&["set", "AppConfig.host", "elsewhere"]);
    assert!(!kept.stderr.contains("goes first"), "the field that was set wins: {kept:?}");
    let kept = run(&["set", "AppConfig.port", "2"]);
    assert!(kept.stderr.contains("`env` has a value too, and stands above `sqlite`"), "{kept:?}");
    assert_eq!(world.ok(["get", "AppConfig.port"]), "2\n");
}

#[test]
fn a_field_is_unset_and_what_stands_below_counts_again() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", r#"{"host":"a","port":1}"#, "--in", "sqlite"]);
    world.ok(["set", "AppConfig", r#"{"host":"b","port":2}"#, "--in", "local-file"]);
    let removed = world.run(["unset", "AppConfig.port"]).done();
    assert!(removed.stderr.contains("AppConfig.port is removed from `sqlite`"), "{removed:?}");
    assert!(removed.stderr.contains("port from `local-file`"), "{removed:?}");
    assert_eq!(world.ok(["get", "AppConfig.port"]), "2\n");
    assert_eq!(world.ok(["get", "AppConfig.host"]), "a\n");
    world.run(["unset", "AppConfig.nothing"]).done().fails(3, &["no field `nothing`", "next:"]);
    world.run(["unset", "AppConfig.port", "--in", "sqlite"]).done().fails(3, &["`sqlite` has no field `port`"]);
}

#[test]
fn a_field_of_what_is_no_object_is_refused_and_the_value_not_shown() {
    let world = World::new();
    world.ok(["set", "Word", "canary-word"]);
    let done = world.run(["set", "Word.length", "-"]).stdin("1").done();
    done.fails(7, &["Word", "nothing was written: the text has no field `length`", "next:"]);
    assert!(!done.stderr.contains("canary"), "{done:?}");
    assert_eq!(world.ok(["get", "Word"]), "canary-word\n");
}

#[test]
fn a_declared_field_is_typed_checked_and_spelt_right() {
    let world = declared();
    world.ok(["set", "AppConfig", r#"{"host":"h","port":8080}"#]);
    let kept = world.run(["set", "AppConfig.host", "8080"]).done();
    assert_eq!((kept.code, kept.stderr.as_str()), (0, "AppConfig.host is kept in `sqlite`\n"), "no secret, no warning");
    assert_eq!(world.run(["get", "AppConfig.host", "--json"]).done().json()["value"], "8080", "a text, as declared");
    assert_eq!(world.run(["set", "AppConfig.tls.certificate", "/etc/tls.pem"]).done().code, 0);
    assert_eq!(world.ok(["get", "AppConfig.tls.certificate"]), "/etc/tls.pem\n");
    world.run(["set", "AppConfig.port", "80"]).done().fails(7, &["from 1024 to 65535", "nothing was written"]);
    world.run(["set", "AppConfig.prot", "8081"]).done().fails(2, &["no field `prot`", "did you mean `port`?"]);
    world.run(["set", "AppConfig.tls.cert", "x"]).done().fails(2, &["no field `cert`", "certificate"]);
    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n");
}

#[test]
fn a_secret_field_is_not_taken_as_an_argument() {
    let world = declared();
    let done = world.run(["set", "SwitchAuth.password", "canary-pw"]).done();
    done.fails(2, &["shell's history", "set SwitchAuth.password -"]);
    assert!(!done.stderr.contains("canary"), "{done:?}");
    assert_eq!(world.run(["set", "SwitchAuth.user", "admin"]).done().code, 0, "the one beside it is none");
    assert_eq!(world.run(["set", "SwitchAuth.password", "-"]).stdin("pw").done().code, 0);
    assert_eq!(world.ok(["get", "SwitchAuth.password"]), "pw\n");
    assert_eq!(world.run(["set", "SwitchAuth.password", "--answers", "-"]).stdin("asked\n").done().code, 0);
    assert_eq!(world.ok(["get", "SwitchAuth.password"]), "asked\n");
}

#[test]
fn two_processes_that_set_two_fields_a_hundred_times_lose_nothing() {
    const TIMES: usize = 100;
    let world = World::new();
    world.ok(["set", "Shared", "{}"]);
    thread::scope(|scope| {
        for name in ["left", "right"] {
            let world = &world;
            scope.spawn(move || {
                for number in 0..TIMES {
                    let field = format!("Shared.{name}.n{number}");
                    let done = world.run(["set", &field, "-"]).stdin(number.to_string()).done();
                    assert_eq!(done.code, 0, "{field}: {done:?}");
                }
            });
        }
    });
    let stored: serde_json::Value = serde_json::from_str(&world.ok(["get", "Shared"])).unwrap();
    for name in ["left", "right"] {
        for number in 0..TIMES {
            assert_eq!(stored[name][format!("n{number}")], number, "{name} lost {number}");
        }
    }
}
