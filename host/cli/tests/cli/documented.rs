//! What is written down is run: the examples of every `--help`, and the sessions of `docs/cli.md`.
#![cfg(unix)]

use std::fs;

use crate::world::World;

const COMMANDS: [&str; 11] =
    ["init", "set", "get", "list", "explain", "unset", "check", "schema", "rekey", "seal", "manifest"];

/// A project as the documentation has it: `my-program --export-schema` writes what the program declares.
fn documented() -> World {
    let world = World::new();
    let folder = world.home().join("bin");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("my-program");
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/declared.schema.json");
    fs::write(&program, format!("#!/bin/sh\ncp '{document}' harmony-config.schema.json\n")).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world
}

/// The lines that a help text shows to be typed.
fn examples(help: &str) -> Vec<&str> {
    help.lines().filter_map(|line| line.strip_prefix("  $ ")).collect()
}

#[test]
fn every_help_has_examples_and_every_example_works() {
    let world = documented();
    assert_eq!(world.shell("my-program --export-schema").done().code, 0);
    fs::write(world.project().join("firewall.json"), r#"{"host":"10.0.0.1"}"#).unwrap();
    let own = world.ok(["--help"]);
    let helps: Vec<String> = COMMANDS.iter().map(|command| world.ok([command, "--help"])).collect();
    for help in helps.iter().chain([&own]) {
        assert!(!examples(help).is_empty(), "no example in {help}");
    }
    for line in helps.iter().chain([&own]).flat_map(|help| examples(help)) {
        let done = world.shell(line).done();
        assert_eq!(done.code, 0, "{line}: {done:?}");
    }
}

#[test]
fn every_command_is_in_the_list_that_is_tested() {
    let help = World::new().ok(["--help"]);
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed.len(), COMMANDS.len(), "{listed:?}");
    assert!(listed.iter().all(|name| COMMANDS.contains(name)), "{listed:?}");
}

#[test]
fn every_session_of_the_documentation_goes_as_it_is_written() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let world = documented();
    let mut run = 0;
    for block in text.split("```console\n").skip(1) {
        let (session, _) = block.split_once("```").unwrap();
        for step in session.split("$ ").skip(1) {
            let (line, expected) = step.split_once('\n').unwrap();
            // Both streams, as a person sees them.
            let done = world.shell(&format!("exec 2>&1; {line}")).done();
            assert_eq!(world.redacted(&done.stdout), world.redacted(expected.trim_end()), "{line}");
            run += 1;
        }
    }
    assert!(run >= COMMANDS.len(), "only {run} lines were run");
    for command in COMMANDS {
        let shown = |line: &str| line.starts_with("$ ") && line.contains(&format!("harmony-config {command}"));
        assert!(text.lines().any(shown), "no session of `{command}`");
    }
}
