//! Getting a value, and asking a person for what is missing of it. The person is asked last, once, for nothing that a
//! source has; what they answer goes to one source.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use serde_json::{Value, json};

use crate::{
    ConfigError, Coordinate, Entry, Failure, FailureCode, Interaction, Origin, Outcome, PromptNotes, Request, Shape,
    error::Kind,
    merge,
    schema::{self, fault, narrow},
};

use super::{
    Chain, Link,
    collect::{self, Collected},
    persist,
};

/// A value that is wanted.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) at: Coordinate,
    pub(crate) shape: Arc<Shape>,
}

/// A value that was had.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// What keeps a collected value from being used, as the error a caller gets.
pub(crate) fn judge(chain: &Chain, wanted: &Wanted, collected: &Collected) -> Option<ConfigError> {
    let Some(value) = &collected.value else { return Some(collect::nothing_found(chain, &wanted.at, collected)) };
    let fault = wanted.shape.misfit(value)?;
    if collected.whole || !fault.missing {
        return Some(collect::misfit(&wanted.at, collected, &fault));
    }
    if !collected.failures.is_empty() {
        return Some(collect::nothing_found(chain, &wanted.at, collected));
    }
    let have: Vec<String> =
        collected.found.iter().map(|found| format!("`{}` ({})", found.source, found.location)).collect();
    Some(
        ConfigError::build(
            Kind::NotFound,
            format!("only some of its fields were found, in {}: {}", have.join(", "), fault.describe()),
        )
        .with_key(wanted.at.to_string())
        .with_remedy("run the program in a terminal to be asked for the rest")
        .with_origin(collected.origin()),
    )
}

/// What is to be asked, and where the answers are to go.
struct Need<'a> {
    wanted: &'a Wanted,
    collected: Collected,
    /// What is kept of the collected value.
    base: Option<Value>,
    request: Request,
    target: Target<'a>,
}

enum Target<'a> {
    /// Written there.
    Source(&'a Link),
    /// No source of the chain keeps anything: the answer is used, and asked for again next time.
    Nowhere,
    /// The one that should keep it cannot be reached; the next one may, if the person says so.
    Away { link: &'a Link, failure: Failure, next: Option<&'a Link> },
}

/// Gets all these values, asking a person, in one form, for what is missing of them.
pub(crate) async fn obtain(chain: &Chain, wanted: &[Wanted]) -> Vec<Result<Answered, ConfigError>> {
    let mut answers: Vec<Option<Result<Answered, ConfigError>>> = Vec::with_capacity(wanted.len());
    let mut needs = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let answer = match collect::collect(chain, &wanted.at, &wanted.shape).await {
            Err(error) => Some(Err(error)),
            Ok(collected) => match judge(chain, wanted, &collected) {
                None => Some(Ok(complete(chain, wanted, collected))),
                Some(error) => match need(chain, wanted, collected, &error).await {
                    Ok(need) => {
                        needs.push((index, need, error));
                        None
                    }
                    Err(error) => Some(Err(error)),
                },
            },
        };
        answers.push(answer);
    }
    // Where one value cannot be had whatever a person answers, nobody is asked for the others.
    if !needs.is_empty() && answers.iter().flatten().any(Result::is_err) {
        for (index, _, error) in needs {
            put(&mut answers, index, Err(error));
        }
    } else if !needs.is_empty() {
        for (index, answer) in ask(chain, needs).await {
            put(&mut answers, index, answer);
        }
    }
    answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(ConfigError::other("no answer")))).collect()
}

fn put<T>(answers: &mut [Option<T>], index: usize, answer: T) {
    if let Some(place) = answers.get_mut(index) {
        *place = Some(answer);
    }
}

fn complete(chain: &Chain, wanted: &Wanted, collected: Collected) -> Answered {
    collect::warn_of_degradation(chain, &wanted.at, &collected);
    let origin = collected.origin();
    Answered { value: collected.value.unwrap_or(Value::Null), origin }
}

