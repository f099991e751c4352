//! Typed configuration through an ordered chain of sources: the part without WebAssembly.
//!
//! Programs usually depend on the `harmony-config` crate, which re-exports this one together with the derive. Here live
//! the trait that a configuration type implements ([`Config`]), the trait that a source implements ([`ConfigSource`]),
//! the walk through the chain and its laws ([`ConfigManager`]), what an error is ([`ConfigError`]) and where a value came
//! from ([`Origin`]). What does not live here: any source but the adapter for today's secret stores ([`StoreSource`]),
//! the manifest, and everything that knows WebAssembly; that is `harmony-config-host`.
#![deny(missing_docs)]

#[cfg(feature = "schemars")]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod chain;
mod config;
mod coordinate;
pub mod envelope;
mod error;
mod failure;
mod gate;
mod manager;
mod merge;
mod origin;
mod registry;
mod schema;
mod secret;
mod source;
mod store;

pub use crate::{
    chain::{
        OnError,
        check::{Checked, FaultAt, Standing},
        explain::{ExplainedStep, Explanation},
        health::Health,
        list::Listed,
        persist::{Deleted, Written},
        route::{Route, Routes},
        transfer::{Move, Moved},
    },
    config::{Config, Shape},
    coordinate::{Coordinate, DEFAULT_NAMESPACE, MAX_NAME_BYTES, check_name},
    error::{ConfigError, Details},
    failure::{Blame, Failure, FailureCode},
    gate::Gate,
    manager::{ConfigManager, ConfigSet, ManagerBuilder},
    origin::{Origin, Outcome, Resolved, Step},
    registry::{DOCUMENT_VERSION, Declared, Registry, export_schema, schema_document},
    schema::fault::Fault,
    secret::Secret,
    source::{ConfigSource, Entry, Features, Interaction, Location, Page, PromptNotes, Request, Sensitivity},
    store::{SecretStore, SecretStoreError, StoreSource},
};
