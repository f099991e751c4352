//! `list`: which keys have a value, and where.

use clap::Args;
use harmony_config_core::check_name;

use crate::{Context, Failed, Output};

/// Prints the keys and instances of the namespace that some source holds, and which sources do. Never a value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config list
  $ harmony-config list Fire --json")]
pub struct List {
    /// Only keys that begin so.
    #[arg(value_name = "PREFIX")]
    pub prefix: Option<String>,
}

impl List {
    /// Lists the keys.
    ///
    /// # Errors
    /// Where a source that can list could not, and its `on-error` says to fail.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        if !prefix.is_empty() {
            // No key begins with what no key may have in it, and no source should see it.
            check_name("prefix", prefix)?;
        }
        let loaded = context.load()?;
        let entries = loaded.manager.list_keys(prefix).await?;
        Ok(Output::Listed { namespace: loaded.manager.namespace().to_owned(), prefix: prefix.to_owned(), entries })
    }
}
