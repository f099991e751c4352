//! The manifest whole, as a person meets it: layers, profiles, chains of single keys, places, defaults, variables,
//! credentials, and the command that says what holds.

use std::{fs, path::PathBuf};

use insta::assert_snapshot;
use serde_json::json;

use crate::world::World;

const PROJECT: &str = "version = 1\nnamespace = \"p\"\nchain = [\"env\", \"team\", \"sqlite\"]\n\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"files\"\n";

fn project(more: &str) -> World {
    World::with_manifest(&format!("{PROJECT}{more}"))
}

/// The person's own layer, in the folder of the app.
fn users(world: &World) -> PathBuf {
    let folder = match () {
        () if cfg!(windows) => world.home().join("AppData/Roaming/harmony/config"),
        () if cfg!(target_os = "macos") => world.home().join("Library/Application Support/harmony/user"),
        () => world.home().join(".config/harmony"),
    };
    fs::create_dir_all(&folder).unwrap();
    folder.join("harmony-config.toml")
}

fn local(world: &World, text: &str) {
    fs::write(world.project().join("harmony-config.local.toml"), text).unwrap();
}

#[test]
fn the_files_of_a_manifest_are_named_the_lowest_first() {
    let world = project("[profile.dev]\nnamespace = \"p-dev\"\n");
    fs::write(users(&world), "version = 1\n[source.sqlite]\ntimeout = \"5s\"\n").unwrap();
    local(&world, "default-profile = \"dev\"\n");
    let done = world.run(["manifest"]).done();
    assert_eq!(done.code, 0, "{done:?}");
    let layers: Vec<&str> = done.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((layers, done.stderr.as_str()), (vec!["user", "project", "local"], "profile `dev`\n"));
    let json = world.run(["manifest", "--json"]).done().json();
    assert_eq!((&json["profile"], json["files"].as_array().unwrap().len()), (&json!("dev"), 3));
}

#[test]
fn every_line_that_holds_is_printed_with_the_file_that_says_it() {
    let world = project("[vars]\nREGION = { env = \"REGION\", default = \"eu\" }\n");
    local(
        &world,
        "[source.team]\ntimeout = \"5s\"\nsettings.read-only = { from = \"sqlite\", key = \"ReadOnly\" }\nsettings.dir = \"files-${REGION}-$${x}\"\n",
    );
    let run = || world.run(["manifest", "--resolved"]).env("REGION", "us");
    let done = run().done();
    assert_eq!(done.code, 0, "{done:?}");
    assert_snapshot!("manifest_resolved", world.redacted(&done.stdout));
    // What is printed is a manifest that says the same.
    let printed: String = done.stdout.lines().map(|line| format!("{line}\n")).collect();
    let again = World::with_manifest(&printed);
    let values = |text: &str| {
        text.lines()
            .filter_map(|line| line.split("  #").next())
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<String>>()
    };
    assert_eq!(values(&again.run(["manifest", "--resolved"]).env("REGION", "us").done().stdout), values(&printed));
    let json = world.run(["manifest", "--resolved", "--json"]).env("REGION", "us").done().json();
    assert_eq!(json["lines"][0]["path"], json!(["version"]));
    assert_eq!(json["lines"][0]["layer"], "project");
}

