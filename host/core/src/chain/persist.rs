//! Where a value is kept, and what happens when it cannot be. One value goes to one place.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    ConfigError, Coordinate, Failure, FailureCode, Request, Shape, envelope, error::Kind, schema::fault,
};

use super::{Chain, Link, collect, deadline};

/// A value that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The source that has it now.
    pub source: Arc<str>,
    /// Its version there, if the source has versions.
    pub version: Option<String>,
}

/// The sources that may keep a value of this class, best first. Where a persist list says so, its names; else the first
/// source that persists, alone.
pub(crate) fn targets<'a>(chain: &'a Chain, shape: &Shape) -> Vec<&'a Link> {
    match chain.persist.get(&shape.sensitivity) {
        Some(names) if !names.is_empty() => names.iter().filter_map(|name| chain.find(name)).collect(),
        _ => chain.links.iter().find(|link| link.source.features().persists).into_iter().collect(),
    }
}

/// The source below the given one that could keep the value instead, if its owner were asked.
pub(crate) fn next_persisting<'a>(chain: &'a Chain, after: &Link) -> Option<&'a Link> {
    let position = chain.position(&after.name);
    chain.links.iter().skip(position + 1).find(|link| link.source.features().persists)
}

/// Whether the source could be written now: found out before a person is asked.
pub(crate) async fn can_write(link: &Link, request: &Request) -> Result<(), Failure> {
    deadline::within(link.source.deadline(), link.source.can_write(request)).await
}

/// Writes, and where the outcome is unknown reads again, in the same place: a write is never repeated elsewhere on a
/// guess.
pub(crate) async fn write(
    chain: &Chain,
    link: &Link,
    request: &Request,
    value: &Value,
    expected: Option<&str>,
) -> Result<Written, Failure> {
    chain.written();
    let answer = deadline::within(link.source.deadline(), link.source.write(request, value, expected)).await;
    chain.written();
    let written = |version| Written { source: Arc::clone(&link.name), version };
    match answer {
        Ok(version) => Ok(written(version)),
        Err(failure) if failure.outcome_unknown => {
            let stored = deadline::within(link.source.deadline(), link.source.read(request)).await;
            match stored {
                Ok(Some(entry)) if entry.value == *value => Ok(written(entry.version)),
                Ok(_) => Err(Failure { outcome_unknown: false, ..failure }),
                Err(_) => Err(Failure {
                    message: format!("{}; whether it was written is not known", failure.message),
                    ..failure
                }),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// Keeps a whole value: in the named source, else in the first target that is not unavailable.
pub(crate) async fn set(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    value: &Value,
    named: Option<&str>,
) -> Result<Written, ConfigError> {
    let request = chain.request(at, shape);
    let targets = match named {
        Some(name) => vec![find(chain, name)?],
        None => targets(chain, shape),
    };
    let Some(last) = targets.last().map(|link| Arc::clone(&link.name)) else {
        return Err(ConfigError::usage(
            FailureCode::Unsupported,
            "no source of the chain can keep a value",
            "add one that can, for example `sqlite`, to the manifest's chain",
        )
        .with_key(at.to_string()));
    };
    for link in targets {
        match write(chain, link, &request, value, None).await {
            Ok(written) => {
                super::lock(&chain.kept_here).remove(at);
                return Ok(written);
            }
            Err(failure) if failure.code == FailureCode::Unavailable && !failure.outcome_unknown && link.name != last => {
                say_next(at, link, &failure);
            }
            Err(failure) => return Err(not_written(at, link, failure).with_unsaved(value.clone())),
        }
    }
    Err(ConfigError::other("no source was tried").with_key(at.to_string()))
}

pub(crate) fn say_next(at: &Coordinate, link: &Link, failure: &Failure) {
    tracing::warn!(
        key = %at, source = %link.name,
        "{at} was not written to `{}`: {}; the next source of the persist list is tried", link.name, failure.message
    );
}

/// The error of a write that failed, or may have.
pub(crate) fn not_written(at: &Coordinate, link: &Link, failure: Failure) -> ConfigError {
    let outcome = if failure.outcome_unknown { "it is not known whether" } else { "nothing was written:" };
    let message = match failure.outcome_unknown {
        true => format!("source `{}`: {outcome} the value was written: {}", link.name, failure.message),
        false => format!("source `{}`: {outcome} {}", link.name, failure.message),
    };
    ConfigError::from_failure(Failure { message, ..failure }).with_key(at.to_string()).with_source_name(&*link.name)
}

/// The source of that name.
pub(crate) fn find<'a>(chain: &'a Chain, name: &str) -> Result<&'a Link, ConfigError> {
    chain.find(name).ok_or_else(|| {
        let names: Vec<&str> = chain.links.iter().map(|link| &*link.name).collect();
        ConfigError::usage(
            FailureCode::Invalid,
            format!("there is no source `{name}` in the chain"),
            format!("the chain is: {}", names.join(", ")),
        )
    })
}

/// How often a write is tried again when somebody else wrote in between.
const CONFLICTS: usize = 5;

/// Writes answers over what the target itself holds: its own good fields and the answered ones, nothing that another
/// source gave. What is then not whole is stored marked partial.
pub(crate) async fn write_answers(
    chain: &Chain,
    link: &Link,
    request: &Request,
    shape: &Shape,
    answers: &Value,
) -> Result<Written, Failure> {
    let mut tries = 0;
    loop {
        let own = collect::read(link, request).await?;
        // A source that knows no versions is written without a condition.
        let versioned = own.as_ref().is_none_or(|own| own.version.is_some());
        let expected = own.as_ref().and_then(|own| own.version.clone()).or_else(|| versioned.then(String::new));
        let mut value = answers.clone();
        if let Some(own) = own {
            let faults = faults_of(shape, &own.value);
            crate::merge::fill(&mut value, &fault::without_faults(&own.value, &faults), shape.schema());
        }
        let stored = match shape.misfit(&value) {
            None => value,
            Some(_) => envelope::wrap_partial(value),
        };
        match write(chain, link, request, &stored, expected.as_deref()).await {
            Err(failure) if failure.code == FailureCode::Conflict && tries < CONFLICTS => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(5 << tries)).await;
            }
            other => return other,
        }
    }
}

