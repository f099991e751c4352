//! Where the value of `set` comes from: the command line, standard input, or the person. What is read here is never
//! shown again.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::Arc,
};

use harmony_config_core::{ConfigError, Coordinate};
use harmony_config_host::{Form, Kind, Prompter, Question, limits::MAX_VALUE_BYTES};
use serde_json::{Value, json};

use crate::{Failed, target::shown};

/// Standard input, whole, without the newline at its end.
pub(crate) fn read(input: impl Read, at: &Coordinate) -> Result<String, Failed> {
    let unreadable = |error: io::Error| {
        Failed::other(format!("standard input cannot be read: {error}"))
            .with_key(at)
            .with_remedy("pipe the value in, or leave `-` out to be asked for it")
    };
    let mut bytes = Vec::new();
    // A newline at the end may stand beyond the limit.
    let most = MAX_VALUE_BYTES + 2;
    input.take(most as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(Failed::invalid(format!(
            "the value on standard input is larger than {} MiB, the most that one value may have",
            MAX_VALUE_BYTES >> 20
        ))
        .with_key(at)
        .with_remedy("store where to find it instead, for example a path"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failed::invalid("the value on standard input is not UTF-8 text")
            .with_key(at)
            .with_remedy("encode it first, for example with base64")
    })
}

/// Asks the person, or whoever answers instead, without showing what is typed.
pub(crate) async fn ask(prompter: Arc<dyn Prompter>, command: &str, at: &Coordinate) -> Result<String, Failed> {
    if let Some(failure) = prompter.unavailable() {
        return Err(Failed::person_needed("no value was given, and nobody can be asked for it")
            .with_key(at)
            .with_remedy(format!(
                "pipe it in: harmony-config -n {} set {at} - ({})",
                at.namespace(),
                failure.message
            )));
    }
    let question = Question {
        path: vec!["value".to_owned()],
        kind: Kind::Text,
        label: "value".to_owned(),
        help: Some("JSON, or else taken as text".to_owned()),
        required: true,
        secret: true,
        default: None,
        choices: Vec::new(),
        schema: json!({ "type": "string" }),
    };
    let form = Form {
        source: command.to_owned(),
        title: at.to_string(),
        help: None,
        notices: Vec::new(),
        known: BTreeMap::new(),
        questions: vec![question],
    };
    let answers = prompter
        .ask(vec![form])
        .await
        .map_err(|failure| Failed::from(ConfigError::from_failure(failure).with_key(at.to_string())))?;
    match answers.into_iter().flatten().next().map(|answer| answer.value) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Failed::person_needed("no value was given").with_key(at)),
    }
}

/// The value that a text stands for, of a key that nobody declared: JSON if it is, else the text itself.
pub(crate) fn value_of(text: String, at: &Coordinate) -> Result<Value, Failed> {
    let value = match serde_json::from_str::<Value>(&text) {
        // A number that would come back as another one (1e5, or more digits than fit) is kept as it was typed.
        Ok(Value::Number(number)) if number.to_string() != text.trim() => Value::String(text),
        Ok(value) => value,
        Err(error) => {
            // Taken as text all the same: a password may begin so. But a slip in JSON should not go unseen.
            if matches!(text.trim_start().chars().next(), Some('{' | '[')) {
                tracing::warn!(
                    "{at}: the value looks like JSON and is not (line {}, column {}); it is kept as text",
                    error.line(),
                    error.column()
                );
            }
            Value::String(text)
        }
    };
    if value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(Failed::invalid("the value has a NUL character in it, which most stores cannot keep").with_key(at));
    }
    Ok(value)
}

/// The one warning about a value on the command line.
pub(crate) fn warn_of_argument(command: &str, target: &str) {
    tracing::warn!(
        "a value on the command line stays in the shell's history and others can see it in the process list; \
         better: `{command} set {} -` reads it from a pipe, `{command} set {}` asks for it",
        shown(target),
        shown(target)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Coordinate {
        Coordinate::new("n", "K", None).unwrap()
    }

    #[test]
    fn a_text_that_is_json_is_json_and_any_other_is_text() {
        for (text, value) in [
            ("8080", json!(8080)),
            ("true", json!(true)),
            ("null", json!(null)),
            (r#"{"a":[1]}"#, json!({ "a": [1] })),
            (r#""8080""#, json!("8080")),
            ("hunter2", json!("hunter2")),
            ("007", json!("007")),
            ("1e5", json!("1e5")),
            ("123456789012345678901234567890", json!("123456789012345678901234567890")),
            ("{not json", json!("{not json")),
        ] {
            assert_eq!(value_of(text.to_owned(), &at()).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn one_newline_at_the_end_is_not_part_of_a_value() {
        for (bytes, text) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", ""), ("", "")] {
            assert_eq!(read(bytes.as_bytes(), &at()).unwrap(), text, "{bytes:?}");
        }
    }

    #[test]
    fn the_largest_value_may_have_a_newline_after_it() {
        let mut bytes = vec![b'x'; MAX_VALUE_BYTES];
        bytes.push(b'\n');
        assert_eq!(read(bytes.as_slice(), &at()).unwrap().len(), MAX_VALUE_BYTES);
        bytes.insert(0, b'x');
        assert_eq!(read(bytes.as_slice(), &at()).unwrap_err().exit_code, 7);
    }

    #[test]
    fn a_value_that_no_store_can_keep_is_refused() {
        assert_eq!(read([0xff, 0xfe].as_slice(), &at()).unwrap_err().exit_code, 7);
        assert_eq!(value_of("a\0b".to_owned(), &at()).unwrap_err().exit_code, 7);
    }
}
