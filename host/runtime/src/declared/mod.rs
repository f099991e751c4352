//! What a command line, which has no Rust types, knows of the keys of a program: from the types of its own program, from
//! the schema document that the project has, or from what the program left behind when it last ran (`record`). What is
//! known is `harmony-config-core`'s [`Registry`]; here is only where it comes from.

mod record;

use std::{
    io,
    path::{Path, PathBuf},
};

use harmony_config_core::{ConfigError, Registry};

use crate::{
    Manifest, Places, limits,
    trust::{
        self,
        files::{self, Care, Fault, Unfit},
    },
};

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
    match read(&file, Care::Project) {
        Ok(text) => Ok(Some((Registry::from_document(&text, &file.display().to_string())?, file))),
        Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            if manifest.schema.is_some() {
                tracing::warn!(
                    "the manifest names the schema document {}, and it is not there; have the program write it \
                     (harmony_config::export_schema)",
                    file.display()
                );
            }
            Ok(None)
        }
        Err(fault) => Err(unusable(&file, fault)),
    }
}

fn unusable(file: &Path, fault: Fault) -> ConfigError {
    let (why, remedy) = match fault {
        Fault::Io(error) => {
            return ConfigError::manifest(format!("the schema document {} cannot be read: {error}", file.display()))
                .with_remedy(
                    "see that you may read it, or have the program write it again (harmony_config::export_schema)",
                )
                .with_cause(error);
        }
        Fault::Link => ("it became a symbolic link while it was looked at".to_owned(), "try again".to_owned()),
        Fault::Unfit(Unfit::Foreign(uid)) => (
            format!("it belongs to another user (number {uid}), who could have it call your secrets something else"),
            "read it, and if it is fit, put a copy of your own in its place".to_owned(),
        ),
        Fault::Unfit(Unfit::Writable(who)) => (
            format!("{who} may write it, and could have it call your secrets something else"),
            format!("read it, and if it is fit: chmod go-w {}", file.display()),
        ),
    };
    trust::denied(format!("the schema document {} is not used: {why}", file.display())).with_remedy(remedy)
}

/// The text of a file that says which values are secrets.
fn read(file: &Path, care: Care) -> Result<String, Fault> {
    let bytes = files::read(file, limits::MAX_SCHEMA_BYTES, care, true)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8").into())
}
