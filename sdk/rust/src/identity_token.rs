//! Tokens of an identity that the settings of this source name. For a plugin that wants `identities`. `setting` is the path
//! of the setting, from the outside in: `["auth", "0", "identity"]`; its member `audience` beside it, if there is one, is
//! whom the token is for.

use crate::{Failure, bindings::harmony::config::identity_token as contract};

pub use contract::Token;

/// A token that says who is signed in. Where the call may ask a person, the identity may; that time does not count towards
/// the source's deadline.
///
/// # Errors
/// `interaction-required` where a person would be needed; `denied` for a setting that is none of those that the plugin
/// wants; and whatever the identity fails with.
pub fn get(setting: &[&str]) -> Result<Token, Failure> {
    contract::get(&owned(setting))
}

/// Which sign-in there is, in an opaque text: another sign-in has another. None where nobody is known to be signed in. It
/// asks nobody and costs little. What is kept in a [`session`](crate::session) for whoever is signed in belongs under a
/// name with this text in it.
///
/// # Errors
/// As [`get`], but for a person, who is not needed.
pub fn current(setting: &[&str]) -> Result<Option<String>, Failure> {
    contract::current(&owned(setting))
}

fn owned(setting: &[&str]) -> Vec<String> {
    setting.iter().map(|part| (*part).to_owned()).collect()
}
