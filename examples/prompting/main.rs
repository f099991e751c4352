//! Needs a login, asks for it the first time, and never again.
//!
//! ```sh
//! cargo run --release --workspace --example prompting      # asks
//! cargo run --release --workspace --example prompting      # does not
//! printf 'switch-1\nadmin\ns3cret\n' | cargo run --release --workspace --example prompting -- --answers -
//! ```
//!
//! With `--answers FILE` (or `-` for standard input) the answers are lines of a file instead of a person's.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::{env, fs::File, io::BufReader, sync::Arc};

use harmony_config::{Config, ConfigError, Loader, terminal::LinePrompter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to log in at the switch.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct BrocadeSwitchAuth {
    /// Name or address of the switch.
    host: String,
    /// The account to log in with.
    user: String,
    /// Typed unseen, and never shown again.
    #[config(secret)]
    password: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ConfigError> {
    let loader = with_answers(Loader::new().namespace("example-prompting"))?;
    let manager = loader.load()?.manager;

    let auth = manager.resolve_or_prompt::<BrocadeSwitchAuth>(None).await?;

    println!(
        "Logging in at {} as {}, with a password of {} characters.",
        auth.host,
        auth.user,
        auth.password.chars().count()
    );
    for (field, source) in &auth.origin.fields {
        println!("  {field} comes from {source}");
    }
    Ok(())
}

/// Hands the lines of `--answers FILE|-` to whoever would ask a person. A program of your own needs nothing of this.
fn with_answers(loader: Loader) -> Result<Loader, ConfigError> {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next().as_deref()) {
        (None, _) => Ok(loader),
        (Some("--answers"), Some("-")) => {
            Ok(loader.prompter(Arc::new(LinePrompter::new(BufReader::new(std::io::stdin())))))
        }
        (Some("--answers"), Some(file)) => {
            let opened =
                File::open(file).map_err(|error| ConfigError::other(format!("{file} cannot be read: {error}")))?;
            Ok(loader.prompter(Arc::new(LinePrompter::new(BufReader::new(opened)))))
        }
        _ => Err(ConfigError::other("the only option is --answers FILE, or --answers - for standard input")),
    }
}
