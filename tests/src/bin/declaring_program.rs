//! A program that declares what it needs, in a library of its own too, and lets the command line know: by a document that
//! it exports, or by having run. The tests of the typed command line stand in `tests/declared`.
#![allow(clippy::print_stderr, reason = "a program for tests says how it went")]
#![allow(dead_code, reason = "its types are declared, and no value of them is made")]

use std::{error::Error, process::ExitCode};

use clap::Parser;
use harmony_config::{Config, Loader, Secret, export_schema};
use harmony_config_cli::{Cli, Program, execute};
// That it is linked is enough.
use harmony_config_tests as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to log in at the switch.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct BrocadeSwitchAuth {
    /// Name or address of the switch.
    host: String,
    /// The account there.
    user: String,
    /// What the account logs in with.
    #[config(secret)]
    password: String,
}

/// How the program serves.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct AppConfig {
    /// Where it listens.
    #[schemars(range(min = 1024))]
    port: u16,
    /// Words to find it by.
    tags: Vec<String>,
    /// What it says first.
    greeting: Option<String>,
}

/// A token for the program's interface.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct ApiToken(Secret<String>);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match arguments {
        ["export", path] => Ok(export_schema(path)?),
        // The commands of the command line, below one of its own: they know its types without a document.
        ["config", ..] => {
            let cli = Cli::parse_from(arguments);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let code = runtime.block_on(execute(&cli, &Program::new("harmony", "declaring_program config")));
            std::process::exit(code.into())
        }
        // What any program does first. It reads no value here.
        ["start"] => Ok(Loader::new().load().map(drop)?),
        _ => Err("it is started with `export FILE`, `start`, or `config …`".into()),
    }
}