/// The fields of a value that do not fit; where only the type can tell, the first of them.
pub(crate) fn faults_of(shape: &Shape, value: &Value) -> Vec<fault::Fault> {
    let mut faults = shape.schema().map(|schema| fault::faults(schema, value)).unwrap_or_default();
    if faults.is_empty() {
        faults.extend(shape.misfit(value));
    }
    faults
}

/// A value that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// The source that had it.
    pub source: Arc<str>,
}

/// Removes a value from the named source, else from the one that wins, if that one can be written.
pub(crate) async fn delete(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    named: Option<&str>,
) -> Result<Deleted, ConfigError> {
    let request = chain.request(at, shape);
    let link = match named {
        Some(name) => find(chain, name)?,
        None => {
            let collected = collect::collect(chain, at, shape).await?;
            let Some(winner) = collected.found.first() else {
                return Err(collect::nothing_found(chain, at, &collected));
            };
            find(chain, &winner.source)?
        }
    };
    if !link.source.features().writable {
        return Err(ConfigError::build(
            Kind::Other,
            format!("the value comes from source `{}`, which cannot be written", link.name),
        )
        .with_key(at.to_string())
        .with_source_name(&*link.name)
        .with_remedy("take it away there, or name the source that is meant"));
    }
    chain.written();
    let answer = deadline::within(link.source.deadline(), link.source.remove(&request, None)).await;
    chain.written();
    super::lock(&chain.kept_here).remove(at);
    answer.map_err(|failure| {
        let message = format!("source `{}`: not removed: {}", link.name, failure.message);
        ConfigError::from_failure(Failure { message, ..failure })
            .with_key(at.to_string())
            .with_source_name(&*link.name)
    })?;
    Ok(Deleted { source: Arc::clone(&link.name) })
}

/// One key that is stored somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Which value.
    pub at: Coordinate,
    /// The sources that have it, in the order of the chain.
    pub sources: Vec<Arc<str>>,
    /// The strictest that a source says of it.
    pub sensitivity: crate::Sensitivity,
}

/// What all sources that can list hold, in order of the keys. A source that cannot answer is an error unless its
/// `on-error` goes on; then it is warned of.
pub(crate) async fn list(chain: &Chain, prefix: &str) -> Result<Vec<Listed>, ConfigError> {
    let mut all: std::collections::BTreeMap<Coordinate, Listed> = std::collections::BTreeMap::new();
    for link in chain.links.iter().filter(|link| link.source.features().lists) {
        let mut after = None;
        loop {
            let call = link.source.list(&chain.namespace, prefix, after.as_deref());
            let page = match deadline::within(link.source.deadline(), call).await {
                Ok(page) => page,
                Err(failure) if link.on_error(failure.code) == super::OnError::Continue => {
                    tracing::warn!(source = %link.name, "source `{}` could not be listed: {}", link.name, failure.message);
                    break;
                }
                Err(failure) => {
                    let message = format!("source `{}`: {}", link.name, failure.message);
                    return Err(ConfigError::from_failure(Failure { message, ..failure }).with_source_name(&*link.name));
                }
            };
            for (at, sensitivity) in page.entries {
                let listed = all.entry(at.clone()).or_insert_with(|| Listed { at, sources: Vec::new(), sensitivity });
                listed.sensitivity = listed.sensitivity.max(sensitivity);
                if !listed.sources.contains(&link.name) {
                    listed.sources.push(Arc::clone(&link.name));
                }
            }
            match page.next {
                // A source that answers the same place again would list for ever.
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => break,
            }
        }
    }
    Ok(all.into_values().collect())
}
