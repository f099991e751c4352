//! What a question's JSON Schema wants, in words for the person who answers. It reads the schema only, so nothing that
//! was typed can get into a message. Checking an answer is `parse`'s.

use serde_json::Value;

/// What the schema wants: `a whole number from 1 to 65535`. Empty where it says nothing that a person could use.
pub(crate) fn describe(schema: &Value) -> String {
    let schema = without_null(schema);
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let names: Vec<String> = choices.iter().filter(|choice| !choice.is_null()).map(plain).collect();
        return format!("one of {}", names.join(", "));
    }
    if let Some(only) = schema.get("const") {
        return plain(only);
    }
    match type_name(schema) {
        "string" => text(schema),
        "integer" => number(schema, "a whole number"),
        "number" => number(schema, "a number"),
        "boolean" => "yes or no".to_owned(),
        "array" => list(schema),
        "object" => "an object".to_owned(),
        _ => String::new(),
    }
}

/// Whether the schema asks for something that a person cannot guess from the kind of the question.
pub(crate) fn is_bounded(schema: &Value) -> bool {
    const WORDS: [&str; 12] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
        "enum",
    ];
    let schema = without_null(schema);
    WORDS.iter().any(|word| schema.get(word).is_some() && noteworthy(word, schema))
}

/// The first type that a schema names, leaving "or null" out.
pub(crate) fn type_name(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or(""),
        _ => "",
    }
}

/// `anyOf: [X, null]` is X: leaving the answer out is how a person says null.
fn without_null(schema: &Value) -> &Value {
    for word in ["anyOf", "oneOf"] {
        if let Some([first, second]) = schema.get(word).and_then(Value::as_array).map(Vec::as_slice) {
            let null = |half: &Value| half.get("type").and_then(Value::as_str) == Some("null");
            match (null(first), null(second)) {
                (false, true) => return first,
                (true, false) => return second,
                _ => {}
            }
        }
    }
    schema
}

/// schemars gives whole numbers a `format` (`uint16`), which says nothing to a person.
fn noteworthy(word: &str, schema: &Value) -> bool {
    word != "format" || type_name(schema) == "string"
}

fn text(schema: &Value) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    let noun = match format {
        Some("uri" | "url") => "a URL".to_owned(),
        Some("email") => "an e-mail address".to_owned(),
        Some("ipv4" | "ip" | "ipv6") => "an IP address".to_owned(),
        Some("hostname") => "a host name".to_owned(),
        Some(other) => format!("a text of the form {other}"),
        None => "a text".to_owned(),
    };
    let mut words = format!("{noun}{}", span(schema, "minLength", "maxLength", "character"));
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        words.push_str(&format!(" that matches {pattern}"));
    }
    words
}

fn number(schema: &Value, noun: &str) -> String {
    let bound = |word: &str| schema.get(word).filter(|bound| bound.is_number()).map(plain);
    let low = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| format!("more than {bound}")));
    let high = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| format!("less than {bound}")));
    let exact = bound("minimum").is_some() == low.is_some() && bound("maximum").is_some() == high.is_some();
    let mut words = match (low, high) {
        (Some(low), Some(high)) if exact => format!("{noun} from {low} to {high}"),
        (Some(low), None) if exact => format!("{noun}, {low} or more"),
        (None, Some(high)) if exact => format!("{noun}, {high} or less"),
        (Some(low), Some(high)) => {
            let low = if bound("minimum").is_some() { format!("at least {low}") } else { low };
            let high = if bound("maximum").is_some() { format!("at most {high}") } else { high };
            format!("{noun}, {low} and {high}")
        }
        (Some(only), None) | (None, Some(only)) => format!("{noun}, {only}"),
        (None, None) => noun.to_owned(),
    };
    if let Some(step) = bound("multipleOf") {
        words.push_str(&format!(", a multiple of {step}"));
    }
    words
}

fn list(schema: &Value) -> String {
    let items = match schema.get("items").map(type_name) {
        Some("integer") => "whole numbers",
        Some("number") => "numbers",
        Some("string") => "texts",
        _ => "values",
    };
    let mut words = match span(schema, "minItems", "maxItems", "") {
        span if span.is_empty() => format!("a list of {items}"),
        span => format!("a list{} {items}", span.trim_end()),
    };
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        words.push_str(", each once");
    }
    let bounded = schema.get("items").filter(|items| is_bounded(items)).map(describe);
    if let Some(each) = bounded {
        words.push_str(&format!(", each {each}"));
    }
    words
}

/// ` of 3 to 8 characters`.
fn span(schema: &Value, low: &str, high: &str, unit: &str) -> String {
    let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
    let plural = |count: u64| if count == 1 || unit.is_empty() { "" } else { "s" };
    let words = match (bound(low), bound(high)) {
        (Some(0) | None, None) => return String::new(),
        (Some(low), Some(high)) if low == high => format!(" of {low} {unit}{}", plural(low)),
        (Some(0) | None, Some(high)) => format!(" of at most {high} {unit}{}", plural(high)),
        (Some(low), Some(high)) => format!(" of {low} to {high} {unit}{}", plural(high)),
        (Some(low), None) => format!(" of at least {low} {unit}{}", plural(low)),
    };
    words.trim_end().to_owned()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            // schemars writes the bounds of whole numbers as 65535.0.
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_said_in_words() {
        let table = [
            (json!({}), ""),
            (json!({ "type": "string" }), "a text"),
            (json!({ "type": ["string", "null"], "minLength": 1 }), "a text of at least 1 character"),
            (json!({ "type": "string", "minLength": 3, "maxLength": 8 }), "a text of 3 to 8 characters"),
            (json!({ "type": "string", "minLength": 0, "maxLength": 8 }), "a text of at most 8 characters"),
            (json!({ "type": "string", "pattern": "^a$" }), "a text that matches ^a$"),
            (json!({ "type": "string", "format": "uri" }), "a URL"),
            (json!({ "type": "integer", "minimum": 0.0, "maximum": 65535.0 }), "a whole number from 0 to 65535"),
            (json!({ "type": "integer", "minimum": 1 }), "a whole number, 1 or more"),
            (json!({ "type": "number", "maximum": 0.5 }), "a number, 0.5 or less"),
            (json!({ "type": "number", "exclusiveMinimum": 0 }), "a number, more than 0"),
            (json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 }), "a number, more than 0 and at most 1"),
            (json!({ "type": "integer", "multipleOf": 8 }), "a whole number, a multiple of 8"),
            (json!({ "type": "boolean" }), "yes or no"),
            (json!({ "enum": ["fast", "slow", null] }), "one of fast, slow"),
            (json!({ "type": "array", "items": { "type": "integer" } }), "a list of whole numbers"),
            (
                json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "uniqueItems": true }),
                "a list of at least 2 texts, each once",
            ),
            (
                json!({ "type": "array", "items": { "type": "integer", "maximum": 9 } }),
                "a list of whole numbers, each a whole number, 9 or less",
            ),
            (json!({ "anyOf": [{ "type": "object" }, { "type": "null" }] }), "an object"),
        ];
        for (schema, words) in table {
            assert_eq!(describe(&schema), words, "{schema}");
        }
    }

    #[test]
    fn the_format_of_a_number_is_no_bound_worth_a_line() {
        assert!(!is_bounded(&json!({ "type": "integer", "format": "int32" })));
        assert!(is_bounded(&json!({ "type": "integer", "format": "uint8", "maximum": 255 })));
    }
}
