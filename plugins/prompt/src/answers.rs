//! From answers to a value. An optional struct of which nothing was answered is left out; one of which something was
//! answered is asked for the rest.

use harmony_config_sdk::{
    Entry, Failure,
    prompt::{Answer, Form, Question},
};
use serde_json::{Map, Value};

use crate::{Person, form::Plan, words};

/// The place of an answer, for people.
const LOCATION: &str = "answered at the prompt";

/// Asks all plans, and answers with one entry each.
pub(crate) fn ask(person: &impl Person, plans: &[Plan]) -> Result<Vec<Entry>, Failure> {
    let forms: Vec<Form> = plans.iter().map(|plan| plan.form.clone()).collect();
    let mut answers = ask_where_needed(person, &forms)?;
    let more: Vec<Form> = plans.iter().zip(&answers).map(|(plan, answers)| follow_up(plan, answers)).collect();
    for (answers, more) in answers.iter_mut().zip(ask_where_needed(person, &more)?) {
        answers.extend(more);
    }
    plans.iter().zip(answers).map(|(plan, answers)| entry(plan, &answers)).collect()
}

/// One list for each form; a form without questions is not shown.
fn ask_where_needed(person: &impl Person, forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
    let shown: Vec<Form> = forms.iter().filter(|form| !form.questions.is_empty()).cloned().collect();
    if shown.is_empty() {
        return Ok(forms.iter().map(|_| Vec::new()).collect());
    }
    let mut answers = person.ask(&shown)?.into_iter();
    Ok(forms
        .iter()
        .map(|form| if form.questions.is_empty() { None } else { answers.next() }.unwrap_or_default())
        .collect())
}

/// The questions that an optional struct, once something of it was answered, must have answered too.
fn follow_up(plan: &Plan, answers: &[Answer]) -> Form {
    let mut form = Form::new(plan.form.title.clone());
    let mut named: Vec<String> = Vec::new();
    for (question, fact) in plan.form.questions.iter().zip(&plan.facts) {
        let Some(group) = fact.group.and_then(|group| plan.groups.get(group)) else { continue };
        let answered = answers.iter().any(|answer| answer.path == question.path);
        if !fact.required || answered || !is_given(group, answers) {
            continue;
        }
        let name = words::label(group);
        if !named.contains(&name) {
            named.push(name);
        }
        form.questions.push(Question { required: true, default: fact.default.clone(), ..question.clone() });
    }
    form.help = Some(format!("You answered for {}: this belongs to it.", named.join(" and ")));
    form
}

fn is_given(group: &[String], answers: &[Answer]) -> bool {
    answers.iter().any(|answer| answer.path.starts_with(group))
}

fn entry(plan: &Plan, answers: &[Answer]) -> Result<Entry, Failure> {
    // A value that was asked for as a whole is whole.
    if let Some(answer) = answers.iter().find(|answer| answer.path.is_empty()) {
        return Ok(Entry::new(answer.value.clone(), LOCATION));
    }
    let mut value = Value::Object(Map::new());
    for (path, group) in &plan.objects {
        let wanted = group.and_then(|group| plan.groups.get(group)).is_none_or(|group| is_given(group, answers));
        if wanted {
            place(&mut value, path)?;
        }
    }
    for answer in answers {
        let parsed = serde_json::from_str(&answer.value)
            .map_err(|error| Failure::invalid(format!("the host's answer is not JSON: {error}")))?;
        *place(&mut value, &answer.path)? = parsed;
    }
    Ok(Entry::new(value.to_string(), LOCATION).partial())
}

/// The place at `path`, objects made on the way; an object itself, until something else is put there.
fn place<'a>(root: &'a mut Value, path: &[String]) -> Result<&'a mut Value, Failure> {
    path.iter().try_fold(root, |place, name| match place {
        Value::Object(members) => Ok(members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))),
        _ => Err(Failure::invalid(format!("the answers for {} do not go together", words::label(path)))),
    })
}
