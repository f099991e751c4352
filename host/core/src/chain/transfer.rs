//! Moving a value from one source to another: read there, written here, read back, and only then removed there. Whatever
//! happens in between, the value is in one of the two, or in both.

use std::sync::Arc;

use serde_json::Value;

use crate::{ConfigError, Coordinate, Entry, Failure, FailureCode, Request, Shape, envelope, error::Kind};

use super::{Chain, Link, collect, deadline, persist};

/// How a value is moved.
#[derive(Clone, Copy, Debug)]
pub struct Move<'a> {
    /// The source that has it.
    pub from: &'a str,
    /// The source that is to have it.
    pub to: &'a str,
    /// Whether another value may be replaced there.
    pub overwrite: bool,
    /// Whether everything is only looked at.
    pub dry_run: bool,
}

/// A value that was moved, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// The source that had it.
    pub from: Arc<str>,
    /// The source that has it now.
    pub to: Arc<str>,
    /// Its version there, if the source has versions and the value was written.
    pub version: Option<String>,
    /// Whether it was there already: then nothing was written, and it was only removed from the other.
    pub was_there: bool,
    /// Whether another value was replaced.
    pub replaced: bool,
}

/// Moves one value.
pub(crate) async fn transfer(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    how: &Move<'_>,
) -> Result<Moved, ConfigError> {
    let (from, to) = (persist::find(chain, how.from)?, persist::find(chain, how.to)?);
    if from.name == to.name {
        return Err(ConfigError::usage(
            FailureCode::Invalid,
            format!("`{}` is both where the value is and where it should go", from.name),
            "name two sources",
        )
        .with_key(at.to_string()));
    }
    let request = chain.request(at, shape);
    for link in [from, to] {
        persist::can_write(link, &request).await.map_err(|failure| unmoved(at, link, failure))?;
    }
    let own = collect::read(from, &request).await.map_err(|failure| unmoved(at, from, failure))?;
    let Some(own) = own else {
        return Err(ConfigError::build(Kind::NotFound, format!("not found in {}", from.name)).with_key(at.to_string()));
    };
    let there = collect::read(to, &request).await.map_err(|failure| unmoved(at, to, failure))?;
    let was_there = there.as_ref().is_some_and(|there| same(there, &own));
    let replaced = there.is_some() && !was_there;
    if replaced && !how.overwrite {
        return Err(another(at, from, to));
    }
    let mut moved =
        Moved { from: Arc::clone(&from.name), to: Arc::clone(&to.name), version: None, was_there, replaced };
    if how.dry_run {
        return Ok(moved);
    }
    if !was_there {
        // Nothing that came there meanwhile is overwritten.
        let expected = there.map_or(Some(String::new()), |there| there.version);
        let written = persist::write(chain, to, &request, &stored(&own), expected.as_deref()).await;
        moved.version = written.map_err(|failure| unmoved(at, to, failure))?.version;
        read_back(at, from, to, &request, &own).await?;
    }
    remove(chain, at, from, to, &request, &own).await?;
    chain.forget(at);
    Ok(moved)
}

fn same(one: &Entry, other: &Entry) -> bool {
    one.value == other.value && one.partial == other.partial
}

/// The value as a source keeps it.
fn stored(entry: &Entry) -> Value {
    if entry.partial { envelope::wrap_partial(entry.value.clone()) } else { entry.value.clone() }
}

/// Makes sure that the value can be had from its new place, before it goes from the old one.
async fn read_back(at: &Coordinate, from: &Link, to: &Link, request: &Request, own: &Entry) -> Result<(), ConfigError> {
    let why = match collect::read(to, request).await {
        Ok(Some(entry)) if same(&entry, own) => return Ok(()),
        Ok(_) => "it gave back something else than was written".to_owned(),
        Err(failure) => failure.message,
    };
    let message = format!("source `{}`: the value was written, and could not be read back: {why}", to.name);
    Err(ConfigError::build(Kind::Other, message)
        .with_key(at.to_string())
        .with_source_name(&*to.name)
        .with_remedy(format!("nothing is lost: `{}` has the value as before", from.name)))
}

/// Removes what was read and nothing else. One who moved the same value at the same moment may have been first.
async fn remove(
    chain: &Chain,
    at: &Coordinate,
    from: &Link,
    to: &Link,
    request: &Request,
    own: &Entry,
) -> Result<(), ConfigError> {
    if own.version.is_none() {
        // A source without versions is looked at once more: closer than this it cannot be kept.
        match collect::read(from, request).await {
            Ok(None) => return Ok(()),
            Ok(Some(now)) if same(&now, own) => {}
            Ok(Some(_)) => return Err(changed(at, from, to)),
            Err(failure) => return Err(left_behind(at, from, to, failure)),
        }
    }
    chain.written();
    let limit = from.source.deadline();
    let answer = deadline::change_within(limit, from.source.remove(request, own.version.as_deref())).await;
    chain.written();
    let Err(failure) = answer else { return Ok(()) };
    if failure.code != FailureCode::Conflict && !failure.outcome_unknown {
        return Err(left_behind(at, from, to, failure));
    }
    match collect::read(from, request).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) if failure.code == FailureCode::Conflict => Err(changed(at, from, to)),
        _ => Err(left_behind(at, from, to, failure)),
    }
}

/// The error where nothing has been done yet.
fn unmoved(at: &Coordinate, link: &Link, failure: Failure) -> ConfigError {
    let message = match failure.outcome_unknown {
        true => format!("it is not known whether the value was written, and nothing was removed: {}", failure.message),
        false => format!("nothing was moved: {}", failure.message),
    };
    persist::failed(at, link, Failure { message, ..failure })
}

fn another(at: &Coordinate, from: &Link, to: &Link) -> ConfigError {
    ConfigError::build(Kind::Conflict, format!("`{}` has another value already; nothing was moved", to.name))
        .with_key(at.to_string())
        .with_source_name(&*to.name)
        .with_remedy(format!("remove the one that is not wanted, or replace the one in `{}` on purpose", to.name))
        .with_cause(format!("the values in `{}` and `{}` differ", from.name, to.name))
}

fn changed(at: &Coordinate, from: &Link, to: &Link) -> ConfigError {
    let message = format!(
        "the value in `{}` was changed while it was moved; nothing was removed there, and `{}` has it as it was before",
        from.name, to.name
    );
    ConfigError::build(Kind::Conflict, message)
        .with_key(at.to_string())
        .with_source_name(&*from.name)
        .with_remedy(format!("move it again, replacing the older one in `{}`", to.name))
}

fn left_behind(at: &Coordinate, from: &Link, to: &Link, failure: Failure) -> ConfigError {
    let message = format!("`{}` has the value now, and it could not be removed here: {}", to.name, failure.message);
    persist::failed(at, from, Failure { message, ..failure })
}
