//! What becomes of the answers: checked together with what is known, then written to one place, or kept in this process
//! where that place is away. How a source is written is in `persist`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{ConfigError, Entry, Failure, Interaction, Request, error::Kind, merge};

use super::{
    Chain, Link,
    ask::{Answered, Wanted},
    collect::Collected,
    need::{Need, Target},
    persist,
};

/// Joins the answers to what is known, checks the whole, and writes the answers to their one place.
pub(super) async fn keep(need: Need<'_>, asker: &Link, entry: Entry) -> Result<Answered, ConfigError> {
    let Need { wanted, mut collected, base, faults, request, target } = need;
    let chain = &*wanted.chain;
    let answers = entry.value;
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
    collected.correct(&asker.name, chain.position(&asker.name), &faults, &answers, entry.location);
    let write_request = Request {
        interaction: Interaction::Forbidden,
        schema: wanted.shape.schema.clone(),
        schema_text: wanted.shape.schema_text.clone(),
        ..request
    };
    let written = match target {
        Target::Nowhere => {
            remember(chain, wanted, &answers);
            Ok(())
        }
        Target::Source(link) => write_along(chain, link, &write_request, wanted, &answers, &collected).await,
        Target::Away { link, failure, next } => match next {
            Some(next) if offer(asker, &write_request, link, &failure, next).await => {
                write(chain, next, &write_request, wanted, &answers, &collected).await
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
        return Err(not_kept(wanted, link, failure, value));
    }
    collected.value = Some(value.clone());
    Ok(Answered { value, origin: collected.origin() })
}

/// Writes the answers to a place, or along the persist list to the next one where it is away and surely has not got them.
async fn write_along<'a>(
    chain: &'a Chain,
    first: &'a Link,
    request: &Request,
    wanted: &Wanted,
    answers: &Value,
    collected: &Collected,
) -> Result<(), (&'a Link, Failure)> {
    let list = match persist::listed(chain, &wanted.shape) {
        true => persist::targets(chain, &wanted.shape),
        false => Vec::new(),
    };
    let mut answer = write(chain, first, request, wanted, answers, collected).await;
    for next in list.into_iter().skip_while(|link| link.name != first.name).skip(1) {
        match &answer {
            Err((link, failure)) if persist::may_go_on(failure) => persist::say_next(&wanted.at, link, failure),
            _ => break,
        }
        answer = write(chain, next, request, wanted, answers, collected).await;
    }
    answer
}

/// Writes the answers, after which they need not be remembered here.
async fn write<'a>(
    chain: &Chain,
    link: &'a Link,
    request: &Request,
    wanted: &Wanted,
    answers: &Value,
    collected: &Collected,
) -> Result<(), (&'a Link, Failure)> {
    let below = collected.below(chain.position(&link.name));
    persist::write_answers(chain, link, request, &wanted.shape, answers, &below)
        .await
        .map_err(|failure| (link, failure))?;
    chain.forget(&wanted.at);
    Ok(())
}

fn not_kept(wanted: &Wanted, link: &Link, failure: Failure, value: Value) -> ConfigError {
    let cause = persist::not_written(&wanted.at, link, failure);
    let message = format!("your answers could not be kept, and hold for this process only: {}", cause.message());
    let mut error = ConfigError::build(Kind::NotPersisted, message)
        .with_key(wanted.at.to_string())
        .with_source_name(&*link.name)
        .with_exit_code(cause.exit_code())
        .with_unsaved(value);
    if let Some(remedy) = cause.remedy() {
        error = error.with_remedy(remedy);
    }
    error.with_cause(cause)
}

fn remember(chain: &Chain, wanted: &Wanted, answers: &Value) {
    chain.remember(&wanted.at, answers, wanted.shape.schema());
}

/// Asks whether the answer may be kept in another place than it should be. Without a yes it is not: left there it
/// could shadow the team's value for ever.
async fn offer(asker: &Link, request: &Request, away: &Link, failure: &Failure, next: &Link) -> bool {
    let schema = json!({
        "type": "object",
        "title": "Where to keep it",
        // For a source that answers from a script: this is not a question for the value.
        "x-harmony-about-place": true,
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
