//! Asking the person, through the host: in a terminal, in a window, or from a script in a test. For a plugin that wants
//! `prompt`. Only answers come back.

use crate::{Failure, bindings::harmony::config::prompt as contract};

pub use contract::{Answer, Choice, Form, Question};

/// Asks the questions of all forms, one form after the other, and answers with one list a form.
///
/// # Errors
/// `interaction-required` where nobody can be asked; `cancelled` where the person said no.
pub fn ask(forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
    contract::ask(forms)
}

impl Form {
    /// A form without questions.
    pub fn new(title: impl Into<String>) -> Self {
        Form { title: title.into(), help: None, questions: Vec::new(), extra: Vec::new() }
    }
}

impl Question {
    /// A required question. `kind` is a word of the contract; `schema` is the JSON Schema that an answer must fit.
    pub fn new(
        path: Vec<String>,
        kind: impl Into<String>,
        label: impl Into<String>,
        schema: impl Into<String>,
    ) -> Self {
        Question {
            path,
            kind: kind.into(),
            label: label.into(),
            help: None,
            required: true,
            secret: false,
            default: None,
            choices: Vec::new(),
            schema: schema.into(),
            extra: Vec::new(),
        }
    }
}
