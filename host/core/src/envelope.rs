//! The host's envelope around a stored value, for what a plain value cannot say about itself: today that it is only
//! some of the fields. (Sealing will use the same envelope.) A value without an envelope is a whole value.

use serde_json::{Map, Value, json};

use crate::{Entry, Failure, FailureCode};

const MARK: &str = "$harmony-config";
const VERSION: u64 = 1;

/// Wraps a value that is not whole.
pub(crate) fn wrap_partial(value: Value) -> Value {
    json!({ MARK: { "version": VERSION, "partial": true }, "value": value })
}

/// Takes a stored entry out of its envelope, if it is in one.
pub(crate) fn unwrap(mut entry: Entry) -> Result<Entry, Failure> {
    let Value::Object(fields) = &mut entry.value else { return Ok(entry) };
    let Some(head) = fields.get(MARK) else { return Ok(entry) };
    if head.get("version").and_then(Value::as_u64) != Some(VERSION) {
        return Err(Failure::new(
            FailureCode::Invalid,
            format!("{} was stored by a newer version of this program", entry.location),
        )
        .with_remedy("update this program, or store the value again"));
    }
    entry.partial |= head.get("partial") == Some(&Value::Bool(true));
    entry.value = fields.remove("value").unwrap_or_else(|| Value::Object(Map::new()));
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_value_comes_out_partial_and_a_plain_one_whole() {
        let entry = unwrap(Entry::whole(wrap_partial(json!({ "a": 1 })), "x")).unwrap();
        assert!(entry.partial);
        assert_eq!(entry.value, json!({ "a": 1 }));
        assert!(!unwrap(Entry::whole(json!({ "value": 1 }), "x")).unwrap().partial);
    }

    #[test]
    fn an_envelope_of_the_future_is_not_taken_for_a_value() {
        let future = json!({ MARK: { "version": 2 }, "value": {} });
        assert_eq!(unwrap(Entry::whole(future, "x")).unwrap_err().code, FailureCode::Invalid);
    }
}
