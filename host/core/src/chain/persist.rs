//! Where a value is kept, and what happens when it cannot be. One value goes to one place.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    ConfigError, Coordinate, Failure, FailureCode, Interaction, Request, Shape, envelope, error::Kind, merge,
    schema::fault,
};

use super::{Chain, Link, collect, deadline, field};

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
        // Kept where this key is never looked for, a value would be lost.
        Some(names) if listed(chain, shape) => {
            names.iter().filter(|name| !chain.is_kept_from(name)).filter_map(|name| chain.find(name)).collect()
        }
        _ => chain.links.iter().find(|link| link.source.features().persists).into_iter().collect(),
    }
}

/// Whether a persist list says where values of this class go.
pub(crate) fn listed(chain: &Chain, shape: &Shape) -> bool {
    let names = chain.persist.get(&shape.sensitivity);
    names.is_some_and(|names| names.iter().any(|name| !chain.is_kept_from(name)))
}

/// Whether the source may well answer another time, so that its value belongs nowhere else meanwhile.
pub(crate) fn is_away(failure: &Failure) -> bool {
    matches!(failure.code, FailureCode::Unavailable | FailureCode::InteractionRequired)
}

/// Whether the next place of a list may be tried: this one is away, and surely has not got the value.
pub(crate) fn may_go_on(failure: &Failure) -> bool {
    failure.code == FailureCode::Unavailable && !failure.outcome_unknown
}

/// The source below the given one that could keep the value instead, if its owner were asked.
pub(crate) fn next_persisting<'a>(chain: &'a Chain, after: &Link) -> Option<&'a Link> {
    let position = chain.position(&after.name);
    chain.links.iter().skip(position + 1).find(|link| link.source.features().persists)
}

/// Whether the source could be written now: found out before a person is asked.
pub(crate) async fn can_write(link: &Link, request: &Request) -> Result<(), Failure> {
    lies_here(link)?;
    deadline::within(link.source.deadline(), link.source.can_write(request)).await
}

/// Refuses to write where fields of the value lie elsewhere in the source: written, they would be there twice.
fn lies_here(link: &Link) -> Result<(), Failure> {
    let Some(first) = link.locations.first() else { return Ok(()) };
    let message = format!(
        "fields of this key lie elsewhere in it (`ref` at {}), so that the key is not written there",
        first.said
    );
    Err(Failure::new(FailureCode::Unsupported, message)
        .with_remedy(format!("change the field where it lies ({}), or keep the value in another source", first.at))
        .blamed_on(crate::Blame::Person))
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
    lies_here(link)?;
    chain.written();
    let answer = deadline::change_within(link.source.deadline(), link.source.write(request, value, expected)).await;
    chain.written();
    let written = |version| Written { source: Arc::clone(&link.name), version };
    let failure = match answer {
        Ok(version) => return Ok(written(version)),
        Err(failure) if !failure.outcome_unknown => return Err(failure),
        Err(failure) => failure,
    };
    // What is not there yet may still arrive, so that only finding it settles the question.
    let found = match deadline::within(link.source.deadline(), link.source.read(request)).await {
        Ok(Some(entry)) if entry.value == *value => return Ok(written(entry.version)),
        Ok(_) => "read again, it was not there, and may still arrive",
        Err(_) => "it could not be read again either",
    };
    Err(Failure { message: format!("{}; {found}", failure.message), ..failure })
}

/// What is to be kept.
#[derive(Clone, Copy)]
pub(crate) enum Change<'a> {
    /// A whole value.
    Whole(&'a Value),
    /// One field, over what the source has.
    Field { path: &'a [String], value: &'a Value },
}

