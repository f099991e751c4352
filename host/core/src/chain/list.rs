//! What is stored in a namespace, over all sources that can say so. Keys only, never a value.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ConfigError, Coordinate, Failure, Sensitivity};

use super::{Chain, Link, OnError, deadline};

/// One key that is stored somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Which value.
    pub at: Coordinate,
    /// The sources that have it, in the order of the chain.
    pub sources: Vec<Arc<str>>,
    /// The strictest that a source says of it.
    pub sensitivity: Sensitivity,
}

/// The most pages that are read of one source: one that goes round in a circle would list for ever.
const MAX_PAGES: usize = 10_000;

/// What all sources that can list hold, in order of the keys. A source that cannot answer is an error unless its
/// `on-error` goes on; then it is warned of.
pub(crate) async fn list(chain: &Arc<Chain>, prefix: &str) -> Result<Vec<Listed>, ConfigError> {
    let mut all: BTreeMap<Coordinate, Listed> = BTreeMap::new();
    let all_links = chain.links.iter().chain(&chain.off_chain);
    for link in all_links.filter(|link| link.source.features().lists) {
        let (found, stopped) = pages(chain, link, prefix).await;
        for (at, sensitivity) in found {
            // What lies in a source that this key is never looked for in is no value of it.
            if !chain.of(&at).is_ok_and(|chain| chain.links.iter().any(|routed| routed.name == link.name)) {
                continue;
            }
            let listed = all.entry(at.clone()).or_insert_with(|| Listed { at, sources: Vec::new(), sensitivity });
            listed.sensitivity = listed.sensitivity.max(sensitivity);
            if !listed.sources.contains(&link.name) {
                listed.sources.push(Arc::clone(&link.name));
            }
        }
        match stopped {
            Err(failure) if link.on_error(failure.code) == OnError::Continue => {
                tracing::warn!(source = %link.name, "source `{}` could not be listed: {}", link.name, failure.message);
            }
            Err(failure) => return Err(link.failed(failure)),
            Ok(()) => {}
        }
    }
    Ok(all.into_values().collect())
}

/// What one source holds, in order of the keys.
pub(crate) async fn list_one(chain: &Chain, link: &Link, prefix: &str) -> Result<Vec<Coordinate>, ConfigError> {
    let (found, stopped) = pages(chain, link, prefix).await;
    stopped.map_err(|failure| link.failed(failure))?;
    let mut all: Vec<Coordinate> = found.into_iter().map(|(at, _)| at).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// What a source says, and what kept it from saying all of it.
async fn pages(chain: &Chain, link: &Link, prefix: &str) -> (Vec<(Coordinate, Sensitivity)>, Result<(), Failure>) {
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..MAX_PAGES {
        let call = link.source.list(&chain.namespace, prefix, after.as_deref());
        let page = match deadline::within(link.source.deadline(), call).await {
            Ok(page) => page,
            Err(failure) => return (found, Err(failure)),
        };
        let asked_for = |at: &Coordinate| at.namespace() == chain.namespace && at.key().starts_with(prefix);
        found.extend(page.entries.into_iter().filter(|(at, _)| asked_for(at)));
        match page.next {
            Some(next) if after.as_ref() != Some(&next) => after = Some(next),
            _ => break,
        }
    }
    (found, Ok(()))
}
