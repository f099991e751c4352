//! The same program without a team's store, with it, and with one that has no value yet. Its code knows nothing of the store:
//! the environment says that there is one.
//!
//! ```sh
//! cargo run --release --workspace --example openbao-chain                                     # asks once, keeps it here
//! OPENBAO_URL=… OPENBAO_TOKEN=… cargo run --release --workspace --example openbao-chain       # takes the team's value
//! ```
//!
//! Where the store has no value, the person is asked and the answer goes into the store: a teammate is not asked. Where it
//! cannot be reached, the value that is kept here is used, and the program says so.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::{env, sync::Arc};

use harmony_config::{Config, ConfigError, Loader, Outcome, terminal::LinePrompter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to push to the registry.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct RegistryLogin {
    /// Name of the registry.
    host: String,
    /// Typed unseen, and never shown again.
    #[config(secret)]
    token: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ConfigError> {
    let mut loader = Loader::new().namespace("example-openbao");
    // A program of your own needs nothing of this: the lines of standard input stand in for a person.
    if env::args().nth(1).as_deref() == Some("--answers") {
        loader = loader.prompter(Arc::new(LinePrompter::new(std::io::BufReader::new(std::io::stdin()))));
    }
    let manager = loader.load()?.manager;

    let login = manager.resolve_or_prompt::<RegistryLogin>(None).await?;

    println!("Pushing to {} with a token of {} characters.", login.host, login.token.chars().count());
    for (field, source) in &login.origin.fields {
        println!("  {field} comes from {source}");
    }
    for step in login.origin.steps.iter().filter(|step| step.outcome == Outcome::Unavailable) {
        println!("  {} could not be asked: {}", step.source, step.message.as_deref().unwrap_or_default());
    }
    Ok(())
}
