//! The walk: every source that needs nobody is asked, in order, until the value is whole. Interactive sources are only
//! noted: a person is asked for what no store has (see `ask`).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    ConfigError, Coordinate, Entry, Failure, Origin, Outcome, Shape, Step, envelope, merge,
    schema::{self, coerce},
};

use super::{Chain, Link, OnError, deadline};

/// What a source gave.
pub(crate) struct Found {
    pub(crate) source: Arc<str>,
    pub(crate) position: usize,
    pub(crate) value: Value,
    pub(crate) partial: bool,
    pub(crate) version: Option<String>,
    pub(crate) location: String,
}

/// What a walk found so far.
pub(crate) struct Collected {
    /// What sources gave, in order.
    pub(crate) found: Vec<Found>,
    /// The merged value; none where no source gave anything.
    pub(crate) value: Option<Value>,
    /// Whether an entry that is not partial is in it.
    pub(crate) whole: bool,
    pub(crate) steps: Vec<Step>,
    /// The failures that were gone past, with the place in the chain.
    pub(crate) failures: Vec<(usize, Arc<str>, Failure)>,
}

impl Collected {
    /// Which source's value stands at `path` of the merged value.
    pub(crate) fn winner(&self, path: &[String]) -> Option<&Found> {
        self.found.iter().find(|found| {
            let mut value = &found.value;
            for name in path {
                match value {
                    Value::Object(fields) => match fields.get(name) {
                        Some(inner) => value = inner,
                        None => return false,
                    },
                    // A list, a scalar or null above: it replaces whatever is below.
                    _ => return true,
                }
            }
            true
        })
    }

    /// Adds an entry below what is there.
    pub(crate) fn add(&mut self, link: &Link, position: usize, entry: Entry, shape: &Shape) {
        let Entry { mut value, partial, version, location, .. } = entry;
        if partial && let Some(root) = shape.schema() {
            coerce::coerce(root, root, &mut value);
        }
        match &mut self.value {
            None => self.value = Some(value.clone()),
            Some(merged) => merge::fill(merged, &value, shape.schema()),
        }
        self.whole |= !partial;
        self.found.push(Found { source: Arc::clone(&link.name), position, value, partial, version, location });
    }

    /// The origin of the value as it stands.
    pub(crate) fn origin(&self) -> Origin {
        let winner = self.found.first().map(|found| Arc::clone(&found.source));
        let mut fields = std::collections::BTreeMap::new();
        if let Some(Value::Object(value)) = &self.value {
            for name in value.keys() {
                if let Some(found) = self.winner(std::slice::from_ref(name)) {
                    fields.insert(name.clone(), Arc::clone(&found.source));
                }
            }
        }
        let lowest = self.found.last().map(|found| found.position);
        let degraded = lowest.is_some_and(|lowest| self.failures.iter().any(|(position, ..)| *position < lowest));
        Origin { steps: self.steps.clone(), winner, fields, degraded }
    }
}

/// A step of this link's, as yet without an outcome's details.
pub(crate) fn step(link: &Link, outcome: Outcome, elapsed: Duration) -> Step {
    Step {
        source: Arc::clone(&link.name),
        plugin: Arc::clone(&link.plugin),
        outcome,
        location: None,
        version: None,
        elapsed,
        message: None,
        remedy: None,
    }
}

/// Asks one source, out of its envelope and within its deadline.
pub(crate) async fn read(link: &Link, request: &crate::Request) -> Result<Option<Entry>, Failure> {
    let entry = deadline::within(link.source.deadline(), link.source.read(request)).await?;
    match entry {
        Some(entry) if link.source.features().persists => envelope::unwrap(entry).map(Some),
        other => Ok(other),
    }
}

/// Walks the chain. Fails where a source failed in a way that `on-error` does not go past.
pub(crate) async fn collect(chain: &Chain, at: &Coordinate, shape: &Shape) -> Result<Collected, ConfigError> {
    let request = chain.request(at, shape);
    let mut collected = Collected {
        found: Vec::with_capacity(1),
        value: None,
        whole: false,
        steps: Vec::with_capacity(chain.links.len()),
        failures: Vec::new(),
    };
    for (position, link) in chain.links.iter().enumerate() {
        if link.interactive() {
            let mut skipped = step(link, Outcome::Skipped, Duration::ZERO);
            match chain.kept_here(at) {
                Some(value) => {
                    let location = "answered earlier in this process, and kept nowhere else";
                    skipped.outcome = Outcome::Hit;
                    skipped.location = Some(location.to_owned());
                    let entry = Entry { partial: true, ..Entry::whole(value, location) };
                    collected.add(link, position, entry, shape);
                }
                None => skipped.message = Some("it asks a person".to_owned()),
            }
            collected.steps.push(skipped);
            continue;
        }
        if collected.whole {
            break;
        }
        let start = Instant::now();
        let answer = read(link, &request).await;
        let mut taken = step(link, Outcome::Absent, start.elapsed());
        match answer {
            Ok(None) => {}
            Ok(Some(entry)) => {
                taken.outcome = if entry.partial { Outcome::Partial } else { Outcome::Hit };
                taken.location = Some(entry.location.clone());
                taken.version.clone_from(&entry.version);
                collected.add(link, position, entry, shape);
            }
            Err(failure) => {
                taken.outcome = Outcome::from(failure.code);
                taken.message = Some(failure.message.clone());
                taken.remedy.clone_from(&failure.remedy);
                if link.on_error(failure.code) == OnError::Fail {
                    collected.steps.push(taken);
                    return Err(failed(link, at, failure, collected.origin()));
                }
                collected.failures.push((position, Arc::clone(&link.name), failure));
            }
        }
        collected.steps.push(taken);
    }
    Ok(collected)
}

