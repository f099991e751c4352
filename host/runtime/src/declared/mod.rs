//! What a command line, which has no Rust types, knows of the keys of a program: from the types of its own program, from
//! the schema document that the project has, or from what the program left behind when it last ran (`record`). What is
//! known is `harmony-config-core`'s [`Registry`]; here is only where it comes from.

mod record;

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use harmony_config_core::{ConfigError, Registry};

use crate::{Manifest, Places, limits};

pub(crate) use self::record::keep;

/// The name of a schema document's file, beside the manifest.
pub const SCHEMA_NAME: &str = "harmony-config.schema.json";

/// Where what is known of keys comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeclaredIn {
    /// The types of the running program itself.
    Program,
    /// The schema document of the project.
    Document(PathBuf),
    /// What a program of the project left behind when it last ran.
    Record(PathBuf),
}

/// What is known of keys where the program itself has no types, or not all: its own go before what is read.
///
/// # Errors
/// A schema document that is there and cannot be used. What a program left behind is only used where it can be.
pub(crate) fn find(
    manifest: &Manifest,
    places: &Places,
    linked: &Registry,
) -> Result<(Registry, Vec<DeclaredIn>), ConfigError> {
    let mut known = linked.clone();
    let mut from = Vec::new();
    if !linked.is_empty() {
        from.push(DeclaredIn::Program);
    }
    match document(manifest)? {
        Some((registry, file)) => {
            known.add_missing(&registry);
            from.push(DeclaredIn::Document(file));
        }
        None => {
            for (registry, file) in record::read(manifest, places) {
                known.add_missing(&registry);
                from.push(DeclaredIn::Record(file));
            }
        }
    }
    Ok((known, from))
}

/// The schema document: the one that the manifest names, else the one that lies beside it.
fn document(manifest: &Manifest) -> Result<Option<(Registry, PathBuf)>, ConfigError> {
    let beside = manifest.file.as_deref().and_then(Path::parent).map(|folder| folder.join(SCHEMA_NAME));
    let Some(file) = manifest.schema.clone().or(beside) else { return Ok(None) };
    match read(&file) {
        Ok(text) => Ok(Some((Registry::from_document(&text, &file.display().to_string())?, file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if manifest.schema.is_some() {
                tracing::warn!(
                    "the manifest names the schema document {}, and it is not there; have the program write it \
                     (harmony_config::export_schema)",
                    file.display()
                );
            }
            Ok(None)
        }
        Err(error) => {
            Err(ConfigError::manifest(format!("the schema document {} cannot be read: {error}", file.display()))
                .with_remedy(
                    "see that you may read it, or have the program write it again (harmony_config::export_schema)",
                )
                .with_cause(error))
        }
    }
}

fn read(file: &Path) -> io::Result<String> {
    let regular = |metadata: &fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::other("it is not a regular file")),
    };
    // Before it is opened too: opening a pipe would wait for somebody to write into it.
    regular(&fs::metadata(file)?)?;
    let opened = fs::File::open(file)?;
    regular(&opened.metadata()?)?;
    let mut text = String::new();
    opened.take(limits::MAX_SCHEMA_BYTES + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => io::Error::other("it is not UTF-8"),
        _ => error,
    })?;
    if text.len() as u64 > limits::MAX_SCHEMA_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", limits::MAX_SCHEMA_BYTES >> 20)));
    }
    Ok(text)
}
