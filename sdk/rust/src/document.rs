//! One file that the host opened for this source, whole. For a plugin that wants `document`. Which file it is, the host
//! decides, by the setting that the plugin names; there is no path to give.

use crate::{Expected, Failure, bindings::harmony::config::document as contract};

pub use contract::Content;

/// The file as it is now; none where it does not exist.
///
/// # Errors
/// `invalid` where it is too large, or no file; `denied` and `unavailable` as the system says.
pub fn read() -> Result<Option<Content>, Failure> {
    contract::read()
}

/// Replaces the whole file and answers its new version. Makes it where it does not exist. Whoever reads meanwhile reads
/// the old text or the new one.
///
/// # Errors
/// `conflict` where `expected` does not hold; then nothing was written. As [`read`] besides.
pub fn write(bytes: &[u8], expected: &Expected) -> Result<String, Failure> {
    contract::write(bytes, expected.as_contract())
}

/// The place of the file, for people.
pub fn location() -> String {
    contract::location()
}
