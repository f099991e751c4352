//! `move`: takes values from one source to another, each of them read back before the old copy goes.

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::{ConfigError, Coordinate, Move as How};
use harmony_config_host::Loaded;

use crate::{
    Context, Failed, Output, completion,
    context::check_source,
    declared,
    output::{Moved, MovedOne},
    target::Target,
};

/// Moves values from one source to another. A value goes from the old place only when it was read back from the new one, and
/// nobody changed it meanwhile: ended at any moment, it is in one of the two, or in both.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config move AppConfig --from sqlite --to local-file
  $ harmony-config move --all --from local-file --to sqlite --dry-run")]
pub struct Move {
    /// Which values: AppConfig, or Firewall@fw-a.
    #[arg(value_name = "KEY[@INSTANCE]", add = ArgValueCompleter::new(completion::keys), required_unless_present = "all", conflicts_with = "all")]
    pub keys: Vec<String>,
    /// Every value that the source holds in this namespace.
    #[arg(long)]
    pub all: bool,
    /// The source that has them.
    #[arg(long, value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
    pub from: String,
    /// The source that is to have them.
    #[arg(long, value_name = "SOURCE", add = ArgValueCompleter::new(completion::sources))]
    pub to: String,
    /// Replace other values that are there already.
    #[arg(long)]
    pub force: bool,
    /// Look at everything, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl Move {
    /// Moves the values, one after the other. One that cannot be moved does not keep the others from it.
    ///
    /// # Errors
    /// Where nothing could be begun. What became of each value is in the answer.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let targets = self.keys.iter().map(|key| Target::whole(key)).collect::<Result<Vec<Target>, Failed>>()?;
        let loaded = context.load_asking(context.answers()?).await?;
        check_source(&loaded, &self.from)?;
        check_source(&loaded, &self.to)?;
        let namespace = loaded.manager.namespace();
        let all = match self.all {
            true => loaded.manager.list_in(&self.from, "").await.map_err(|error| self.unlisted(error))?,
            false => targets.iter().map(|target| target.at(namespace)).collect::<Result<Vec<Coordinate>, Failed>>()?,
        };
        let mut report = Moved {
            namespace: namespace.to_owned(),
            from: self.from.clone(),
            to: self.to.clone(),
            dry_run: self.dry_run,
            moved: Vec::new(),
            failed: Vec::new(),
        };
        for at in all {
            match self.one(&loaded, &at).await {
                Ok(moved) => report.moved.push(moved),
                Err(failed) => report.failed.push(failed),
            }
        }
        Ok(report.into())
    }

    async fn one(&self, loaded: &Loaded, at: &Coordinate) -> Result<MovedOne, Failed> {
        let how = How { from: &self.from, to: &self.to, overwrite: self.force, dry_run: self.dry_run };
        let shape = declared::shape(loaded, at.key())?;
        match loaded.manager.move_value(at, &shape, &how).await {
            Ok(moved) => Ok(MovedOne {
                at: at.clone(),
                version: moved.version,
                was_there: moved.was_there,
                replaced: moved.replaced,
            }),
            Err(error) => Err(self.unmoved(at, error)),
        }
    }

    /// The error, with the commands that help.
    fn unmoved(&self, at: &Coordinate, error: ConfigError) -> Failed {
        let (from, to, namespace) = (&self.from, &self.to, at.namespace());
        let remedy = match &error {
            ConfigError::Conflict(_) => format!(
                "see both: harmony-config -n {namespace} get {at} --from {from}, and --from {to}; to replace the one in \
                 `{to}`: harmony-config -n {namespace} move {at} --from {from} --to {to} --force"
            ),
            ConfigError::NotFound(_) => format!("see what has it: harmony-config -n {namespace} explain {at}"),
            _ => return Failed::from(error),
        };
        Failed::from(error).with_remedy(remedy)
    }

    fn unlisted(&self, error: ConfigError) -> Failed {
        let failed = Failed::from(error);
        let remedy = failed.remedy.clone().unwrap_or_else(|| "name the keys instead of --all".to_owned());
        failed.with_source(&self.from).with_remedy(remedy)
    }
}
