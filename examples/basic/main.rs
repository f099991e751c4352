//! Reads a value, keeps one where there is none, and prints where each field came from.
//!
//! ```sh
//! cargo run --release --workspace --example basic                                          # keeps a first value
//! cargo run --release --workspace --example basic                                          # reads it again
//! HARMONY_CONFIG_AppConfig__port=9090 cargo run --release --workspace --example basic      # overrides one field
//! HARMONY_CONFIG_AppConfig='{"host":"example.com","port":80}' cargo run --release --workspace --example basic
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use harmony_config::{Config, ConfigError, Loader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the program listens.
#[derive(Config, Debug, Serialize, Deserialize, JsonSchema)]
struct AppConfig {
    host: String,
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ConfigError> {
    // A namespace of its own keeps the example's values apart from yours.
    let manager = Loader::new().namespace("example-basic").load()?.manager;

    match manager.get::<AppConfig>().await {
        Ok(_) => {}
        Err(ConfigError::NotFound(_)) => {
            println!("There is no AppConfig yet, so this one is kept for the next time.");
            manager.set(&AppConfig { host: "localhost".to_owned(), port: 8080 }).await?;
        }
        Err(error) => return Err(error),
    }

    let found = manager.resolve::<AppConfig>().await?;
    println!("AppConfig: host {}, port {}", found.host, found.port);
    for (field, source) in &found.origin.fields {
        println!("  {field} comes from {source}");
    }
    Ok(())
}
