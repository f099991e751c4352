//! The shapes of `--json`, golden: programs read them. What differs from run to run is replaced by a word.

use insta::assert_snapshot;
use serde_json::Value;

use crate::world::{Run, World};

/// The document with times, versions of stored values and folders replaced.
#[track_caller]
fn golden(world: &World, run: Run) -> String {
    let mut document = run.done().json();
    assert_eq!(document["version"], 1, "{document}");
    if let Some(version) = document.get_mut("stored_version") {
        word(version);
    }
    for step in document.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        assert!(step["elapsed_us"].is_u64(), "{step}");
        step["elapsed_us"] = "N".into();
        word(&mut step["version"]);
    }
    world.redacted(&format!("{document:#}"))
}

fn word(version: &mut Value) {
    if version.is_string() {
        *version = "VERSION".into();
    }
}

fn stored() -> World {
    let world = World::new();
    world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    world.ok(["set", "Firewall@fw-a", "secret"]);
    world
}

#[test]
fn init_has_its_shape() {
    let world = World::new();
    assert_snapshot!("init", golden(&world, world.run(["init", "--json"])));
}

#[test]
fn get_has_its_shape() {
    let world = stored();
    assert_snapshot!("get", golden(&world, world.run(["get", "AppConfig", "--json"])));
    assert_snapshot!("get_field", golden(&world, world.run(["get", "AppConfig.port", "--json"])));
    assert_snapshot!("get_instance", golden(&world, world.run(["get", "Firewall@fw-a", "--json", "--from", "sqlite"])));
}

#[test]
fn set_has_its_shape() {
    let world = stored();
    assert_snapshot!("set", golden(&world, world.run(["set", "AppConfig", "-", "--json"]).stdin("1")));
    let overridden = world.run(["set", "AppConfig", "-", "--json"]).stdin("1").env("HARMONY_CONFIG_AppConfig", "2");
    assert_snapshot!("set_overridden", golden(&world, overridden));
}

#[test]
fn unset_has_its_shape() {
    let world = stored();
    assert_snapshot!("unset", golden(&world, world.run(["unset", "AppConfig", "--json"])));
    let uncovering = world.run(["unset", "Firewall@fw-a", "--in", "sqlite", "--json"]);
    assert_snapshot!("unset_uncovers", golden(&world, uncovering.env("HARMONY_CONFIG_Firewall__AT__fw_a", "1")));
}

#[test]
fn move_has_its_shape() {
    let world = World::with_files();
    world.ok(["set", "AppConfig", "1"]);
    world.ok(["set", "Firewall@fw-a", "1"]);
    world.ok(["set", "Firewall@fw-a", "2", "--in", "local-file"]);
    let arguments = ["move", "AppConfig", "Firewall@fw-a", "--from", "sqlite", "--to", "local-file", "--json"];
    let done = world.run(arguments).done();
    assert_eq!(done.code, 1, "{done:?}");
    let mut document = done.json();
    word(&mut document["moved"][0]["stored_version"]);
    assert_snapshot!("move", format!("{document:#}"));
}

#[test]
fn doctor_has_its_shape() {
    let world = stored();
    let mut document = world.run(["doctor", "--json"]).done().json();
    document["program"] = "VERSION".into();
    for place in document["places"].as_array_mut().unwrap() {
        // Where things are depends on the platform.
        place["path"] = "PATH".into();
        place["mode"] = "MODE".into();
    }
    for member in ["folder", "kept_in"] {
        document["sealing"][member] = member.to_uppercase().into();
    }
    for source in document["sources"].as_array_mut().unwrap() {
        assert!(source["elapsed_us"].is_u64(), "{source}");
        source["elapsed_us"] = "N".into();
    }
    assert_snapshot!("doctor", world.redacted(&format!("{document:#}")));
}

