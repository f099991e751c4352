//! The text that stands in the editor: notes for the person, each line beginning with `//`, and below them the value as JSON.
//! The notes are for reading, and are cut off again.

use harmony_config_core::Shape;
use serde_json::Value;

/// What begins a note.
const NOTE: &str = "//";

/// What a person made of the text.
#[derive(Debug, PartialEq)]
pub(crate) enum Saved {
    /// Nothing is left but notes.
    Emptied,
    /// A value.
    Value(Value),
    /// No JSON: where and why, without the text.
    Broken(String),
}

/// The whole text: what is wrong stands first, so that it is seen.
pub(crate) fn text(wrong: &[String], notes: &[String], body: &str) -> String {
    let wrong = wrong.iter().map(|line| format!("{NOTE} ERROR: {line}\n"));
    let notes = notes.iter().map(|line| if line.is_empty() { format!("{NOTE}\n") } else { format!("{NOTE} {line}\n") });
    let mut text: String = wrong.chain(notes).collect();
    text.push_str(body);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The value as it stands in the editor.
pub(crate) fn body(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The text without its notes, and how many lines they were.
pub(crate) fn without_notes(text: &str) -> (&str, usize) {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = 0;
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim();
        if !line.is_empty() && !line.starts_with(NOTE) {
            break;
        }
        rest = behind;
        lines += 1;
    }
    (rest, lines)
}

/// Reads what was saved.
pub(crate) fn read(text: &str) -> Saved {
    let (body, notes) = without_notes(text);
    if body.is_empty() {
        return Saved::Emptied;
    }
    match serde_json::from_str(body) {
        Ok(value) => Saved::Value(value),
        Err(error) => {
            use serde_json::error::Category;
            // serde's own words could quote the text.
            let why = match error.classify() {
                Category::Eof => "the value is not complete",
                _ => "this is not JSON",
            };
            Saved::Broken(format!("line {}, column {}: {why}", error.line() + notes, error.column()))
        }
    }
}

/// What a type says about its fields, a line each.
pub(crate) fn about(shape: &Shape) -> Vec<String> {
    let Some(schema) = shape.schema() else { return Vec::new() };
    let first_line = |schema: &Value| {
        let words = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        words.lines().next().unwrap_or_default().to_owned()
    };
    let fields = schema.get("properties").and_then(Value::as_object);
    let mut lines: Vec<String> = Some(first_line(schema)).filter(|line| !line.is_empty()).into_iter().collect();
    for (name, field) in fields.into_iter().flatten() {
        match first_line(field) {
            words if words.is_empty() => lines.push(format!("  {name}")),
            words => lines.push(format!("  {name}: {words}")),
        }
    }
    lines
}

/// What a value that is not there yet begins with: the fields that must be there, with their defaults or an empty value.
pub(crate) fn skeleton(shape: &Shape) -> String {
    let Some(schema) = shape.schema() else { return String::new() };
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return String::new() };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let begun = fields.iter().filter(|(name, _)| required.contains(&name.as_str())).map(|(name, field)| {
        let empty = match field.get("type").and_then(Value::as_str) {
            Some("string") => Value::String(String::new()),
            Some("array") => Value::Array(Vec::new()),
            Some("object") => Value::Object(serde_json::Map::new()),
            Some("boolean") => Value::Bool(false),
            _ => Value::Null,
        };
        (name.clone(), field.get("default").cloned().unwrap_or(empty))
    });
    body(&Value::Object(begun.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use harmony_config_core::Sensitivity;
    use serde_json::json;

    #[test]
    fn notes_are_cut_off_and_what_is_in_the_value_stays() {
        let value = json!({ "url": "// not a note", "n": 1 });
        let whole = text(&["wrong".to_owned()], &["a note".to_owned(), String::new()], &body(&value));
        assert!(whole.starts_with("// ERROR: wrong\n// a note\n//\n{\n"), "{whole}");
        assert_eq!(read(&whole), Saved::Value(value));
        assert_eq!(read("\u{feff}\r\n// x\r\n\"text\"\r\n"), Saved::Value(json!("text")));
    }

    #[test]
    fn what_is_no_json_is_named_by_its_line_in_the_editor_and_not_quoted() {
        let Saved::Broken(why) = read("// note\n// note\n{\n  \"a\": canary\n}\n") else { panic!("it is no JSON") };
        assert!(why.starts_with("line 4, column") && !why.contains("canary"), "{why}");
        let Saved::Broken(why) = read("{\"a\": 1\n") else { panic!("it is no JSON") };
        assert!(why.contains("not complete"), "{why}");
    }

    #[test]
    fn a_text_of_notes_alone_is_empty() {
        for text in ["", "\n\n", "// a\n// b", "  \n// a\n"] {
            assert_eq!(read(text), Saved::Emptied, "{text:?}");
        }
    }

    #[test]
    fn a_type_says_what_its_fields_are_and_what_must_be_there() {
        let schema = json!({
            "type": "object", "description": "How the program serves.\nMore.", "required": ["port", "host"],
            "properties": {
                "host": { "type": "string" },
                "port": { "type": "integer", "default": 8080, "description": "Where it listens." },
                "note": { "type": "string" },
            },
        });
        let shape = Shape::from_schema(schema, Sensitivity::Standard);
        assert_eq!(about(&shape), ["How the program serves.", "  host", "  port: Where it listens.", "  note"]);
        assert_eq!(skeleton(&shape), "{\n  \"host\": \"\",\n  \"port\": 8080\n}\n");
        assert_eq!(skeleton(&Shape::undeclared()), "");
    }
}
