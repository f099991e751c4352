//! Typed configuration through an ordered chain of sources.
#![deny(missing_docs)]

mod coordinate;
mod error;
mod failure;
mod origin;
mod source;

pub use crate::{
    coordinate::{Coordinate, DEFAULT_NAMESPACE, MAX_NAME_BYTES, check_name},
    error::ConfigError,
    failure::{Blame, Failure, FailureCode},
    origin::{Origin, Outcome, Resolved, Step},
    source::{ConfigSource, Entry, Features, Interaction, Page, PromptNotes, Request, Sensitivity},
};
