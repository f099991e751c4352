//! Small files with a credential in them, which the settings name. For a plugin that wants `credential-files`.

use crate::{Failure, bindings::harmony::config::credential_file as contract};

/// What the file holds now, that a setting names, without white space at its two ends; none where it does not exist.
/// `setting` is the path of the setting, from the outside in: `["auth", "0", "file"]`.
///
/// # Errors
/// `denied` for a setting that is none of those that the plugin wants, `invalid` where the file is too large or no text,
/// and as the system says.
pub fn read(setting: &[&str]) -> Result<Option<String>, Failure> {
    let setting: Vec<String> = setting.iter().map(|part| (*part).to_owned()).collect();
    contract::read(&setting)
}
