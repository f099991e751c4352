//! What a person is to be asked for, what they are told first, where the answers are to go, and whether asking can help at
//! all: all of it settled before anybody is asked. The asking is in `ask`, the keeping in `keep`.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::{
    ConfigError, Failure, Interaction, PromptNotes, Request, Shape,
    schema::{self, fault, narrow},
};

use super::{
    Chain, Link,
    ask::Wanted,
    collect::{self, Collected},
    persist,
};

/// What is to be asked, and where the answers are to go.
pub(super) struct Need<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) collected: Collected,
    /// What is kept of the collected value; none where it is asked for as a whole.
    pub(super) base: Option<Value>,
    /// What does not fit in the collected value.
    pub(super) faults: Vec<fault::Fault>,
    pub(super) request: Request,
    pub(super) target: Target<'a>,
}

pub(super) enum Target<'a> {
    /// Written there.
    Source(&'a Link),
    /// No source of the chain keeps anything: the answer is used, and asked for again next time.
    Nowhere,
    /// The one that should keep it cannot be reached; the next one may, if the person says so.
    Away { link: &'a Link, failure: Failure, next: Option<&'a Link> },
}

/// What to ask for, and whether asking can help at all.
pub(super) async fn need<'a>(
    wanted: &'a Wanted,
    collected: Collected,
    error: &ConfigError,
) -> Result<Need<'a>, ConfigError> {
    let chain = &*wanted.chain;
    if !chain.links.iter().any(Link::interactive) {
        return Err(error.clone());
    }
    let shape = &*wanted.shape;
    let faults = collected.value.as_ref().map(|value| shape.faults(value)).unwrap_or_default();
    let mut request = chain.request(&wanted.at, shape);
    let target = choose(chain, wanted, &collected, &request).await?;
    if let Target::Source(link) = &target {
        can_win(chain, wanted, &collected, &faults, link)?;
    }
    request.interaction = Interaction::Allowed;
    let of_the_whole = faults.iter().any(|fault| fault.path.is_empty());
    let base = match (&collected.value, shape.schema()) {
        (Some(value), Some(_)) if !of_the_whole => Some(fault::without_faults(value, &faults)),
        _ => None,
    };
    if let (Some(schema), Some(base)) = (shape.schema(), &base) {
        let mut paths: Vec<Vec<String>> = faults.iter().map(|fault| fault.path.clone()).collect();
        if !collected.whole {
            paths.extend(narrow::unknown_paths(schema, base));
        }
        let narrowed = narrow::to_paths(schema, &paths);
        if narrow::asks_nothing(&narrowed) {
            // A field that should not be there: no answer helps, and it is not taken out unasked.
            return Err(error.clone());
        }
        request.schema_text = Some(Arc::from(narrowed.to_string()));
        request.schema = Some(Arc::new(narrowed));
    }
    request.notes = Arc::new(notes(shape, &collected, &faults, base.as_ref()));
    Ok(Need { wanted, collected, base, faults, request, target })
}

/// What the person is told first: who could not be asked, what is wrong, what is known.
fn notes(shape: &Shape, collected: &Collected, faults: &[fault::Fault], base: Option<&Value>) -> PromptNotes {
    let mut notices: Vec<String> = collected
        .failures
        .iter()
        .map(|(_, name, failure)| format!("source `{name}` could not be asked: {}", failure.message))
        .collect();
    for fault in faults.iter().filter(|fault| !fault.missing) {
        if let Some(found) = collected.winner(&fault.path) {
            notices.push(format!("{} (stored in `{}`)", fault.describe(), found.source));
        }
    }
    let mut known = BTreeMap::new();
    if let (Some(Value::Object(fields)), Some(schema)) = (base, shape.schema()) {
        for (name, value) in fields {
            let shown = match schema::is_secret(schema, std::slice::from_ref(name)) {
                true => "***".to_owned(),
                false => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            };
            known.insert(name.clone(), shown);
        }
    }
    PromptNotes { notices, known }
}

/// Where the answers will go.
async fn choose<'a>(
    chain: &'a Chain,
    wanted: &Wanted,
    collected: &Collected,
    request: &Request,
) -> Result<Target<'a>, ConfigError> {
    let mut away = None;
    for link in persist::targets(chain, &wanted.shape) {
        match outlook(collected, link, request).await {
            Ok(()) => return Ok(Target::Source(link)),
            Err(failure) if persist::is_away(&failure) => {
                tracing::warn!(
                    key = %wanted.at, source = %link.name,
                    "`{}`, where {} is kept, is away: {}", link.name, wanted.at, failure.message
                );
                away = Some((link, failure));
            }
            Err(failure) => {
                let message = format!("an answer could not be kept, so nobody was asked: {}", failure.message);
                return Err(persist::failed(&wanted.at, link, Failure { message, ..failure }));
            }
        }
    }
    let Some((link, failure)) = away else { return Ok(Target::Nowhere) };
    // A list is the whole of what was agreed to; without one, the next place may be offered, if it can be written.
    let next = match persist::listed(chain, &wanted.shape) {
        true => None,
        false => persist::next_persisting(chain, link),
    };
    let next = match next {
        Some(next) if outlook(collected, next, request).await.is_ok() => Some(next),
        _ => None,
    };
    Ok(Target::Away { link, failure, next })
}

/// Whether a source could keep the answers, as far as that can be known: one that could not be read cannot.
async fn outlook(collected: &Collected, link: &Link, request: &Request) -> Result<(), Failure> {
    match collected.failures.iter().find(|(_, name, _)| *name == link.name) {
        Some((.., failure)) => Err(failure.clone()),
        None => persist::can_write(link, request).await,
    }
}

/// Refuses to ask where the answer would lose against what stands above it: the person would be asked again and again.
fn can_win(
    chain: &Chain,
    wanted: &Wanted,
    collected: &Collected,
    faults: &[fault::Fault],
    target: &Link,
) -> Result<(), ConfigError> {
    let target_position = chain.position(&target.name);
    for fault in faults {
        let culprit = match fault.missing {
            // An old shape: the whole entry that lacks the field ends the walk above the target.
            true => collected.found.iter().find(|found| !found.partial),
            false => collected.winner(&fault.path),
        };
        if culprit.is_some_and(|found| found.position < target_position) {
            return Err(collect::misfit(chain, &wanted.at, collected, fault));
        }
    }
    Ok(())
}