/// The error of a failure that `on-error` does not go past.
fn failed(link: &Link, at: &Coordinate, failure: Failure, origin: Origin) -> ConfigError {
    let code = failure.code;
    let own = failure.remedy.clone();
    let message = format!("source `{}`: {}", link.name, failure.message);
    let go_on = format!("to go on to the next source all the same: on-error = {{ {code} = \"continue\" }} at this source");
    let remedy = match own {
        Some(own) => format!("{own}; or, {go_on}"),
        None => go_on,
    };
    let failure = Failure { message, remedy: Some(remedy), ..failure };
    ConfigError::from_failure(failure)
        .with_key(at.to_string())
        .with_source_name(&*link.name)
        .with_origin(origin)
}

/// The error where no source gave anything: not found, or the worst of what went wrong.
pub(crate) fn nothing_found(chain: &Chain, at: &Coordinate, collected: &Collected) -> ConfigError {
    use crate::FailureCode::{Denied, InteractionRequired, Invalid, Unavailable};
    let origin = collected.origin();
    let worst = [Invalid, Denied, InteractionRequired, Unavailable]
        .into_iter()
        .find_map(|code| collected.failures.iter().find(|(.., failure)| failure.code == code));
    let Some((_, _, worst)) = worst else {
        let names: Vec<&str> = chain.links.iter().filter(|link| !link.interactive()).map(|link| &*link.name).collect();
        let asked = match names.as_slice() {
            [] => "the chain has no source that could hold it".to_owned(),
            names => format!("not found in {}", names.join(", ")),
        };
        return ConfigError::build(crate::error::Kind::NotFound, asked)
            .with_key(at.to_string())
            .with_remedy(format!(
                "run the program in a terminal to be asked, or: harmony-config -n {} set {at}",
                chain.namespace
            ))
            .with_origin(origin);
    };
    let said: Vec<String> =
        collected.failures.iter().map(|(_, name, failure)| format!("source `{name}`: {}", failure.message)).collect();
    let message = format!("no source gave a value, and not all could be asked: {}", said.join("; "));
    let failure = Failure { message, ..worst.clone() };
    let mut error = ConfigError::from_failure(failure).with_key(at.to_string()).with_origin(origin);
    if let Some((_, name, _)) = collected.failures.iter().find(|(.., failure)| failure.code == worst.code) {
        error = error.with_source_name(&**name);
    }
    error
}

/// The error of a value that was found and does not fit.
pub(crate) fn misfit(at: &Coordinate, collected: &Collected, fault: &schema::fault::Fault) -> ConfigError {
    let blamed = collected.winner(&fault.path).or_else(|| {
        // A missing field: the whole entry that lacks it, else the lowest partial one.
        collected.found.iter().find(|found| !found.partial).or(collected.found.last())
    });
    let mut error = match blamed {
        Some(found) => {
            let message =
                format!("the value from source `{}` ({}) does not fit: {}", found.source, found.location, fault.describe());
            ConfigError::build(crate::error::Kind::Deserialization, message).with_source_name(&*found.source)
        }
        None => ConfigError::build(
            crate::error::Kind::Deserialization,
            format!("the value does not fit: {}", fault.describe()),
        ),
    };
    if let Some(found) = blamed {
        error = error.with_remedy(match fault.missing {
            true => format!("run the program in a terminal to be asked for it, or store the whole value in `{}`", found.source),
            false => format!("put it right in `{}`, or remove the value there", found.source),
        });
    }
    error.with_key(at.to_string()).with_origin(collected.origin()).blamed_on(crate::Blame::Store)
}

/// Warns, once for each source and key, of a value that was found below a source that could not answer.
pub(crate) fn warn_of_degradation(chain: &Chain, at: &Coordinate, collected: &Collected) {
    let Some(lowest) = collected.found.last().map(|found| found.position) else { return };
    for (position, name, failure) in &collected.failures {
        if *position < lowest && chain.warn_once(name, at) {
            tracing::warn!(
                key = %at,
                source = %name,
                code = %failure.code,
                "source `{name}` could not be asked for {at}: {}; the value comes from below it", failure.message
            );
        }
    }
}
