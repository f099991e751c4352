//! Where the value of `set` comes from: the command line, standard input, or the person. What is read here is never
//! shown again.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::Arc,
};

use harmony_config_core::{ConfigError, ConfigManager, Coordinate, Interaction, Shape};
use harmony_config_host::{Form, Kind, Loaded, Plugin, Prompter, Question, limits::MAX_VALUE_BYTES};
use serde_json::{Value, json};

use crate::{Failed, meant, target::shown};

/// The plugin that asks by a type's questions.
const PROMPT: &str = "prompt";

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
        return Err(nobody_to_ask(at, &failure.message));
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

/// Asks the person, or whoever answers instead, by the type's own questions: for all of the value, whatever is stored.
pub(crate) async fn ask_by_form(
    loaded: &Loaded,
    prompter: &dyn Prompter,
    at: &Coordinate,
    shape: &Shape,
) -> Result<Value, Failed> {
    if let Some(failure) = prompter.unavailable() {
        return Err(nobody_to_ask(at, &failure.message));
    }
    let plugin =
        Plugin::bundled(PROMPT).ok_or_else(|| Failed::other(format!("the plugin `{PROMPT}` is not bundled")))?;
    let source = loaded.host.source(PROMPT, plugin).app(&loaded.manifest.app).grant_what_it_wants().build()?;
    // A chain of the prompt alone: nothing is known, so all is asked for; and it keeps nothing.
    let manager = ConfigManager::builder().namespace(at.namespace()).source(Arc::new(source)).build()?;
    Ok(manager.resolve_value(at, shape, Interaction::Allowed).await?.value)
}

fn nobody_to_ask(at: &Coordinate, why: &str) -> Failed {
    Failed::person_needed("no value was given, and nobody can be asked for it")
        .with_key(at)
        .with_remedy(format!("pipe it in: harmony-config -n {} set {at} - ({why})", at.namespace()))
}

/// The value that a text stands for: of the type that is declared, else as [`value_of`].
pub(crate) fn typed(text: String, shape: &Shape, at: &Coordinate) -> Result<Value, Failed> {
    // A pipe that brings nothing is no value, so that an empty text has to be written somehow.
    let text_of = if text == "\"\"" { "" } else { &text };
    let Some(value) = shape.value_of(text_of) else { return value_of(text, at) };
    let faults: Vec<String> = shape.faults(&value).iter().map(ToString::to_string).collect();
    if !faults.is_empty() {
        let no_json = match serde_json::from_str::<Value>(&text) {
            Err(error) if matches!(text.trim_start().chars().next(), Some('{' | '[')) => {
                format!("it is not JSON (line {}, column {}); ", error.line(), error.column())
            }
            _ => String::new(),
        };
        return Err(Failed::invalid(format!("{no_json}{}; nothing was written", faults.join("; ")))
            .with_key(at)
            .with_remedy(format!("see what it should be: harmony-config schema --key {}", at.key())));
    }
    without_nul(value, at)
}

/// The value that a text stands for, of a key that nobody declared: JSON if it is, else the text itself.
fn value_of(text: String, at: &Coordinate) -> Result<Value, Failed> {
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
    without_nul(value, at)
}

fn without_nul(value: Value, at: &Coordinate) -> Result<Value, Failed> {
    if value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(Failed::invalid("the value has a NUL character in it, which most stores cannot keep").with_key(at));
    }
    Ok(value)
}

/// A warning of a key that nobody declared, where others are declared: it may be misspelt.
pub(crate) fn warn_of_undeclared(loaded: &Loaded, at: &Coordinate) {
    if loaded.declared.is_empty() {
        return;
    }
    let meant = meant::nearest(at.key(), loaded.declared.iter().map(|declared| declared.key()));
    let meant = meant.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    tracing::warn!("nobody declared `{}`{meant}: it is kept as a secret that could be anything", at.key());
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
    fn a_declared_value_is_of_its_type_or_is_refused_without_being_shown() {
        let of = |schema: Value| Shape::from_schema(schema, harmony_config_core::Sensitivity::Standard);
        let text = of(json!({ "type": "string" }));
        for (given, value) in [("8080", "8080"), ("\"a\"", "\"a\""), ("\"\"", ""), ("{not json", "{not json")] {
            assert_eq!(typed(given.to_owned(), &text, &at()).unwrap(), json!(value));
        }
        let port = of(json!({ "type": "object", "properties": { "port": { "type": "integer", "minimum": 1024 } } }));
        assert_eq!(typed(r#"{"port":1024}"#.to_owned(), &port, &at()).unwrap(), json!({ "port": 1024 }));
        for (given, words) in [
            (
                r#"{"port":"canary"}"#,
                &["field `port` should be a whole number, 1024 or more", "nothing was written"][..],
            ),
            ("{\"port\": canary}", &["it is not JSON (line 1, column 10)", "should be an object"]),
            ("canary", &["the value should be an object"]),
        ] {
            let failed = typed(given.to_owned(), &port, &at()).unwrap_err();
            assert_eq!(failed.exit_code, 7);
            assert!(words.iter().all(|word| failed.message.contains(word)), "{failed}");
            assert!(!failed.message.contains("canary") && failed.remedy.unwrap().contains("schema --key K"));
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
