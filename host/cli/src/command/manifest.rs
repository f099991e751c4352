//! `manifest`: which files say what holds here, and every line of it.

use clap::Args;
use harmony_config_host::manifest_schema;

use crate::{Context, Failed, Output};

/// Prints the files that the manifest is made of, the lowest layer first. Nothing is asked or opened but these.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config manifest
  $ harmony-config manifest --resolved
  $ harmony-config manifest --schema > harmony-config.manifest.schema.json")]
pub struct ManifestCommand {
    /// Every line that holds, with the file and line that says it.
    #[arg(long)]
    pub resolved: bool,
    /// The JSON Schema of manifests, for editors.
    #[arg(long, conflicts_with = "resolved")]
    pub schema: bool,
}

impl ManifestCommand {
    /// Reads the manifest.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        if self.schema {
            return Ok(Output::ManifestSchema(manifest_schema()));
        }
        let manifest = Box::new(context.load_unsettled(None)?.manifest);
        Ok(match self.resolved {
            true => Output::Resolved(manifest),
            false => Output::Manifest(manifest),
        })
    }
}
