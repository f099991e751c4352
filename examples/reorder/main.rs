//! One line of the manifest decides who wins; the code stays as it is.
//!
//! ```sh
//! cargo run --release --workspace --example reorder
//! ```
//!
//! `files-first.toml` and `database-first.toml` beside this file differ in the order of their chain. Both find the same
//! two values, and each prefers another one. Everything is kept in a folder that is removed at the end.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::{env, path::Path};

use harmony_config::{Config, ConfigError, ConfigManager, Loader, Manifest, Places};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a visitor is told.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Greeting {
    text: String,
}

const MANIFESTS: [(&str, &str); 2] = [
    ("files-first.toml", include_str!("files-first.toml")),
    ("database-first.toml", include_str!("database-first.toml")),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ConfigError> {
    let folder = tempfile::tempdir()
        .map_err(|error| ConfigError::other(format!("a temporary folder cannot be made: {error}")))?;
    // `set` keeps a value in the first source that can, so each manifest keeps its own.
    for (name, text) in MANIFESTS {
        let manager = manager(name, text, folder.path())?;
        manager.set(&Greeting { text: format!("kept by {name}") }).await?;
    }
    for (name, text) in MANIFESTS {
        let greeting = manager(name, text, folder.path())?.resolve::<Greeting>().await?;
        let winner = greeting.origin.winner.as_deref().unwrap_or("nobody");
        println!("{name}: {winner} wins, and the value is the one {}", greeting.text);
    }
    Ok(())
}

/// The chain of a manifest, with files and database in this folder.
fn manager(name: &str, text: &str, folder: &Path) -> Result<ConfigManager, ConfigError> {
    let manifest = Manifest::parse(text, &folder.join(name))?;
    let own = Places::of("harmony", env::var_os("HARMONY_CONFIG_HOME").map(Into::into));
    let places = Places { data: Some(folder.to_owned()), ..own };
    Ok(Loader::new().manifest(manifest).places(places).load()?.manager)
}
