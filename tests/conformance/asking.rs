//! Sources that ask a person.

use std::sync::Arc;

use harmony_config_core::{FailureCode, Interaction, Request};
use serde_json::json;

use super::{Came, Checked, Fault, Subject, ensure, request};

const ASKS_NOBODY: Came = Came::NotForIt("it asks nobody");

/// A request with a schema that may ask.
fn question(subject: &impl Subject, at: &str) -> Result<Request, Fault> {
    let schema = json!({
        "type": "object",
        "properties": { "user": { "type": "string" }, "password": { "type": "string", "x-harmony-secret": true } },
        "required": ["user", "password"],
    });
    Ok(Request {
        interaction: Interaction::Allowed,
        schema: Some(Arc::new(schema)),
        ..request(subject.default_namespace(), at)?
    })
}

pub(super) async fn nobody_is_asked_where_it_is_forbidden(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().interactive {
        return Ok(ASKS_NOBODY);
    }
    let forbidden = Request { interaction: Interaction::Forbidden, ..question(subject, "Login")? };
    let mut answers = source.read_many(&[forbidden.clone(), forbidden.clone()]).await;
    answers.push(source.read(&forbidden).await);
    for answer in answers {
        let failure = answer.err().ok_or("it answers without asking")?;
        ensure!(failure.code == FailureCode::InteractionRequired, "{failure}");
    }
    ensure!(subject.times_asked() == 0, "a person was asked where it is forbidden");
    Ok(Came::Kept)
}

pub(super) async fn a_person_who_may_be_asked_is(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().interactive {
        return Ok(ASKS_NOBODY);
    }
    let entry = source.read(&question(subject, "Login")?).await.map_err(|failure| failure.to_string())?;
    let entry = entry.ok_or("a person answered, and there is nothing")?;
    ensure!(entry.value == json!({ "user": "typed", "password": "typed" }), "the answers are not the value");
    ensure!(!entry.location.is_empty(), "it does not say where the answer is from");
    ensure!(subject.times_asked() == 1, "asked {} times", subject.times_asked());
    Ok(Came::Kept)
}

/// Several questions are one call, so that a person sees them together.
pub(super) async fn many_questions_are_asked_at_once(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().interactive {
        return Ok(ASKS_NOBODY);
    }
    let requests = [question(subject, "Login")?, question(subject, "Login@two")?];
    let answers = source.read_many(&requests).await;
    ensure!(answers.len() == 2, "{} answers to 2 requests", answers.len());
    for answer in answers {
        let entry = answer.map_err(|failure| failure.to_string())?;
        ensure!(entry.is_some(), "a person answered, and there is nothing");
    }
    ensure!(subject.times_asked() == 1, "the person was asked {} times", subject.times_asked());
    Ok(Came::Kept)
}
