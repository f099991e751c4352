//! A program with a mistake in it: two of its types have one key. It has to hear of it before it reads anything, whichever
//! way it comes to its configuration.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for tests says how it went")]
#![allow(dead_code, reason = "its types are declared, and no value of them is made")]

use std::process::ExitCode;

use harmony_config::{ConfigError, Loader, export_schema, init, manager};

mod server {
    use harmony_config::Config;

    /// Where the server listens.
    #[derive(Config, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Settings {
        port: u16,
    }
}

mod client {
    use harmony_config::Config;

    /// Whom the client calls.
    #[derive(Config, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Settings {
        address: String,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let how = std::env::args().nth(1).unwrap_or_default();
    match begin(&how).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(remedy) = error.remedy() {
                eprintln!("  next: {remedy}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

async fn begin(how: &str) -> Result<(), ConfigError> {
    match how {
        "load" => Loader::new().load().map(drop),
        "init" => {
            init(Vec::new()).await;
            manager().await.map(drop)
        }
        _ => export_schema("harmony-config.schema.json"),
    }
}
