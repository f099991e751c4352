//! The seam between a plugin that asks and whatever asks the person: a terminal, a window, a script. Drawing is
//! `terminal`'s.

use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;
use harmony_config_core::{Failure, FailureCode};
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

    /// Whether [`show`](Self::show) can show a page, where somebody can be asked at all. By itself it cannot.
    fn shows_pages(&self) -> bool {
        false
    }

    /// Shows a page that the person is to open, and goes on showing it until what it answers is dropped. Where it cannot be
    /// done, as by itself, nobody can sign in with a browser.
    ///
    /// # Errors
    /// `interaction-required` where nobody can be shown anything.
    async fn show(&self, page: WebPage) -> Result<Box<dyn Notice>, Failure> {
        let message = format!("{}: nobody can be shown a page to open here", page.title);
        Err(Failure::new(FailureCode::InteractionRequired, message).with_remedy("run it in a terminal"))
    }
}

/// A page that a person is being shown.
#[async_trait]
pub trait Notice: Send + Sync {
    /// Waits until the person says no, and answers how.
    async fn left(&self) -> Left;

    /// Says in one line how it goes; an empty text takes the line away.
    fn say(&self, line: &str);
}

/// How a person said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It shall go on without that.
    Skipped,
    /// All of it is to stop.
    Cancelled,
}

/// A page that a person is to open, to confirm a code there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPage {
    /// The source that shows it: the person is told.
    pub source: String,
    /// What it is for.
    pub title: String,
    /// Its address, as it can be typed.
    pub address: String,
    /// The same with the code in it, if there is such a one.
    pub address_with_code: Option<String>,
    /// What the person types or compares there.
    pub code: String,
    /// When the code ends, from now.
    pub expires_in: Option<Duration>,
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
