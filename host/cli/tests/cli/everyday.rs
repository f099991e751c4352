//! What people do every day: keep a value, read it, find it, override it, take it away.

use crate::world::World;

#[test]
fn a_value_that_was_set_is_read_listed_explained_and_unset() {
    let world = World::new();
    let kept = world.run(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]).done();
    assert_eq!((kept.code, kept.stdout.as_str()), (0, ""), "{kept:?}");
    assert!(kept.stderr.contains("AppConfig is kept in `sqlite`"), "{kept:?}");

    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n");
    assert_eq!(world.ok(["list"]), "AppConfig  set  sqlite\n");
    let explained = world.ok(["explain", "AppConfig"]);
    assert!(explained.contains("`sqlite` wins"), "{explained}");

    let removed = world.run(["unset", "AppConfig"]).done();
    assert_eq!((removed.code, removed.stdout.as_str()), (0, ""), "{removed:?}");
    assert!(removed.stderr.contains("AppConfig is removed from `sqlite`"), "{removed:?}");
    assert!(removed.stderr.contains("No source has a value."), "{removed:?}");
    assert_eq!(world.run(["get", "AppConfig"]).done().code, 3);
}

#[test]
fn a_text_is_printed_as_it_is_and_an_object_as_json() {
    let world = World::new();
    world.ok(["set", "Word", "two words"]);
    assert_eq!(world.ok(["get", "Word"]), "two words\n");
    world.ok(["set", "Object", r#"{"b":1,"a":["x"]}"#]);
    let printed = world.ok(["get", "Object"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), serde_json::json!({ "a": ["x"], "b": 1 }));
    assert_eq!(world.ok(["get", "Object.a.0"]), "x\n");
}

#[test]
fn instances_are_values_of_their_own() {
    let world = World::new();
    world.ok(["set", "Firewall@fw-a", "a"]);
    world.ok(["set", "Firewall@fw-b", "b"]);
    assert_eq!(world.ok(["get", "Firewall@fw-a"]), "a\n");
    assert_eq!(world.ok(["get", "Firewall@fw-b"]), "b\n");
    assert_eq!(world.run(["get", "Firewall"]).done().code, 3);
    assert_eq!(world.ok(["list", "Fire"]), "Firewall@fw-a  set  sqlite\nFirewall@fw-b  set  sqlite\n");
    assert_eq!(world.ok(["list", "Other"]), "");
}

#[test]
fn namespaces_keep_values_apart() {
    let world = World::new();
    world.ok(["-n", "one", "set", "Key", "1"]);
    world.ok(["set", "Key", "2", "-n", "two"]);
    assert_eq!(world.ok(["get", "Key", "-n", "one"]), "1\n");
    assert_eq!(world.ok(["get", "-n", "two", "Key"]), "2\n");
    assert_eq!(world.run(["get", "Key"]).done().code, 3);
}

#[test]
fn the_environment_goes_first_and_set_says_so() {
    let world = World::new();
    let kept = world.run(["set", "Key", "stored"]).env("HARMONY_CONFIG_Key", "\"named\"").done();
    assert_eq!(kept.code, 0);
    assert!(kept.stderr.contains("warning: `env` has a value too, and stands above `sqlite`"), "{kept:?}");
    let got = world.run(["get", "Key"]).env("HARMONY_CONFIG_Key", "\"named\"").done();
    assert_eq!(got.stdout, "named\n");
    let from = world.run(["get", "Key", "--from", "sqlite"]).env("HARMONY_CONFIG_Key", "\"named\"").done();
    assert_eq!(from.stdout, "stored\n");
}

#[test]
fn removing_what_wins_uncovers_what_stands_below() {
    let world = World::with_manifest(
        "version = 1\nnamespace = \"p\"\nchain = [\"sqlite\", \"local-file\"]\n[source.local-file]\nsettings.dir = \"files\"\n",
    );
    world.ok(["set", "Key", "above"]);
    world.ok(["set", "Key", "below", "--in", "local-file"]);
    assert_eq!(world.ok(["list"]), "Key  set  sqlite, local-file\n");
    let removed = world.run(["rm", "Key"]).done();
    assert!(removed.stderr.contains("`local-file` wins"), "{removed:?}");
    assert_eq!(world.ok(["get", "Key"]), "below\n");
}

#[test]
fn one_variable_overrides_one_field_and_the_rest_stays() {
    let world = World::new();
    world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    let run = |arguments: &[&str]| world.run(arguments).env("HARMONY_CONFIG_AppConfig__port", "9090").done();
    assert_eq!(run(&["get", "AppConfig.port"]).stdout.trim_matches(['"', '\n']), "9090");
    assert_eq!(run(&["get", "AppConfig.host"]).stdout, "localhost\n");
    let explained = run(&["explain", "AppConfig"]).stdout;
    assert!(explained.contains("The value is put together: port from `env`; host from `sqlite`."), "{explained}");
}

#[test]
fn a_value_is_read_from_a_pipe_with_and_without_a_dash() {
    let world = World::new();
    let piped = world.run(["set", "Dash", "-"]).stdin("from a pipe\n").done();
    assert_eq!(piped.code, 0, "{piped:?}");
    assert_eq!(piped.stderr, "Dash is kept in `sqlite`\n", "a piped value needs no warning");
    assert_eq!(world.ok(["get", "Dash"]), "from a pipe\n");
    assert_eq!(world.run(["set", "NoDash"]).stdin("{\"a\":1}").done().code, 0);
    assert_eq!(world.ok(["get", "NoDash.a"]), "1\n");
}

#[test]
fn a_value_on_the_command_line_is_taken_with_one_line_of_warning() {
    let world = World::new();
    let kept = world.run(["set", "Key", "canary-on-the-line"]).done();
    assert_eq!(kept.stderr.matches("warning:").count(), 1, "{kept:?}");
    assert!(kept.stderr.contains("process list") && kept.stderr.contains("harmony-config set Key -"), "{kept:?}");
    assert_eq!(kept.stderr.lines().count(), 2, "{kept:?}");
    assert!(!kept.stderr.contains("canary"), "{kept:?}");
}

#[test]
fn init_writes_a_manifest_that_holds_from_then_on() {
    let world = World::new();
    let done = world.run(["init"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done:?}");
    assert!(done.stderr.contains("namespace `my-project`") && done.stderr.contains("next:"), "{done:?}");
    world.ok(["set", "Key", "1"]);
    let listed = world.run(["list", "--json"]).done().json();
    assert_eq!(listed["namespace"], "my-project");

    let below = world.project().join("src/deep");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(world.run(["get", "Key"]).in_folder(below).done().stdout, "1\n");
}

#[test]
fn init_overwrites_nothing_and_says_what_it_found() {
    let world = World::with_manifest("version = 1\nnamespace = \"mine\"\nchain = [\"env\", \"sqlite\"]\n");
    let before = std::fs::read(world.project().join("harmony-config.toml")).unwrap();
    let done = world.run(["init"]).done();
    done.fails(2, &["is there already", "namespace `mine`", "chain env → sqlite", "nothing was written"]);
    assert_eq!(std::fs::read(world.project().join("harmony-config.toml")).unwrap(), before);
}

#[test]
fn a_folder_is_named_instead_of_changed_into() {
    let world = World::new();
    let other = world.home().join("other place");
    std::fs::create_dir_all(other.join(".git")).unwrap();
    world.ok(["init", "-C", other.to_str().unwrap()]);
    assert!(other.join("harmony-config.toml").is_file());
    let listed = world.run(["-C", "../other place", "list", "--json"]).done().json();
    assert_eq!(listed["namespace"], "other_place");
    let named = world.run(["-C", "../other place", "-f", "harmony-config.toml", "list", "--json"]).done().json();
    assert_eq!(named["namespace"], "other_place");
}