/// What to ask for, and whether asking can help at all.
async fn need<'a>(
    chain: &'a Chain,
    wanted: &'a Wanted,
    collected: Collected,
    error: &ConfigError,
) -> Result<Need<'a>, ConfigError> {
    if !chain.links.iter().any(Link::interactive) {
        return Err(error.clone());
    }
    let shape = &*wanted.shape;
    let faults = collected.value.as_ref().map(|value| persist::faults_of(shape, value)).unwrap_or_default();
    let mut request = chain.request(&wanted.at, shape);
    request.interaction = Interaction::Allowed;
    let target = choose(chain, wanted, &collected, &request).await?;
    if let Target::Source(link) = &target {
        can_win(chain, wanted, &collected, &faults, link)?;
    }
    let base = match (&collected.value, shape.schema()) {
        (Some(value), Some(_)) => Some(fault::without_faults(value, &faults)),
        _ => None,
    };
    if let (Some(schema), Some(base)) = (shape.schema(), &base) {
        let mut paths: Vec<Vec<String>> = faults.iter().map(|fault| fault.path.clone()).collect();
        if !collected.whole {
            paths.extend(narrow::unknown_paths(schema, base));
        }
        let narrowed = narrow::to_paths(schema, &paths);
        request.schema_text = Some(Arc::from(narrowed.to_string()));
        request.schema = Some(Arc::new(narrowed));
    }
    request.notes = Arc::new(notes(shape, &collected, &faults, base.as_ref()));
    Ok(Need { wanted, collected, base, request, target })
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
        let failed = collected.failures.iter().find(|(_, name, _)| *name == link.name);
        let answer = match failed {
            Some((.., failure)) => Err(failure.clone()),
            None => persist::can_write(link, request).await,
        };
        match answer {
            Ok(()) => return Ok(Target::Source(link)),
            Err(failure)
                if matches!(failure.code, FailureCode::Unavailable | FailureCode::InteractionRequired) =>
            {
                persist::say_next(&wanted.at, link, &failure);
                away = Some(Target::Away { next: persist::next_persisting(chain, link), link, failure });
            }
            Err(failure) => {
                let message = format!("an answer could not be kept: {}", failure.message);
                return Err(persist::not_written(&wanted.at, link, Failure { message, ..failure }));
            }
        }
    }
    Ok(away.unwrap_or(Target::Nowhere))
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
            return Err(collect::misfit(&wanted.at, collected, fault));
        }
    }
    Ok(())
}

/// Shows the form and keeps the answers.
async fn ask<'a>(
    chain: &'a Chain,
    needs: Vec<(usize, Need<'a>, ConfigError)>,
) -> Vec<(usize, Result<Answered, ConfigError>)> {
    let requests: Vec<Request> = needs.iter().map(|(_, need, _)| need.request.clone()).collect();
    let mut refused: Option<(&Link, Failure)> = None;
    for (position, link) in chain.links.iter().enumerate().filter(|(_, link)| link.interactive()) {
        let start = Instant::now();
        let mut entries = match requests.as_slice() {
            [only] => vec![link.source.read(only).await],
            several => link.source.read_many(several).await,
        };
        if let Some(failure) = entries.iter().find_map(|entry| entry.as_ref().err()) {
            let goes_on = failure.code != FailureCode::Cancelled
                && link.on_error(failure.code) == super::OnError::Continue;
            refused = Some((link, failure.clone()));
            if goes_on {
                continue;
            }
            break;
        }
        let elapsed = start.elapsed();
        let mut answers = Vec::with_capacity(needs.len());
        entries.truncate(needs.len());
        for ((index, mut need, error), entry) in needs.into_iter().zip(entries) {
            let answer = match entry {
                Ok(Some(entry)) => {
                    if let Some(step) = need.collected.steps.iter_mut().find(|step| step.source == link.name) {
                        step.outcome = Outcome::Hit;
                        step.location = Some(entry.location.clone());
                        step.message = None;
                        step.elapsed = elapsed;
                    }
                    keep(chain, need, link, position, entry).await
                }
                _ => Err(error),
            };
            answers.push((index, answer));
        }
        return answers;
    }
    needs
        .into_iter()
        .map(|(index, need, error)| (index, Err(unasked(&need, refused.as_ref(), error))))
        .collect()
}

/// The error where nobody could be asked, or the person said no.
fn unasked(need: &Need<'_>, refused: Option<&(&Link, Failure)>, error: ConfigError) -> ConfigError {
    let Some((link, failure)) = refused else { return error };
    let at = need.wanted.at.to_string();
    if failure.code == FailureCode::Cancelled {
        return ConfigError::from_failure(Failure {
            message: format!("{}; nothing was written", failure.message),
            ..failure.clone()
        })
        .with_key(at)
        .with_source_name(&*link.name);
    }
    let message = format!("{}; and source `{}` could not ask for it: {}", error.message(), link.name, failure.message);
    let severity = |code: u8| [7, 5, 4, 6, 3].iter().position(|known| *known == code).unwrap_or(usize::MAX);
    let asked = ConfigError::from_failure(Failure { message: message.clone(), ..failure.clone() });
    let worse = if severity(error.exit_code()) < severity(asked.exit_code()) {
        ConfigError::clone(&error).with_message(message)
    } else {
        asked
    };
    worse.with_key(at).with_origin(need.collected.origin())
}

