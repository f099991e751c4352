//! Writing the schema document of this program.

use std::{fs, io, path::Path};

use crate::ConfigError;

use super::linked;

/// The schema document of this program, as text: for one that is printed, or held by a test against the file.
///
/// # Errors
/// As [`export_schema`], but for the file.
pub fn schema_document() -> Result<String, ConfigError> {
    // Of two types with one key only one could stand in it, so that a test's own are too many here.
    Ok(linked::collect(true)?.to_document())
}

/// Writes what this program declares into a file, for the command line and for editors: the one line of a program that
/// lets `harmony-config` know its types.
///
/// The file is the same for the same types, and is left alone where it is so already.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # mod harmony_config { pub use harmony_config_core::*; pub use harmony_config_derive::Config; }
/// use harmony_config::Config;
///
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// # #[config(crate = "harmony_config")]
/// struct AppConfig {
///     port: u16,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("harmony-config.schema.json");
/// harmony_config::export_schema(&path)?; // "harmony-config.schema.json", beside the manifest
/// assert!(std::fs::read_to_string(&path).unwrap().contains("AppConfig"));
/// # Ok::<(), harmony_config::ConfigError>(())
/// ```
///
/// # Errors
/// [`ConfigError::Usage`] where two types have one key, or keys that would be one variable, a test's own types included;
/// [`ConfigError::Other`] where the file cannot be written.
pub fn export_schema(path: impl AsRef<Path>) -> Result<(), ConfigError> {
    let path = path.as_ref();
    let text = schema_document()?;
    replace(path, &text).map_err(|error| {
        ConfigError::other(format!("the schema document {} cannot be written: {error}", path.display()))
            .with_remedy("name a file in a folder that is there and that you may write")
            .with_cause(error)
    })
}

/// Writes a file as a whole: whoever reads it meanwhile sees the old text or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|known| known == text.as_bytes()) {
        return Ok(());
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
