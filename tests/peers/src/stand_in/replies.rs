//! Answers in the server's few shapes: the envelope with data or with a login, errors, nothing.

use serde_json::{Value, json};

use super::{
    ids,
    ledger::{Basis, recorded},
};

/// What one request is answered with.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In a box, so that an early end costs no more than its pointer.
    pub(crate) body: Option<Box<Value>>,
    pub(crate) basis: Basis,
    /// Seconds, for the header; the server sends it only when it was told to.
    pub(crate) retry_after: Option<u64>,
    /// All answers forbid caching but the one that is given before the request is read.
    pub(crate) cacheable: bool,
}

/// A reply, or the reply that ends the handling early.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    /// A body without the envelope.
    pub(crate) fn plain(status: u16, body: Value, basis: Basis) -> Self {
        Self { status, body: Some(Box::new(body)), basis, retry_after: None, cacheable: false }
    }

    /// 204.
    pub(crate) fn nothing(basis: Basis) -> Self {
        Self::bodiless(204, basis)
    }

    pub(crate) fn bodiless(status: u16, basis: Basis) -> Self {
        Self { status, body: None, basis, retry_after: None, cacheable: false }
    }

    pub(crate) fn data(data: Value, basis: Basis) -> Self {
        Self::data_as(200, data, basis)
    }

    pub(crate) fn data_as(status: u16, data: Value, basis: Basis) -> Self {
        Self::plain(status, envelope(data, Value::Null), basis)
    }

    /// Data that also stands at the top, as the oldest endpoints have it.
    pub(crate) fn data_twice(data: Value, basis: Basis) -> Self {
        let mut body = data.clone();
        if let (Some(top), Value::Object(rest)) = (body.as_object_mut(), envelope(data, Value::Null)) {
            top.extend(rest);
        }
        Self::plain(200, body, basis)
    }

    /// The answer to a login, a creation of a token, a renewal.
    pub(crate) fn login(auth: Value, basis: Basis) -> Self {
        Self::plain(200, envelope(Value::Null, auth), basis)
    }

    pub(crate) fn warning(mut self, words: Option<String>) -> Self {
        if let (Some(words), Some(body)) = (words, self.body.as_deref_mut().and_then(Value::as_object_mut)) {
            body.insert("warnings".to_owned(), json!([words]));
            self.basis = Basis::Unrecorded("an answer with a warning");
        }
        self
    }

    pub(crate) fn error(status: u16, words: impl Into<String>, basis: Basis) -> Self {
        Self::plain(status, json!({ "errors": [words.into()] }), basis)
    }

    /// 404 without a word: nothing is there.
    pub(crate) fn absent(basis: Basis) -> Self {
        Self::plain(404, json!({ "errors": [] }), basis)
    }

    /// The list of keys; an empty one is absent.
    pub(crate) fn keys(keys: &[String], basis: Basis) -> Self {
        if keys.is_empty() {
            return Self::absent(recorded("kv2", "list an empty folder"));
        }
        Self::data(json!({ "keys": keys }), basis)
    }

    pub(crate) fn no_route(path: &str) -> Self {
        let words = format!("no handler for route {path:?}. route entry not found.");
        Self::error(404, words, recorded("status", "path of no mount"))
    }

    /// A path that its mount does not know.
    pub(crate) fn unsupported_path() -> Self {
        Self::error(404, wrapped("unsupported path"), Basis::Unrecorded("a path that its mount does not know"))
    }

    /// A method that its path does not know.
    pub(crate) fn unsupported_operation() -> Self {
        Self::error(405, wrapped("unsupported operation"), Basis::Unrecorded("a method that its path does not know"))
    }

    pub(crate) fn denied(basis: Basis) -> Self {
        Self::error(403, "permission denied", basis)
    }

    pub(crate) fn outside_the_policy() -> Self {
        Self::error(403, wrapped("permission denied"), recorded("token", "read outside the policy"))
    }

    pub(crate) fn sealed() -> Self {
        Self::error(503, "Vault is sealed", recorded("sealed", "read while sealed"))
    }
}

/// How errors from the inner layers of the server read.
fn wrapped(words: &str) -> String {
    format!("1 error occurred:\n\t* {words}\n\n")
}

fn envelope(data: Value, auth: Value) -> Value {
    json!({
        "request_id": ids::uuid(), "lease_id": "", "renewable": false, "lease_duration": 0,
        "data": data, "wrap_info": null, "warnings": null, "auth": auth,
    })
}
