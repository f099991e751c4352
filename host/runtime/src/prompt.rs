//! The seam between a plugin that asks and whatever asks the person: a terminal, a window, a script. Drawing is
//! `terminal`'s.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use harmony_config_core::Failure;
use serde_json::Value;

/// Whatever asks the person.
#[async_trait]
pub trait Prompter: Send + Sync {
    /// Why nobody can be asked, if so: there is no terminal, or the program was told to ask nobody.
    fn unavailable(&self) -> Option<Failure>;

    /// Asks all forms, one after the other, and answers with one list a form.
    ///
    /// # Errors
    /// `cancelled` where the person said no; `interaction-required` where nobody answers.
    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure>;
}

/// Questions that belong together.
#[derive(Clone, Debug)]
pub struct Form {
    /// The source that asks: the person is told.
    pub source: String,
    /// What the answers are for.
    pub title: String,
    /// More words on it.
    pub help: Option<String>,
    /// What the person should know first, one sentence each.
    pub notices: Vec<String>,
    /// What is already known, as it may be shown.
    pub known: BTreeMap<String, String>,
    /// The questions, in the order of asking.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Where the answer belongs: names of fields, from the outside in.
    pub path: Vec<String>,
    /// What is asked for.
    pub kind: Kind,
    /// What the person sees.
    pub label: String,
    /// More words on it.
    pub help: Option<String>,
    /// Whether an empty answer is refused.
    pub required: bool,
    /// Whether the typed text is hidden and never repeated.
    pub secret: bool,
    /// What an empty answer means.
    pub default: Option<Value>,
    /// For [`Kind::Choice`].
    pub choices: Vec<Choice>,
    /// The JSON Schema that the answer must fit.
    pub schema: Value,
}

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of several.
    Choice,
    /// A list of texts or numbers.
    List,
    /// Any JSON.
    Json,
}

impl Kind {
    /// The kind of this name in the contract; a name that is not known is asked as JSON.
    pub fn from_name(name: &str) -> Self {
        match name {
            "text" => Kind::Text,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "choice" => Kind::Choice,
            "list" => Kind::List,
            _ => Kind::Json,
        }
    }
}

/// One of several answers.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the person sees.
    pub label: String,
    /// What comes back.
    pub value: Value,
    /// More words on it.
    pub help: Option<String>,
}

/// One answer.
#[derive(Clone)]
pub struct Answer {
    /// The path of its question.
    pub path: Vec<String>,
    /// What was answered, checked against the question's schema.
    pub value: Value,
}

/// Shows everything but the answer.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("path", &self.path).field("value", &"***").finish()
    }
}
