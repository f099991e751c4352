//! `get`: prints a value, or one field of it.

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::Interaction;

use crate::{Context, Failed, Output, completion, context::read_from, declared, meant, output::Found, target::Target};

/// Prints the value that wins. Text is printed as it is, everything else as JSON. A secret too: it was asked for.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config get AppConfig
  $ harmony-config get AppConfig.port
  $ harmony-config get AppConfig --from sqlite")]
pub struct Get {
    /// Which value, and perhaps which field of it: AppConfig, Firewall@fw-a, AppConfig.server.port.
    #[arg(value_name = "KEY[@INSTANCE][.FIELD…]", add = ArgValueCompleter::new(completion::keys))]
    pub key: String,
    /// What this source has, whatever stands above it.
    #[arg(long, value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
    pub from: Option<String>,
    /// Ask for what no source has, and keep the answer.
    #[arg(long, conflicts_with = "from")]
    pub prompt: bool,
}

impl Get {
    /// Finds the value.
    ///
    /// # Errors
    /// Where no source has it, or one that matters could not be asked.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let target = Target::parse(&self.key)?;
        let loaded = match self.prompt {
            true => context.load_asking(context.answers()?).await?,
            false => context.load()?,
        };
        let at = target.at(loaded.manager.namespace())?;
        let shape = declared::shape(&loaded, at.key())?;
        let resolved = match &self.from {
            Some(source) => read_from(&loaded, source, &at, &shape).await,
            None => {
                let interaction = if self.prompt { Interaction::Allowed } else { Interaction::Forbidden };
                loaded.manager.resolve_value(&at, &shape, interaction).await.map_err(Failed::from)
            }
        };
        let resolved = match resolved {
            Ok(resolved) => resolved,
            Err(failed) => return Err(meant::key_of(&loaded, &at, failed).await),
        };
        let origin = resolved.origin;
        let source = origin.winner.as_deref().map(str::to_owned);
        let location = origin.location().map(str::to_owned);
        if let Some(source) = &source {
            let place = location.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
            tracing::info!("{at} comes from `{source}`{place}");
        }
        let value = target.part_of(resolved.value, source.as_deref(), &shape)?;
        Ok(Output::Found(Box::new(Found {
            at,
            path: target.fields,
            value,
            source,
            location,
            fields: origin.fields.into_iter().map(|(field, source)| (field, source.to_string())).collect(),
            degraded: origin.degraded,
        })))
    }
}
