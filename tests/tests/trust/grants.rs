//! A plugin of somebody else has what the person granted, to these bytes, in this folder, beside this reach; a refusal
//! names the command.

use std::{
    fs,
    io::{Read, Write},
};

use crate::{
    project::{CANARY, Cloned, acme, clone_of},
    world::World,
};

fn guest(name: &str, settings: &str) -> World {
    let world = clone_of(&acme(settings).replace("\"none\"", &format!("\"{name}\"")))
        .with("HARMONY_CONFIG_Secret", format!("\"{CANARY}\""))
        .with("ACME_TOKEN", CANARY);
    world.trust();
    world
}

#[test]
fn trust_grants_nothing_and_a_refused_use_names_the_command() {
    let world = guest("environment_not_granted", "");
    let done = world.run_cli(&["get", "Bad", "--from", "acme"]);
    let done = done.badly(5, &["was not granted the environment", "harmony-config grant acme --environment PATH"]);
    assert!(!done.err.contains("BREACH") && !done.err.contains(CANARY), "{done:#?}");
    let world = guest("sql_not_granted", "");
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["harmony-config grant acme --sql"]);
    assert!(!world.home().join(".local/share/harmony/plugins").exists(), "and no database was made");
}

#[test]
fn what_is_granted_may_be_used_until_it_is_revoked() {
    let world = guest("foreign_variable", "");
    let refused = |world: &World, words: &str| {
        world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &[words]);
    };
    refused(&world, "was not granted the environment");
    let done = world.run_cli(&["grant", "acme", "--environment", "HARMONY_CONFIG_"]).well();
    assert!(done.err.contains("environment variables that begin with `HARMONY_CONFIG_`"), "{done:?}");
    // Now it gets its own variables, and is refused those of others.
    refused(&world, "the variable `PATH` does not begin with `HARMONY_CONFIG_`");
    world.run_cli(&["revoke", "acme"]).well();
    refused(&world, "was not granted the environment");
}

#[test]
fn grants_add_up_and_are_shown() {
    let world = guest("none", "");
    world.run_cli(&["grant", "acme", "--sql"]).well();
    world.run_cli(&["grant", "acme", "--environment", "ACME_"]).well();
    let done = world.run_cli(&["grant", "acme", "--json"]).well();
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(json["granted"]["sql"], true);
    assert_eq!(json["granted"]["environment"], "ACME_");
    assert_eq!(json["granted"]["prompt"], false);
    assert!(done.err.contains("it says that it wants"), "{done:?}");
}

#[test]
fn a_grant_ends_with_the_reach_that_it_was_given_for() {
    let world = guest("foreign_variable", "settings.address = \"https://good.example\"\n");
    world.run_cli(&["grant", "acme", "--environment", "HARMONY_CONFIG_"]).well();
    let manifest = world.project().join("harmony-config.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    world.manifest(&text.replace("good.example", "evil.example"));
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["evil.example"]);
    // Even trusted, the new address has no grant.
    world.trust();
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["was not granted the environment"]);
    world.manifest(&text);
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["the variable `PATH` does not begin"]);
}

#[test]
fn nothing_is_granted_before_the_manifest_is_trusted_nor_to_what_needs_no_grant() {
    let world = clone_of(&acme(""));
    world.run_cli(&["grant", "acme", "--sql"]).badly(5, &["is not trusted"]);
    world.trust();
    let done = world.run_cli(&["grant", "sqlite", "--prompt"]).well();
    assert!(done.err.contains("comes with this program"), "{done:?}");
    world.run_cli(&["grant", "nobody", "--sql"]).badly(2, &["there is no source `nobody`"]);
    world.run_cli(&["grant", "acme", "--environment", ""]).badly(2, &["every variable"]);
}

#[test]
fn a_database_of_one_project_is_not_that_of_another() {
    let world = guest("sql_escape", "");
    world.run_cli(&["grant", "acme", "--sql"]).well();
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["refused: "]);
    let plugins = world.home().join(".local/share/harmony/plugins");
    let folders: Vec<_> = fs::read_dir(&plugins).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert!(folders[0].join("acme.db").is_file(), "{folders:?}");
}

#[test]
fn the_directory_that_was_granted_is_the_one_that_the_settings_name_and_no_other() {
    let world = guest("none", "settings.dir = \"own\"\n");
    world.run_cli(&["get", "GoodKey", "--from", "acme"]).badly(5, &["harmony-config grant acme --files"]);
    let other = world.path("other");
    world.run_cli(&["grant", "acme", &format!("--files={}", other.display())]).well();
    world.run_cli(&["get", "GoodKey", "--from", "acme"]).badly(5, &["was not granted a directory"]);
    world.run_cli(&["grant", "acme", "--files"]).well();
    world.run_cli(&["get", "GoodKey", "--from", "acme"]).well();
}

