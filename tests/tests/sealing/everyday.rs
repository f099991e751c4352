//! What a person does and finds on the disk.

use std::fs;

use serde_json::{Value, json};

use crate::world::World;

const SECRET: &str = "open sésame 7f3a";

#[test]
fn a_secret_is_sealed_on_the_disk_and_comes_back_as_it_was() {
    let world = World::new();
    for value in [SECRET, r#"{"user":"admin","password":"open sésame 7f3a"}"#, "[1,2.5,null]", "true"] {
        world.keep("Auth", value);
        let row: Value = serde_json::from_str(&world.row("Auth")).unwrap();
        assert!(!row.to_string().contains("7f3a") && !row.to_string().contains("admin"), "{row}");
        assert_eq!(row["$harmony-config"]["version"], 1, "{row}");
        let sealed = &row["$harmony-config"]["sealed"];
        assert_eq!((&sealed["app"], &sealed["source"]), (&json!("harmony"), &json!("sqlite")), "{row}");
        let back = world.value("Auth");
        match serde_json::from_str::<Value>(value) {
            Ok(value) => assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), value),
            Err(_) => assert_eq!(back, value),
        }
    }
}

#[test]
fn files_instances_and_other_namespaces_are_sealed_too() {
    let world = World::new();
    world.manifest(
        "version = 1\nnamespace = \"mine\"\nchain = [\"env\", \"local-file\", \"sqlite\"]\n\
         [source.local-file]\nsettings.dir = \"values\"\n",
    );
    for source in ["local-file", "sqlite"] {
        for at in ["Auth", "Auth@fw-a"] {
            let written = format!("{SECRET} of {at} in {source}");
            world.run_with(&["set", at, "-", "--in", source], &written).well();
            assert_eq!(world.run(&["get", at, "--from", source]).well().out, format!("{written}\n"));
        }
    }
    let file = fs::read_to_string(world.project().join("values/mine/Auth@fw-a.json")).unwrap();
    assert!(file.contains("\"sealed\"") && !file.contains("7f3a"), "{file}");
    assert_eq!(world.key_files().len(), 1, "one key for all of them");
}

#[test]
fn looking_makes_no_key() {
    let world = World::new();
    world.write_as_before("AppConfig", r#"{"port":8080}"#);
    assert_eq!(world.value("AppConfig.port"), "8080");
    world.run(&["-n", "harmony", "list"]).well();
    world.run(&["-n", "harmony", "explain", "AppConfig"]).well();
    world.run(&["-n", "harmony", "get", "Absent"]).badly(3, &["not found"]);
    assert!(!world.keys().exists(), "a key was made by looking");
    assert_eq!(world.row("AppConfig"), r#"{"port":8080}"#, "and a value was changed by looking");
}

#[test]
fn a_value_that_is_moved_or_changed_by_hand_does_not_open() {
    let world = World::new();
    world.keep("Auth", SECRET);
    world.keep("Other", "another");
    world.sql("UPDATE config SET value = (SELECT value FROM config WHERE key = 'Auth') WHERE key = 'Other'");
    world.run(&["-n", "harmony", "get", "Other"]).badly(7, &["Other", "`sqlite`", "moved from another place"]);
    let explained = world.run(&["-n", "harmony", "explain", "Other"]).well();
    assert!(explained.out.contains("invalid"), "{explained:?}");
    world.sql(
        "UPDATE config SET value = replace(value, '\"source\":\"sqlite\"', '\"source\":\"vault\"') WHERE key = 'Auth'",
    );
    world.run(&["-n", "harmony", "get", "Auth"]).badly(7, &["by a source of the name `vault`"]);
    // And both can be set anew.
    for key in ["Auth", "Other"] {
        world.keep(key, "new");
        assert_eq!(world.value(key), "new");
    }
}

#[test]
fn a_source_with_another_name_says_whose_the_value_is() {
    let world = World::new();
    let manifest = |name: &str| {
        let database = world.database();
        world.manifest(&format!(
            "version = 1\nnamespace = \"harmony\"\nchain = [\"{name}\"]\n[source.{name}]\nplugin = \"builtin:sqlite\"\n\
             settings.path = \"{}\"\n",
            database.display()
        ));
    };
    manifest("store");
    world.keep("Auth", SECRET);
    manifest("renamed");
    world.run(&["get", "Auth"]).badly(7, &["by a source of the name `store`", "old one back"]);
    manifest("store");
    assert_eq!(world.value("Auth"), SECRET);
}

#[test]
fn a_value_that_lies_in_plain_and_was_sealed_before_is_flagged_and_still_read() {
    let world = World::new();
    world.keep("Auth", SECRET);
    world.write_as_before("Auth", "\"of the old program\"");
    world.write_as_before("Never", "\"sealed\"");
    let got = world.run(&["-n", "harmony", "get", "Auth"]).well();
    assert_eq!(got.out, "of the old program\n");
    assert_eq!(got.err.matches("was sealed before").count(), 1, "{got:?}");
    assert!(got.err.contains("harmony-config -n harmony seal Auth"), "{got:?}");
    let explained = world.run(&["-n", "harmony", "explain", "Auth"]).well();
    assert!(explained.out.contains("was sealed before"), "{explained:?}");
    let other = world.run(&["-n", "harmony", "get", "Never"]).well();
    assert_eq!(other.err, "", "what never was sealed is not flagged");
    world.run(&["-n", "harmony", "seal", "Auth"]).well();
    let after = world.run(&["-n", "harmony", "get", "Auth"]).well();
    assert_eq!((after.out.as_str(), after.err.as_str()), ("of the old program\n", ""));
    // Removed and written by the old program again: that is a new value.
    world.run(&["-n", "harmony", "unset", "Auth"]).well();
    world.write_as_before("Auth", "1");
    assert_eq!(world.run(&["-n", "harmony", "get", "Auth"]).well().err, "");
}

#[test]
fn what_lies_in_plain_is_sealed_on_request_and_nothing_of_it_is_left_in_the_file() {
    let world = World::new();
    for number in 0..30 {
        world.write_as_before(&format!("Key{number}"), &json!({ "number": number, "secret": SECRET }).to_string());
    }
    world.sql("INSERT INTO config (key, value) VALUES ('no/key', '\"theirs\"')");
    let done = world.run(&["seal", "--json"]).well();
    let sealed: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(sealed["sealed"].as_array().unwrap().len(), 30, "{sealed}");
    for number in 0..30 {
        assert_eq!(world.value(&format!("Key{number}.number")), number.to_string());
        assert!(world.row(&format!("Key{number}")).contains("\"sealed\""));
    }
    for entry in fs::read_dir(world.database().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|bytes| bytes == b"7f3a"), "it is still in {}", path.display());
    }
    assert_eq!(world.row("no/key"), "\"theirs\"", "what is no key of ours is left alone");
    assert!(world.run(&["seal"]).well().err.contains("no secret lies in plain"));
}

