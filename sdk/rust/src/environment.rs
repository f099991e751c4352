//! The environment variables of the host's process, as they are now. For a plugin that wants `environment`: it sees the
//! variables that begin with [`Host::prefix`](crate::Host::prefix).

use crate::{Failure, bindings::harmony::config::environment as contract};

/// The value of a variable, or none where it is not set.
///
/// # Errors
/// `invalid` where the value is not Unicode, `denied` for a name that was not granted.
pub fn get(name: &str) -> Result<Option<String>, Failure> {
    contract::get(name)
}

/// The names of all variables that begin with `prefix`, sorted.
///
/// # Errors
/// `denied` for a prefix that was not granted.
pub fn names(prefix: &str) -> Result<Vec<String>, Failure> {
    contract::names(prefix)
}
