//! What is made of a typed answer, kind by kind.

use serde_json::{Value, json};

use super::question;
use crate::{
    prompt::{Choice, Kind},
    terminal::parse::{Asked, Parsed},
};

fn asked(kind: Kind, schema: Value) -> Asked {
    Asked::new(question("field", kind, schema))
}

/// Each text gives its value, or is refused where that is `None`.
fn answers(asked: &Asked, table: &[(&str, Option<Value>)]) {
    for (text, value) in table {
        let parsed = asked.parse(text);
        match value {
            Some(value) => assert_eq!(parsed, Parsed::Value(value.clone()), "{text:?}"),
            None => assert!(matches!(parsed, Parsed::Wrong(_)), "{text:?} gave {parsed:?}"),
        }
    }
}

#[test]
fn a_text_is_taken_as_it_is_typed() {
    let asked = asked(Kind::Text, json!({ "type": "string" }));
    answers(&asked, &[("admin", Some(json!("admin"))), (" a b ", Some(json!(" a b "))), ("12", Some(json!("12")))]);
}

#[test]
fn a_whole_number_is_kept_within_its_bounds() {
    let port = asked(Kind::Integer, json!({ "type": "integer", "minimum": 1, "maximum": 65535 }));
    answers(
        &port,
        &[(" 22 ", Some(json!(22))), ("0", None), ("65536", None), ("2.0", None), ("x", None), ("1e3", None)],
    );
    assert_eq!(port.parse("70000"), Parsed::Wrong("should be a whole number from 1 to 65535".into()));
    let wide = asked(Kind::Integer, json!({ "type": "integer" }));
    answers(
        &wide,
        &[("18446744073709551615", Some(json!(u64::MAX))), ("-5", Some(json!(-5))), ("18446744073709551616", None)],
    );
}

#[test]
fn a_number_may_have_a_fraction_and_is_finite() {
    let asked = asked(Kind::Number, json!({ "type": "number", "maximum": 10 }));
    answers(&asked, &[("0.5", Some(json!(0.5))), ("7", Some(json!(7))), ("1e1", Some(json!(10.0)))]);
    answers(&asked, &[("11", None), ("inf", None), ("NaN", None), ("1,5", None)]);
}

#[test]
fn yes_and_no_are_understood_in_the_usual_spellings() {
    let asked = asked(Kind::Boolean, json!({ "type": "boolean" }));
    for yes in ["y", "Yes", "TRUE", "on", "1", " yes "] {
        assert_eq!(asked.parse(yes), Parsed::Value(json!(true)), "{yes}");
    }
    for no in ["n", "No", "false", "off", "0"] {
        assert_eq!(asked.parse(no), Parsed::Value(json!(false)), "{no}");
    }
    assert_eq!(asked.parse("maybe"), Parsed::Wrong("should be yes or no".into()));
}

#[test]
fn a_choice_is_taken_by_label_by_value_and_loosely_only_where_it_is_clear() {
    let mut question = question("mode", Kind::Choice, json!({}));
    question.choices = vec![
        Choice { label: "Fast".into(), value: json!("f"), help: None },
        Choice { label: "slow".into(), value: json!(2), help: None },
        Choice { label: "SLOW".into(), value: json!(3), help: None },
    ];
    let asked = Asked::new(question);
    answers(&asked, &[("Fast", Some(json!("f"))), ("f", Some(json!("f"))), ("fast", Some(json!("f")))]);
    answers(&asked, &[("slow", Some(json!(2))), ("3", Some(json!(3))), ("Slow", None), ("medium", None)]);
    assert_eq!(asked.parse("x"), Parsed::Wrong("should be one of Fast, slow, SLOW".into()));
}

