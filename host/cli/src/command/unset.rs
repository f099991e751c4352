//! `unset`: removes a value, and says which one wins now.

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::{Context, Failed, Output, completion, context::read_from, declared, meant, target::Target};

/// Removes the value that wins, or the one that the named source has, and says which value wins now. Of a field, only it is
/// removed: what is left there counts as some of the fields.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config unset AppConfig.port
  $ harmony-config unset AppConfig
  $ harmony-config rm Firewall@fw-a --in sqlite")]
pub struct Unset {
    /// Which value, and perhaps which field of it: AppConfig, Firewall@fw-a, AppConfig.server.port.
    #[arg(value_name = "KEY[@INSTANCE][.FIELD…]", add = ArgValueCompleter::new(completion::keys))]
    pub key: String,
    /// Remove it from this source, instead of the one that wins.
    #[arg(long = "in", value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
    pub source: Option<String>,
}

impl Unset {
    /// Removes the value.
    ///
    /// # Errors
    /// Where there is none, or the source that has it cannot be written.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let target = Target::parse(&self.key)?;
        let loaded = context.load_asking(context.answers()?).await?;
        let at = target.at(loaded.manager.namespace())?;
        let shape = declared::shape(&loaded, at.key())?;
        if let Some(source) = &self.source {
            // A source takes the removal of nothing for done; a person who mistyped wants to know.
            match read_from(&loaded, source, &at, &shape).await {
                // What cannot be read (its key is lost, it is no JSON) can be removed all the same.
                Err(failed) if !matches!(failed.exit_code, 6 | 7) => return Err(failed),
                _ => {}
            }
        }
        let (manager, source) = (&loaded.manager, self.source.as_deref());
        let deleted = match target.fields.as_slice() {
            [] => manager.delete_value(&at, source).await,
            fields => manager.delete_field(&at, &shape, fields, source).await,
        };
        let deleted = match deleted {
            Ok(deleted) => deleted,
            Err(error) => return Err(meant::key_of(&loaded, &at, error.into()).await),
        };
        let now = manager.explain_value(&at, &shape).await;
        Ok(Output::Removed { at, path: target.fields, source: deleted.source.to_string(), now: Box::new(now) })
    }
}
