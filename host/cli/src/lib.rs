//! The commands of `harmony-config`, as a library: an embedder mounts them below its own command.
//!
//! ```
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! enum Mine {
//!     /// What this program does.
//!     Serve,
//!     /// Looks at and changes the configuration.
//!     Config(harmony_config_cli::Cli),
//! }
//!
//! # async fn example() -> u8 {
//! match Mine::parse() {
//!     Mine::Serve => 0,
//!     Mine::Config(cli) => harmony_config_cli::execute(&cli, &harmony_config_cli::Program::new("mine", "mine config")).await,
//! }
//! # }
//! # let Mine::Config(cli) = Mine::try_parse_from(["mine", "config", "get", "AppConfig", "--json"]).unwrap() else { panic!() };
//! # assert!(cli.global.json);
//! ```
//!
//! Here live the words of the command line (`cli`), one file a command (`command`), and the one place that prints
//! (`output`). A command answers with an [`Output`] or a [`Failed`] and prints nothing itself. What does not live here:
//! how a value is found or kept, which is the chain's business.
#![deny(missing_docs)]

mod cli;
pub mod command;
pub mod completion;
mod context;
mod declared;
mod editing;
mod failed;
mod input;
pub mod logs;
mod meant;
mod naming;
mod output;
mod style;
mod target;

use std::time::Duration;

pub use self::{
    cli::{Cli, Color, Command, Global},
    context::{Context, Program},
    failed::Failed,
    naming::renamed,
    output::{
        Checkup, Finding, Found, Moved, MovedOne, Output, Pages, Place, Printed, Printer, Reached, ReachedFact, Report,
        Sealing, SetUp, SourceState, TeamMode, Unchanged,
    },
    style::{Paint, Style},
};

/// Runs a command and answers with what it found or did. Prints nothing but warnings to the log.
///
/// # Errors
/// Why the command could not do what it was asked, fit to be printed and with an exit code.
pub async fn run(cli: &Cli, program: &Program) -> Result<Output, Failed> {
    let context = Context::new(&cli.global, program);
    let result = run_in(&context, cli).await;
    settle().await;
    result
}

async fn run_in(context: &Context<'_>, cli: &Cli) -> Result<Output, Failed> {
    let result = match &cli.command {
        Command::Init(init) => init.run(context),
        Command::Get(get) => get.run(context).await,
        Command::Set(set) => set.run(context).await,
        Command::Unset(unset) => unset.run(context).await,
        Command::List(list) => list.run(context).await,
        Command::Check(check) => check.run(context).await,
        Command::Schema(schema) => schema.run(context).await,
        Command::Explain(explain) => explain.run(context).await,
        Command::Rekey(rekey) => rekey.run(context).await,
        Command::Seal(seal) => seal.run(context).await,
        Command::Manifest(manifest) => manifest.run(context),
        Command::Edit(edit) => edit.run(context).await,
        Command::Doctor(doctor) => doctor.run(context).await,
        Command::Login(login) => login.run(context).await,
        Command::Logout(logout) => logout.run(context).await,
        Command::Whoami(whoami) => whoami.run(context).await,
        Command::Completions(completions) => completions.run(context),
        Command::Man(man) => man.run(context),
        Command::Move(command) => command.run(context).await,
        Command::Team(team) => team.run(context).await,
        Command::Trust(trust) => trust.run(context).await,
        Command::Untrust(untrust) => untrust.run(context),
        Command::Grant(grant) => grant.run(context),
        Command::Revoke(revoke) => revoke.run(context),
    };
    naming::outcome(result, context.program)
}

/// Runs a command, prints what came of it, and answers with the exit code.
pub async fn execute(cli: &Cli, program: &Program) -> u8 {
    let context = Context::new(&cli.global, program);
    let result = run_in(&context, cli).await;
    let code = Printer::new(&cli.global, program).finish(result);
    // The answer is there; what nobody waited for may still have to be saved.
    settle().await;
    code
}

/// Waits for what must not be cut off when the process ends, and says so where it takes long.
async fn settle() {
    let mut settled = std::pin::pin!(harmony_config_host::settle());
    if tokio::time::timeout(Duration::from_millis(500), &mut settled).await.is_err() {
        tracing::warn!("an identity is renewing its session, which must not be cut off: this ends when that is done");
        settled.await;
    }
}