/// Keeps a value, or a field of it: in the named source, else in the first target that is not unavailable.
pub(crate) async fn set(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    change: Change<'_>,
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
    // Where there is another place, whether this one is away is found out before it is written: after a write that was cut
    // off nobody could go on.
    let several = targets.len() > 1;
    for link in targets {
        let outlook = if several { can_write(link, &request).await } else { Ok(()) };
        let answer = match outlook {
            Ok(()) => match change {
                Change::Whole(value) => write(chain, link, &request, value, None).await,
                Change::Field { path, value } => field::write(chain, link, &request, shape, path, value).await,
            },
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(written) => {
                chain.forget(at);
                return Ok(written);
            }
            Err(failure) if may_go_on(&failure) && link.name != last => say_next(at, link, &failure),
            Err(failure) => {
                let (Change::Whole(value) | Change::Field { value, .. }) = change;
                return Err(not_written(at, link, failure).with_unsaved(value.clone()));
            }
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
    let message = match failure.outcome_unknown {
        true => format!("it is not known whether the value was written: {}", failure.message),
        false => format!("nothing was written: {}", failure.message),
    };
    failed(at, link, Failure { message, ..failure })
}

/// The error of a source that failed, naming it.
pub(crate) fn failed(at: &Coordinate, link: &Link, failure: Failure) -> ConfigError {
    link.failed(failure).with_key(at.to_string())
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
/// source gave. What is then not whole is stored marked partial; so is what would hide a field that a source `below`
/// gives, because a whole value ends the walk.
pub(crate) async fn write_answers(
    chain: &Chain,
    link: &Link,
    request: &Request,
    shape: &Shape,
    answers: &Value,
    below: &[Value],
) -> Result<Written, Failure> {
    let mut tries = 0;
    loop {
        let own = collect::read(link, request).await?;
        // A source that knows no versions is written without a condition.
        let versioned = own.as_ref().is_none_or(|own| own.version.is_some());
        let expected = own.as_ref().and_then(|own| own.version.clone()).or_else(|| versioned.then(String::new));
        let mut value = answers.clone();
        if let Some(own) = own {
            let faults = shape.faults(&own.value);
            merge::fill(&mut value, &fault::without_faults(&own.value, &faults), shape.schema());
        }
        let whole = shape.misfit(&value).is_none() && below.iter().all(|below| merge::covers(&value, below));
        let stored = if whole { value } else { envelope::wrap_partial(value) };
        match write(chain, link, request, &stored, expected.as_deref()).await {
            Err(failure) if failure.code == FailureCode::Conflict && tries < CONFLICTS => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(5 << tries)).await;
            }
            other => return other,
        }
    }
}

/// A value that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// The source that had it.
    pub source: Arc<str>,
}

/// Refuses to take something away from a source that cannot be written.
pub(crate) fn check_writable(at: &Coordinate, link: &Link) -> Result<(), ConfigError> {
    if link.source.features().writable {
        return Ok(());
    }
    let message = format!("the value comes from source `{}`, which cannot be written", link.name);
    Err(ConfigError::build(Kind::Other, message)
        .with_key(at.to_string())
        .with_source_name(&*link.name)
        .with_remedy("take it away there, or name the source that is meant"))
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
            let collected = collect::collect(chain, at, shape, Interaction::Forbidden).await?;
            let Some(winner) = collected.found.first() else {
                return Err(collect::nothing_found(chain, at, &collected));
            };
            let link = find(chain, &winner.source)?;
            if link.interactive() && chain.forget(at) {
                // It was an answer that is kept in this process, and nowhere else.
                return Ok(Deleted { source: Arc::clone(&link.name) });
            }
            link
        }
    };
    check_writable(at, link)?;
    lies_here(link).map_err(|failure| failed(at, link, failure))?;
    chain.written();
    let answer = deadline::change_within(link.source.deadline(), link.source.remove(&request, None)).await;
    chain.written();
    answer.map_err(|failure| {
        let message = match failure.outcome_unknown {
            true => format!("it is not known whether the value was removed: {}", failure.message),
            false => format!("nothing was removed: {}", failure.message),
        };
        failed(at, link, Failure { message, ..failure })
    })?;
    chain.forget(at);
    Ok(Deleted { source: Arc::clone(&link.name) })
}
