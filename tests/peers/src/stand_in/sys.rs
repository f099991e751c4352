//! `sys/` with a token: policies, capabilities, sealing. Mounts, namespaces, quotas and wrapping have files of their own.

use serde_json::{Map, Value, json};

use super::{
    acl::{Acl, Policy},
    auth,
    ledger::{recorded, unrecorded},
    mounts, namespaces, quotas,
    replies::{Answer, Reply},
    request::{Call, Operation},
    state::State,
    time, wrapping,
};

pub(crate) fn answer(state: &mut State, call: &Call, acl: &Acl, path: &str) -> Answer {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match first {
        "mounts" => mounts::answer(state, call, rest),
        "auth" => auth::mounts(state, call, rest),
        "namespaces" => namespaces::answer(state, call, rest),
        "quotas" => quotas::answer(state, call, rest),
        "wrapping" => wrapping::answer(state, call, rest),
        "policies" => policies(state, call, rest.strip_prefix("acl").unwrap_or(rest).trim_start_matches('/'), false),
        "policy" => policies(state, call, rest, true),
        "capabilities-self" => capabilities(call, acl),
        "seal" if call.operation == Operation::Write => {
            state.seal.close();
            Ok(Reply::nothing(recorded("sealed", "seal")))
        }
        "step-down" if call.operation == Operation::Write => {
            // There is no other node that could take over: it leads again at once.
            Ok(Reply::nothing(recorded("limits", "active node steps down")))
        }
        _ => Err(Reply::no_route(&call.path)),
    }
}

/// `sys/policies/acl/{name}`, and the older `sys/policy/{name}`.
fn policies(state: &mut State, call: &Call, name: &str, old: bool) -> Answer {
    let now = state.now();
    let policies = &mut state.namespace_mut(&call.namespace)?.policies;
    let name = name.trim_end_matches('/').to_lowercase();
    match call.operation {
        Operation::List | Operation::Read if name.is_empty() => {
            let mut keys: Vec<String> = policies.keys().cloned().collect();
            keys.extend(call.namespace.is_empty().then(|| "root".to_owned()));
            if old {
                let data = json!({ "keys": keys, "policies": keys });
                return Ok(Reply::data_twice(data, unrecorded("sys/policy: list")));
            }
            Ok(Reply::keys(&keys, unrecorded("sys/policies/acl: list")))
        }
        Operation::Read => {
            let absent = || Reply::absent(unrecorded("sys/policies/acl: no such policy"));
            let policy = policies.get(&name).ok_or_else(absent)?;
            if old {
                let data = json!({ "name": name, "rules": policy.text });
                return Ok(Reply::data_twice(data, unrecorded("sys/policy: read")));
            }
            let data = json!({
                "allow_slashes_in_identity_templates": false,
                "allow_wildcards_in_identity_templates": false,
                "cas_required": false,
                "modified": time::timestamp(policy.modified),
                "name": name,
                "policy": policy.text,
                "version": policy.version,
            });
            Ok(Reply::data(data, recorded("policies", "read it")))
        }
        Operation::Write if name == "root" => {
            Err(Reply::error(400, "cannot update \"root\" policy", unrecorded("sys/policies/acl: write of root")))
        }
        Operation::Write => {
            let fields = call.fields();
            let text = fields.text("policy").or_else(|| fields.text("rules")).unwrap_or_default();
            if text.is_empty() {
                let words = "'policy' parameter not supplied or empty";
                return Err(Reply::error(400, words, unrecorded("sys/policies/acl: write of nothing")));
            }
            let version = policies.get(&name).map_or(0, |policy| policy.version) + 1;
            let policy = Policy::parse(&text, now, version).map_err(|why| {
                let words = format!("failed to parse policy: {why}");
                Reply::error(400, words, recorded("policies", "a policy that does not parse"))
            })?;
            policies.insert(name, policy);
            Ok(Reply::nothing(recorded("policies", "write a policy")))
        }
        Operation::Delete if name == "root" || name == "default" => {
            let words = format!("cannot delete {name:?} policy");
            Err(Reply::error(400, words, unrecorded("sys/policies/acl: delete of the server's own")))
        }
        Operation::Delete => {
            policies.remove(&name);
            Ok(Reply::nothing(unrecorded("sys/policies/acl: delete")))
        }
        _ => Err(Reply::unsupported_operation()),
    }
}

fn capabilities(call: &Call, acl: &Acl) -> Answer {
    let fields = call.fields();
    let paths = fields.list("paths").or_else(|| fields.list("path")).unwrap_or_default();
    let of = |path: String| {
        let found = json!(acl.capabilities(&format!("{}{path}", call.namespace)));
        (path, found)
    };
    let found: Map<String, Value> = paths.into_iter().map(of).collect();
    if found.is_empty() {
        let words = "at least one path must be supplied";
        return Err(Reply::error(400, words, unrecorded("sys/capabilities-self: no path")));
    }
    Ok(Reply::data_twice(Value::Object(found), recorded("token", "capabilities-self")))
}
