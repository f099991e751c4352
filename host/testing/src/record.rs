//! What happened in a world: which source was called for what, and what a person was asked.

/// One call of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The source.
    pub source: String,
    /// What it was called to do.
    pub deed: Deed,
    /// For what: `KEY` or `KEY@INSTANCE`; for a listing, the prefix.
    pub at: String,
}

/// What a source can be called to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deed {
    /// To give a value.
    Read,
    /// To keep a value.
    Write,
    /// To remove a value.
    Remove,
    /// To say what it holds.
    List,
    /// To ask a person.
    Ask,
}

/// One form that a person was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// The source that showed it.
    pub source: String,
    /// What it asked for, one for each value.
    pub questions: Vec<Question>,
    /// Whether it was the question where to keep an answer whose place is away.
    pub about_place: bool,
}

/// What a form asked of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// Of which value: `KEY` or `KEY@INSTANCE`.
    pub at: String,
    /// The fields, their paths joined by dots, in order. Empty where the whole value was asked for as one text.
    pub fields: Vec<String>,
    /// What the person was told first.
    pub notices: Vec<String>,
    /// What was shown as known already: the field, and its value or `***`.
    pub known: Vec<(String, String)>,
}
