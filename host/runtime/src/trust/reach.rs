//! What a manifest reaches beyond what is harmless, as a sorted list of facts, and its digest. Pure but for the symbolic
//! links on paths, which are followed. Whether the person said yes to it is `gate`'s business.
//!
//! Harmless, and so in no list: the bundled `env`, `prompt` and `keyring` (the app's own entries), and bundled sources that
//! keep files below the manifest's folder or in the person's data folder. What the person's own manifest says by itself
//! is their word already; once a project changes such a source, all of it is in the list.

mod finder;
mod network;
mod places;
mod shown;

use harmony_config_core::ConfigError;
use sha2::{Digest, Sha256};

use self::finder::Finder;
use crate::{Manifest, Places, hex::hex};

/// The version of the list: a digest of one version says nothing about another.
const VERSION: &str = "harmony-config reach 1";

/// One thing that a manifest reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// What is hashed: a JSON list, the same whatever the manifest's form. It may have a secret of the environment in it.
    canonical: String,
    /// What it is, in words that follow "it would".
    pub words: String,
    /// Where the manifest says so: `FILE:LINE`.
    pub place: Option<String>,
}

/// What a manifest reaches beyond what is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reach {
    /// Each thing once, what weighs most first.
    pub facts: Vec<Fact>,
}

impl Reach {
    /// Whether there is nothing that the person would have to say yes to.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The digest of all of it, `sha256:…`: the same for two manifests that reach the same.
    pub fn id(&self) -> String {
        let mut lines: Vec<&str> = self.facts.iter().map(|fact| fact.canonical.as_str()).collect();
        lines.sort_unstable();
        let mut digest = Sha256::new();
        digest.update(VERSION);
        for line in lines {
            digest.update("\n");
            digest.update(line);
        }
        format!("sha256:{}", hex(&digest.finalize()))
    }

    /// What weighs most of it in one sentence, for an error. What the person said yes to before is left out.
    pub(crate) fn sentence(&self, known: &[String]) -> String {
        const MOST: usize = 3;
        let new: Vec<&str> = self
            .facts
            .iter()
            .map(|fact| fact.words.as_str())
            .filter(|words| !known.iter().any(|known| known == words))
            .collect();
        let said = new.get(..MOST.min(new.len())).unwrap_or_default();
        match (said, new.len().saturating_sub(MOST)) {
            // Less than before, which is another reach all the same.
            ([], _) => "do what you trusted in another way: a variable has another value, or something went".to_owned(),
            (said, 1) => format!("{}; and one thing more", said.join("; ")),
            (said, more) if more > 1 => format!("{}; and {more} things more", said.join("; ")),
            ([said @ .., last], _) if !said.is_empty() => format!("{}; and {last}", said.join("; ")),
            (said, _) => said.concat(),
        }
    }

    /// What this manifest reaches on this machine. `namespace` is the manifest's own.
    pub(crate) fn of(manifest: &Manifest, namespace: &str, places: &Places) -> Result<Reach, ConfigError> {
        let mut facts = Finder::of(manifest, namespace, places)?;
        facts.sort_by_key(|(weight, fact)| (*weight, fact.canonical.clone()));
        facts.dedup();
        Ok(Reach { facts: facts.into_iter().map(|(_, fact)| fact).collect() })
    }
}

#[cfg(test)]
mod tests;
