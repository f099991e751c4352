//! `explain`: what each source has for a key, and which one wins.

use clap::Args;
use harmony_config_core::Shape;

use crate::{Context, Failed, Output, target::Target};

/// Asks every source afresh, and nobody else, and prints what each has for a key and which one wins. Never a value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  $ harmony-config explain AppConfig")]
pub struct Explain {
    /// Which value: AppConfig, or Firewall@fw-a.
    #[arg(value_name = "KEY[@INSTANCE]")]
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
        let explanation = loaded.manager.explain_value(&at, &Shape::undeclared()).await;
        Ok(Output::Explained(Box::new(explanation)))
    }
}
