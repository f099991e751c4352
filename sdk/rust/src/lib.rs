//! Writes a source of configuration values for harmony-config: a struct, `impl Source`, and [`export_plugin!`]. Built
//! for the target `wasm32-wasip2`, the crate is a component that the host loads.
//!
//! A plugin has nothing but what it was granted. What it may want is [`environment`], [`sql`], [`prompt`], one
//! file ([`document`]), entries of the keyring ([`keyring`]), one directory, through `std::fs` ([`files`]), the network,
//! through a client for `wasi:http` such as `wstd`, what a sign-in leaves behind ([`session`]), files that settings
//! name ([`credential_file`]), tokens of an identity that settings name ([`identity_token`]), and a page that a person
//! opens while the plugin waits ([`attention`]); [`log`] is always there. A capability that the plugin does not use is not
//! in the finished component.
//!
//! ```
//! use harmony_config_sdk::{Entry, Failure, Feature, Host, NoSettings, Request, Source, environment, export_plugin};
//!
//! struct Shouting {
//!     prefix: String,
//! }
//!
//! impl Source for Shouting {
//!     type Settings = NoSettings;
//!
//!     fn configure(_: NoSettings, host: Host) -> Result<Self, Failure> {
//!         Ok(Shouting { prefix: host.prefix })
//!     }
//!
//!     fn features(&self) -> &'static [Feature] {
//!         &[]
//!     }
//!
//!     fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
//!         let name = format!("{}{}", self.prefix, request.at.key.to_uppercase());
//!         Ok(environment::get(&name)?.map(|value| Entry::new(value, name)))
//!     }
//! }
//!
//! export_plugin! {
//!     Shouting,
//!     name: "shouting",
//!     description: "Variables in capital letters",
//!     features: [],
//!     settings: r#"{ "type": "object", "additionalProperties": false }"#,
//!     wants: r#"{ "environment": {} }"#,
//! }
//! # fn main() {}
//! ```
//!
//! A source that signs people in and hands out tokens is an [`Identity`] besides, made so by [`export_identity!`].
//!
//! Plain logic is tested natively, with `cargo test`. The functions of the capabilities exist only inside a host:
//! called natively they panic, so keep them behind a trait of your own, as the bundled plugins do.

#[doc(hidden)]
pub mod bindings;
mod entry;
mod export;
mod failure;
mod identity;
#[doc(hidden)]
pub mod identity_bindings;
mod located;
mod settings;
mod source;
mod version;

pub mod attention;
pub mod credential_file;
pub mod document;
pub mod environment;
pub mod files;
pub mod identity_token;
pub mod keyring;
pub mod log;
pub mod prompt;
pub mod session;
pub mod sql;

pub use bindings::harmony::config::types::{Coordinate, Entry, Failure, Interaction, Page, Request, Sensitivity};
pub use identity::{Identity, Token, TokenRequest};
pub use located::{Place, located};
pub use settings::{Host, NoSettings};
pub use source::{Expected, Feature, Source};
pub use version::version_of;

/// What [`export_plugin!`] needs. Not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::{bindings, export::*, identity_bindings};
    pub use wit_bindgen::rt;
}

// The generated code, and the example above, name this crate as an author does.
extern crate self as harmony_config_sdk;
