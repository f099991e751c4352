//! `seal`: seals what lies in plain.

use clap::Args;
use harmony_config_core::{Coordinate, Sensitivity};

use crate::{Context, Failed, Output, command::rekey::unchanged, target::Target};

/// Seals the secrets that lie in plain files: those of older programs, and those of before. A program that shares the
/// database and does not know sealing cannot read them afterwards.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config seal
  $ harmony-config seal AppConfig Firewall@fw-a")]
pub struct Seal {
    /// Only these values of the namespace, instead of all secrets of this namespace and the app's own.
    #[arg(value_name = "KEY[@INSTANCE]")]
    pub keys: Vec<String>,
}

impl Seal {
    /// Seals them.
    ///
    /// # Errors
    /// Where no key can be had or made, or a value could not be sealed; what was sealed stays sealed.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let targets = self.keys.iter().map(|key| Target::whole(key)).collect::<Result<Vec<Target>, Failed>>()?;
        let loaded = context.load()?;
        let mut only = Vec::new();
        for target in &targets {
            only.push(target.at(loaded.manager.namespace())?);
        }
        let is_meant = |at: &Coordinate| match only.is_empty() {
            true => loaded.declared.shape(at.key()).sensitivity() == Sensitivity::Secret,
            false => only.contains(at),
        };
        let done = loaded.seal(is_meant).await?;
        match unchanged(&done.unchanged) {
            Some(failed) => Err(Failed {
                message: format!("{} sealed, and not all could be: {}", done.sealed.len(), failed.message),
                ..failed
            }
            .with_remedy("put right what is named, and give the command again")),
            None => Ok(Output::Sealed(Box::new(done))),
        }
    }
}
