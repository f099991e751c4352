//! A world for tests of programs that use `harmony-config`: what the sources hold, what a person would answer, which
//! source is away. Nothing outside the test is ever read: no environment, no file, no home directory, no terminal.
//!
//! A [`World`] is a chain of doubles: overrides (as the environment is), one store or several, and a prompt with a script.
//! [`World::manager`] is what the program under test gets; each call of it is a new process over the same stores.
//!
//! ```
//! use harmony_config::Config;
//! use harmony_config_test::World;
//! use serde_json::json;
//!
//! #[derive(Config, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct BrocadeSwitchAuth {
//!     host: String,
//!     user: String,
//!     #[config(secret)]
//!     password: String,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let world = World::new().answer(
//!     "BrocadeSwitchAuth",
//!     json!({ "host": "switch-1", "user": "admin", "password": "s3cret" }),
//! );
//!
//! // The first run asks for everything; the second one for nothing.
//! let first: BrocadeSwitchAuth = world.manager().get_or_prompt().await?;
//! assert_eq!(first.user, "admin");
//! let second: BrocadeSwitchAuth = world.manager().get_or_prompt().await?;
//! assert_eq!(second.password, "s3cret");
//!
//! let forms = world.forms();
//! assert_eq!(forms.len(), 1);
//! assert_eq!(forms[0].questions[0].fields, ["host", "password", "user"]);
//! assert_eq!(world.writes(), [("store".to_owned(), "BrocadeSwitchAuth".to_owned())]);
//! # Ok::<(), harmony_config::ConfigError>(()) }).unwrap();
//! ```
//!
//! An outage, and what a program makes of it:
//!
//! ```
//! use harmony_config::{Config, ConfigError, FailureCode};
//! use harmony_config_test::{Outage, World};
//! use serde_json::json;
//!
//! #[derive(Config, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct AppConfig {
//!     port: u16,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let world = World::with_stores(["openbao", "sqlite"]).json_in("sqlite", "AppConfig", json!({ "port": 8080 }));
//!
//! world.breaks("openbao", Outage::Fails(FailureCode::Unavailable));
//! let config = world.manager().resolve::<AppConfig>().await?;
//! assert_eq!(config.port, 8080);
//! assert!(config.origin.degraded);
//!
//! world.breaks("openbao", Outage::Fails(FailureCode::Denied));
//! let error = world.manager().get::<AppConfig>().await.unwrap_err();
//! assert!(matches!(error, ConfigError::Denied { .. }));
//! assert_eq!(error.source_name(), Some("openbao"));
//! # Ok::<(), ConfigError>(()) }).unwrap();
//! ```
#![deny(missing_docs)]

mod double;
mod outage;
mod record;
mod script;
mod world;

pub use crate::{
    outage::Outage,
    record::{Call, Deed, Form, Question},
    world::{Double, World},
};
