//! `harmony:config/prompt`.

use harmony_config_core::FailureCode;

use super::{
    bindings::harmony::config::{
        prompt::{Answer, Form, Host, Question},
        types::Failure,
    },
    to_guest,
};
use crate::{capability, component::State, policy::Use, prompt};

impl Host for State {
    async fn ask(&mut self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        let pass = self.decide(Use::Prompt).map_err(to_guest)?;
        self.holds_nothing("no form is shown").map_err(to_guest)?;
        let forms = forms.into_iter().map(form).collect::<Result<Vec<_>, Failure>>()?;
        let secrets: Vec<Vec<Vec<String>>> = forms
            .iter()
            .map(|form| form.questions.iter().filter(|q| q.secret).map(|q| q.path.clone()).collect())
            .collect();
        let answers = {
            // The source's deadline stands still while this lives.
            let _attention = self.call.clock.attend();
            let capabilities = self.capabilities();
            capability::prompt::ask(&pass, &capabilities.prompter, &self.source, forms, &self.call.notes)
                .await
                .map_err(to_guest)?
        };
        for (answers, secrets) in answers.iter().zip(secrets) {
            for answer in answers.iter().filter(|answer| secrets.contains(&answer.path)) {
                self.in_play.add(answer.value.as_str().unwrap_or(&answer.value.to_string()));
            }
        }
        let to_guest = |answer: prompt::Answer| Answer { path: answer.path, value: answer.value.to_string() };
        Ok(answers.into_iter().map(|answers| answers.into_iter().map(to_guest).collect()).collect())
    }
}

fn form(form: Form) -> Result<prompt::Form, Failure> {
    Ok(prompt::Form {
        source: String::new(),
        title: form.title,
        help: form.help,
        notices: Vec::new(),
        known: Default::default(),
        questions: form.questions.into_iter().map(question).collect::<Result<_, _>>()?,
    })
}

fn question(question: Question) -> Result<prompt::Question, Failure> {
    let label = question.label.clone();
    let json = |what: &str, text: &str| {
        serde_json::from_str(text).map_err(|error| {
            let message = format!("the {what} of the question `{label}` is not JSON: {error}");
            to_guest(harmony_config_core::Failure::new(FailureCode::Invalid, message))
        })
    };
    let choices = question
        .choices
        .into_iter()
        .map(|choice| {
            let value = json("choice", &choice.value)?;
            Ok(prompt::Choice { label: choice.label, value, help: choice.help })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(prompt::Question {
        path: question.path,
        kind: prompt::Kind::from_name(&question.kind),
        label: question.label,
        help: question.help,
        required: question.required,
        secret: question.secret,
        default: question.default.map(|text| json("default", &text)).transpose()?,
        choices,
        schema: json("schema", &question.schema)?,
    })
}
