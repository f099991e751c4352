//! Clone, run, be asked, never be asked again: the acceptance list, 1 to 4 and 8.

use std::fs;

use serde_json::json;

use crate::world::World;

const AUTH: &str = r#"{"host":"fcs-1","user":"admin","password":"opensesame"}"#;

/// The first run of somebody new: three answers.
fn answer_the_first_run(world: &World) -> String {
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.see("BrocadeSwitchAuth").see("asked by prompt").see("How to log in at the switch.");
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();
    let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
    assert!(!sent.contains("opensesame"), "the password was shown:\n{sent}");
    terminal.text()
}

#[test]
fn where_all_values_are_there_and_no_variable_is_set_nothing_is_asked() {
    let world = World::new();
    world.store("BrocadeSwitchAuth", AUTH);
    world.store("AppConfig", r#"{"port":8080,"tags":[]}"#);
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth", "ask", "AppConfig"]);
    terminal.ends_well();
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("admin@fcs-1, a password of 10 characters"), "{}", terminal.text());
    assert!(terminal.text().contains("port 8080, level Normal, tls none"), "{}", terminal.text());
}

#[test]
fn the_first_run_asks_and_the_second_reads_sqlite() {
    let world = World::new();
    let first = answer_the_first_run(&world);
    assert!(first.contains("admin@fcs-1, a password of 10 characters"), "{first}");
    let stored = world.stored("BrocadeSwitchAuth").unwrap();
    assert_eq!(stored, json!({ "host": "fcs-1", "user": "admin", "password": "opensesame" }));

    let mut second = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    second.ends_well();
    assert!(!second.was_asked(), "{}", second.text());
    assert!(second.text().contains("password from sqlite"), "{}", second.text());
}

#[test]
fn a_variable_with_the_whole_struct_overrides_and_nothing_is_asked() {
    let other = r#"{"host":"fcs-2","user":"guest","password":"abc"}"#;
    let world = World::new().with("HARMONY_CONFIG_BrocadeSwitchAuth", other);
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.ends_well();
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().contains("guest@fcs-2, a password of 3 characters"), "{}", terminal.text());
    assert!(terminal.text().contains("password from env"), "{}", terminal.text());
    assert!(!world.database().exists(), "an override was kept");

    // Over a value that is kept, too.
    world.store("BrocadeSwitchAuth", AUTH);
    assert!(world.run(&["get", "BrocadeSwitchAuth"]).well().out.contains("guest@fcs-2"));
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["host"], "fcs-1");
}

#[test]
fn one_field_from_a_variable_is_not_asked_for_and_not_kept() {
    let world = World::new().with("HARMONY_CONFIG_BrocadeSwitchAuth__host", "fcs-9");
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.fill(&[("user", "admin"), ("password", "opensesame")]).ends_well();
    assert!(terminal.text().contains("  host     = fcs-9"), "what is known is not shown:\n{}", terminal.text());
    assert!(!terminal.text().contains("? host"), "{}", terminal.text());
    assert!(terminal.text().contains("host from env; password from prompt"), "{}", terminal.text());
    let stored = world.stored("BrocadeSwitchAuth").unwrap().to_string();
    assert!(stored.contains("admin") && !stored.contains("fcs-9"), "{stored}");
}

#[test]
fn after_the_configuration_directory_is_deleted_the_next_run_asks_again() {
    let world = World::new();
    answer_the_first_run(&world);
    fs::remove_dir_all(world.database().parent().unwrap()).unwrap();
    answer_the_first_run(&world);
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["password"], "opensesame");
}

#[test]
fn one_line_of_the_manifest_reorders_the_chain() {
    let world = World::new();
    fs::create_dir(world.project().join("files")).unwrap();
    fs::write(world.project().join("files/AppConfig.json"), r#"{"port":2000,"tags":["file"]}"#).unwrap();
    world.store("AppConfig", r#"{"port":1100,"tags":["database"]}"#);
    let manifest = |chain: &str| {
        world.manifest(&format!(
            "version = 1\nnamespace = \"harmony\"\nchain = {chain}\n\n[source.files]\nplugin = \"builtin:local-file\"\n\n\
             [source.files.settings]\ndir = \"files\"\n"
        ));
    };
    for (chain, expected) in [
        (r#"["env", "sqlite", "files", "prompt"]"#, "port 1100, level Normal, tls none, tags [database]"),
        (r#"["env", "files", "sqlite", "prompt"]"#, "port 2000, level Normal, tls none, tags [file]"),
    ] {
        manifest(chain);
        let mut terminal = world.sit_down(&["ask", "AppConfig"]);
        terminal.ends_well();
        assert!(!terminal.was_asked(), "{}", terminal.text());
        assert!(terminal.text().contains(expected), "{chain}:\n{}", terminal.text());
    }
}
