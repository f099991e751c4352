//! An embedder's program, from outside: the commands are its own, and so is every word that names them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = World(tempfile::tempdir().unwrap());
        fs::create_dir_all(world.0.path().join("project/.git")).unwrap();
        world
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_embedder"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("EDITOR", "true")
            .env("PATH", "/usr/bin:/bin")
            .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/embedding-cache"))
            .current_dir(self.0.path().join("project"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Both streams.
fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_commands_work_below_the_embedders_own() {
    let world = World::new();
    assert_eq!(world.run(&["serve"]).status.code(), Some(0));
    let kept = world.run(&["config", "set", "Greeting", "hello"]);
    assert_eq!(kept.status.code(), Some(0), "{}", words(&kept));
    assert_eq!(world.run(&["config", "get", "Greeting"]).stdout, b"hello\n");
    let listed = world.run(&["config", "list", "--json"]);
    assert!(words(&listed).contains("\"namespace\": \"acme\""), "{}", words(&listed));
}

#[test]
fn no_word_names_a_command_that_the_embedder_does_not_have() {
    let world = World::new();
    let mut named = 0;
    for arguments in [
        &["config", "init"][..],
        &["config", "init"],
        &["config", "get", "Absent"],
        &["config", "get", "Absent", "--json"],
        &["config", "get", "Absent", "--from", "sqlite"],
        &["config", "set", "Key", "value"],
        &["config", "set", "Key"],
        &["config", "set", "Key", "-"],
        &["config", "get", "Key.field"],
        &["config", "get", "Key", "--prompt"],
        &["config", "unset", "Absent"],
        &["config", "unset", "Key.field"],
        &["config", "explain", "Absent"],
        &["config", "explain", "Absent", "--json"],
        &["config", "edit", "Key"],
        &["config", "edit", "Key", "--non-interactive"],
        &["config", "move", "Absent", "--from", "sqlite", "--to", "env"],
        &["config", "move", "Absent", "--from", "sqlite", "--to", "sqlite", "--json"],
        &["config", "doctor"],
        &["config", "doctor", "--json"],
        &["config", "completions", "bash"],
        &["config", "man"],
        &["config", "--help"],
        &["config", "get", "--help"],
        &["config", "set", "--help"],
        &["config", "move", "--help"],
        &["config", "edit", "--help"],
        &["config", "no-such-command"],
    ] {
        let text = words(&world.run(arguments));
        named += text.matches("acme config").count();
        for (at, _) in text.match_indices("harmony-config") {
            let behind = &text.get(at + "harmony-config".len()..).unwrap_or_default();
            // Files are called as they are.
            assert!(behind.starts_with(['.', '-', '/', '_']), "{arguments:?} names `harmony-config`:\n{text}");
        }
    }
    assert!(named > 15, "the embedder's own command is named {named} times only");
}

#[test]
fn a_shell_completes_the_embedders_line() {
    let world = World::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_embedder"));
    command.args(["--", "acme", "config", "ge"]).env_clear().current_dir(world.0.path().join("project"));
    command.env("_HARMONY_CONFIG_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    assert_eq!(command.output().unwrap().stdout, b"get");
}

#[test]
fn the_documentation_shows_this_program() {
    let program = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/embedder.rs")).unwrap();
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/embedding.md")).unwrap();
    let (_, shown) = program.split_once("use std::process::ExitCode;").unwrap();
    assert!(guide.contains(shown.trim()), "docs/embedding.md and the program that is tested have gone apart");
}
