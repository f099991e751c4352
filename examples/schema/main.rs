//! Tells the command line what it needs: `harmony-config` then types values, checks them, and takes no secret as an
//! argument.
//!
//! ```sh
//! cargo run --release --workspace --example schema -- --export-schema   # writes harmony-config.schema.json here
//! harmony-config schema                                                 # knows it, if a manifest stands beside it
//! harmony-config check --prompt                                         # asks for all of it in one form
//! cargo run --release --workspace --example schema                      # finds what was answered
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use harmony_config::{Config, ConfigError, Loader, SCHEMA_NAME, export_schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the program listens.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Listener {
    /// The address, for example 127.0.0.1.
    address: String,
    #[schemars(range(min = 1024))]
    port: u16,
}

/// How to log in at the team's mail server.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct MailLogin {
    user: String,
    #[config(secret)]
    password: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ConfigError> {
    if std::env::args().any(|argument| argument == "--export-schema") {
        export_schema(SCHEMA_NAME)?;
        println!("wrote {SCHEMA_NAME}");
        return Ok(());
    }
    let manager = Loader::new().load()?.manager;
    let listener = manager.get::<Listener>().await?;
    let login = manager.get::<MailLogin>().await?;
    println!("Listening on {}:{}.", listener.address, listener.port);
    println!("Logging in as {}, with a password of {} characters.", login.user, login.password.chars().count());
    Ok(())
}
