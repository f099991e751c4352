//! Runs the examples as the README says, each with a home of its own.
#![allow(
    clippy::unwrap_used,
    reason = "a test that fails says so by panicking; clippy takes helpers outside #[test] for other code"
)]

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// An example that `cargo test` or `cargo build --examples` has built beside this test.
fn built(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let file = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let file = file.with_extension(env::consts::EXE_EXTENSION);
    assert!(file.is_file(), "build it first: cargo build --release --workspace --examples ({})", file.display());
    file
}

fn run(home: &TempDir, name: &str, arguments: &[&str], variables: &[(&str, &str)], stdin: &str) -> Output {
    let mut child = Command::new(built(name))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("SystemRoot", env::var_os("SystemRoot").unwrap_or_default())
        .env("HARMONY_CONFIG_HOME", home.path().join("data"))
        .envs(variables.iter().copied())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // An example that asks nobody does not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    // Looking for a manifest stops here.
    std::fs::create_dir(home.path().join(".git")).unwrap();
    home
}

#[test]
fn basic_keeps_a_first_value_and_one_variable_overrides_one_field() {
    let home = home();
    let first = said(&run(&home, "basic", &[], &[], ""));
    assert!(first.contains("There is no AppConfig yet"), "{first}");
    assert!(first.contains("host localhost, port 8080"), "{first}");
    let second = said(&run(&home, "basic", &[], &[], ""));
    assert_eq!(second, "AppConfig: host localhost, port 8080\n  host comes from sqlite\n  port comes from sqlite\n");
    let third = said(&run(&home, "basic", &[], &[("HARMONY_CONFIG_AppConfig__port", "9090")], ""));
    assert_eq!(third, "AppConfig: host localhost, port 9090\n  host comes from sqlite\n  port comes from env\n");
    let whole = [("HARMONY_CONFIG_AppConfig", r#"{"host":"example.com","port":80}"#)];
    let fourth = said(&run(&home, "basic", &[], &whole, ""));
    assert_eq!(fourth, "AppConfig: host example.com, port 80\n  host comes from env\n  port comes from env\n");
}

#[test]
fn prompting_asks_once_and_never_shows_the_password() {
    let home = home();
    let answers = "switch-1\nadmin\ncanary-pw\n";
    let output = run(&home, "prompting", &["--answers", "-"], &[], answers);
    let first = said(&output);
    assert!(first.starts_with("Logging in at switch-1 as admin, with a password of 9 characters."), "{first}");
    assert!(first.contains("password comes from prompt"), "{first}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!first.contains("canary") && !errors.contains("canary"), "{first}{errors}");
    // Nobody answers now, and nobody is asked.
    let second = said(&run(&home, "prompting", &[], &[], ""));
    assert!(second.contains("password comes from sqlite"), "{second}");
    let variable = [("HARMONY_CONFIG_BrocadeSwitchAuth", r#"{"host":"h","user":"u","password":"canary"}"#)];
    let third = said(&run(&home, "prompting", &[], &variable, ""));
    assert!(third.contains("password comes from env") && !third.contains("canary"), "{third}");
}

#[test]
fn prompting_without_anybody_to_ask_fails_and_says_what_to_do() {
    let output = run(&home(), "prompting", &[], &[], "");
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("BrocadeSwitchAuth") && errors.contains("nobody can be asked"), "{errors}");
}

#[test]
fn schema_writes_what_it_needs_and_says_so_when_it_is_missing() {
    let home = home();
    assert_eq!(said(&run(&home, "schema", &["--export-schema"], &[], "")), "wrote harmony-config.schema.json\n");
    let document = std::fs::read_to_string(home.path().join("harmony-config.schema.json")).unwrap();
    assert!(document.contains("\"Listener\"") && document.contains("\"MailLogin\""), "{document}");
    let output = run(&home, "schema", &[], &[], "");
    assert!(!output.status.success());
    let variables = [
        ("HARMONY_CONFIG_Listener", r#"{"address":"::1","port":8080}"#),
        ("HARMONY_CONFIG_MailLogin", r#"{"user":"me","password":"canary"}"#),
    ];
    let found = said(&run(&home, "schema", &[], &variables, ""));
    assert_eq!(found, "Listening on ::1:8080.\nLogging in as me, with a password of 6 characters.\n");
}

#[test]
fn openbao_chain_falls_back_uses_the_store_and_pushes_an_answer_into_it() {
    use harmony_config_peers::{
        Kind, Peer,
        proxy::{Fault, Proxy},
    };
    let peer = Peer::any(Kind::Dev).unwrap();
    let proxy = Proxy::to(peer.socket()).unwrap();
    let url = proxy.in_front_of(&peer.address());
    let store = [("OPENBAO_URL", url.as_str()), ("OPENBAO_TOKEN", peer.root_token())];
    let answers = "registry.example\ncanary-pw\n";

    // Absent: asked once and kept here; with a store that cannot be reached that value is used, and it is said.
    let me = home();
    let first = said(&run(&me, "openbao-chain", &["--answers"], &[], answers));
    assert!(first.contains("token comes from prompt"), "{first}");
    proxy.set(Fault::Refuse).unwrap();
    let away = said(&run(&me, "openbao-chain", &[], &store, ""));
    assert!(away.contains("token comes from sqlite") && away.contains("openbao could not be asked"), "{away}");
    proxy.set(Fault::Pass).unwrap();

    // Present and empty, for somebody who has nothing yet: asked, and pushed into the store.
    let asked = said(&run(&home(), "openbao-chain", &["--answers"], &store, answers));
    assert!(asked.contains("token comes from prompt"), "{asked}");
    // Present: a teammate is not asked.
    let teammate = said(&run(&home(), "openbao-chain", &[], &store, ""));
    assert!(teammate.contains("token comes from openbao") && !teammate.contains("could not"), "{teammate}");
    for text in [first, away, asked, teammate] {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn reorder_has_another_winner_for_each_manifest() {
    let text = said(&run(&home(), "reorder", &[], &[], ""));
    assert_eq!(
        text,
        "files-first.toml: local-file wins, and the value is the one kept by files-first.toml\n\
         database-first.toml: sqlite wins, and the value is the one kept by database-first.toml\n"
    );
}

#[test]
fn the_two_manifests_of_reorder_differ_in_one_line() {
    let [files, database] =
        [include_str!("../reorder/files-first.toml"), include_str!("../reorder/database-first.toml")];
    let differing = files.lines().zip(database.lines()).filter(|(one, other)| one != other).count();
    assert_eq!((files.lines().count(), differing), (database.lines().count(), 1));
}