#[test]
fn a_list_is_separated_by_commas() {
    let texts = asked(Kind::List, json!({ "type": "array", "items": { "type": "string" } }));
    answers(
        &texts,
        &[
            ("a, b,c", Some(json!(["a", "b", "c"]))),
            ("a,", Some(json!(["a"]))),
            (r#""a, b", c"#, Some(json!(["a, b", "c"]))),
            (r#""", "say \"x\"""#, Some(json!(["", "say \"x\""]))),
            (r#"["a", "b"]"#, Some(json!(["a", "b"]))),
            ("[]", Some(json!([]))),
            ("[::1], b", Some(json!(["[::1]", "b"]))),
            ("a,,b", None),
            (r#""a" b"#, None),
            (r#""a"#, None),
        ],
    );
    let numbers = asked(Kind::List, json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 2 }));
    answers(&numbers, &[("1, 2", Some(json!([1, 2]))), ("1, two", None), ("1, 2, 3", None), (r#""1""#, None)]);
}

#[test]
fn json_may_be_unfinished_and_says_where_it_is_wrong() {
    let asked = asked(Kind::Json, json!({ "type": "object", "properties": { "port": { "type": "integer" } } }));
    answers(&asked, &[(r#" {"port": 1} "#, Some(json!({ "port": 1 })))]);
    assert_eq!(asked.parse(r#"{"port":"#), Parsed::Unfinished);
    assert_eq!(asked.parse("{port}"), Parsed::Wrong("this is not JSON: see character 2".into()));
    assert_eq!(asked.parse(r#"{"port": "x"}"#), Parsed::Wrong("/port should be a whole number".into()));
    assert_eq!(asked.parse("[]"), Parsed::Wrong("should be an object".into()));
}

#[test]
fn an_empty_answer_means_the_default_or_nothing_and_is_refused_where_one_is_needed() {
    let mut port = question("port", Kind::Integer, json!({ "type": "integer", "minimum": 1 }));
    port.required = true;
    assert_eq!(
        Asked::new(port.clone()).parse(" "),
        Parsed::Wrong("an answer is needed: a whole number, 1 or more".into())
    );
    port.default = Some(json!(22));
    assert_eq!(Asked::new(port.clone()).parse(""), Parsed::Value(json!(22)));
    port.default = Some(json!(0));
    assert!(matches!(Asked::new(port.clone()).parse(""), Parsed::Wrong(_)), "a default that does not fit is none");
    port.default = None;
    port.required = false;
    assert_eq!(Asked::new(port).parse(""), Parsed::Skipped);
}

#[test]
fn a_secret_may_be_made_of_spaces_and_is_never_repeated() {
    let mut pin = question("pin", Kind::Text, json!({ "type": "string", "maxLength": 4 }));
    pin.secret = true;
    let asked = Asked::new(pin);
    assert_eq!(asked.parse("  "), Parsed::Value(json!("  ")));
    assert_eq!(asked.parse("canary-1"), Parsed::Wrong("should be a text of at most 4 characters".into()));
    assert_eq!(asked.show(&json!("canary-1")), "***");

    let mut keys = question("keys", Kind::Json, json!({ "additionalProperties": { "type": "integer" } }));
    keys.secret = true;
    let Parsed::Wrong(message) = Asked::new(keys).parse(r#"{"canary-2": "canary-3"}"#) else { panic!("it fits") };
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn a_value_is_shown_as_a_person_would_write_it() {
    let asked = asked(Kind::Json, json!({}));
    let table = [
        (json!("a\nb"), "a\\nb"),
        (json!(true), "yes"),
        (json!(["a", "b, c", 3]), "a, \"b, c\", 3"),
        (json!([]), "[]"),
        (json!({ "a": 1 }), "{\"a\":1}"),
    ];
    for (value, shown) in table {
        assert_eq!(asked.show(&value), shown);
    }
}

#[test]
fn a_schema_that_cannot_be_compiled_refuses_nothing() {
    let asked = asked(Kind::Integer, json!({ "$ref": "#/nowhere" }));
    assert_eq!(asked.parse("5"), Parsed::Value(json!(5)));
}
