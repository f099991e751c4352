//! The walk: every source that asks nobody for a value is asked, in order, until the value is whole. Interactive sources are
//! only noted: a person is asked for what no store has (see `ask`).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Blame, ConfigError, Coordinate, Entry, Failure, FailureCode, Interaction, Origin, Outcome, Request, Shape, Step,
    envelope, merge,
    schema::{coerce, fault},
};

use super::{Chain, Link, OnError, deadline};

/// What a source gave.
pub(crate) struct Found {
    pub(crate) source: Arc<str>,
    pub(crate) position: usize,
    pub(crate) value: Value,
    pub(crate) partial: bool,
    pub(crate) location: String,
    /// A person's answers.
    pub(crate) interactive: bool,
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

    /// Whose a fault is: the source that has the field. A missing one is the whole entry's that lacks it, else the lowest
    /// partial one's.
    pub(crate) fn to_blame(&self, fault: &fault::Fault) -> Option<&Found> {
        self.winner(&fault.path).or_else(|| self.found.iter().find(|found| !found.partial)).or(self.found.last())
    }

    /// Adds an entry below what is there.
    pub(crate) fn add(&mut self, link: &Link, position: usize, entry: Entry, shape: &Shape) {
        let Entry { mut value, partial, location, .. } = entry;
        if partial && let Some(root) = shape.schema() {
            coerce::coerce(root, root, &mut value);
        }
        match &mut self.value {
            None => self.value = Some(value.clone()),
            Some(merged) => merge::fill(merged, &value, shape.schema()),
        }
        self.whole |= !partial;
        self.found.push(Found {
            source: Arc::clone(&link.name),
            position,
            value,
            partial,
            location,
            interactive: false,
        });
    }

    /// Adds answers below what is there, in the place of what did not fit: that is nobody's any more.
    pub(crate) fn correct(
        &mut self,
        source: &Arc<str>,
        position: usize,
        faults: &[fault::Fault],
        answers: &Value,
        location: String,
    ) {
        for found in &mut self.found {
            found.value = fault::without_faults(&found.value, faults);
        }
        let source = Arc::clone(source);
        let found = Found { source, position, value: answers.clone(), partial: true, location, interactive: true };
        self.found.push(found);
    }

    /// What sources below a place gave: the answers of a person, which are written there, are none of it.
    pub(crate) fn below(&self, position: usize) -> Vec<Value> {
        let below = self.found.iter().filter(|found| found.position > position && !found.interactive);
        below.map(|found| found.value.clone()).collect()
    }

    /// Who gave something, and where it is, for people.
    pub(crate) fn places(&self) -> Vec<String> {
        self.found.iter().map(|found| format!("`{}` ({})", found.source, found.location)).collect()
    }

