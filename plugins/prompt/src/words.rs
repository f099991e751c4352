//! What the person reads: names of fields made readable, and the shape of a value that has to be written as JSON.

use serde_json::Value;

use crate::schema::{Field, alternatives, is_null};

/// How deep a shape is drawn.
const MAX_DEPTH: usize = 4;

/// Stands for any value.
const ANY: &str = "…";

/// `tls.client certificate`, for the field `client_certificate` or `clientCertificate` of `tls`.
pub(crate) fn label(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| readable(name)).collect();
    names.join(".")
}

fn readable(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before_was_small = false;
    for c in name.chars() {
        if matches!(c, '_' | '-') {
            words.push(' ');
        } else if c.is_uppercase() && before_was_small {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
        before_was_small = c.is_lowercase() || c.is_ascii_digit();
    }
    match words.trim() {
        "" => name.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// A doc comment as one paragraph a line: its own line ends are the author's, not the reader's.
pub(crate) fn paragraphs(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    paragraphs.join("\n")
}

/// The shape of a value that is written as JSON, or nothing where the schema does not say it.
pub(crate) fn shape(root: &Value, schema: &Value) -> Option<String> {
    let field = Field::read(root, schema);
    match alternatives(field.schema) {
        Some(list) => {
            let drawn: Vec<String> = list
                .iter()
                .filter(|alternative| !is_null(alternative))
                .map(|alternative| {
                    let shape = draw(root, alternative, 0);
                    match Field::read(root, alternative).description {
                        Some(words) => format!("{shape} ({})", paragraphs(words).replace('\n', " ")),
                        None => shape,
                    }
                })
                .collect();
            Some(format!("One of: {}", drawn.join(" | ")))
        }
        None => match draw(root, schema, 0) {
            shape if matches!(shape.as_str(), ANY | "{…}" | "[…]") => None,
            shape => Some(format!("Like: {shape}")),
        },
    }
}

fn draw(root: &Value, schema: &Value, depth: usize) -> String {
    let field = Field::read(root, schema);
    if let Some(choices) = field.choices() {
        let values: Vec<String> = choices.iter().map(|(value, _)| value.to_string()).collect();
        return values.join(" | ");
    }
    if depth >= MAX_DEPTH {
        return ANY.to_owned();
    }
    match (field.properties(), field.type_name()) {
        (Some(properties), _) => {
            let members: Vec<String> = properties
                .iter()
                .map(|(name, schema)| {
                    let mark = if field.requires(name) { "" } else { "?" };
                    format!("\"{name}\"{mark}: {}", draw(root, schema, depth + 1))
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        (None, "object") => match field.schema.get("additionalProperties").filter(|schema| schema.is_object()) {
            Some(values) => format!("{{\"name\": {}, …}}", draw(root, values, depth + 1)),
            None => "{…}".to_owned(),
        },
        (None, "array") => match field.schema.get("items") {
            Some(items) => format!("[{}, …]", draw(root, items, depth + 1)),
            None => "[…]".to_owned(),
        },
        _ => ANY.to_owned(),
    }
}
