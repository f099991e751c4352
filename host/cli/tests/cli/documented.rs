//! What is written down is run: the examples of every `--help`, the sessions of `docs/cli.md`, and every command line of the
//! README. A command that has no example, or is in no session, fails a test here.
#![cfg(unix)]

use std::fs;

use clap::CommandFactory;
use harmony_config_cli::Cli;

use crate::world::World;

/// Every command, as the parser knows them.
pub(crate) fn commands() -> Vec<String> {
    let command = Cli::command();
    command.get_subcommands().map(|command| command.get_name().to_owned()).filter(|name| name != "help").collect()
}

/// What the program of the documentation declares.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/declared.schema.json");

/// A project as the documentation has it: `my-program --export-schema` writes what the program declares.
fn documented() -> World {
    let world = World::new();
    let folder = world.home().join("bin");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("my-program");
    fs::write(&program, format!("#!/bin/sh\ncp '{DOCUMENT}' harmony-config.schema.json\n")).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world
}

/// The lines that a help text shows to be typed.
fn examples(help: &str) -> Vec<&str> {
    help.lines().filter_map(|line| line.strip_prefix("  $ ")).collect()
}

/// A project in which something is stored already, so that an example can be run by itself.
fn lived_in() -> World {
    let world = World::with_files();
    fs::copy(DOCUMENT, world.project().join("harmony-config.schema.json")).unwrap();
    fs::write(world.project().join("firewall.json"), r#"{"host":"10.0.0.1"}"#).unwrap();
    world.ok(["set", "AppConfig", r#"{"host":"localhost","port":8080}"#]);
    world.ok(["set", "Firewall@fw-a", r#"{"host":"10.0.0.1"}"#]);
    world.ok(["set", "Passphrase", "--in", "local-file", "correct horse"]);
    world
}

fn runs(help: &str) {
    let found = examples(help);
    assert!(!found.is_empty(), "no example in {help}");
    for line in found {
        // `init` is for a project that has no manifest.
        let world = if line.contains(" init") { World::new() } else { lived_in() };
        let done = world.shell(line).env("EDITOR", "true").done();
        assert_eq!(done.code, 0, "{line}: {done:?}");
    }
}

#[test]
fn every_help_has_examples_and_every_example_works() {
    let world = World::new();
    runs(&world.ok(["--help"]));
    for command in commands() {
        let help = world.ok([command.as_str(), "--help"]);
        assert!(help.contains(&format!("harmony-config {command}")), "`{command}` shows no example of itself");
        runs(&help);
    }
}

#[test]
fn every_command_says_what_it_does_in_a_line() {
    for command in Cli::command().get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!((10..80).contains(&about.len()), "`{}`: {about:?}", command.get_name());
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "`{}` of `{}` says nothing", argument.get_id(), command.get_name());
        }
    }
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
    assert!(run >= commands().len(), "only {run} lines were run");
    for command in commands() {
        let shown = |line: &str| {
            let mut words = line.split_whitespace().skip_while(|word| *word != "harmony-config");
            line.starts_with("$ ") && words.any(|word| word == command)
        };
        assert!(text.lines().any(shown), "no session of `{command}`");
        assert!(text.contains(&format!("## `{command}")), "no section on `{command}`");
    }
}
