//! Values that cannot be used: each ends in an error that names the place and what belongs there, and quotes nothing.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
};

use crate::world::{PROGRAM, World, finish, start};

const VARIABLE: &str = "HARMONY_CONFIG_AppConfig";

#[test]
fn a_variable_that_is_no_json_is_named() {
    for broken in [r#"{"port":80"#, "eighty", "", "{'port': 80}", r#"{"port":8080,"tags":[]} and more"#] {
        let world = World::new().with(VARIABLE, broken);
        let done = world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`env`", VARIABLE, "JSON"]);
        assert!(!done.err.contains("eighty"), "{done:?}");
    }
}

#[test]
fn a_variable_whose_json_does_not_fit_the_type_is_named_with_the_field() {
    for (json, words) in [
        (r#"{"port":"eighty","tags":[]}"#, ["`port`", "1024 to 65535"]),
        (r#"{"port":65536,"tags":[]}"#, ["`port`", "1024 to 65535"]),
        (r#"{"port":8080,"tags":"core"}"#, ["`tags`", "a list"]),
        (r#"{"port":8080,"tags":[],"level":"shouting"}"#, ["`level`", "loud"]),
        (r#"{"port":8080,"tags":[],"tls":{}}"#, ["`tls.certificate`", "missing"]),
        ("8080", ["the value", "an object"]),
    ] {
        let world = World::new().with(VARIABLE, json);
        let done = world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`env`", VARIABLE]).badly(7, &words);
        assert!(!done.err.contains("eighty") && !done.err.contains("shouting"), "{done:?}");
    }
}

#[test]
fn a_variable_of_one_field_with_the_wrong_type_is_named() {
    let world = World::new().with("HARMONY_CONFIG_AppConfig__port", "eighty");
    world.store("AppConfig", r#"{"port":8080,"tags":[]}"#);
    let done = world.run(&["get", "AppConfig"]);
    let done = done.badly(7, &["AppConfig", "`env`", "HARMONY_CONFIG_AppConfig__port", "`port`", "a whole number"]);
    assert!(!done.err.contains("eighty"), "{done:?}");
}

#[test]
fn a_variable_that_is_no_unicode_is_named() {
    let world = World::new();
    let mut command = world.command(PROGRAM, &["get", "AppConfig"]);
    command.env(VARIABLE, OsStr::from_bytes(b"\xff\xfe"));
    finish(start(command, b"")).badly(7, &["AppConfig", "`env`", VARIABLE, "Unicode"]);
}

#[test]
fn text_in_the_database_that_is_no_json_is_named() {
    let world = World::new();
    world.store("AppConfig", "port = 8080");
    world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`sqlite`", "config.db", "JSON"]);
}

#[test]
fn a_file_that_is_no_json_is_named() {
    let world = World::new();
    let files = world.project().join("files");
    fs::create_dir(&files).unwrap();
    fs::set_permissions(&files, fs::Permissions::from_mode(0o700)).unwrap();
    world.manifest(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"files\"]\n[source.files]\nplugin = \"builtin:local-file\"\n\
         settings = { dir = \"files\" }\n",
    );
    for broken in [&b"{\"port\": 80"[..], b"", b"\xff\xfe", b"// port\n{}"] {
        fs::write(files.join("AppConfig.json"), broken).unwrap();
        world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`files`", "AppConfig.json"]);
    }
}

#[test]
fn a_value_of_twenty_megabytes_is_refused_before_it_is_written() {
    let world = World::new();
    let huge = "x".repeat(20 << 20);
    let done = world.cli(&["set", "Token", "-"], huge.as_bytes());
    done.badly(7, &["Token", "4 MiB"]);
    let done = world.run_with(&["set", "AppConfig"], &format!("{{\"port\":8080,\"tags\":[\"{huge}\"]}}\n"));
    let code = done.code.unwrap();
    done.badly(code, &["AppConfig", "4 MiB", "nothing was written"]);
    assert!([1, 7].contains(&code), "{code}");
    assert!(world.stored("AppConfig").is_none() && world.stored("Token").is_none());
}

#[test]
fn a_stored_value_of_twenty_megabytes_is_an_error_of_its_source_and_no_other_value_suffers() {
    let world = World::new();
    world.store("AppConfig", &format!("{{\"port\":8080,\"tags\":[\"{}\"]}}", "x".repeat(20 << 20)));
    world.store("BrocadeSwitchAuth", r#"{"host":"fcs-1","user":"admin","password":"opensesame"}"#);
    let done = world.run(&["get", "BrocadeSwitchAuth", "get", "AppConfig"]);
    assert!(done.out.contains("admin@fcs-1"), "{done:?}");
    let code = done.code.unwrap();
    let done = done.badly(code, &["AppConfig", "`sqlite`", "too large", "config.db"]);
    assert!([6, 7].contains(&code) && done.err.len() < 2000, "{done:?}");
}