/// Joins the answers to what is known, checks the whole, and writes the answers to their one place.
async fn keep(
    chain: &Chain,
    need: Need<'_>,
    asker: &Link,
    position: usize,
    entry: Entry,
) -> Result<Answered, ConfigError> {
    let Need { wanted, mut collected, base, request, target } = need;
    let answers = entry.value.clone();
    let value = match base {
        Some(mut base) => {
            merge::fill(&mut base, &answers, wanted.shape.schema());
            base
        }
        None => answers.clone(),
    };
    if let Some(fault) = wanted.shape.misfit(&value) {
        return Err(ConfigError::build(
            Kind::Deserialization,
            format!("the answers do not fit: {}; nothing was written", fault.describe()),
        )
        .with_key(wanted.at.to_string())
        .with_source_name(&*asker.name)
        .with_unsaved(value));
    }
    let location = entry.location.clone();
    collected.found.push(collect::Found {
        source: Arc::clone(&asker.name),
        position,
        value: answers.clone(),
        partial: true,
        version: None,
        location,
    });
    let write_request =
        Request { interaction: Interaction::Forbidden, schema: wanted.shape.schema.clone(),
                  schema_text: wanted.shape.schema_text.clone(), ..request };
    let written = match target {
        Target::Nowhere => {
            remember(chain, wanted, &answers);
            Ok(())
        }
        Target::Source(link) => persist::write_answers(chain, link, &write_request, &wanted.shape, &answers)
            .await
            .map(|_| ())
            .map_err(|failure| (link, failure)),
        Target::Away { link, failure, next } => match next {
            Some(next) if offer(asker, &write_request, link, &failure, next).await => {
                persist::write_answers(chain, next, &write_request, &wanted.shape, &answers)
                    .await
                    .map(|_| ())
                    .map_err(|failure| (next, failure))
            }
            _ => {
                remember(chain, wanted, &answers);
                tracing::warn!(
                    key = %wanted.at, source = %link.name,
                    "`{}` is away, so the answer for {} holds for this process only", link.name, wanted.at
                );
                Ok(())
            }
        },
    };
    if let Err((link, failure)) = written {
        // What was answered is not lost: it holds for this process, and the error carries it.
        remember(chain, wanted, &answers);
        let cause = persist::not_written(&wanted.at, link, failure);
        let code = cause.exit_code();
        let mut error = ConfigError::build(
            Kind::NotPersisted,
            format!("your answers could not be kept: {}", cause.message()),
        )
        .with_key(wanted.at.to_string())
        .with_source_name(&*link.name)
        .with_exit_code(code)
        .with_unsaved(value);
        if let Some(remedy) = cause.remedy() {
            error = error.with_remedy(remedy);
        }
        return Err(error.with_cause(cause));
    }
    collected.value = Some(value.clone());
    Ok(Answered { value, origin: collected.origin() })
}

fn remember(chain: &Chain, wanted: &Wanted, answers: &Value) {
    chain.written();
    super::lock(&chain.kept_here).insert(wanted.at.clone(), answers.clone());
}

/// Asks whether the answer may be kept in another place than it should be. Without a yes it is not: left there it
/// could shadow the team's value for ever.
async fn offer(asker: &Link, request: &Request, away: &Link, failure: &Failure, next: &Link) -> bool {
    let schema = json!({
        "type": "object",
        "title": "Where to keep it",
        "required": ["keep"],
        "properties": { "keep": {
            "type": "boolean",
            "default": false,
            "title": format!("Keep it in `{}` instead?", next.name),
            "description": format!("`{}`, where it belongs, is away: {}", away.name, failure.message),
        }},
    });
    let request = Request {
        interaction: Interaction::Allowed,
        schema_text: Some(Arc::from(schema.to_string())),
        schema: Some(Arc::new(schema)),
        notes: Arc::default(),
        ..request.clone()
    };
    match asker.source.read(&request).await {
        Ok(Some(entry)) => entry.value.get("keep") == Some(&Value::Bool(true)),
        _ => false,
    }
}
