//! `schema`: what is known of the program's types, and where from.

use clap::Args;
use harmony_config_host::DeclaredIn;

use crate::{Context, Failed, Output, command::check::something_declared, meant, target::shown};

/// Prints what is known of the program's types, as the schema document that the program exports; with --key, the JSON
/// Schema of one key's value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config schema
  $ harmony-config schema --key AppConfig")]
pub struct Schema {
    /// Only this key's.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

impl Schema {
    /// Finds the document.
    ///
    /// # Errors
    /// Where nothing is declared, or not this key.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_unsettled(None)?;
        something_declared(context, &loaded)?;
        let document = loaded.declared.to_document();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
        let schema = match &self.key {
            None => document,
            Some(key) => {
                let declared = loaded.declared.get(key).ok_or_else(|| {
                    let known = || loaded.declared.iter().map(|declared| declared.key());
                    let meant = meant::nearest(key, known()).map(|near| format!("did you mean `{near}`? "));
                    let known: Vec<&str> = known().collect();
                    Failed::not_found(format!("nobody declared `{}`", shown(key))).with_remedy(format!(
                        "{}declared are: {}",
                        meant.unwrap_or_default(),
                        known.join(", ")
                    ))
                })?;
                declared.shape().schema().cloned().unwrap_or_default()
            }
        };
        let from = loaded.declared_in.iter().filter(|from| **from != DeclaredIn::Program).cloned().collect();
        Ok(Output::Schema { schema, from, key: self.key.clone() })
    }
}
