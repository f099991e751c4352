//! The person of a world: what they answer, and that nobody is there, or that they say no.

use std::{collections::BTreeMap, sync::Mutex};

use harmony_config_core::{Failure, FailureCode, Request};
use serde_json::{Map, Value};

use crate::{
    double::lock,
    record::{Form, Question},
};

/// Marks the question where to keep an answer (`harmony-config-core` puts it there).
const ABOUT_PLACE: &str = "x-harmony-about-place";

#[derive(Default)]
pub(crate) struct Script {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Value>,
    keeps_elsewhere: bool,
    refusal: Option<FailureCode>,
    forms: Vec<Form>,
}

impl Script {
    pub(crate) fn answer(&self, at: &str, answer: Value) {
        let mut state = lock(&self.state);
        match (state.answers.get_mut(at), answer) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, answer) => {
                state.answers.insert(at.to_owned(), answer);
            }
        }
    }

    pub(crate) fn keep_elsewhere(&self, yes: bool) {
        lock(&self.state).keeps_elsewhere = yes;
    }

    pub(crate) fn refuse(&self, code: Option<FailureCode>) {
        lock(&self.state).refusal = code;
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        lock(&self.state).forms.clone()
    }

    /// Shows one form and answers it, with one answer for each request.
    pub(crate) fn show(&self, source: &str, requests: &[Request]) -> Vec<Result<Value, Failure>> {
        let mut state = lock(&self.state);
        if let Some(code) = state.refusal {
            let why = match code {
                FailureCode::Cancelled => "the person in the test's script said no",
                _ => "nobody is there in the test's script",
            };
            return requests.iter().map(|_| Err(Failure::new(code, why))).collect();
        }
        let about_place = requests.iter().any(is_about_place);
        let questions = requests.iter().map(question).collect();
        state.forms.push(Form { source: source.to_owned(), questions, about_place });
        if about_place {
            let keep = serde_json::json!({ "keep": state.keeps_elsewhere });
            return requests.iter().map(|_| Ok(keep.clone())).collect();
        }
        requests.iter().map(|request| state.answer_to(request)).collect()
    }
}

impl State {
    fn answer_to(&self, request: &Request) -> Result<Value, Failure> {
        let at = request.at.to_string();
        let scripted = self.answers.get(&at).ok_or_else(|| unscripted(&at, "it"))?;
        let Some(schema) = request.schema.as_deref().filter(|schema| properties(schema, schema).is_some()) else {
            return Ok(scripted.clone());
        };
        let mut answer = Value::Object(Map::new());
        pick(schema, schema, scripted, &mut answer, &mut Vec::new())
            .map_err(|path| unscripted(&at, &format!("field `{}`", path.join("."))))?;
        Ok(answer)
    }
}

fn unscripted(at: &str, what: &str) -> Failure {
    Failure::new(FailureCode::InteractionRequired, format!("the test's script has no answer to {what} of {at}"))
        .with_remedy(format!("script one: World::answer(\"{at}\", …)"))
}

fn is_about_place(request: &Request) -> bool {
    request.schema.as_ref().is_some_and(|schema| schema.get(ABOUT_PLACE) == Some(&Value::Bool(true)))
}

fn question(request: &Request) -> Question {
    let mut fields = Vec::new();
    if let Some(schema) = &request.schema {
        paths(schema, schema, &mut Vec::new(), &mut fields);
    }
    fields.sort();
    Question {
        at: request.at.to_string(),
        fields,
        notices: request.notes.notices.clone(),
        known: request.notes.known.clone().into_iter().collect(),
    }
}

/// Copies the scripted answers to what is asked. An error is the path of a required field without an answer.
fn pick(
    root: &Value,
    schema: &Value,
    scripted: &Value,
    answer: &mut Value,
    path: &mut Vec<String>,
) -> Result<(), Vec<String>> {
    let Some(fields) = properties(root, schema) else { return Ok(()) };
    let required = resolve(root, schema).get("required").and_then(Value::as_array);
    for (name, field) in fields {
        path.push(name.clone());
        match scripted.get(name) {
            Some(value) => {
                let mut picked = value.clone();
                if value.is_object() && properties(root, field).is_some() {
                    picked = Value::Object(Map::new());
                    pick(root, field, value, &mut picked, path)?;
                }
                if let Value::Object(answer) = answer {
                    answer.insert(name.clone(), picked);
                }
            }
            None if required.is_some_and(|list| list.iter().any(|known| known == name)) => return Err(path.clone()),
            None => {}
        }
        path.pop();
    }
    Ok(())
}

fn paths(root: &Value, schema: &Value, prefix: &mut Vec<String>, found: &mut Vec<String>) {
    let Some(fields) = properties(root, schema) else { return };
    for (name, field) in fields {
        prefix.push(name.clone());
        match properties(root, field) {
            Some(inner) if !inner.is_empty() && prefix.len() < 16 => paths(root, field, prefix, found),
            _ => found.push(prefix.join(".")),
        }
        prefix.pop();
    }
}

fn properties<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Map<String, Value>> {
    resolve(root, schema).get("properties")?.as_object()
}

/// Follows references and the other half of "or null".
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut current = schema;
    for _ in 0..32 {
        let reference = current.get("$ref").and_then(Value::as_str);
        let next = match reference {
            Some(reference) => reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)),
            None => current.get("anyOf").and_then(Value::as_array).and_then(|alternatives| {
                let mut real =
                    alternatives.iter().filter(|one| one.get("type").and_then(Value::as_str) != Some("null"));
                let first = real.next()?;
                real.next().is_none().then_some(first)
            }),
        };
        match next {
            Some(next) => current = next,
            None => break,
        }
    }
    current
}
