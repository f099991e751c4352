//! A project whose program says what it needs: values have types, secrets are not taken as arguments, and what is missing
//! or wrong is known by its field.

use std::fs;

use crate::world::World;

const DOCUMENT: &str = include_str!("declared.schema.json");

/// A project with a manifest and a schema document.
pub(crate) fn declared() -> World {
    let world =
        World::with_manifest("version = 1\nnamespace = \"my-project\"\nchain = [\"env\", \"sqlite\", \"prompt\"]\n");
    fs::write(world.project().join("harmony-config.schema.json"), DOCUMENT).unwrap();
    world
}

#[test]
fn a_value_is_typed_by_its_schema() {
    let world = declared();
    let kept = world.run(["set", "Greeting", "8080"]).done();
    assert_eq!((kept.code, kept.stderr.as_str()), (0, "Greeting is kept in `sqlite`\n"), "no secret, no warning");
    assert_eq!(
        world.run(["get", "Greeting", "--json"]).done().json()["value"],
        "8080",
        "a text, whatever it looks like"
    );
    assert_eq!(world.run(["set", "AppConfig", r#"{"host":"h","port":8080}"#]).done().code, 0);
    let port = world.run(["get", "AppConfig.port", "--json"]).env("HARMONY_CONFIG_AppConfig__port", "9090").done();
    assert_eq!(port.json()["value"], 9090, "a variable's text is a number where the schema says so");
}

#[test]
fn a_value_that_does_not_fit_is_refused_before_it_is_written_and_not_shown() {
    let world = declared();
    for (value, words) in [
        (
            r#"{"host":"canary","port":80}"#,
            "field `port` should be a whole number from 1024 to 65535; nothing was written",
        ),
        (r#"{"port":8080}"#, "field `host` is missing (it should be a text); nothing was written"),
        ("canary", "the value should be an object; nothing was written"),
        (r#"{"host":"canary","port":}"#, "it is not JSON (line 1, column 25); the value should be an object"),
    ] {
        let done = world.run(["set", "AppConfig", "-"]).stdin(value).done();
        done.fails(7, &["AppConfig", words, "next: ", "harmony-config schema --key AppConfig"]);
        assert!(!done.stderr.contains("canary"), "{done:?}");
    }
    assert_eq!(world.run(["get", "AppConfig"]).done().code, 3, "nothing was written");
}

#[test]
fn a_secret_is_not_taken_from_the_command_line() {
    let world = declared();
    for (key, value) in [("ApiToken", "canary-token"), ("SwitchAuth", r#"{"user":"admin","password":"canary"}"#)] {
        let done = world.run(["set", key, value]).done();
        done.fails(2, &[key, "process list", "nothing was written", "be asked for it", "… | harmony-config"]);
        assert!(!done.stderr.contains("canary"), "{done:?}");
        assert_eq!(world.run(["get", key]).done().code, 3);
        let piped = world.run(["set", key, "-"]).stdin(value).done();
        assert_eq!((piped.code, piped.stderr), (0, format!("{key} is kept in `sqlite`\n")));
    }
    assert_eq!(world.ok(["get", "ApiToken"]), "canary-token\n");
}

#[test]
fn a_whole_value_is_asked_for_by_the_types_own_questions() {
    let world = declared();
    let done = world.run(["set", "SwitchAuth", "--answers", "-"]).stdin("admin\ncanary\n").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stderr.contains("canary"), "{done:?}");
    assert_eq!(world.ok(["get", "SwitchAuth.user"]), "admin\n");
    assert_eq!(world.ok(["get", "SwitchAuth.password"]), "canary\n");
    world.run(["set", "SwitchAuth"]).done().fails(4, &["SwitchAuth", "no value was given", "pipe it in"]);
}

#[test]
fn an_undeclared_key_is_kept_as_a_secret_and_the_one_that_was_meant_is_named() {
    let world = declared();
    let done = world.run(["set", "AppConfg", "-"]).stdin("1").done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("warning: nobody declared `AppConfg` (did you mean `AppConfig`?)"), "{done:?}");
    let listed = world.run(["list", "--json"]).done().json();
    let entry = listed["entries"].as_array().unwrap().iter().find(|entry| entry["key"] == "AppConfg").unwrap();
    assert_eq!((&entry["declared"], &entry["sensitivity"]), (&false.into(), &"secret".into()));
}

#[test]
fn a_key_or_field_that_is_not_there_is_met_with_the_one_that_was_meant() {
    let world = declared();
    world.run(["get", "AppConfigs"]).done().fails(3, &["did you mean `AppConfig`?"]);
    world.run(["unset", "Greting"]).done().fails(3, &["did you mean `Greeting`?"]);
    world.ok(["set", "Undeclared", "1"]);
    world.run(["get", "Undeclard"]).done().fails(3, &["did you mean `Undeclared`?"]);
    assert_eq!(world.run(["set", "AppConfig", r#"{"host":"h","port":8080}"#]).done().code, 0);
    world.run(["get", "AppConfig.prot"]).done().fails(3, &["has no field `prot`", "did you mean `port`?"]);
    world.run(["get", "AppConfig.tls"]).done().fails(3, &["has no field `tls`", "it may be left out, and is"]);
    let explained = world.run(["explain", "ApConfig"]).done();
    assert!(explained.stderr.contains("did you mean `AppConfig`?"), "{explained:?}");
}

#[test]
fn an_old_shape_is_named_by_key_source_and_field_and_its_values_are_not() {
    let world = declared();
    // As an older program, or a person without the document, stored it.
    let bare = |arguments: &[&str]| {
        let document = world.project().join("harmony-config.schema.json");
        let aside = world.project().join("aside");
        fs::rename(&document, &aside).unwrap();
        let done = world.run(arguments).stdin(r#"{"host":"canary","prot":8080}"#).done();
        fs::rename(&aside, &document).unwrap();
        assert_eq!(done.code, 0, "{done:?}");
    };
    bare(&["set", "AppConfig", "-"]);
    for arguments in [["get", "AppConfig"].as_slice(), &["get", "AppConfig.host"]] {
        let done = world.run(arguments).done();
        done.fails(7, &["AppConfig", "source `sqlite`", "field `port` is missing", "config.db", "next: "]);
        assert!(!done.stderr.contains("canary"), "{done:?}");
    }
    assert_eq!(
        world.ok(["get", "AppConfig.host", "--from", "sqlite"]),
        "canary\n",
        "what one source has is shown as it is"
    );
    let explained = world.ok(["explain", "AppConfig"]);
    assert!(explained.contains("problem: ") && explained.contains("field `port` is missing"), "{explained}");
    let listed = world.ok(["list"]);
    assert!(listed.lines().any(|line| line.split_whitespace().eq(["AppConfig", "invalid", "sqlite"])), "{listed}");
}

#[test]
fn a_bad_value_above_the_place_where_answers_go_is_named_instead_of_being_asked_for() {
    let world = declared();
    assert_eq!(world.run(["set", "AppConfig", r#"{"host":"h","port":8080}"#]).done().code, 0);
    for arguments in [["get", "AppConfig", "--prompt"].as_slice(), &["get", "AppConfig.port", "--prompt"]] {
        let run = world.run(arguments.iter().chain(&["--answers", "-"])).stdin("9090\n9090\n");
        let done = run.env("HARMONY_CONFIG_AppConfig__port", "canary").done();
        done.fails(7, &["AppConfig", "source `env`", "HARMONY_CONFIG_AppConfig__port", "field `port`"]);
        assert!(!done.stderr.contains("canary"), "{done:?}");
    }
    assert_eq!(world.ok(["get", "AppConfig.port"]), "8080\n", "nothing was written");
}

#[test]
fn a_list_has_what_is_declared_and_what_is_stored() {
    let world = declared();
    world.ok(["set", "AppConfig", r#"{"host":"h","port":8080}"#]);
    world.ok(["set", "Other", "1"]);
    let lines = |text: String| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let all = world.run(["list"]).env("HARMONY_CONFIG_Greeting", "\"hi\"").done();
    assert_eq!(
        lines(all.stdout),
        [
            "ApiToken missing",
            "AppConfig set sqlite",
            "Greeting set env",
            "Other set sqlite not declared",
            "SwitchAuth missing",
        ]
    );
    assert_eq!(lines(world.ok(["list", "App"])), ["AppConfig set sqlite"]);
}

#[test]
fn a_document_that_cannot_be_used_is_named_with_what_to_do() {
    let world = declared();
    let file = world.project().join("harmony-config.schema.json");
    for (text, words) in [
        ("{\n  \"a\": }", &["harmony-config.schema.json: line 2, column 8", "not JSON"][..]),
        ("{}", &["no schema document", "x-harmony-version"]),
        ("{\"x-harmony-version\":2,\"properties\":{}}", &["version 2", "update this program"]),
        (
            r#"{"x-harmony-version":1,"properties":{"K":{"x-harmony-class":"secret","type":"intger"}}}"#,
            &["K: its schema in ", "is no JSON Schema: at /type", "intger"],
        ),
    ] {
        fs::write(&file, text).unwrap();
        world.run(["list"]).done().fails(2, words);
        world.run(["list"]).done().fails(2, &["next: "]);
    }
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    world.run(["list"]).done().fails(2, &["harmony-config.schema.json cannot be read", "not a regular file", "next: "]);
}

#[test]
fn the_manifest_may_name_another_document() {
    let world = World::with_manifest(
        "version = 1\nchain = [\"env\", \"sqlite\", \"prompt\"]\n[schema]\nfile = \"types/acme.schema.json\"\n",
    );
    // What lies beside the manifest is then not looked at.
    fs::write(world.project().join("harmony-config.schema.json"), "{").unwrap();
    let missing = world.run(["list"]).done();
    assert_eq!(missing.code, 0, "{missing:?}");
    assert!(missing.stderr.contains("warning:") && missing.stderr.contains("types/acme.schema.json"), "{missing:?}");
    fs::create_dir(world.project().join("types")).unwrap();
    fs::write(world.project().join("types/acme.schema.json"), DOCUMENT).unwrap();
    let schema = world.run(["schema"]).done();
    assert_eq!(schema.code, 0, "{schema:?}");
    assert!(schema.stderr.contains("types/acme.schema.json") && !schema.stderr.contains("warning:"), "{schema:?}");
}

#[test]
fn the_schema_is_printed_with_where_it_came_from() {
    let world = declared();
    let all = world.run(["schema"]).done();
    assert_eq!(all.code, 0, "{all:?}");
    assert!(
        all.stderr.contains("from the schema document") && all.stderr.contains("harmony-config.schema.json"),
        "{all:?}"
    );
    assert_eq!(all.json()["properties"]["AppConfig"]["x-harmony-type"], "acme::AppConfig");
    let one = world.run(["schema", "--key", "AppConfig"]).done().json();
    assert_eq!(one["$defs"]["Tls"]["required"][0], "certificate");
    assert_eq!(one["properties"]["tls"]["anyOf"][0]["$ref"], "#/$defs/Tls", "it stands by itself");
    world
        .run(["schema", "--key", "ApConfig"])
        .done()
        .fails(3, &["nobody declared `ApConfig`", "did you mean `AppConfig`?"]);
    World::new().run(["schema"]).done().fails(2, &["nothing to look for", "run the program once"]);
}

/// It says which values are secrets: who may write it decides that.
#[cfg(unix)]
#[test]
fn a_document_that_everybody_may_write_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let world = declared();
    let file = world.project().join("harmony-config.schema.json");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    world.run(["list"]).done().fails(5, &["is not used: everybody on this machine may write it", "chmod go-w"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    world.ok(["list"]);
}

#[test]
fn a_dotenv_file_has_places_of_any_name_in_a_chain_too() {
    let world = World::with_manifest(
        "version = 1\nnamespace = \"p\"\nchain = [\"env\", \"dotenv\", \"sqlite\"]\n\
         [key.Web]\nref.dotenv.password = \"BROCADE_PW\"\nref.dotenv.user = \"NOT_THERE\"\n",
    );
    fs::write(world.project().join(".env"), "BROCADE_PW='from the file'\nHARMONY_CONFIG_Web='{\"host\":\"h\"}'\n")
        .unwrap();
    assert_eq!(world.ok(["get", "Web.password"]), "from the file\n");
    assert_eq!(world.ok(["get", "Web.host"]), "h\n");
    world.run(["get", "Web.user"]).done().fails(3, &["user"]);
    let explained = world.ok(["explain", "Web"]);
    assert!(explained.contains("BROCADE_PW") && !explained.contains("from the file"), "{explained}");
    // What has a place is not written over by a copy.
    let done = world.run(["set", "Web.password", "-", "--in", "dotenv"]).stdin("new").done();
    assert_ne!(done.code, 0, "{done:?}");
    assert_eq!(world.ok(["get", "Web.password"]), "from the file\n");
}