#[test]
fn trust_and_grants_have_their_shape() {
    let team = "version = 1\nchain = [\"env\", \"team\"]\n[source.team]\nplugin = \"builtin:local-file\"\nsettings.dir = \"/srv/team\"\n";
    let world = World::with_manifest(team);
    let printed = world.run(["trust", "--print", "--json"]).done().json();
    assert_snapshot!("trust", world.redacted(&format!("{printed:#}")));
    world.ok(["trust", "--yes", printed["reach"].as_str().unwrap()]);
    assert_snapshot!("grant", golden(&world, world.run(["grant", "team", "--json"])));
    assert_snapshot!("revoke", golden(&world, world.run(["revoke", "team", "--json"])));
    let mut taken = world.run(["untrust", "--json"]).done().json();
    assert_eq!(taken["untrusted"][0]["on"].as_str().map(str::len), Some(10), "{taken}");
    taken["untrusted"][0]["on"] = "DAY".into();
    assert_snapshot!("untrust", world.redacted(&format!("{taken:#}")));
}

#[test]
fn completions_and_man_have_their_shape() {
    let world = World::new();
    let mut script = world.run(["completions", "bash", "--json"]).done().json();
    assert!(script["script"].as_str().unwrap().contains("complete "), "{script}");
    script["script"] = "SCRIPT".into();
    assert_snapshot!("completions", format!("{script:#}"));
    let mut page = world.run(["man", "--json"]).done().json();
    assert!(page["page"].as_str().unwrap().contains(".TH"), "{page}");
    page["page"] = "PAGE".into();
    assert_snapshot!("man", format!("{page:#}"));
    let mut pages = world.run(["man", "pages", "--json"]).done().json();
    pages["pages"].as_array_mut().unwrap().truncate(1);
    assert_snapshot!("man_pages", world.redacted(&format!("{pages:#}")));
}

#[test]
fn every_command_has_a_golden_document_and_fails_in_json_too() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/snapshots");
    let golden: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.rsplit_once("__").map(|(_, name)| name.to_owned()))
        .collect();
    let world = World::new();
    for command in crate::documented::commands() {
        let has = |name: &String| name.split(['.', '_']).next() == Some(command.as_str());
        let begins = format!("[\"{command}\"");
        let here = |line: &str| line.contains(&begins) && line.contains("\"--json\"");
        assert!(
            golden.iter().any(has) || include_str!("json.rs").lines().any(here),
            "`{command} --json` has no golden document: a snapshot named after it, or one in this file"
        );
        let done = world.run([command.as_str(), "--json", "--no-such-flag"]).done();
        assert_eq!(done.code, 2, "{done:?}");
        assert_eq!(done.json()["error"]["exit_code"], 2, "{done:?}");
    }
}

#[cfg(unix)]
#[test]
fn edit_has_its_shape() {
    let world = stored();
    let unchanged = world.run(["edit", "AppConfig", "--json"]).env("EDITOR", "true").env("PATH", "/usr/bin:/bin");
    assert_snapshot!("edit_unchanged", golden(&world, unchanged));
}

#[test]
fn set_and_unset_of_a_field_have_their_shape() {
    let world = stored();
    assert_snapshot!("set_field", golden(&world, world.run(["set", "AppConfig.port", "-", "--json"]).stdin("1")));
    assert_snapshot!("unset_field", golden(&world, world.run(["unset", "AppConfig.port", "--json"])));
}

#[test]
fn list_has_its_shape() {
    let world = stored();
    assert_snapshot!("list", golden(&world, world.run(["list", "--json"])));
    assert_snapshot!("list_empty", golden(&world, world.run(["list", "--json", "-n", "other"])));
}

#[test]
fn explain_has_its_shape() {
    let world = stored();
    let partial = world.run(["explain", "AppConfig", "--json"]).env("HARMONY_CONFIG_AppConfig__port", "9090");
    assert_snapshot!("explain", golden(&world, partial));
    assert_snapshot!("explain_absent", golden(&world, world.run(["explain", "Absent", "--json"])));
}

