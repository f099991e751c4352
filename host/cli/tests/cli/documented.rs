//! What is written down is run: the examples of every `--help`, the sessions of `docs/cli.md`, and every command line of the
//! README. A command that has no example, or is in no session, fails a test here.
#![cfg(unix)]

use std::fs;

use clap::CommandFactory;
use harmony_config_cli::Cli;

use crate::{people::People, team::Store, world::World};

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
    fs::write(world.project().join("passphrase.txt"), "correct horse\n").unwrap();
    world
}

/// The command of a line that is about who is signed in.
fn about_people(line: &str) -> Option<&str> {
    line.split_whitespace().find(|word| ["login", "logout", "whoami"].contains(word))
}

/// Runs each example of a help text.
pub(crate) fn runs(help: &str) {
    let found = examples(help);
    assert!(!found.is_empty(), "no example in {help}");
    for line in found {
        // `init` is for a project that has no manifest.
        let world = if line.contains(" init") { World::new() } else { lived_in() };
        let store = line.contains(" team ").then(Store::new);
        let run = world.shell(line).env("EDITOR", "true");
        if let Some(command) = about_people(line) {
            let people = People::new();
            if command == "login" {
                let (code, screen) = people.at_a_terminal(run);
                assert_eq!(code, 0, "{line}: {screen}");
                continue;
            }
            people.sign_in(&world);
            let done = people.known_to(run).done();
            assert_eq!(done.code, 0, "{line}: {done:?}");
            continue;
        }
        let done = store.iter().fold(run, |run, store| store.known_to(run)).done();
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
        assert!((10..100).contains(&about.len()), "`{}`: {about:?}", command.get_name());
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "`{}` of `{}` says nothing", argument.get_id(), command.get_name());
        }
    }
}

/// Words that a person would not want others to read behind them.
const SECRETS: [&str; 8] = ["password", "passphrase", "secret", "token", "credential", "apikey", "api-key", "auth"];

/// The lines of a text that put a secret among the arguments of a command: `set` with a value, a pipe from `echo`, a flag.
fn secrets_in_arguments(text: &str) -> Vec<&str> {
    let is_secret = |word: &str| {
        let word = word.to_lowercase();
        SECRETS.iter().any(|secret| word.contains(secret))
    };
    let shown = |line: &&str| {
        let flag = line.split_whitespace().any(|word| {
            let name = word.split('=').next().unwrap_or_default();
            name.starts_with("--") && ["--token", "--password", "--secret", "--passphrase"].contains(&name)
        });
        let Some((before, behind)) = line.split_once("harmony-config").filter(|_| line.contains(" set ")) else {
            return flag;
        };
        let (_, arguments) = behind.split_once(" set ").unwrap_or_default();
        let mut words =
            arguments.split_whitespace().take_while(|word| !["#", "|", "<", ">", ";", "&&", "(or"].contains(word));
        let key = words.next().unwrap_or_default();
        // What stands in brackets or capitals is a place for a word, and `-` reads a pipe.
        let value = words.find(|word| !word.starts_with('-') && !word.starts_with('['));
        let piped = before.contains("echo ") || before.contains("printf ");
        let given = value.filter(|value| value.to_uppercase() != **value).unwrap_or_default();
        flag || (!given.is_empty() && (is_secret(key) || is_secret(given)))
            || (piped && (is_secret(key) || is_secret(before)))
    };
    text.lines().filter(shown).collect()
}

#[test]
fn no_documented_command_puts_a_secret_in_its_arguments() {
    let control = "harmony-config set DbPassword hunter2\n\
                   $ harmony-config -n x set Login '{\"token\":\"abc\"}'\n\
                   echo hunter2 | harmony-config set Passphrase -\n\
                   some-tool login --token abc\n";
    assert_eq!(secrets_in_arguments(control).len(), 4, "what must be found is not found");
    let harmless = "harmony-config set AppConfig '{\"port\":1}'\nharmony-config set Passphrase - < file\n\
                    harmony-config set DbPassword\n## `set KEY [VALUE|-]`\n";
    assert_eq!(secrets_in_arguments(harmless), Vec::<&str>::new());

    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("examples/README.md")];
    for folder in ["docs", "docs/decisions"] {
        let pages = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(secrets_in_arguments(&text), Vec::<&str>::new(), "{}", file.display());
    }
    let world = World::new();
    for command in commands() {
        let help = world.ok([command.as_str(), "--help"]);
        assert_eq!(secrets_in_arguments(&help), Vec::<&str>::new(), "help of {command}");
    }
}

/// The text with every moment the same: `2026-11-25T17:00:00Z`.
fn without_days(text: &str) -> String {
    let moment = |word: &str| word.len() == 20 && word.ends_with('Z') && word.as_bytes().get(10) == Some(&b'T');
    let line = |line: &str| {
        line.split(' ').map(|word| if moment(word) { "MOMENT" } else { word }).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_session_of_the_documentation_goes_as_it_is_written() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let world = documented();
    let store = Store::new();
    let mut people = None;
    let mut run = 0;
    for block in text.split("```console\n").skip(1) {
        let (session, _) = block.split_once("```").unwrap();
        for step in session.split("$ ").skip(1) {
            let (line, expected) = step.split_once('\n').unwrap();
            // Both streams, as a person sees them.
            let shell = world.shell(&format!("exec 2>&1; {line}"));
            if let Some(command) = about_people(line) {
                let people = people.get_or_insert_with(People::new);
                let said = match command {
                    "login" => people.at_a_terminal(world.shell(line)).1,
                    _ => people.redacted(&people.known_to(shell).done().stdout, ""),
                };
                assert_eq!(
                    without_days(&world.redacted(&said)),
                    without_days(&world.redacted(expected.trim_end())),
                    "{line}"
                );
                run += 1;
                continue;
            }
            let done = if line.contains(" team ") { store.known_to(shell) } else { shell }.done();
            let said = done.stdout.replace(&store.address(), "http://127.0.0.1:8200");
            assert_eq!(world.redacted(&said), world.redacted(expected.trim_end()), "{line}");
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