#[test]
fn a_source_that_says_so_keeps_secrets_in_plain_and_still_opens_what_is_sealed() {
    let world = World::new();
    world.keep("Auth", SECRET);
    world.keep("Other", SECRET);
    let manifest =
        "version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"sqlite\"]\n[source.sqlite]\nseal = false\n";
    world.manifest(manifest);
    // A project's word alone does not do it.
    let refused = world.run(&["get", "Auth"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.err.contains("keep secrets in `sqlite` as they are, without sealing them"), "{refused:?}");
    let printed = world.run(&["trust", "--print"]).well().out;
    world.run(&["trust", "--yes", printed.lines().next().unwrap()]).well();
    assert_eq!(world.value("Auth"), SECRET);
    world.keep("Auth", "for all to read");
    assert_eq!(world.row("Auth"), "\"for all to read\"");
    assert_eq!(world.run(&["get", "Auth"]).well().err, "", "it is in plain by the person's own will");
    assert!(world.run(&["seal"]).well().err.contains("no secret lies in plain"));
    world.run(&["rekey"]).well();
    assert_eq!((world.value("Auth"), world.value("Other")), ("for all to read".to_owned(), SECRET.to_owned()));
    assert_eq!(world.row("Auth"), "\"for all to read\"");
    fs::remove_file(world.project().join("harmony-config.toml")).unwrap();
    assert_eq!(world.run(&["-n", "harmony", "get", "Auth"]).well().err, "", "nor is it flagged afterwards");
}

/// Which values are secrets, a document of the project may say.
#[test]
fn what_is_sealed_stays_sealed_though_a_document_calls_it_no_secret_any_more() {
    let world = World::new();
    world.keep("Auth", SECRET);
    let document = json!({
        "x-harmony-version": 1,
        "type": "object",
        "properties": { "Auth": { "x-harmony-class": "standard", "type": "string" } },
    });
    world.manifest("version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"sqlite\"]\n");
    fs::write(world.project().join("harmony-config.schema.json"), document.to_string()).unwrap();
    world.keep("Auth", "another");
    assert!(world.row("Auth").contains("\"sealed\""), "{}", world.row("Auth"));
    assert_eq!(world.value("Auth"), "another");
    // What never was a secret is none.
    world.run(&["unset", "Auth"]).well();
    world.keep("Auth", "plain");
    assert_eq!(world.row("Auth"), "\"plain\"");
}

#[test]
fn many_first_ones_at_once_make_one_key() {
    let world = World::new();
    let children: Vec<_> =
        (0..8).map(|number| world.start(&["-n", "harmony", "set", &format!("Key{number}"), "-"], SECRET)).collect();
    for child in children {
        crate::world::finish(child).well();
    }
    assert_eq!(world.key_files().len(), 1);
    for number in 0..8 {
        assert_eq!(world.value(&format!("Key{number}")), SECRET);
    }
}

#[test]
fn one_folder_for_everything_has_the_key_too() {
    let mut world = World::new();
    let folder = world.root().join("elsewhere");
    world.set("HARMONY_CONFIG_HOME", folder.display().to_string());
    world.keep("Auth", SECRET);
    assert_eq!(world.value("Auth"), SECRET);
    assert!(!world.keys().exists(), "something was kept outside of it");
    let keys = fs::read_dir(folder.join("user/seal")).unwrap();
    assert_eq!(keys.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "key")).count(), 1);
}
