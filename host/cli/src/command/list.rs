//! `list`: which keys there are, whether they have a value, and where.

use std::collections::BTreeMap;

use clap::Args;
use clap_complete::ArgValueCompleter;
use harmony_config_core::{Checked, Coordinate, Sensitivity, Standing, check_name};
use harmony_config_host::Loaded;

use crate::{Context, Failed, Output, completion, declared, output::Key};

/// Prints the keys that the program declares and the keys and instances that some source holds: set, missing or invalid,
/// and which sources have them. Never a value.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config list
  $ harmony-config list Fire --json")]
pub struct List {
    /// Only keys that begin so.
    #[arg(value_name = "PREFIX", add = ArgValueCompleter::new(completion::keys))]
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
            // No key begins with what no key may have in it, and no source should see it. What a key may not end in may
            // well be in the middle of one.
            check_name("prefix", prefix.strip_suffix(['_', '-']).filter(|rest| !rest.is_empty()).unwrap_or(prefix))?;
        }
        let loaded = context.load()?;
        let entries = keys(&loaded, prefix).await?;
        Ok(Output::Listed { namespace: loaded.manager.namespace().to_owned(), prefix: prefix.to_owned(), entries })
    }
}

/// All keys that begin so: what is stored, and what is declared. A declared one is looked at, to say whether it fits.
async fn keys(loaded: &Loaded, prefix: &str) -> Result<Vec<Key>, Failed> {
    let mut keys: BTreeMap<Coordinate, Key> = BTreeMap::new();
    for listed in loaded.manager.list_keys(prefix).await? {
        let sources = listed.sources.iter().map(|source| source.to_string()).collect();
        let key = Key {
            at: listed.at.clone(),
            declared: false,
            sensitivity: listed.sensitivity,
            standing: Standing::Set,
            sources,
        };
        keys.insert(listed.at, key);
    }
    for checked in checked(loaded, prefix, keys.keys()).await? {
        let Checked { at, sensitivity, standing, origin, .. } = checked;
        let key = keys.entry(at.clone()).or_insert_with(|| Key {
            at,
            declared: true,
            sensitivity: Sensitivity::Standard,
            standing,
            sources: Vec::new(),
        });
        (key.declared, key.standing, key.sensitivity) = (true, standing, sensitivity.max(key.sensitivity));
        // A source that cannot list, or was not asked to, may have it all the same.
        for step in origin.steps.iter().filter(|step| step.location.is_some()) {
            if !key.sources.iter().any(|source| **source == *step.source) {
                key.sources.push(step.source.to_string());
            }
        }
        let order: Vec<&str> = loaded.manager.source_names().collect();
        key.sources.sort_by_key(|source| order.iter().position(|name| name == source).unwrap_or(order.len()));
    }
    Ok(keys.into_values().collect())
}

/// What becomes of every declared key that begins so, and of its instances among those that are stored. Where only
/// instances are stored, the plain key is not missed.
pub(crate) async fn checked<'a>(
    loaded: &Loaded,
    prefix: &str,
    stored: impl Iterator<Item = &'a Coordinate> + Clone,
) -> Result<Vec<Checked>, Failed> {
    let mut wanted = Vec::new();
    for one in loaded.declared.iter().filter(|one| one.key().starts_with(prefix)) {
        let shape = declared::shape(loaded, one.key())?;
        wanted.push((Coordinate::new(loaded.manager.namespace(), one.key(), None)?, shape.clone()));
        let instances = stored.clone().filter(|at| at.key() == one.key() && at.instance().is_some());
        wanted.extend(instances.map(|at| (at.clone(), shape.clone())));
    }
    let mut checked = loaded.manager.check_values(&wanted).await;
    let instances: Vec<Coordinate> =
        checked.iter().filter(|one| one.at.instance().is_some()).map(|one| one.at.clone()).collect();
    checked.retain(|one| {
        one.at.instance().is_some()
            || one.standing != Standing::Missing
            || !one.faults.is_empty()
            || !instances.iter().any(|at| at.key() == one.at.key())
    });
    Ok(checked)
}
