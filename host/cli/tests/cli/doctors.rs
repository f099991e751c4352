//! `doctor`: what it sees, what it says is wrong, and with which code it ends.

use serde_json::json;

use crate::world::World;

#[test]
fn where_nothing_is_wrong_it_says_how_everything_is() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", "1"]);
    let screen = world.ok(["doctor"]);
    for words in [
        "namespace  p",
        "harmony-config.toml",
        "config.db",
        "nobody can be asked",
        "nothing is reached that would need your yes",
        "sealing",
        "Nothing is wrong.",
    ] {
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
fn where_the_manifest_cannot_be_used_it_tells_what_it_can_and_ends_with_that_code() {
    let world = World::with_manifest("version = 1\nchain = [\"sqlit\"]\n");
    let done = world.run(["doctor"]).done();
    assert_eq!(done.code, 2, "{done:?}");
    for words in [
        "manifest  none that can be used",
        "config.db",
        "problem: ",
        "harmony-config.toml:2:",
        "did you mean `sqlite`?",
        "next:",
    ] {
        assert!(done.stdout.contains(words), "no {words:?} in {done:?}");
    }
    let json = world.run(["doctor", "--json"]).done().json();
    assert_eq!((&json["namespace"], &json["trust"], &json["sources"]), (&json!(null), &json!(null), &json!([])));
    assert_eq!((&json["findings"][0]["about"], &json["findings"][0]["exit_code"]), (&json!("manifest"), &json!(2)));
    world.run(["-C", "nowhere", "doctor"]).done().fails(2, &["there is no folder nowhere"]);
}

#[cfg(unix)]
#[test]
fn a_manifest_that_must_not_be_used_is_told_with_its_own_code() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with_files();
    let manifest = world.project().join("harmony-config.toml");
    std::fs::set_permissions(&manifest, std::fs::Permissions::from_mode(0o666)).unwrap();
    let done = world.run(["doctor"]).done();
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.stdout.contains("is not used: everybody on this machine may write it"), "{done:?}");
    assert!(done.stdout.contains("chmod go-w"), "{done:?}");
}

#[cfg(unix)]
#[test]
fn the_key_that_seals_is_told_and_what_is_wrong_with_it() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with_files();
    let home = world.home().join("h");
    let run = |arguments: &[&str]| world.run(arguments).stdin("canary").env("HARMONY_CONFIG_HOME", &home).done();
    let screen = run(&["doctor"]).stdout;
    assert!(screen.contains("no key yet: it is made when something is first sealed"), "{screen}");
    assert_eq!(run(&["set", "Secret", "-"]).code, 0);
    let screen = run(&["doctor"]).stdout;
    assert!(screen.contains("a key in a file, ") && screen.contains("; 1 value is sealed"), "{screen}");
    let done = run(&["doctor", "--json"]).json();
    let sealing = &done["sealing"];
    assert_eq!(
        (&sealing["kept_in"], &sealing["readable"], &sealing["old_keys"]),
        (&json!("file"), &json!(true), &json!(0))
    );
    let folder = std::path::PathBuf::from(sealing["folder"].as_str().unwrap());
    let key = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let key = key.into_iter().find(|path| path.extension().is_some_and(|end| end == "key")).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let done = run(&["doctor"]);
    assert_eq!(done.code, 6, "{done:?}");
    for words in ["a key in a file", "which cannot be used", "problem: the key that seals secrets", "chmod 600"] {
        assert!(done.stdout.contains(words), "no {words:?} in {done:?}");
    }
    std::fs::remove_file(&key).unwrap();
    let done = run(&["doctor"]);
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stdout.contains("is gone"), "{done:?}");
}

#[test]
fn what_is_reached_and_not_trusted_is_one_finding_with_its_command() {
    let world = World::with_manifest(
        "version = 1\nchain = [\"env\", \"team\", \"sqlite\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"/srv/team\"\n",
    );
    let done = world.run(["doctor"]).done();
    assert_eq!(done.code, 5, "{done:?}");
    assert_eq!(done.stdout.matches("problem:").count(), 1, "{done:?}");
    for words in
        ["not trusted; 2 things would be reached: harmony-config trust --print", "read and write /srv/team", "next:"]
    {
        assert!(done.stdout.contains(words), "no {words:?} in {done:?}");
    }
    let trust = &world.run(["doctor", "--json"]).done().json()["trust"];
    assert_eq!((&trust["trusted"], &trust["command"]), (&json!(false), &json!("harmony-config trust")));
    world.ok(["trust", "--yes", trust["reach"].as_str().unwrap()]);
    let trust = &world.run(["doctor", "--json"]).done().json()["trust"];
    assert_eq!((&trust["trusted"], trust["facts"].as_array().unwrap().len()), (&json!(true), 2));
}

#[test]
fn a_chain_that_keeps_nothing_is_warned_of() {
    let world = World::with_manifest("version = 1\nchain = [\"env\"]\n");
    let done = world.run(["doctor"]).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("warning: no source of the chain can keep a value"), "{done:?}");
}
