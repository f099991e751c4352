//! Whether a project's manifest may do what it asks for. What it reaches is `reach`'s, what the person said is kept by
//! `store`, who is asked is `gate`'s, what plugins of somebody else may use is `grants`', and which files may decide at
//! all is `files`'. Whether a use is within a grant is the policy's to say, not this module's.
//!
//! Stops: a cloned repository whose manifest sends secrets away, runs a plugin, or reaches for files elsewhere, before
//! the person said yes to just that. Does not stop: what was said yes to.

pub(crate) mod files;
mod gate;
mod grants;
mod path;
mod reach;
mod store;

use harmony_config_core::{ConfigError, Failure, FailureCode};

pub(crate) use self::{gate::Given, grants::Named, path::resolve};
pub use self::{
    gate::Trust,
    grants::{Granted, Granting},
    reach::{Fact, Reach},
    store::Trusted,
};

/// What the person has not said yes to, or what nobody may decide.
pub(crate) fn denied(message: String) -> ConfigError {
    ConfigError::from_failure(Failure::new(FailureCode::Denied, message))
}
