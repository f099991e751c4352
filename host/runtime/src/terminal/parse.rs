//! From what was typed to a value: by the question's kind, and checked against its JSON Schema. Nothing is read or
//! drawn here, and no message repeats what was typed.

use harmony_config_core::{Blame, Failure, FailureCode};
use jsonschema::Validator;
use serde_json::{Number, Value};

use super::{
    describe::{describe, is_bounded, type_name},
    layout::visible,
};
use crate::prompt::{Answer, Choice, Kind, Question};

/// What a secret looks like wherever it would be shown.
pub(crate) const HIDDEN: &str = "***";

/// A question with what is made of it once: the check of its answers, and a default that passes it.
pub(crate) struct Asked {
    question: Question,
    validator: Option<Validator>,
    default: Option<Value>,
}

/// What an answer came to.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) enum Parsed {
    /// A value that fits.
    Value(Value),
    /// Nothing was typed, the question is optional, and it has no default.
    Skipped,
    /// It does not fit; the text says what it should be.
    Wrong(String),
    /// JSON that is right as far as it goes, and not at its end.
    Unfinished,
}

impl Asked {
    /// Prepares a question. Its schema is compiled here, once.
    pub(crate) fn new(question: Question) -> Self {
        // A schema that cannot be compiled says nothing about an answer; the chain checks the whole value later.
        let validator = jsonschema::validator_for(&question.schema).ok();
        let fits = |value: &Value| validator.as_ref().is_none_or(|validator| validator.is_valid(value));
        let default = question.default.clone().filter(fits);
        Asked { question, validator, default }
    }

    /// The question itself.
    pub(crate) fn question(&self) -> &Question {
        &self.question
    }

    /// What the person sees as the question's name.
    pub(crate) fn label(&self) -> String {
        match self.question.label.is_empty() {
            true => self.question.path.join("."),
            false => self.question.label.clone(),
        }
    }

