//! `cargo xtask COMMAND`: sets up, builds and tries out harmony-config. A file for each command; what they share is in
//! `step` (running a child with progress), `toolchain` (how plugins can be built here) and `guests` (building them).

mod bench;
mod demo;
mod deny;
mod desktop;
mod failure;
mod guests;
mod peers;
mod programs;
mod providers;
mod setup;
mod step;
mod test;
mod toolchain;

use std::{env, path::PathBuf, process::ExitCode};

use crate::{failure::Failure, step::say};

/// A command: its name, what it does, and the function that does it.
struct Command {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "setup",
        help: "find or install what builds WebAssembly, and build the bundled plugins; once after cloning",
        run: setup::run,
    },
    Command {
        name: "guests",
        help: "build what runs in the sandbox, where its sources changed (--tests: the tests' plugins too; --force)",
        run: guests::run,
    },
    Command {
        name: "demo",
        help: "set up, build, and show it: a program that asks once (--answers FILE|-, or a pipe, instead of a person)",
        run: demo::run,
    },
    Command { name: "test", help: "set up, and run everything that continuous integration runs", run: test::run },
    Command { name: "bench", help: "set up, and measure against what one would use instead", run: bench::run },
    Command { name: "deny", help: "licences, sources and banned crates, by deny.toml", run: deny::run },
];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    if matches!(name.as_str(), "" | "help" | "--help" | "-h") || rest.iter().any(|argument| argument == "--help") {
        help();
        return if name.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        say(&format!("error: there is no command `{name}`"));
        help();
        return ExitCode::from(2);
    };
    match (command.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn help() {
    say("cargo xtask COMMAND\n");
    for command in COMMANDS {
        say(&format!("  {:<8} {}", command.name, command.help));
    }
    say(&format!(
        "\n{}=rustup|system decides what builds WebAssembly; without it, what is there does.",
        toolchain::OVERRIDE
    ));
}

/// The repository's root.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}
