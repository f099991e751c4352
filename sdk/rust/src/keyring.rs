//! Entries in the keyring of the operating system, under a service that the host decides. For a plugin that wants
//! `keyring`. There is no listing: not every keyring can.

use crate::{Expected, Failure, bindings::harmony::config::keyring as contract};

pub use contract::Secret;

/// What an entry holds; none where there is no such entry. A name is `KEY` or `KEY@INSTANCE`.
///
/// # Errors
/// `unavailable` where there is no keyring or it is locked, `denied` where it refuses.
pub fn get(name: &str) -> Result<Option<Secret>, Failure> {
    contract::get(name)
}

/// Keeps a text, and answers its version.
///
/// # Errors
/// `conflict` where `expected` does not hold, `invalid` where the text is too long for the keyring; as [`get`] besides.
pub fn set(name: &str, value: &str, expected: &Expected) -> Result<String, Failure> {
    contract::set(name, value, expected.as_contract())
}

/// Removes an entry. That there is none is no failure, unless a version was expected.
///
/// # Errors
/// As [`set`].
pub fn delete(name: &str, expected: &Expected) -> Result<(), Failure> {
    contract::delete(name, expected.as_contract())
}

/// The place of an entry, for people.
pub fn location(name: &str) -> String {
    contract::location(name)
}
