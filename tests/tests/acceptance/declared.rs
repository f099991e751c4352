//! The command line knows what a program needs: from the document that it exports, or from its last run. Acceptance 7 on the
//! command line, and the form that asks for everything.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::world::{Done, World, cli, finish, start};

const DECLARING: &str = env!("CARGO_BIN_EXE_declaring_program");
const CLASHING: &str = env!("CARGO_BIN_EXE_clashing_program");

const MANIFEST: &str = "version = 1\nchain = [\"env\", \"sqlite\", \"prompt\"]\n";

fn run(world: &World, program: &str, arguments: &[&str]) -> Done {
    finish(start(world.command(program, arguments), b""))
}

/// A project whose program has exported what it needs.
fn exported() -> World {
    let world = World::new();
    world.manifest(MANIFEST);
    run(&world, DECLARING, &["export", "harmony-config.schema.json"]).well();
    world
}

fn known(world: &World) -> Vec<String> {
    let schema = world.cli(&["schema"], b"").well();
    let document: Value = serde_json::from_str(&schema.out).unwrap();
    document["properties"].as_object().unwrap().keys().cloned().collect()
}

const ALL: [&str; 4] = ["ApiToken", "AppConfig", "BrocadeSwitchAuth", "LibraryConfig"];

fn records(world: &World) -> Vec<PathBuf> {
    let Ok(projects) = fs::read_dir(world.home().join(".local/share/harmony/declared")) else { return Vec::new() };
    projects
        .flat_map(|project| fs::read_dir(project.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

#[test]
fn what_a_program_exports_is_known_the_types_of_its_libraries_too() {
    let world = exported();
    assert_eq!(known(&world), ALL);
    let document = fs::read_to_string(world.project().join("harmony-config.schema.json")).unwrap();
    assert!(document.contains("\"harmony_config_tests::LibraryConfig\""), "{document}");
    assert!(document.contains("\"declaring_program::AppConfig\""), "{document}");
    assert_eq!(records(&world), Vec::<PathBuf>::new(), "exporting leaves nothing else behind");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_program_declared_in_its_last_run_is_known_where_nothing_was_exported() {
    for manifest in [Some(MANIFEST), None] {
        let world = World::new();
        if let Some(manifest) = manifest {
            world.manifest(manifest);
        }
        world.cli(&["schema"], b"").badly(2, &["nothing to look for", "run the program once"]);
        assert_eq!(records(&world), Vec::<PathBuf>::new(), "the command leaves no record itself");
        run(&world, DECLARING, &["start"]).well();
        assert_eq!(known(&world), ALL);
        let [record] = records(&world).try_into().unwrap();
        let before = fs::metadata(&record).unwrap();
        run(&world, DECLARING, &["start"]).well();
        let after = fs::metadata(&record).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap(), "it is written only when it changed");
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        assert_eq!((before.ino(), before.permissions().mode() & 0o777), (after.ino(), 0o600));
        // A record that cannot be used is no harm to the command, and the program writes it again when it is another one.
        fs::write(&record, "{").unwrap();
        world.cli(&["list"], b"").well();
        run(&world, DECLARING, &["start"]).well();
        assert_eq!(known(&world), ALL);
        // What the project has goes before it.
        if manifest.is_some() {
            fs::write(
                world.project().join("harmony-config.schema.json"),
                json!({ "x-harmony-version": 1, "properties": { "Other": { "x-harmony-class": "secret" } } })
                    .to_string(),
            )
            .unwrap();
            assert_eq!(known(&world), ["Other"]);
        }
    }
}

#[test]
fn commands_below_a_programs_own_know_its_types_and_leave_nothing_behind() {
    let world = World::new();
    let schema = run(&world, DECLARING, &["config", "schema"]).well();
    assert!(schema.out.contains("\"declaring_program::AppConfig\""), "{schema:?}");
    assert_eq!(records(&world), Vec::<PathBuf>::new());
    // What the program itself says goes before what a document says.
    world.manifest(MANIFEST);
    let other = json!({
        "AppConfig": { "x-harmony-class": "standard", "type": "string" },
        "Other": { "x-harmony-class": "standard", "type": "string" },
    });
    let document = json!({ "x-harmony-version": 1, "properties": other }).to_string();
    fs::write(world.project().join("harmony-config.schema.json"), document).unwrap();
    let done = run(&world, DECLARING, &["config", "set", "AppConfig", "text"]);
    done.badly(7, &["AppConfig", "should be an object", "nothing was written"]);
    run(&world, DECLARING, &["config", "set", "Other", "text"]).well();
}

#[test]
fn a_record_that_cannot_be_written_is_no_failure_of_the_program() {
    let world = World::new();
    fs::write(world.path("file"), "").unwrap();
    let world = world.with("HARMONY_CONFIG_HOME", "../file/below");
    let done = run(&world, DECLARING, &["start"]).well();
    assert_eq!(done.err, "");
}

#[test]
fn two_types_of_one_key_are_named_however_a_program_begins() {
    let world = World::new();
    for how in ["load", "init", "export"] {
        let done = run(&world, CLASHING, &[how]).badly(2, &["two types have the key `Settings`", "#[config(key = "]);
        for name in
            ["`clashing_program::client::Settings`", "`clashing_program::server::Settings`", "clashing_program.rs:"]
        {
            assert!(done.err.contains(name), "{how}: {}", done.err);
        }
    }
    assert!(!world.project().join("harmony-config.schema.json").exists());
}

#[test]
fn the_command_line_names_key_source_and_field_of_an_old_shape_without_its_values() {
    let world = exported();
    world.store("BrocadeSwitchAuth", r#"{"host":"canary-host","username":"admin","password":"canary-pw"}"#);
    for arguments in
        [["get", "BrocadeSwitchAuth"].as_slice(), &["get", "BrocadeSwitchAuth", "--json"], &["-vvv", "check"]]
    {
        let done = world.cli(arguments, b"");
        assert_eq!(done.code, Some(7), "{done:?}");
        let told = format!("{}{}", done.out, done.err);
        for word in ["BrocadeSwitchAuth", "`sqlite`", "field `user` is missing", "config.db"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("canary"), "{told}");
    }
}

#[test]
fn a_person_is_asked_for_the_missing_field_alone_by_the_command_line_too() {
    let world = exported();
    world.store("BrocadeSwitchAuth", r#"{"host":"fcs-1","username":"admin","password":"opensesame"}"#);
    let mut terminal = world.terminal(60, 80, &cli(), &["get", "BrocadeSwitchAuth.user", "--prompt"]);
    terminal.answer("user", "root").ends_well();
    assert!(!terminal.text().contains("? host") && !terminal.text().contains("? password"), "{}", terminal.text());
    assert_eq!(world.stored("BrocadeSwitchAuth").unwrap()["user"], "root");
}

#[test]
fn a_bad_value_above_the_place_where_answers_go_is_named_by_the_command_line_too() {
    let world = exported().with("HARMONY_CONFIG_AppConfig__port", "eighty");
    world.store("AppConfig", r#"{"port":8080,"tags":[]}"#);
    for arguments in [["get", "AppConfig", "--prompt"].as_slice(), &["check", "--prompt"]] {
        let mut terminal = world.terminal(60, 100, &cli(), arguments);
        assert_eq!(terminal.end().code, 7, "{}", terminal.text());
        assert!(!terminal.was_asked(), "{}", terminal.text());
        let text = terminal.text().replace('\n', "");
        for word in ["AppConfig", "`env`", "HARMONY_CONFIG_AppConfig__port", "`port`"] {
            assert!(text.contains(word), "{word}\n{}", terminal.text());
        }
    }
}

#[test]
fn a_whole_secret_is_asked_for_by_its_own_questions() {
    let world = exported();
    let mut terminal = world.terminal(60, 80, &cli(), &["set", "BrocadeSwitchAuth"]);
    terminal.see("How to log in at the switch.");
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame")]).ends_well();
    assert!(!String::from_utf8_lossy(&terminal.sent).contains("opensesame"));
    assert_eq!(
        world.stored("BrocadeSwitchAuth").unwrap(),
        json!({ "host": "fcs-1", "user": "admin", "password": "opensesame" })
    );
}

#[test]
fn one_form_asks_for_all_that_a_new_project_needs() {
    let world = exported();
    world.store("AppConfig", r#"{"port":80,"tags":["core"]}"#);
    let mut terminal = world.terminal(60, 80, &cli(), &["check", "--prompt"]);
    terminal.answer("Api token", "t0ken").answer("port", "8080");
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", "opensesame"), ("patience", "30")]);
    terminal.see("4 values, all there").ends_well();
    assert_eq!(world.stored("AppConfig").unwrap(), json!({ "port": 8080, "tags": ["core"] }));
    world.cli(&["check"], b"").well();
    let mut again = world.terminal(60, 80, &cli(), &["check", "--prompt"]);
    again.ends_well();
    assert!(!again.was_asked(), "{}", again.text());
}
