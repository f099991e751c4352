//! What is proved from outside: the conformance suite as a library, and the tests that use it. The tests themselves are
//! in `tests/`, the plugins that misbehave in `guests/`.

pub mod conformance;
mod files;

pub use files::files_below;

use harmony_config::Config;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a library needs. The programs here link the library and never speak of this type.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
pub struct LibraryConfig {
    /// How long the library waits, in seconds.
    pub patience: u32,
}
