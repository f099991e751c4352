//! KV version 1: a path, its fields, nothing else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    ledger::{Basis, recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    tokens::LONGEST,
};

#[derive(Debug, Default)]
pub(crate) struct Kv1 {
    values: BTreeMap<String, Map<String, Value>>,
}

impl Kv1 {
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.values.contains_key(path)
    }

    pub(crate) fn answer(&mut self, call: &Call, path: &str) -> Answer {
        match call.operation {
            Operation::Read => {
                let fields = self.values.get(path);
                let fields = fields.ok_or_else(|| Reply::absent(recorded("kv2", "KV v2 read on a KV v1 mount")))?;
                let mut reply = Reply::data(json!(fields), unrecorded("KV v1: read"));
                if let Some(body) = reply.body.as_deref_mut().and_then(Value::as_object_mut) {
                    body.insert("lease_duration".to_owned(), json!(LONGEST.as_secs()));
                }
                Ok(reply)
            }
            Operation::Write => {
                let fields = call.fields().0;
                if fields.is_empty() {
                    return Err(Reply::error(400, "missing data fields", unrecorded("KV v1: write of nothing")));
                }
                self.values.insert(path.to_owned(), fields);
                Ok(Reply::nothing(unrecorded("KV v1: write")))
            }
            Operation::Delete => {
                self.values.remove(path);
                Ok(Reply::nothing(unrecorded("KV v1: delete")))
            }
            Operation::List => {
                let (keys, basis) = page(call, keys_below(self.values.keys(), path), unrecorded("KV v1: list"));
                Ok(Reply::keys(&keys, basis))
            }
            Operation::Patch => Err(Reply::unsupported_operation()),
        }
    }
}

/// The names right below a folder; a folder's own ends in a slash.
pub(crate) fn keys_below<'a>(keys: impl Iterator<Item = &'a String>, folder: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rest in keys.filter_map(|key| key.strip_prefix(folder)) {
        let name = rest.find('/').and_then(|at| rest.get(..=at)).unwrap_or(rest);
        if !name.is_empty() && found.last().is_none_or(|last| last != name) {
            found.push(name.to_owned());
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The part of a list that `after` and `limit` ask for.
pub(super) fn page(call: &Call, mut keys: Vec<String>, basis: Basis) -> (Vec<String>, Basis) {
    let asked = |name: &str| call.query.get(name).filter(|text| !text.is_empty());
    let (after, limit) = (asked("after"), asked("limit"));
    if after.is_none() && limit.is_none() {
        return (keys, basis);
    }
    keys.retain(|key| after.is_none_or(|after| key > after));
    if let Some(limit) = limit.and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0) {
        keys.truncate(limit);
    }
    (keys, unrecorded("KV: a page of a list"))
}
