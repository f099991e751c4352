//! Loads configuration sources as sandboxed WebAssembly components, in the order that a manifest gives.
//!
//! Programs usually reach this crate through `harmony-config` with its feature `host`. [`Loader`] is the main door: it
//! finds and reads the manifest and makes the chain. [`Host`] is the part below it, for embedders that put their
//! sources together themselves; [`ComponentSource`] is a plugin as a source.
//!
//! Inside, from the outside in: `loader` and `manifest` (which sources), `host` (what a source is made of), `component`
//! (instances, calls, bounds), `engine` (wasmtime), `glue` (the contract's types), `policy` (what a plugin may use: the
//! one place), `capability` (what the host does for it), `seal` (secrets at rest), `terminal` (the person). What does not live here: the chain and
//! its laws, which are `harmony-config-core`'s and know nothing of WebAssembly.
#![deny(missing_docs)]

mod budget;
mod capability;
mod component;
mod declared;
mod defaults;
mod engine;
mod glue;
mod hex;
mod host;
mod identity;
mod keyring;
pub mod limits;
mod loader;
mod manifest;
mod paths;
mod plugin;
mod policy;
mod prompt;
mod seal;
pub mod terminal;
mod trust;
mod words;

pub use self::{
    capability::{
        environment::Variables,
        http::{HttpTerms, Lookup, Names, origin::Origin},
        keyring::{Keyrings, MemoryKeyring},
    },
    component::ComponentSource,
    declared::{DeclaredIn, SCHEMA_NAME},
    host::{Host, HostBuilder, SourceBuilder},
    identity::{Identity, settle},
    loader::{Loaded, Loader},
    manifest::{
        Layer, Manifest, ManifestCredential, ManifestFile, ManifestIdentity, ManifestKey, ManifestLine, ManifestPlugin,
        ManifestRef, ManifestSource, ManifestTls, ManifestValue, ManifestVariable, NAME as MANIFEST_NAME, Place,
        manifest_schema, template as manifest_template,
    },
    paths::Places,
    plugin::{Facts, Plugin, Wants, WantsHttp},
    policy::Grants,
    prompt::{Answer, Choice, Form, Kind, Left, Notice, Prompter, Question, WebPage},
    seal::{KeyPlace, Rekeyed, SealedNow, SealingKeys, Unchanged},
    trust::{Fact, Granted, Granting, Reach, Trust, Trusted},
};
