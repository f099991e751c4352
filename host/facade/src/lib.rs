//! Typed configuration and secrets with no set-up.
//!
//! A program says what it needs, as a struct, and asks for it. Where the value comes from is not its business: a chain of
//! **sources** is asked in order, the first that has it wins, and a person is asked for what none of them has. The
//! answer is kept, so that it is asked once. Later the same program, unchanged, takes the same values from its team's
//! store.
//!
//! ```
//! use harmony_config::{Config, ConfigError};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// How to log in at the switch.
//! #[derive(Config, Serialize, Deserialize, JsonSchema)]
//! struct BrocadeSwitchAuth {
//!     host: String,
//!     user: String,
//!     #[config(secret)]
//!     password: String,
//! }
//!
//! async fn connect() -> Result<String, ConfigError> {
//!     let auth: BrocadeSwitchAuth = harmony_config::get_or_prompt().await?;
//!     Ok(format!("{}@{}", auth.user, auth.host))
//! }
//!
//! // A program's `main` calls `init` with its sources, or has the feature `host` and calls nothing. Here a test's world
//! // stands in: it has the host already, and a person who answers the other two questions.
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
//! # runtime.block_on(async {
//! use harmony_config_test::World;
//! use serde_json::json;
//!
//! let world = World::new()
//!     .partial("BrocadeSwitchAuth", json!({ "host": "switch-1" }))
//!     .answer("BrocadeSwitchAuth", json!({ "user": "admin", "password": "s3cret" }));
//! harmony_config::init_manager(world.manager());
//!
//! assert_eq!(connect().await?, "admin@switch-1");
//! assert_eq!(connect().await?, "admin@switch-1"); // From the store: nobody is asked again.
//! assert_eq!(world.times_asked(), 1);
//! # Ok::<(), ConfigError>(())
//! # }).unwrap();
//! ```
//!
//! # What is here
//! - [`Config`], the trait and the derive: what a configuration type is. `#[config(secret)]` marks what is never shown,
//!   [`Secret`] is its strong form.
//! - [`ConfigManager`]: `get`, `get_or_prompt`, `set` and more over a chain of one's own; [`init`], [`get`],
//!   [`get_or_prompt`], [`set`] … of this module are the same over one chain for the whole process.
//! - [`ConfigSource`]: a source of one's own needs `get` and `set`. [`StoreSource`] is one over a [`SecretStore`].
//! - [`export_schema`]: one line with which a program tells the command line its keys, fields and classes. [`Registry`] is
//!   what the derive has declared.
//! - [`ConfigError`]: what went wrong, where, and what to do next. [`Origin`] and [`Explanation`]: where a value came from.
//!
//! # Features
//! - `host` (off): the sources that come with this project (environment, files, SQLite, prompt), run as sandboxed
//!   WebAssembly components, and the manifest that puts them in order. It compiles a WebAssembly runtime, which takes
//!   minutes: a binary asks for it, a library that declares types does not.
//!
//! # Testing
//! The crate `harmony-config-test` has a world of scripted values, answers and outages for tests of programs.
#![deny(missing_docs)]

mod global;
#[cfg(feature = "host")]
mod host;

#[doc(hidden)]
pub use harmony_config_core::__private;
pub use harmony_config_core::{
    Blame, Checked, Config, ConfigError, ConfigManager, ConfigSet, ConfigSource, Coordinate, DEFAULT_NAMESPACE,
    DOCUMENT_VERSION, Declared, Deleted, Details, Entry, ExplainedStep, Explanation, Failure, FailureCode, Fault,
    FaultAt, Features, Interaction, Listed, MAX_NAME_BYTES, ManagerBuilder, OnError, Origin, Outcome, Page,
    PromptNotes, Registry, Request, Resolved, Secret, SecretStore, SecretStoreError, Sensitivity, Shape, Standing,
    Step, StoreSource, Written, check_name, export_schema, schema_document,
};
pub use harmony_config_derive::Config;

pub use crate::global::{
    Initialised, cached, ensure, get, get_named, get_or_prompt, get_or_prompt_named, init, init_manager, manager, set,
    set_named,
};
#[cfg(feature = "host")]
pub use crate::host::*;