    /// Whether a source that could not be asked might have had a say: it stands above what was found, or what was found
    /// is not whole.
    fn is_degraded_by(&self, position: usize) -> bool {
        self.found.last().is_some_and(|lowest| !self.whole || position < lowest.position)
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
        let degraded = self.failures.iter().any(|(position, ..)| self.is_degraded_by(*position));
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

/// Asks one source, out of its envelope and within its deadline: for what it has at the coordinate, and for what lies
/// elsewhere in it.
pub(crate) async fn read(link: &Link, request: &Request) -> Result<Option<Entry>, Failure> {
    let Some(located) = located(link, request)? else { return read_one(link, request).await };
    let elsewhere = read_one(link, &located).await?;
    if elsewhere.as_ref().is_some_and(|entry| !entry.partial) {
        return Ok(elsewhere);
    }
    match (elsewhere, read_one(link, request).await?) {
        (Some(mut upper), Some(own)) => {
            let schema = request.schema.as_deref();
            if let Some(root) = schema {
                coerce::coerce(root, root, &mut upper.value);
            }
            merge::fill(&mut upper.value, &own.value, schema);
            let location = format!("{}, {}", own.location, upper.location);
            // A version would be that of a part.
            Ok(Some(Entry { partial: own.partial, location, version: None, note: own.note, ..upper }))
        }
        (elsewhere, own) => Ok(elsewhere.or(own)),
    }
}

async fn read_one(link: &Link, request: &Request) -> Result<Option<Entry>, Failure> {
    let entry = deadline::within(link.source.deadline(), link.source.read(request)).await?;
    match entry {
        Some(entry) => envelope::unwrap(entry).map(Some),
        None => Ok(None),
    }
}

/// The request for what lies elsewhere in this source, if anything does. A source that knows no places is not asked as if
/// there were none.
fn located(link: &Link, request: &Request) -> Result<Option<Request>, Failure> {
    let Some(first) = link.locations.first() else { return Ok(None) };
    if !link.source.features().refs {
        let message = format!("it cannot look in other places, as the `ref` at {} says it should", first.said);
        return Err(Failure::new(FailureCode::Invalid, message)
            .with_remedy("take the `ref` out, or name a source whose plugin knows places")
            .blamed_on(Blame::Person));
    }
    Ok(Some(Request { locations: Arc::clone(&link.locations), ..request.clone() }))
}

/// The steps of the sources that this key is kept from.
pub(crate) fn not_routed(chain: &Chain) -> impl Iterator<Item = Step> {
    chain.not_routed.iter().map(|link| {
        let mut step = step(link, Outcome::NotRouted, Duration::ZERO);
        let said = chain.said.as_deref().unwrap_or("in the manifest");
        step.message = Some(format!("the key has a chain of its own: {said}"));
        step
    })
}

/// Walks the chain. Fails where a source failed in a way that `on-error` does not go past. Where a person may be asked, a
/// source may have them sign in; for a value nobody is asked here.
pub(crate) async fn collect(
    chain: &Chain,
    at: &Coordinate,
    shape: &Shape,
    interaction: Interaction,
) -> Result<Collected, ConfigError> {
    let request = Request { interaction, ..chain.request(at, shape) };
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
            skipped.message = Some("it asks a person".to_owned());
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
                taken.message.clone_from(&entry.note);
                warn_of_note(chain, at, link, &entry);
                collected.add(link, position, entry, shape);
            }
            Err(failure) => {
                taken.outcome = Outcome::from(failure.code);
                taken.message = Some(failure.message.clone());
                taken.remedy.clone_from(&failure.remedy);
                let fails = link.on_error(failure.code) == OnError::Fail;
                collected.failures.push((position, Arc::clone(&link.name), failure));
                if fails {
                    collected.steps.push(taken);
                    return Err(failed(at, &collected));
                }
            }
        }
        collected.steps.push(taken);
    }
    collected.steps.extend(not_routed(chain));
    join_kept(chain, at, shape, &mut collected);
    Ok(collected)
}

/// Joins the answers that are kept in this process to what sources gave: below all of it, in the place of what does not
/// fit, and not at all where the value is whole and fits.
pub(crate) fn join_kept(chain: &Chain, at: &Coordinate, shape: &Shape, collected: &mut Collected) {
    let Some(kept) = chain.kept_here(at) else { return };
    let Some((position, link)) = chain.links.iter().enumerate().find(|(_, link)| link.interactive()) else { return };
    let faults = match &collected.value {
        Some(value) => {
            let faults = shape.faults(value);
            if faults.is_empty() && collected.whole {
                return;
            }
            faults
        }
        None => Vec::new(),
    };
    let value = match &collected.value {
        Some(value) if !faults.iter().any(|fault| fault.path.is_empty()) => {
            let mut value = fault::without_faults(value, &faults);
            merge::fill(&mut value, &kept, shape.schema());
            value
        }
        _ => kept.clone(),
    };
    let location = "answered earlier in this process, and kept nowhere else";
    collected.correct(&link.name, position, &faults, &kept, location.to_owned());
    collected.value = Some(value);
    if let Some(step) = collected.steps.iter_mut().find(|step| step.source == link.name) {
        step.outcome = Outcome::Hit;
        step.location = Some(location.to_owned());
        step.message = None;
    }
}

/// The worst of several failures: the first of exit codes 7, 5, 4, 6, then any other.
fn worst(failures: &[(usize, Arc<str>, Failure)]) -> Option<&(usize, Arc<str>, Failure)> {
    use FailureCode::{Denied, InteractionRequired, Invalid, Unavailable};
    [Invalid, Denied, InteractionRequired, Unavailable]
        .into_iter()
        .find_map(|code| failures.iter().find(|(.., failure)| failure.code == code))
        .or(failures.first())
}

/// Who failed and why, in words.
fn told(failures: &[(usize, Arc<str>, Failure)]) -> String {
    let told: Vec<String> =
        failures.iter().map(|(_, name, failure)| format!("source `{name}`: {}", failure.message)).collect();
    told.join("; ")
}

