//! A program with commands of its own, and those of the configuration below them: the one in `docs/embedding.md`.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use harmony_config_cli::{Cli, Program, completion, execute, logs, renamed};

/// Serves what Acme makes.
#[derive(Parser)]
#[command(name = "acme")]
enum Acme {
    /// Serve.
    Serve,
    /// Look at the configuration, and change it.
    Config(Box<Cli>),
}

fn main() -> ExitCode {
    let program = Program::new("acme", "acme config");
    let parser = || renamed(Acme::command(), &program);
    if completion::respond(&program, parser) {
        return ExitCode::SUCCESS;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(_) => return ExitCode::FAILURE,
    };
    match Acme::from_arg_matches(&parser().get_matches()) {
        Ok(Acme::Config(cli)) => {
            logs::start(&cli.global);
            ExitCode::from(runtime.block_on(execute(&cli, &program)))
        }
        Ok(Acme::Serve) => ExitCode::SUCCESS,
        Err(error) => error.exit(),
    }
}
