//! Asking the person for a plugin: the form is bounded and made fit to be shown, what the host knows is added, and only
//! answers to what was asked come back.

use std::sync::Arc;

use harmony_config_core::{Failure, FailureCode, PromptNotes};

use crate::{
    limits,
    policy::{Pass, Use},
    prompt::{Answer, Choice, Form, Prompter, Question},
    words::shown,
};

/// Asks the forms of one call. `notes` has what the host tells the person about each of them.
pub(crate) async fn ask(
    pass: &Pass<'_>,
    prompter: &Arc<dyn Prompter>,
    source: &str,
    mut forms: Vec<Form>,
    notes: &[Arc<PromptNotes>],
) -> Result<Vec<Vec<Answer>>, Failure> {
    if pass.what() != Use::Prompt {
        return Ok(Vec::new());
    }
    if let Some(failure) = prompter.unavailable() {
        return Err(failure);
    }
    let questions: usize = forms.iter().map(|form| form.questions.len()).sum();
    for (count, what) in [(questions, "questions"), (forms.len(), "forms")] {
        if count > limits::MAX_QUESTIONS {
            let message = format!("{count} {what} are too many; the most is {}", limits::MAX_QUESTIONS);
            return Err(Failure::new(FailureCode::Invalid, message));
        }
    }
    for (index, form) in forms.iter_mut().enumerate() {
        source.clone_into(&mut form.source);
        clean(form);
        if let Some(notes) = notes.get(index) {
            form.notices = notes.notices.iter().map(|notice| shown(notice)).collect();
            form.known = notes.known.iter().map(|(name, value)| (shown(name), shown(value))).collect();
        }
    }
    let asked: Vec<Vec<Vec<String>>> =
        forms.iter().map(|form| form.questions.iter().map(|question| question.path.clone()).collect()).collect();
    let mut answers = prompter.ask(forms).await?;
    answers.resize_with(asked.len(), Vec::new);
    for (answers, asked) in answers.iter_mut().zip(&asked) {
        answers.retain(|answer| asked.contains(&answer.path));
    }
    Ok(answers)
}

fn clean(form: &mut Form) {
    form.title = shown(&form.title);
    clean_help(&mut form.help);
    for question in &mut form.questions {
        let Question { label, help, choices, .. } = question;
        *label = shown(label);
        clean_help(help);
        choices.truncate(limits::MAX_CHOICES);
        for Choice { label, help, .. } in choices {
            *label = shown(label);
            clean_help(help);
        }
    }
}

fn clean_help(help: &mut Option<String>) {
    if let Some(help) = help {
        *help = shown(help);
    }
}