#[test]
fn without_a_manifest_it_says_so_and_what_holds() {
    let done = World::new().run(["manifest"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (0, ""));
    assert!(done.stderr.contains("there is no manifest; the chain is env → sqlite → prompt"), "{done:?}");
}

#[test]
fn an_address_of_the_teams_store_in_the_environment_is_enough_and_it_is_said_why() {
    let why = "because the environment has OPENBAO_URL";
    let world = World::new();
    let run = |arguments: &[&str], variable: &str| {
        // Nothing listens there.
        world.run(arguments).env(variable, "http://127.0.0.1:1").done()
    };
    let done = run(&["manifest"], "OPENBAO_URL");
    for words in ["the chain is env → openbao → sqlite → prompt", &format!("`openbao` is in it {why}")] {
        assert!(done.stderr.contains(words), "no {words:?} in {done:?}");
    }
    let done = run(&["manifest", "--resolved"], "OPENBAO_URL");
    assert!(done.stdout.contains("chain = [\"env\", \"openbao\", \"sqlite\", \"prompt\"]"), "{done:?}");
    assert!(done.stdout.contains(&format!("by default; `openbao` {why}")), "{done:?}");
    let done = run(&["explain", "AppConfig"], "OPENBAO_URL");
    assert!(done.stdout.contains(&format!("in the chain {why}")), "{done:?}");
    let json = run(&["explain", "AppConfig", "--json"], "OPENBAO_URL").json();
    assert_eq!(json["steps"][1]["because"], "the environment has OPENBAO_URL");
    assert_eq!(json["steps"][0].get("because"), None);
    // Where the person says a chain, that is it; and what other programs read adds nothing.
    fs::write(users(&world), "version = 1\nchain = [\"env\", \"sqlite\"]\n").unwrap();
    assert!(!run(&["manifest", "--resolved"], "OPENBAO_URL").stdout.contains("openbao"));
    fs::remove_file(users(&world)).unwrap();
    for variable in ["BAO_ADDR", "VAULT_ADDR"] {
        assert!(!run(&["manifest", "--resolved"], variable).stdout.contains("openbao"), "{variable}");
    }
}

#[test]
fn the_schema_for_editors_is_printed() {
    let done = World::new().run(["manifest", "--schema"]).done();
    assert_eq!(done.json()["title"], "harmony-config manifest");
}

#[test]
fn the_persons_own_layer_holds_in_a_folder_without_a_project() {
    let world = World::new();
    fs::write(
        users(&world),
        "version = 1\nchain = [\"mine\"]\n[source.mine]\nplugin = \"builtin:local-file\"\nsettings.dir = \"files\"\n",
    )
    .unwrap();
    world.ok(["set", "Key", "mine"]);
    assert_eq!(world.ok(["get", "Key"]), "mine\n");
    assert!(users(&world).with_file_name("files").join("Key.json").is_file(), "a path starts where it was said");
}

#[test]
fn an_error_in_any_layer_names_its_file() {
    let world = project("");
    local(&world, "# mine\nchain = [\"env\", \"taem\"]\n");
    let done = world.run(["list"]).done();
    done.fails(2, &["harmony-config.local.toml:2:17", "did you mean `team`?", "^^^^^^"]);
}

#[test]
fn a_profile_is_chosen_by_a_flag_or_a_variable_or_the_manifest() {
    let world = project("[profile.dev]\nnamespace = \"p-dev\"\n[profile.prod]\nnamespace = \"p-prod\"\n");
    let namespace = |arguments: &[&str], variable: &str| {
        let run = world.run(arguments.iter().copied().chain(["list", "--json"]));
        run.env("HARMONY_CONFIG_PROFILE", variable).done().json()["namespace"].as_str().unwrap().to_owned()
    };
    assert_eq!(namespace(&[], ""), "p");
    assert_eq!(namespace(&[], "dev"), "p-dev");
    assert_eq!(namespace(&["-p", "prod"], "dev"), "p-prod");
    assert_eq!(namespace(&["-p", "prod", "-n", "mine"], ""), "mine");
    world
        .run(["-p", "prdo", "list"])
        .done()
        .fails(2, &["there is no profile `prdo`; did you mean `prod`?", "dev, prod"]);
    let done = world.run(["list"]).env("HARMONY_CONFIG_PROFILE", "x").done();
    done.fails(2, &["HARMONY_CONFIG_PROFILE", "there are: dev, prod"]);
}

#[test]
fn a_key_with_a_chain_of_its_own_goes_there_and_nowhere_else() {
    let world = project("[key.\"*Auth\"]\nchain = [\"sqlite\"]\n");
    world.ok(["set", "SwitchAuth", "1"]);
    world.ok(["set", "AppConfig", "2"]);
    let entries = world.run(["list", "--json"]).done().json()["entries"].clone();
    assert_eq!((&entries[0]["sources"], &entries[1]["sources"]), (&json!(["team"]), &json!(["sqlite"])));
    let explained = world.run(["explain", "SwitchAuth"]).env("HARMONY_CONFIG_SwitchAuth", "3").done();
    assert!(explained.stdout.contains("env     not-routed"), "{}", explained.stdout);
    assert!(explained.stdout.contains("harmony-config.toml:8"), "{}", explained.stdout);
    assert_eq!(world.run(["get", "SwitchAuth"]).env("HARMONY_CONFIG_SwitchAuth", "3").done().stdout, "1\n");
}

#[test]
fn two_rules_that_are_equally_exact_are_named() {
    let world = project("[key.\"App*\"]\nchain = [\"env\"]\n[key.\"*fig\"]\nchain = [\"sqlite\"]\n");
    world
        .run(["get", "AppConfig"])
        .done()
        .fails(2, &["harmony-config.toml:8", "harmony-config.toml:10", "[key.AppConfig]"]);
    assert!(world.run(["explain", "AppConfig"]).done().stdout.contains("problem:"));
}

#[test]
fn a_field_may_lie_in_a_variable_or_a_file_of_any_name() {
    let world =
        project("[key.SwitchAuth]\nref.env.password = \"SWITCH_PW\"\nref.team.user = \"accounts.json#switch.user\"\n");
    let files = world.project().join("files");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("accounts.json"), r#"{"switch":{"user":"admin"}}"#).unwrap();
    // Whoever has the project says first whether a variable of theirs may end in this value.
    let done = world.run(["get", "SwitchAuth"]).env("SWITCH_PW", "hunter2").done();
    done.fails(5, &["take `password` of `SwitchAuth` from `SWITCH_PW` of `env`"]);
    let reach = world.ok(["trust", "--print"]);
    world.ok(["trust", "--yes", reach.lines().next().unwrap()]);
    world.ok(["set", "SwitchAuth", r#"{"host":"h","user":"old","password":"old"}"#, "--in", "sqlite"]);
    let got = world.run(["get", "SwitchAuth", "--json"]).env("SWITCH_PW", "hunter2").done().json();
    assert_eq!(got["value"], json!({ "password": "hunter2", "user": "admin", "host": "h" }));
    assert_eq!(got["fields"], json!({ "host": "sqlite", "password": "env", "user": "team" }));
    // Other variables stay out of reach: the manifest gave leave for this one.
    assert_eq!(world.ok(["get", "SwitchAuth.password"]), "old\n");
    let kept = world.run(["set", "SwitchAuth", "-", "--in", "team"]).stdin("{}").done();
    kept.fails(1, &["nothing was written", "harmony-config.toml:10", "accounts.json#switch.user"]);
}

#[test]
fn a_committed_default_holds_where_no_source_has_the_field() {
    let world = project("[value.AppConfig]\nport = 8080\nhost = \"localhost\"\n");
    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n");
    let got = world.run(["get", "AppConfig", "--json"]).env("HARMONY_CONFIG_AppConfig__port", "9090").done().json();
    assert_eq!(got["fields"], json!({ "host": "value", "port": "env" }));
    let explained = world.ok(["explain", "AppConfig"]);
    assert!(explained.contains("> value") && explained.contains("harmony-config.toml:8"), "{explained}");
    assert_eq!(world.ok(["list"]), "AppConfig  set  value\n");
    world.run(["unset", "AppConfig"]).done().fails(1, &["`value`", "cannot be written"]);
    world.run(["set", "AppConfig", "-", "--in", "value"]).stdin("1").done().fails(1, &["nothing was written"]);
}

#[test]
fn a_secret_among_the_defaults_is_refused_with_its_line_and_without_its_value() {
    let world = project("[value.SwitchAuth]\nuser = \"admin\"\npassword = \"canary-1\"\n");
    let done = world.run(["get", "SwitchAuth"]).done();
    done.fails(7, &["harmony-config.toml:10", "`password` of SwitchAuth is a secret", "set SwitchAuth"]);
    assert!(!format!("{done:?}").contains("canary-1"));
    assert!(!world.ok(["manifest", "--resolved"]).contains("canary-1"));
}

#[test]
fn a_setting_may_be_a_value_of_another_source_and_is_fetched_when_it_is_needed() {
    let world =
        project("[source.team.settings.read-only]\nfrom = \"sqlite\"\nkey = \"TeamSettings\"\nfield = \"read-only\"\n");
    // What does not use the source needs no credential.
    world.ok(["set", "TeamSettings", r#"{"read-only":"canary-2"}"#, "--in", "sqlite"]);
    let done = world.run(["set", "Key", "-", "--in", "team"]).stdin("1").done();
    done.fails(7, &["its settings cannot be used", "`read-only`", "true or false"]);
    assert!(!format!("{done:?}").contains("canary-2"));
    world.ok(["set", "TeamSettings", r#"{"read-only":true}"#, "--in", "sqlite"]);
    world.run(["set", "Key", "-", "--in", "team"]).stdin("1").done().fails(1, &["read only"]);
    world.ok(["set", "TeamSettings", r#"{"read-only":false}"#, "--in", "sqlite"]);
    world.ok(["set", "Key", "1", "--in", "team"]);
}

#[test]
fn a_credential_that_is_missing_is_named_with_the_way_to_keep_it() {
    let world = project("[source.team.settings.read-only]\nfrom = \"sqlite\"\nkey = \"TeamSettings\"\n");
    let done = world.run(["get", "Key", "--from", "team"]).done();
    done.fails(
        4,
        &[
            "its credential TeamSettings from `sqlite`",
            "harmony-config.toml:9",
            "harmony-config -n p set TeamSettings --in sqlite",
        ],
    );
    // In a walk it is gone past, as a source that needs a person is.
    world.ok(["set", "Key", "below", "--in", "sqlite"]);
    assert_eq!(world.ok(["get", "Key"]), "below\n");
}

#[test]
fn a_variable_of_the_manifest_is_put_into_paths() {
    let world = project(
        "[vars]\nREGION = { env = \"REGION\", default = \"eu\" }\n[profile.far]\nsource.team.settings.dir = \"files-${REGION}\"\n",
    );
    let done = world.run(["-p", "far", "set", "Key", "1"]).env("REGION", "us").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(world.project().join("files-us/p/Key.json").is_file());
    world.ok(["-p", "far", "set", "Key", "1"]);
    assert!(world.project().join("files-eu/p/Key.json").is_file());
}

#[test]
fn an_empty_variable_leaves_no_layer() {
    let world = project("");
    fs::write(users(&world), "version = 1\nchain = [\"env\"]\n").unwrap();
    let done = world.run(["manifest"]).env("HARMONY_CONFIG_MANIFEST", "").done();
    assert_eq!((done.code, done.stdout.as_str()), (0, ""));
}
