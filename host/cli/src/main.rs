//! The `harmony-config` command: arguments in, exit code out. All else is the library's.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use harmony_config_cli::{Cli, Failed, Printer, Program, completion, execute, logs};

fn main() -> ExitCode {
    let program = Program::default();
    if completion::respond(&program, Cli::command) {
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(Printer::finish_usage(&error, std::env::args_os())),
    };
    logs::start(&cli.global);
    // One thread: a command asks a handful of sources, and more threads would only take time to start.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failed = Failed::other(format!("the command could not start: {error}"));
            return ExitCode::from(Printer::new(&cli.global, &program).finish(Err(failed)));
        }
    };
    let code = runtime.block_on(execute(&cli, &program));
    // Whoever is still reading from a terminal is not waited for.
    runtime.shutdown_background();
    ExitCode::from(code)
}
