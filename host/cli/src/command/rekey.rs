//! `rekey`: another key for all that is sealed.

use clap::{Args, ValueEnum};
use harmony_config_core::ConfigError;
use harmony_config_host::{KeyPlace, Unchanged};

use crate::{Context, Failed, Output};

/// Makes a new key, and seals with it all that the chain's sources have sealed. The old key is removed after the last value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config rekey
  $ harmony-config rekey --to file")]
pub struct Rekey {
    /// Keep the key there: in the keyring of the operating system, or in a file that only you can read.
    #[arg(long, value_name = "PLACE", value_enum)]
    pub to: Option<Place>,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// In the keyring of the operating system.
    Keyring,
    /// In a file that only its owner can read.
    File,
}

impl Rekey {
    /// Changes the key.
    ///
    /// # Errors
    /// Where no key can be had or made, or a value could not be sealed anew: then the old key stays, and the command can be
    /// given again.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load()?;
        let place = self.to.map(|place| match place {
            Place::Keyring => KeyPlace::Keyring,
            Place::File => KeyPlace::File,
        });
        let done = loaded.rekey(place).await?;
        match unchanged(&done.unchanged) {
            Some(failed) => Err(Failed {
                message: format!("not all is sealed with the new key, so the old one is kept: {}", failed.message),
                ..failed
            }
            .with_remedy("put right what is named, and give the command again: it goes on where it ended")),
            None => Ok(Output::Rekeyed(Box::new(done))),
        }
    }
}

/// The failure of values that could not be changed, if there are any.
pub(crate) fn unchanged(all: &[Unchanged]) -> Option<Failed> {
    let first = all.first()?;
    let told: Vec<String> = all
        .iter()
        .take(5)
        .map(|one| match &one.at {
            Some(at) => format!("{at} in `{}` (namespace {}): {}", one.source, at.namespace(), one.failure.message),
            None => format!("`{}` could not be listed: {}", one.source, one.failure.message),
        })
        .collect();
    let more = match all.len() - told.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let failed = Failed::from(ConfigError::from_failure(first.failure.clone()));
    Some(Failed { message: format!("{}{more}", told.join("; ")), ..failed.with_source(first.source.clone()) })
}
