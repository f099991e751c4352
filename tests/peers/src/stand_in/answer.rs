//! The order in which a request is judged: the seal, the namespace, the limits, the token, its policies; then it is done.

use super::{
    acl::Acl,
    auth,
    ledger::recorded,
    lifecycle, mounts,
    replies::{Answer, Reply},
    request::{Call, Fields, Operation, Request},
    state::State,
    sys, wrapping,
};

/// Where a request came in, and what was found out for it before the state was locked.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    /// At a node that is not the active one.
    pub(crate) standby: bool,
    pub(crate) issuer: Option<Result<(), String>>,
}

pub(crate) fn answer(state: &mut State, request: &Request, arrival: Arrival) -> Reply {
    let reply = match judged(state, request, arrival) {
        Ok(reply) | Err(reply) => reply,
    };
    match request.wrap_ttl {
        Some(ttl) => wrapping::wrap(state, reply, ttl, &request.path),
        None => reply,
    }
}

fn judged(state: &mut State, request: &Request, arrival: Arrival) -> Answer {
    if let Some(answer) = lifecycle::answer(state, request, arrival.standby) {
        return answer;
    }
    if !state.seal.is_open() {
        return Err(Reply::sealed());
    }
    let (namespace, path) = state.locate(&request.namespace, &request.path)?;
    let now = state.now();
    state.limits.count(&format!("{namespace}{path}"), now)?;
    let call = read(request, namespace, path, arrival)?;
    if let Some(answer) = without_token(state, &call) {
        return answer;
    }
    let id = call.token.clone().unwrap_or_default();
    let acl = acl(state, &call)?;
    let last = state.tokens.spend(&id);
    let answer = if allowed(state, &call, &acl)? { done(state, &call, &acl) } else { Err(Reply::outside_the_policy()) };
    if last {
        state.tokens.revoke(&id);
    }
    answer
}

fn read(request: &Request, namespace: String, path: String, arrival: Arrival) -> Result<Call, Reply> {
    let unknown = || Reply::plain(405, serde_json::json!({ "errors": [] }), recorded("status", "method not allowed"));
    let operation = request.operation.ok_or_else(unknown)?;
    let kind = request.content_type.as_deref().unwrap_or_default();
    if operation == Operation::Patch && !kind.starts_with("application/merge-patch+json") {
        let words = format!("PATCH requires Content-Type of application/merge-patch+json, provided {kind}");
        return Err(Reply::error(415, words, recorded("kv2", "patch without its content type")));
    }
    let fields = request.body.clone().map_err(|why| {
        let words = format!("failed to decode JSON input: {why}");
        Reply::error(400, words, recorded("kv2", "write what is not JSON"))
    })?;
    Ok(Call {
        operation,
        namespace,
        path,
        query: request.query.clone(),
        fields: fields.map(Fields),
        token: request.token.clone(),
        issuer: arrival.issuer,
    })
}

/// Logins, and what judges the token by itself.
fn without_token(state: &mut State, call: &Call) -> Option<Answer> {
    let namespace = state.namespaces.get(&call.namespace)?;
    if let Some((name, below)) = call.path.strip_prefix("auth/").and_then(|rest| namespace.auth_of(rest)) {
        return namespace.auths.get(&name)?.is_login(below).then(|| auth::answer(state, call, &name, below));
    }
    if let Some(rest) = call.path.strip_prefix("sys/internal/ui/mounts").filter(|_| call.operation == Operation::Read) {
        let acl = match acl(state, call) {
            Ok(acl) => acl,
            Err(refused) => return Some(Err(refused)),
        };
        let namespace = state.namespaces.get(&call.namespace)?;
        return Some(match rest.trim_matches('/') {
            "" => mounts::all_seen_by_a_client(namespace, &acl, &call.namespace),
            path => mounts::seen_by_a_client(namespace, &acl, &call.namespace, path),
        });
    }
    let wrapped = call.token.as_ref().is_some_and(|token| state.wrapped.contains_key(token));
    let unwrap = wrapped.then(|| call.path.strip_prefix("sys/wrapping/")).flatten()?;
    Some(wrapping::answer(state, call, unwrap))
}

/// What the policies of the call's token say; a refusal where the token is not valid here.
fn acl(state: &mut State, call: &Call) -> Result<Acl, Reply> {
    let now = state.now();
    let id = call.token.as_ref().ok_or_else(|| Reply::denied(recorded("token", "no token")))?;
    let unknown = || Reply::denied(recorded("token", "a token that does not exist"));
    let token = state.tokens.valid(id, now).ok_or_else(unknown)?;
    if !call.namespace.starts_with(&token.namespace) {
        return Err(unknown());
    }
    if token.is_root() {
        return Ok(Acl::root());
    }
    let mut acl = Acl::default();
    let home = state.namespaces.get(&token.namespace).ok_or_else(unknown)?;
    for policy in token.policies().into_iter().filter_map(|name| home.policies.get(name)) {
        acl.add(&token.namespace, policy);
    }
    Ok(acl)
}

/// What only `sudo` may do.
const GUARDED: [&str; 6] = [
    "sys/auth/",
    "sys/seal",
    "sys/step-down",
    "auth/token/accessors/",
    "auth/token/create-orphan",
    "auth/token/revoke-orphan",
];

fn allowed(state: &State, call: &Call, acl: &Acl) -> Result<bool, Reply> {
    let capability = match call.operation {
        Operation::Read => "read",
        Operation::Write if exists(state, call)? => "update",
        Operation::Write => "create",
        Operation::Patch => "patch",
        Operation::Delete => "delete",
        Operation::List => "list",
    };
    let path = format!("{}{}", call.namespace, call.path);
    let guarded = GUARDED.iter().any(|guarded| match guarded.strip_suffix('/') {
        Some(_) => call.path.starts_with(guarded),
        None => call.path == *guarded,
    });
    Ok(acl.allows(&path, capability) && (!guarded || acl.allows(&path, "sudo")))
}

/// Whether a write changes what is there; where nothing can be asked, it does.
fn exists(state: &State, call: &Call) -> Result<bool, Reply> {
    let namespace = state.namespace(&call.namespace)?;
    if let Some(rest) = call.path.strip_prefix("auth/") {
        let found = namespace.auth_of(rest).and_then(|(name, below)| Some(namespace.auths.get(&name)?.exists(below)));
        return Ok(found.unwrap_or(true));
    }
    let found = namespace.mount_of(&call.path);
    Ok(found.and_then(|(name, below)| Some(namespace.mounts.get(&name)?.exists(below))).unwrap_or(true))
}

fn done(state: &mut State, call: &Call, acl: &Acl) -> Answer {
    let now = state.now();
    if let Some(path) = call.path.strip_prefix("sys/") {
        return sys::answer(state, call, acl, path);
    }
    if let Some(path) = call.path.strip_prefix("auth/token/") {
        return auth::token::answer(state, call, path);
    }
    let namespace = state.namespace_mut(&call.namespace)?;
    if let Some(rest) = call.path.strip_prefix("auth/") {
        let (name, below) = namespace.auth_of(rest).ok_or_else(|| Reply::no_route(&call.path))?;
        return auth::answer(state, call, &name, below);
    }
    let (name, below) = namespace.mount_of(&call.path).ok_or_else(|| Reply::no_route(&call.path))?;
    let mount = namespace.mounts.get_mut(&name).ok_or_else(|| Reply::no_route(&call.path))?;
    mount.answer(call, below, now)
}