#[test]
fn check_has_its_shape() {
    let world = crate::declared::declared();
    world.ok(["set", "Greeting", "hello"]);
    let run = world.run(["check", "--json"]).env("HARMONY_CONFIG_AppConfig", r#"{"host":"h","port":80}"#);
    assert_snapshot!("check", golden(&world, run));
}

#[test]
fn schema_has_its_shape() {
    let world = crate::declared::declared();
    assert_snapshot!("schema", golden(&world, world.run(["schema", "--json", "--key", "AppConfig"])));
}

#[test]
fn a_listing_of_declared_keys_has_its_shape() {
    let world = crate::declared::declared();
    world.ok(["set", "Greeting", "hello"]);
    assert_snapshot!("list_declared", golden(&world, world.run(["list", "--json"])));
}

#[test]
fn rekey_and_seal_have_their_shapes() {
    let world = stored();
    let mut rekeyed = world.run(["rekey", "--json"]).done().json();
    let key = rekeyed["key"].take();
    assert!(key.as_str().is_some_and(|key| key.len() == 16), "{key}");
    let expected = serde_json::json!({
        "version": 1, "key": null, "place": "file", "new": true, "resealed": { "sqlite": 2 }, "elsewhere": {},
        "removed_keys": 1, "kept_keys": 0
    });
    assert_eq!(rekeyed, expected);
    let text = "version = 1\nchain = [\"local-file\"]\n[source.local-file]\nsettings.dir = \"values\"\n";
    std::fs::write(world.project().join("harmony-config.toml"), text).unwrap();
    let folder = world.project().join("values");
    std::fs::create_dir(&folder).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::write(folder.join("Old@one.json"), "1").unwrap();
    let sealed = world.run(["seal", "--json"]).done().json();
    let one = serde_json::json!({ "source": "local-file", "namespace": "harmony", "key": "Old", "instance": "one" });
    assert_eq!(sealed, serde_json::json!({ "version": 1, "sealed": [one] }));
}

#[test]
fn team_has_its_shape() {
    let world = World::new();
    let store = crate::team::Store::new();
    let arguments = ["team", "init", "--json", "-n", "shop", "--kv-mount", "team", "--user", "anna=read"];
    let mut made = store.known_to(world.run(arguments)).done().json();
    assert_eq!(made["address"].take(), store.address());
    assert_eq!(made["credentials"][0]["password"].take().as_str().map(str::len), Some(24));
    let policy = |access: &str, rules: &str| {
        let text = format!(
            "# harmony-config team init: namespace shop in team\n{rules}\
             path \"sys/internal/ui/mounts/team\" {{ capabilities = [\"read\"] }}\n"
        );
        serde_json::json!({
            "kind": "policy", "name": format!("harmony-shop-{access}"), "state": "missing", "differences": [],
            "call": {
                "method": "PUT", "path": format!("sys/policies/acl/harmony-shop-{access}"), "body": { "policy": text }
            },
            "done": true,
        })
    };
    let expected = serde_json::json!({
        "version": 1, "address": null, "openbao_namespace": null, "mode": "apply", "failed": [],
        "credentials": [{ "user": "anna", "password": null }],
        "things": [
            {
                "kind": "kv-mount", "name": "team", "state": "missing", "differences": [], "done": true,
                "call": {
                    "method": "POST", "path": "sys/mounts/team",
                    "body": {
                        "type": "kv", "description": "Configuration values of harmony-config",
                        "options": { "version": "2" },
                    },
                },
            },
            policy(
                "read",
                "path \"team/data/shop/*\" { capabilities = [\"read\"] }\n\
                 path \"team/metadata/shop/*\" { capabilities = [\"list\", \"read\"] }\n",
            ),
            policy(
                "write",
                "path \"team/data/shop/*\" { capabilities = [\"create\", \"delete\", \"read\", \"update\"] }\n\
                 path \"team/metadata/shop/*\" { capabilities = [\"create\", \"delete\", \"list\", \"read\", \"update\"] }\n\
                 path \"team/delete/shop/*\" { capabilities = [\"update\"] }\n\
                 path \"team/undelete/shop/*\" { capabilities = [\"update\"] }\n",
            ),
            {
                "kind": "auth-mount", "name": "userpass", "state": "missing", "differences": [], "done": true,
                "call": { "method": "POST", "path": "sys/auth/userpass", "body": { "type": "userpass" } },
            },
            {
                "kind": "user", "name": "anna", "state": "missing", "differences": [], "done": true,
                "call": {
                    "method": "POST", "path": "auth/userpass/users/anna",
                    "body": {
                        "password": "<not shown>", "token_policies": ["harmony-shop-read"], "token_ttl": "3600",
                        "token_max_ttl": "86400",
                    },
                },
            },
        ],
    });
    assert_eq!(made, expected);
    let same = store.known_to(world.run(arguments.into_iter().chain(["--check"]))).done().json();
    assert_eq!((&same["mode"], &same["credentials"]), (&"check".into(), &Value::Array(Vec::new())), "{same}");
    for thing in same["things"].as_array().unwrap() {
        assert_eq!((&thing["state"], &thing["call"], &thing["done"]), (&"same".into(), &Value::Null, &false.into()));
    }
}

#[test]
fn an_error_has_its_shape() {
    let world = World::new();
    let not_found = world.run(["get", "AppConfig", "--json"]);
    assert_snapshot!("error_not_found", golden(&world, not_found));
    assert_snapshot!("error_usage", golden(&world, world.run(["get", "--json", "a/b"])));
    assert_snapshot!("error_parser", golden(&world, world.run(["get", "--json"])));
    assert_snapshot!(
        "error_source",
        golden(&world, world.run(["get", "Key", "--json"]).env("HARMONY_CONFIG_Key", "{"))
    );
}

#[test]
fn an_error_is_on_both_streams() {
    let world = World::new();
    let done = world.run(["get", "Key", "--json"]).done();
    assert_eq!(done.code, 3);
    assert_eq!(done.json()["error"]["exit_code"], 3);
    assert!(done.stderr.starts_with("error: Key: "), "{done:?}");
}

#[test]
fn a_table_of_an_explanation_looks_so() {
    let world = stored();
    let table = world.run(["explain", "AppConfig"]).env("HARMONY_CONFIG_AppConfig__port", "9090").done();
    assert_snapshot!("explain_table", world.redacted(&table.stdout));
    let broken = world.run(["explain", "AppConfig"]).env("HARMONY_CONFIG_AppConfig", "{").done();
    assert_eq!(broken.code, 0, "a source that fails is part of the answer");
    assert_snapshot!("explain_table_broken", world.redacted(&broken.stdout));
}

#[test]
fn the_columns_of_an_explanation_stand_below_their_heads() {
    let world = stored();
    let table = world.run(["explain", "AppConfig"]).env("HARMONY_CONFIG_AppConfig__port", "9090").done().stdout;
    let mut lines = table.lines().skip_while(|line| !line.contains("outcome"));
    let head = lines.next().unwrap();
    let rows: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 3, "{table}");
    for column in ["source", "outcome", "where"] {
        let at = head.find(column).unwrap();
        assert!(rows.iter().all(|row| row[..at].ends_with(' ') && !row[at..].starts_with(' ')), "{column}: {table}");
    }
}

#[test]
fn colours_are_for_who_asks() {
    let world = stored();
    assert!(!world.ok(["explain", "AppConfig"]).contains('\x1b'));
    assert!(world.ok(["explain", "AppConfig", "--color", "always"]).contains("\x1b[1;32m"));
    assert!(!world.ok(["explain", "AppConfig", "--color", "never"]).contains('\x1b'));
}
