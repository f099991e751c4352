//! The names of files: `[{namespace}/]{KEY}[@{instance}].json`, the default namespace in the directory itself. A name that
//! a coordinate cannot have is somebody else's file.

use harmony_config_plugin_shared::names;
use harmony_config_sdk::Coordinate;

const SUFFIX: &str = ".json";

/// What the name of a temporary file ends with; it begins with a point, which no key does.
const TEMPORARY: &str = ".tmp";

/// The file of a coordinate, below the directory.
pub(crate) fn file(at: &Coordinate, default_namespace: &str) -> String {
    let mut file = String::new();
    if at.namespace != default_namespace {
        file.push_str(&at.namespace);
        file.push('/');
    }
    file.push_str(&names::of(at));
    file.push_str(SUFFIX);
    file
}

/// The key and instance that a file's name means, if it means any.
pub(crate) fn key(file: &str) -> Option<(String, Option<String>)> {
    names::key(file.strip_suffix(SUFFIX)?)
}

/// A temporary file for `file`, in the same directory, so that it can be renamed.
pub(crate) fn temporary(file: &str, random: u64) -> String {
    let (folder, name) = match file.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), file),
    };
    format!("{folder}.{name}.{random:016x}{TEMPORARY}")
}

/// Whether a file is a temporary one of this source.
pub(crate) fn is_temporary(file: &str) -> bool {
    let inner = file.strip_prefix('.').and_then(|rest| rest.strip_suffix(TEMPORARY));
    let Some((name, random)) = inner.and_then(|inner| inner.rsplit_once('.')) else { return false };
    key(name).is_some() && random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit())
}
