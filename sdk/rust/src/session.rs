//! What a sign-in leaves behind, kept by the host between calls, instances and processes. For a plugin that wants
//! `session`. A name is the plugin's own: it says who is signed in where, and no secret.

use crate::{Expected, Failure, bindings::harmony::config::session as contract};

pub use contract::{Kept, Turn};

/// What is kept under a name; none where nothing is.
///
/// # Errors
/// `denied` where the plugin was not granted a session.
pub fn load(name: &str) -> Result<Option<Kept>, Failure> {
    contract::load(name)
}

/// Keeps a text, and answers its version.
///
/// # Errors
/// `conflict` where `expected` does not hold; `invalid` where the text is too long; as [`load`] besides.
pub fn save(name: &str, value: &str, expected: &Expected) -> Result<String, Failure> {
    contract::save(name, value, expected.as_contract())
}

/// Forgets what is kept. That nothing is, is no failure, unless a version was expected.
///
/// # Errors
/// As [`save`].
pub fn remove(name: &str, expected: &Expected) -> Result<(), Failure> {
    contract::remove(name, expected.as_contract())
}

/// Waits for the turn to sign in under a name; dropping it ends it. Read again before signing in: somebody else may
/// just have done so.
///
/// # Errors
/// `unavailable` where somebody else has it for too long; as [`load`] besides.
pub fn enter(name: &str) -> Result<Turn, Failure> {
    contract::enter(name)
}
