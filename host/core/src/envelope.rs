//! The host's envelope around a stored value, for what a plain value cannot say about itself: that it is only some of the
//! fields, or that it is sealed. A value without an envelope is a whole value. What is sealed is opened by the host before
//! the chain sees it; the cipher and the keys are not here.

use serde_json::{Map, Value, json};

use crate::{Entry, Failure, FailureCode};

/// The member of a stored object that makes it an envelope.
pub const MARK: &str = "$harmony-config";

/// The version of envelopes that this program writes and reads.
pub const VERSION: u64 = 1;

/// Wraps a value that is not whole.
pub(crate) fn wrap_partial(value: Value) -> Value {
    json!({ MARK: { "version": VERSION, "partial": true }, "value": value })
}

/// What the envelope of a sealed value says of the sealing; none where the value is not sealed.
pub fn sealed(value: &Value) -> Option<&Value> {
    value.get(MARK)?.get("sealed")
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
    if head.get("sealed").is_some() {
        // Ciphertext must never pass for a value.
        return Err(Failure::new(
            FailureCode::Unavailable,
            format!("{} is sealed, and this source does not open sealed values", entry.location),
        )
        .with_remedy(
            "read it through the source that sealed it: a program with the feature `host`, or harmony-config get",
        ));
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

    #[test]
    fn a_sealed_value_that_nobody_opened_is_not_taken_for_a_value() {
        let sealed = json!({ MARK: { "version": 1, "sealed": { "key": "k" } }, "value": "c2VhbGVk" });
        let failure = unwrap(Entry::whole(sealed, "the place")).unwrap_err();
        assert_eq!(failure.code, FailureCode::Unavailable);
        assert!(failure.message.contains("the place is sealed"), "{failure}");
        assert!(failure.remedy.is_some());
    }
}