/// The error of a failure that `on-error` does not go past: the last one. One that was gone past and is worse decides
/// the case, unless a person said no.
fn failed(at: &Coordinate, collected: &Collected) -> ConfigError {
    let last = collected.failures.last();
    let spokesman = match last {
        Some((.., failure)) if failure.code == FailureCode::Cancelled => last,
        _ => worst(&collected.failures),
    };
    let (Some((_, name, worst)), Some((_, stopper, last))) = (spokesman, last) else {
        return ConfigError::other("a source failed and did not say why").with_key(at.to_string());
    };
    let go_on = format!(
        "to go on to the next source all the same: on-error = {{ {} = \"continue\" }} at source `{stopper}`",
        last.code
    );
    let remedy = match &last.remedy {
        Some(own) => format!("{own}; or, {go_on}"),
        None => go_on,
    };
    let failure = Failure { message: told(&collected.failures), remedy: Some(remedy), ..worst.clone() };
    ConfigError::from_failure(failure)
        .with_key(at.to_string())
        .with_source_name(&**name)
        .with_origin(collected.origin())
}

/// The error where no source gave enough: not found, or the worst of what went wrong.
pub(crate) fn nothing_found(chain: &Chain, at: &Coordinate, collected: &Collected) -> ConfigError {
    let origin = collected.origin();
    let Some((_, name, worst)) = worst(&collected.failures) else {
        let names: Vec<&str> = chain.links.iter().filter(|link| !link.interactive()).map(|link| &*link.name).collect();
        let asked = match names.as_slice() {
            [] => "the chain has no source that could hold it".to_owned(),
            names => format!("not found in {}", names.join(", ")),
        };
        return ConfigError::build(crate::error::Kind::NotFound, asked)
            .with_key(at.to_string())
            .with_remedy(how_to_store(chain, at, None))
            .with_origin(origin);
    };
    let found = match collected.found.is_empty() {
        true => "no source gave a value".to_owned(),
        false => format!("only some of its fields were found, in {}", collected.places().join(", ")),
    };
    let message = format!("{found}, and not all could be asked: {}", told(&collected.failures));
    ConfigError::from_failure(Failure { message, ..worst.clone() })
        .with_key(at.to_string())
        .with_source_name(&**name)
        .with_origin(origin)
}

/// What to do about a value that is not there, or not whole: the command that stores it, and whether it can be asked for.
pub(crate) fn how_to_store(chain: &Chain, at: &Coordinate, source: Option<&str>) -> String {
    let place = source.map(|source| format!(" --in {source}")).unwrap_or_default();
    let command = format!("store the whole value: harmony-config -n {} set {at}{place}", chain.namespace);
    match chain.links.iter().any(Link::interactive) {
        true => format!("{command}; or have the program ask for what is missing: get_or_prompt"),
        false => command,
    }
}

/// The error of a value that was found and does not fit.
pub(crate) fn misfit(chain: &Chain, at: &Coordinate, collected: &Collected, fault: &fault::Fault) -> ConfigError {
    let blamed = collected.to_blame(fault);
    let mut error = match blamed {
        Some(found) => {
            let message = format!(
                "the value from source `{}` ({}) does not fit: {}",
                found.source,
                found.location,
                fault.describe()
            );
            ConfigError::build(crate::error::Kind::Deserialization, message).with_source_name(&*found.source)
        }
        None => ConfigError::build(
            crate::error::Kind::Deserialization,
            format!("the value does not fit: {}", fault.describe()),
        ),
    };
    if let Some(found) = blamed {
        error = error.with_remedy(match fault.missing {
            true => how_to_store(chain, at, Some(&found.source)),
            false => format!("put it right in `{}`, or remove the value there", found.source),
        });
    }
    error.with_key(at.to_string()).with_origin(collected.origin()).blamed_on(crate::Blame::Store)
}

/// Warns, once for each source and key, of what a person should know about a value.
pub(crate) fn warn_of_note(chain: &Chain, at: &Coordinate, link: &Link, entry: &Entry) {
    if let Some(note) = &entry.note
        && chain.warn_once(&link.name, at)
    {
        tracing::warn!(key = %at, source = %link.name, "{at} in `{}` ({}): {note}", link.name, entry.location);
    }
}

/// Warns, once for each source and key, of a value that was found below a source that could not answer.
pub(crate) fn warn_of_degradation(chain: &Chain, at: &Coordinate, collected: &Collected) {
    for (position, name, failure) in &collected.failures {
        if collected.is_degraded_by(*position) && chain.warn_once(name, at) {
            tracing::warn!(
                key = %at,
                source = %name,
                code = %failure.code,
                "source `{name}` could not be asked for {at}: {}; the value comes from elsewhere", failure.message
            );
        }
    }
}
