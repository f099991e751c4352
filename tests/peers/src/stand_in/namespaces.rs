//! Namespaces: each with mounts, policies and tokens of its own, below one that is there already.

use serde_json::{Map, Value, json};

use super::{
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    state::{Namespace, State},
};

fn shown(namespace: &Namespace, path: &str) -> Value {
    json!({
        "custom_metadata": {}, "id": namespace.id, "locked": false, "path": path, "tainted": false,
        "uuid": namespace.uuid,
    })
}

/// `sys/namespaces`, and what is below it.
pub(crate) fn answer(state: &mut State, call: &Call, rest: &str) -> Answer {
    let now = state.now();
    let name = rest.trim_matches('/');
    let path = format!("{}{name}/", call.namespace);
    match call.operation {
        Operation::List => {
            let below = |path: &String| {
                let name = path.strip_prefix(&call.namespace)?;
                (name.matches('/').count() == 1).then(|| name.to_owned())
            };
            let found: Vec<_> =
                state.namespaces.iter().filter_map(|(path, it)| Some((below(path)?, path, it))).collect();
            let keys: Vec<&String> = found.iter().map(|(name, ..)| name).collect();
            if keys.is_empty() {
                return Err(Reply::absent(unrecorded("sys/namespaces: none")));
            }
            let info: Map<_, _> = found.iter().map(|(name, path, it)| (name.clone(), shown(it, path))).collect();
            Ok(Reply::data(json!({ "keys": keys, "key_info": info }), unrecorded("sys/namespaces: list")))
        }
        Operation::Read => {
            let absent = || Reply::absent(unrecorded("sys/namespaces: no such namespace"));
            let namespace = state.namespaces.get(&path).ok_or_else(absent)?;
            Ok(Reply::data(shown(namespace, &path), unrecorded("sys/namespaces: read")))
        }
        Operation::Write if name.is_empty() || name.contains('/') || ["root", "sys", "auth"].contains(&name) => {
            let words = format!("{name:?} is a reserved path and cannot be used as a namespace");
            Err(Reply::error(400, words, unrecorded("sys/namespaces: a name that cannot be")))
        }
        Operation::Write => {
            let namespace = state.namespaces.entry(path.clone()).or_insert_with(|| Namespace::new(now));
            Ok(Reply::data(shown(namespace, &path), recorded("namespaces", "create")))
        }
        Operation::Delete => {
            state.namespaces.retain(|at, _| !at.starts_with(&path));
            Ok(Reply::nothing(unrecorded("sys/namespaces: delete")))
        }
        Operation::Patch => Err(Reply::unsupported_operation()),
    }
}