#[test]
fn the_file_that_was_granted_is_the_one_that_the_settings_name_and_no_other() {
    let world = guest("document_flood", "settings.document = \"own.txt\"\n");
    let refused = |words: &str| {
        world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &[words]);
        assert!(!world.project().join("own.txt").exists());
    };
    refused("harmony-config grant acme --file");
    let other = world.path("other.txt");
    world.run_cli(&["grant", "acme", &format!("--file={}", other.display())]).well();
    refused("was not granted");
    world.run_cli(&["grant", "acme", "--file"]).well();
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["refused: large"]);
    assert_eq!(fs::read(world.project().join("own.txt")).unwrap(), b"mine");
    assert!(!other.exists());
    let world = guest("none", "");
    world.run_cli(&["grant", "acme", "--file"]).badly(2, &["name no file", "--file=FILE"]);
}

/// There is no keyring in these worlds: what was granted meets one that does not answer. (What comes of one that does:
/// `hostile`.)
#[cfg(target_os = "linux")]
#[test]
fn the_keyring_is_asked_once_it_was_granted() {
    let world = guest("foreign_entry", "");
    world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &["harmony-config grant acme --keyring"]);
    let done = world.run_cli(&["grant", "acme", "--keyring"]).well();
    assert!(done.err.contains("this app's entries of the keyring"), "{done:?}");
    let done = world.run_cli(&["get", "Bad", "--from", "acme"]).badly(6, &["keyring"]);
    assert!(!done.err.contains("granted"), "{done:?}");
}

#[test]
fn origins_are_granted_in_one_spelling_and_add_up() {
    let world = guest("none", "");
    let grant = |arguments: &[&str]| world.run_cli(&[&["grant", "acme"], arguments].concat());
    grant(&["--http", "HTTPS://API.acme.example:443/", "--http", "http://[::1]:8200"]).well();
    let done = grant(&["--http", "https://api.acme.example", "--session"]).well();
    assert!(done.err.contains("the network, for requests to https://api.acme.example"), "{done:?}");
    let json: serde_json::Value = serde_json::from_str(&grant(&["--json"]).well().out).unwrap();
    assert_eq!(json["granted"]["http"], serde_json::json!(["http://[::1]:8200", "https://api.acme.example"]));
    assert_eq!(json["granted"]["session"], true);
    for (given, words) in [
        ("api.acme.example", "is no address"),
        ("https://me:canary@api.acme.example", "has a user or password"),
        ("https://api.acme.example/v1", "has more than an origin"),
        ("ftp://api.acme.example", "scheme `ftp`"),
    ] {
        let done = grant(&["--http", given]).badly(2, &[words, "--http https://"]);
        assert!(!done.err.contains("canary"), "{done:?}");
    }
    grant(&["--credential-files"]).badly(2, &["name no file with a credential"]);
}

#[test]
fn a_grant_that_somebody_spoiled_by_hand_grants_nothing_and_is_named() {
    let world = guest("none", "");
    world.run_cli(&["grant", "acme", "--http", "https://api.acme.example"]).well();
    let file = world.home().join(".config/harmony/grants.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("https://api.acme.example", "api.acme.example")).unwrap();
    let done = world.run_cli(&["get", "GoodKey", "--from", "acme"]).well();
    assert!(done.err.contains("the grant of `acme` for `api.acme.example` is not used: it is no address"), "{done:?}");
    world.run_cli(&["revoke", "acme"]).well();
}

#[test]
fn a_place_that_became_a_link_to_another_is_not_the_one_that_was_granted() {
    let world = guest("none", "settings.dir = \"own\"\n");
    let own = world.project().join("own");
    fs::create_dir(&own).unwrap();
    world.run_cli(&["grant", "acme", "--files"]).well();
    world.run_cli(&["get", "GoodKey", "--from", "acme"]).well();
    fs::remove_dir(&own).unwrap();
    fs::create_dir(world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), &own).unwrap();
    world.run_cli(&["get", "GoodKey", "--from", "acme"]).badly(5, &["was not granted a directory"]);
}

#[test]
fn the_files_with_a_credential_that_were_granted_are_read_and_no_others() {
    let world = guest("foreign_credential_file", "settings.credential = \"token\"\n");
    let token = world.project().join("token");
    fs::write(&token, "mine\n").unwrap();
    let refused = |words: &str| world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &[words]);
    refused("harmony-config grant acme --credential-files");
    world.run_cli(&["grant", "acme", "--credential-files"]).well();
    refused("refused: document: ");
    fs::rename(&token, world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), &token).unwrap();
    refused("was not granted files with a credential");
}

#[test]
fn the_network_and_sessions_are_used_once_they_were_granted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    let world = guest("http_elsewhere", &format!("settings.address = \"{address}\"\n"));
    let origin = format!("http://{address}");
    let refused = |world: &World, words: &str| world.run_cli(&["get", "Bad", "--from", "acme"]).badly(5, &[words]);
    refused(&world, &format!("harmony-config grant acme --http {origin}"));
    world.run_cli(&["grant", "acme", "--http", &origin]).well();
    refused(&world, "refused: https: ");
    let world = guest("foreign_session", "");
    refused(&world, "harmony-config grant acme --session");
    world.run_cli(&["grant", "acme", "--session"]).well();
    refused(&world, "refused: foreign: nothing there");
}
