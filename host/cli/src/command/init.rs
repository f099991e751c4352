//! `init`: writes a commented manifest. It asks nothing and overwrites nothing.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use harmony_config_host::{Loader, MANIFEST_NAME, Manifest, manifest_template};

use crate::{Context, Failed, Output};

/// Writes a commented manifest; its namespace is the folder's name.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config init")]
pub struct Init {}

impl Init {
    /// Writes the manifest.
    ///
    /// # Errors
    /// Where there is one already, or the folder cannot be written.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let folder = context.directory()?;
        let file = match &context.global.manifest {
            Some(file) => folder.join(file),
            None => folder.join(MANIFEST_NAME),
        };
        let name = match &context.global.namespace {
            Some(namespace) => {
                harmony_config_core::check_name("namespace", namespace)?;
                namespace.clone()
            }
            None => name_of(file.parent().unwrap_or(&folder)),
        };
        let text = manifest_template(&name);
        let namespace = Manifest::parse(&text, &file)?.namespace;
        let mut new = File::create_new(&file).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(&file),
            _ => Failed::manifest(format!("{} cannot be written: {error}", file.display()))
                .with_remedy("choose a folder that you may write, with -C"),
        })?;
        new.write_all(text.as_bytes()).map_err(|error| {
            // Half a manifest would be read as one.
            let _ = std::fs::remove_file(&file);
            Failed::manifest(format!("{} cannot be written: {error}", file.display()))
        })?;
        Ok(Output::Initialised { manifest: file, namespace })
    }
}

fn name_of(folder: &Path) -> String {
    let absolute: PathBuf = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What stands where the manifest would go.
fn exists(file: &Path) -> Failed {
    let found = match Loader::new().manifest_file(file).for_commands().load() {
        Ok(loaded) => {
            let manifest = &loaded.manifest;
            format!("namespace `{}`, chain {}", manifest.namespace, manifest.chain.join(" → "))
        }
        Err(_) => "it cannot be used as it is: `harmony-config list` says why".to_owned(),
    };
    Failed::manifest(format!("{} is there already ({found}); nothing was written", file.display()))
        .with_remedy("edit it, or move it away first")
}
