//! Getting a value, and asking a person for what is missing of it. The person is asked last, once, for nothing that a
//! source has. What is asked for is settled in `need`; where the answers go, in `keep`.

use std::{sync::Arc, time::Instant};

use serde_json::Value;

use crate::{
    ConfigError, Coordinate, Failure, FailureCode, Interaction, Origin, Outcome, Request, Shape, error::Kind,
    schema::fault::Fault,
};

use super::{
    Chain, Link, OnError,
    collect::{self, Collected},
    keep::keep,
    need::{Need, need},
};

/// A value that is wanted.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The chain of this key.
    pub(crate) chain: Arc<Chain>,
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
pub(crate) fn judge(chain: &Chain, at: &Coordinate, shape: &Shape, collected: &Collected) -> Option<ConfigError> {
    let Some(value) = &collected.value else { return Some(collect::nothing_found(chain, at, collected)) };
    let first = shape.misfit(value)?;
    // Of several faults the worst speaks: a field that is there and wrong, before one that is missing.
    let fault = match first.missing && !collected.whole {
        true => shape.faults(value).into_iter().find(|fault| !fault.missing).unwrap_or(first),
        false => first,
    };
    if collected.whole || !fault.missing {
        return Some(collect::misfit(chain, at, collected, &fault));
    }
    if !collected.failures.is_empty() {
        return Some(collect::nothing_found(chain, at, collected));
    }
    Some(incomplete(chain, at, collected, &fault))
}

fn incomplete(chain: &Chain, at: &Coordinate, collected: &Collected, fault: &Fault) -> ConfigError {
    let message =
        format!("only some of its fields were found, in {}: {}", collected.places().join(", "), fault.describe());
    ConfigError::build(Kind::NotFound, message)
        .with_key(at.to_string())
        .with_remedy(collect::how_to_store(chain, at, None))
        .with_origin(collected.origin())
}

/// What a first look at the values comes to: those that are there, and those that a person is needed for.
struct Look<'a> {
    answers: Vec<Option<Result<Answered, ConfigError>>>,
    needs: Needs<'a>,
}

async fn look(wanted: &[Wanted]) -> Look<'_> {
    let mut look = Look { answers: Vec::with_capacity(wanted.len()), needs: Vec::new() };
    for (index, wanted) in wanted.iter().enumerate() {
        let chain = &*wanted.chain;
        let answer = match collect::collect(chain, &wanted.at, &wanted.shape, Interaction::Allowed).await {
            Err(error) => Some(Err(error)),
            Ok(collected) => match judge(chain, &wanted.at, &wanted.shape, &collected) {
                None => Some(Ok(complete(chain, wanted, collected))),
                Some(error) => match need(wanted, collected, &error).await {
                    Ok(need) => {
                        look.needs.push((index, need, error));
                        None
                    }
                    Err(error) => Some(Err(error)),
                },
            },
        };
        look.answers.push(answer);
    }
    look
}

/// Gets all these values, asking a person, in one form, for what is missing of them.
pub(crate) async fn obtain(wanted: &[Wanted]) -> Vec<Result<Answered, ConfigError>> {
    let Some(memory) = wanted.first().map(|wanted| &wanted.chain.memory) else { return Vec::new() };
    let Look { mut answers, mut needs } = look(wanted).await;
    // Where one value cannot be had whatever a person answers, nobody is asked for the others.
    let hopeless = |answers: &[Option<Result<Answered, ConfigError>>]| answers.iter().flatten().any(Result::is_err);
    // One form at a time. Whoever had to wait for another form looks again: it may have brought the answers.
    let _form = if needs.is_empty() || hopeless(&answers) {
        None
    } else if let Ok(free) = memory.asking.try_lock() {
        Some(free)
    } else {
        let turn = memory.asking.lock().await;
        Look { answers, needs } = look(wanted).await;
        Some(turn)
    };
    if hopeless(&answers) {
        for (index, _, error) in needs {
            put(&mut answers, index, Err(error));
        }
    } else if !needs.is_empty() {
        for needs in by_asker(needs) {
            for (index, answer) in ask(needs).await {
                put(&mut answers, index, answer);
            }
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

type Needs<'a> = Vec<(usize, Need<'a>, ConfigError)>;

/// The needs that one form can hold together: those whose chains ask the same sources. Nearly always all of them.
fn by_asker(needs: Needs<'_>) -> Vec<Needs<'_>> {
    fn askers<'a>(need: &Need<'a>) -> Vec<&'a str> {
        need.wanted.chain.links.iter().filter(|link| link.interactive()).map(|link| &*link.name).collect()
    }
    let mut groups: Vec<Needs<'_>> = Vec::new();
    for need in needs {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| askers(&first.1) == askers(&need.1))) {
            Some(group) => group.push(need),
            None => groups.push(vec![need]),
        }
    }
    groups
}

/// Shows the form and keeps the answers.
async fn ask(needs: Needs<'_>) -> Vec<(usize, Result<Answered, ConfigError>)> {
    let Some(chain) = needs.first().map(|(_, need, _)| &*need.wanted.chain) else { return Vec::new() };
    let requests: Vec<Request> = needs.iter().map(|(_, need, _)| need.request.clone()).collect();
    let mut refused: Option<(&Link, Failure)> = None;
    for link in chain.links.iter().filter(|link| link.interactive()) {
        let start = Instant::now();
        let mut entries = match requests.as_slice() {
            [only] => vec![link.source.read(only).await],
            several => link.source.read_many(several).await,
        };
        if let Some(failure) = entries.iter().find_map(|entry| entry.as_ref().err()) {
            let goes_on = failure.code != FailureCode::Cancelled && link.on_error(failure.code) == OnError::Continue;
            refused = Some((link, failure.clone()));
            if goes_on {
                continue;
            }
            break;
        }
        let elapsed = start.elapsed();
        let mut answers = Vec::with_capacity(needs.len());
        // A source that answers too little has not answered the rest.
        entries.resize_with(needs.len(), || Ok(None));
        for ((index, mut need, error), entry) in needs.into_iter().zip(entries) {
            let answer = match entry {
                Ok(Some(entry)) => {
                    if let Some(step) = need.collected.steps.iter_mut().find(|step| step.source == link.name) {
                        step.outcome = Outcome::Hit;
                        step.location = Some(entry.location.clone());
                        step.message = None;
                        step.elapsed = elapsed;
                    }
                    keep(need, link, entry).await
                }
                _ => Err(error),
            };
            answers.push((index, answer));
        }
        return answers;
    }
    needs.into_iter().map(|(index, need, error)| (index, Err(unasked(&need, refused.as_ref(), error)))).collect()
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
        error.with_message(message)
    } else {
        asked.with_source_name(&*link.name)
    };
    worse.with_key(at).with_origin(need.collected.origin())
}