    /// What an empty answer means, if that is a value.
    pub(crate) fn default(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// Whether the answers are picked from a list.
    pub(crate) fn is_choice(&self) -> bool {
        self.question.kind == Kind::Choice && !self.question.choices.is_empty()
    }

    /// What the answer should be: `a whole number from 1 to 65535`.
    pub(crate) fn expected(&self) -> String {
        if self.is_choice() {
            let labels: Vec<&str> = self.question.choices.iter().map(|choice| choice.label.as_str()).collect();
            return format!("one of {}", labels.join(", "));
        }
        let words = describe(&self.question.schema);
        if !words.is_empty() {
            return words;
        }
        match self.question.kind {
            Kind::Text => "a text",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Boolean => "yes or no",
            Kind::List => "a list, separated by commas",
            Kind::Choice | Kind::Json => "JSON",
        }
        .to_owned()
    }

    /// How to answer, where the name of the question does not say it.
    pub(crate) fn hint(&self) -> Option<String> {
        let bounded = is_bounded(&self.question.schema);
        let hint = match self.question.kind {
            Kind::Choice if self.is_choice() => return None,
            Kind::Text if bounded => self.expected(),
            Kind::Text => return None,
            Kind::Integer | Kind::Number => self.expected(),
            Kind::Boolean => "yes or no".to_owned(),
            Kind::List if bounded => format!("{}, separated by commas", self.expected()),
            Kind::List => "separated by commas; put \"...\" around one that has a comma".to_owned(),
            Kind::Choice | Kind::Json => match describe(&self.question.schema) {
                words if words.is_empty() => "JSON, on one line or more".to_owned(),
                words => format!("{words}, as JSON on one line or more"),
            },
        };
        Some(hint)
    }

    /// What was typed, as a value.
    pub(crate) fn parse(&self, text: &str) -> Parsed {
        if self.is_blank(text) {
            return match (&self.default, self.question.required) {
                (Some(default), _) => Parsed::Value(default.clone()),
                (None, false) => Parsed::Skipped,
                (None, true) => Parsed::Wrong(format!("an answer is needed: {}", self.expected())),
            };
        }
        let parsed = match self.question.kind {
            Kind::Text => Ok(Value::String(text.to_owned())),
            Kind::Integer => integer(text.trim()).map(Value::Number).ok_or_else(|| self.should_be()),
            Kind::Number => number(text.trim()).map(Value::Number).ok_or_else(|| self.should_be()),
            Kind::Boolean => boolean(text.trim()).map(Value::Bool).ok_or_else(|| self.should_be()),
            Kind::Choice if self.is_choice() => pick(&self.question.choices, text.trim())
                .map(|choice| choice.value.clone())
                .ok_or_else(|| self.should_be()),
            Kind::List => list(text, &self.question.schema).ok_or_else(|| self.should_be()),
            Kind::Choice | Kind::Json => match serde_json::from_str(text.trim()) {
                Ok(value) => Ok(value),
                Err(error) if error.is_eof() => return Parsed::Unfinished,
                // serde_json's own text can quote what was typed; where it stands cannot.
                Err(error) => Err(format!("this is not JSON: see character {}", error.column())),
            },
        };
        match parsed {
            Ok(value) => self.check(value),
            Err(message) => Parsed::Wrong(message),
        }
    }

    /// A value, checked against the schema.
    pub(crate) fn check(&self, value: Value) -> Parsed {
        let Some(error) = self.validator.as_ref().and_then(|validator| validator.iter_errors(&value).next()) else {
            return Parsed::Value(value);
        };
        // Inside an object the place helps; in a secret, the names on the way may be secret too.
        let place = error.instance_path().as_str();
        if place.is_empty() || self.question.secret || self.question.kind != Kind::Json {
            return Parsed::Wrong(self.should_be());
        }
        let wanted = error.schema_path().as_str().rsplit_once('/').and_then(|(at, _)| self.question.schema.pointer(at));
        match wanted.map(describe) {
            Some(words) if !words.is_empty() => Parsed::Wrong(format!("{} should be {words}", visible(place))),
            _ => Parsed::Wrong(format!("{} does not fit its schema", visible(place))),
        }
    }

    /// The value as it may be shown.
    pub(crate) fn show(&self, value: &Value) -> String {
        if self.question.secret {
            return HIDDEN.to_owned();
        }
        let picked = self.question.choices.iter().find(|choice| choice.value == *value);
        match picked {
            Some(choice) if self.is_choice() => choice.label.clone(),
            _ => visible(&plain(value)),
        }
    }

    /// The answer to this question.
    pub(crate) fn answer(&self, value: Value) -> Answer {
        Answer { path: self.question.path.clone(), value }
    }

    fn should_be(&self) -> String {
        format!("should be {}", self.expected())
    }

    /// A secret may be made of spaces; nothing else is.
    fn is_blank(&self, text: &str) -> bool {
        match self.question.kind {
            Kind::Text if self.question.secret => text.is_empty(),
            _ => text.trim().is_empty(),
        }
    }
}

/// That the person said no to the questions of this form.
pub(crate) fn cancelled() -> Failure {
    Failure::new(FailureCode::Cancelled, "the questions were cancelled")
        .with_remedy("run it again to be asked again, or give the value beforehand with `harmony-config set`")
        .blamed_on(Blame::Person)
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

fn number(text: &str) -> Option<Number> {
    integer(text).or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A choice by its label or its value, as written; failing that, by the label in other capitals, if only one has it.
fn pick<'a>(choices: &'a [Choice], text: &str) -> Option<&'a Choice> {
    let exact = choices.iter().find(|choice| choice.label == text);
    let by_value = || choices.iter().find(|choice| plain(&choice.value) == text);
    let loosely = || {
        let mut alike = choices.iter().filter(|choice| choice.label.eq_ignore_ascii_case(text));
        alike.next().filter(|_| alike.next().is_none())
    };
    exact.or_else(by_value).or_else(loosely)
}

/// A list on one line: `a, b, "c, d"`, or a JSON array.
fn list(text: &str, schema: &Value) -> Option<Value> {
    if text.trim_start().starts_with('[')
        && let Ok(array @ Value::Array(_)) = serde_json::from_str(text.trim())
    {
        return Some(array);
    }
    let items = schema.get("items").map(type_name).unwrap_or("");
    let typed = |item: Item| match (items, item.quoted) {
        ("integer", false) => integer(&item.text).map(Value::Number),
        ("number", false) => number(&item.text).map(Value::Number),
        ("boolean", false) => boolean(&item.text).map(Value::Bool),
        ("integer" | "number" | "boolean", true) => None,
        _ => Some(Value::String(item.text)),
    };
    split(text)?.into_iter().map(typed).collect::<Option<Vec<Value>>>().map(Value::Array)
}

struct Item {
    text: String,
    quoted: bool,
}

/// The items between commas. Inside `"..."` a comma is part of the item, and `\"` and `\\` are what they are in JSON. A
/// comma at the end is none too many.
fn split(text: &str) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (item, after) = if rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let text = values.next()?.ok()?;
            let after = rest.get(values.byte_offset()..)?.trim_start();
            let after = if after.is_empty() { after } else { after.strip_prefix(',')? };
            (Item { text, quoted: true }, after)
        } else {
            let (text, after) = rest.split_once(',').unwrap_or((rest, ""));
            (Item { text: text.trim().to_owned(), quoted: false }, after)
        };
        if item.text.is_empty() && !item.quoted {
            return None;
        }
        items.push(item);
        rest = after.trim();
    }
    Some(items)
}

/// A value as a person writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let quoted = |item: &Value| match item {
                Value::String(text) if text.is_empty() || text.contains([',', '"']) => item.to_string(),
                other => plain(other),
            };
            items.iter().map(quoted).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
