//! `explain`: what each source has for a key, and which one wins.

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::{Context, Failed, Output, completion, declared, meant, target::Target};

/// Asks every source afresh, and nobody else, and prints what each has for a key and which one wins. Never a value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config explain AppConfig")]
pub struct Explain {
    /// Which value: AppConfig, or Firewall@fw-a.
    #[arg(value_name = "KEY[@INSTANCE]", add = ArgValueCompleter::new(completion::keys))]
    pub key: String,
}

impl Explain {
    /// Walks the chain.
    ///
    /// # Errors
    /// Where the chain cannot be made. A source that fails is part of the answer.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let target = Target::whole(&self.key)?;
        let loaded = context.load()?;
        let at = target.at(loaded.manager.namespace())?;
        let shape = declared::shape(&loaded, at.key())?;
        let explanation = loaded.manager.explain_value(&at, &shape).await;
        if explanation.winner.is_none()
            && let Some(meant) = meant::key(&loaded, &at).await
        {
            tracing::warn!("nobody declared `{}`; did you mean `{meant}`?", at.key());
        }
        Ok(Output::Explained(Box::new(explanation)))
    }
}
