//! Tests of what is asked and understood; what is seen is tested in a real terminal, by the workspace's `tests`.

mod lines;
mod parse;
mod prompter;
mod view;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::prompt::{Form, Kind, Question};

/// An optional question without a default.
fn question(name: &str, kind: Kind, schema: Value) -> Question {
    Question {
        path: vec![name.to_owned()],
        kind,
        label: name.to_owned(),
        help: None,
        required: false,
        secret: false,
        default: None,
        choices: Vec::new(),
        schema,
    }
}

fn form(questions: Vec<Question>) -> Form {
    Form {
        source: "prompt".into(),
        title: "BrocadeSwitchAuth".into(),
        help: Some("The login of a switch.".into()),
        notices: vec!["openbao could not be asked: it is sealed".into()],
        known: BTreeMap::from([("host".to_owned(), "sw1".to_owned())]),
        questions,
    }
}
