//! `check`: what is missing or invalid of all that the program declares.

use std::sync::Arc;

use clap::Args;
use harmony_config_core::{Checked, Coordinate, Shape, Standing};
use harmony_config_host::{Loaded, SCHEMA_NAME};

use crate::{Context, Failed, Output, command::list};

/// Says what is missing or invalid of all that the program declares: which key, which field, where, and what to do. It
/// exits with 0 where all is there, with 3 where something is missing, with 7 where something is invalid.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config check || echo 'something is missing'")]
pub struct Check {
    /// Ask for all that is missing or invalid, in one form, and keep the answers.
    #[arg(long)]
    pub prompt: bool,
}

impl Check {
    /// Looks at all declared keys.
    ///
    /// # Errors
    /// Where nothing is declared, or where a person was to be asked and was not.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = match self.prompt {
            true => context.load_asking(context.answers()?).await?,
            false => context.load()?,
        };
        something_declared(context, &loaded)?;
        let mut checked = look(&loaded).await?;
        let wanted = wanting(&loaded, &checked);
        if self.prompt && !wanted.is_empty() {
            // What a person cannot put right is said below, together with the rest.
            let hopeless = |code: u8| matches!(code, 3 | 7);
            let answers = loaded.manager.ensure_values(&wanted).await;
            if let Some(error) = answers.into_iter().filter_map(Result::err).find(|error| !hopeless(error.exit_code()))
            {
                return Err(error.into());
            }
            checked = look(&loaded).await?;
        }
        Ok(Output::Checked { namespace: loaded.manager.namespace().to_owned(), checked })
    }
}

/// Every declared key, and its stored instances.
async fn look(loaded: &Loaded) -> Result<Vec<Checked>, Failed> {
    // A source that cannot list is met again below, by each key that it should have.
    let stored = loaded.manager.list_keys("").await.unwrap_or_else(|error| {
        tracing::warn!("which instances there are is not known: {}", error.message());
        Vec::new()
    });
    list::checked(loaded, "", stored.iter().map(|listed| &listed.at)).await
}

/// What is not as it should be.
fn wanting(loaded: &Loaded, checked: &[Checked]) -> Vec<(Coordinate, Arc<Shape>)> {
    let wanting = checked.iter().filter(|one| one.standing != Standing::Set);
    wanting.map(|one| (one.at.clone(), loaded.declared.shape(one.at.key()))).collect()
}

/// Refuses where nobody declared anything: then there is nothing to say, and silence would look like a yes.
pub(crate) fn something_declared(context: &Context<'_>, loaded: &Loaded) -> Result<(), Failed> {
    if !loaded.declared.is_empty() {
        return Ok(());
    }
    let remedy = match loaded.manifest.file.as_deref().and_then(|file| file.parent()) {
        Some(folder) => format!(
            "run the program once, or have it write {} (harmony_config::export_schema)",
            folder.join(SCHEMA_NAME).display()
        ),
        None => format!(
            "run the program once, from this folder; or begin with a manifest: {} init",
            context.program.command
        ),
    };
    Err(Failed::usage("no program has said yet which values it needs here, so there is nothing to look for")
        .with_remedy(remedy))
}
