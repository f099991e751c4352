//! Compares one member of what a server has with what it should be, and says in words what is otherwise. Absent, null and
//! empty are the same.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(crate) fn text(there: &Value, name: &str, expected: &str) -> Option<String> {
    let is = there.get(name).and_then(Value::as_str).unwrap_or_default();
    (is != expected).then(|| format!("{name} is `{is}`, not `{expected}`"))
}

pub(crate) fn number(there: &Value, name: &str, expected: u64) -> Option<String> {
    let is = there.get(name).and_then(Value::as_u64).unwrap_or_default();
    (is != expected).then(|| format!("{name} is {is}, not {expected}"))
}

pub(crate) fn truth(there: &Value, name: &str) -> Option<String> {
    let is = there.get(name).and_then(Value::as_bool).unwrap_or_default();
    (!is).then(|| format!("{name} is false, not true"))
}

pub(crate) fn list(there: &Value, name: &str, expected: &[String]) -> Option<String> {
    let is = texts(there, name);
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    (is != expected).then(|| format!("{name} is {is:?}, not {expected:?}"))
}

pub(crate) fn map(there: &Value, name: &str, expected: &Map<String, Value>) -> Option<String> {
    let none = Map::new();
    let is = there.get(name).and_then(Value::as_object).unwrap_or(&none);
    (is != expected)
        .then(|| format!("{name} is {}, not {}", Value::Object(is.clone()), Value::Object(expected.clone())))
}

pub(crate) fn texts<'a>(there: &'a Value, name: &str) -> BTreeSet<&'a str> {
    let all = there.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).collect()
}
