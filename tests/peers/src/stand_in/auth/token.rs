//! `auth/token/`: making, looking up, renewing and revoking tokens.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stand_in::{
    ledger::{Basis, recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Fields, Operation},
    state::State,
    time::Moment,
    tokens::{Grant, LONGEST, Token},
};

pub(crate) fn answer(state: &mut State, call: &Call, path: &str) -> Answer {
    let now = state.now();
    let own = call.token.clone().unwrap_or_default();
    let fields = call.fields();
    let named = || fields.text("token").unwrap_or_default();
    let write = call.operation == Operation::Write;
    match path {
        "create" | "create-orphan" if write => create(state, call, &fields, path == "create-orphan"),
        "lookup-self" if write || call.operation == Operation::Read => {
            facts(state.tokens.valid(&own, now), now, recorded("token", "lookup-self"))
        }
        "lookup" if write || call.operation == Operation::Read => {
            let id = Some(named()).filter(|id| !id.is_empty()).unwrap_or(own);
            facts(state.tokens.valid(&id, now), now, unrecorded("auth/token/lookup"))
        }
        "lookup-accessor" if write => {
            let accessor = fields.text("accessor").unwrap_or_default();
            let mut reply =
                facts(state.tokens.by_accessor(&accessor, now), now, unrecorded("auth/token/lookup-accessor"))?;
            if let Some(data) = reply.body.as_mut().and_then(|body| body.get_mut("data")?.as_object_mut()) {
                data.insert("id".to_owned(), json!(""));
            }
            Ok(reply)
        }
        "accessors/" if call.operation == Operation::List => {
            Ok(Reply::keys(&state.tokens.accessors(), unrecorded("auth/token/accessors: list")))
        }
        "renew-self" if write => renew(state, &own, &fields, recorded("token", "renew-self")),
        "renew" if write => renew(state, &named(), &fields, unrecorded("auth/token/renew")),
        "revoke-self" if write => {
            state.tokens.revoke(&own);
            Ok(Reply::nothing(recorded("token", "revoke-self")))
        }
        "revoke" if write => {
            state.tokens.revoke(&named());
            Ok(Reply::nothing(unrecorded("auth/token/revoke")))
        }
        "revoke-orphan" if write => {
            state.tokens.revoke_orphan(&named());
            Ok(Reply::nothing(unrecorded("auth/token/revoke-orphan")))
        }
        "revoke-accessor" if write => {
            let accessor = fields.text("accessor").unwrap_or_default();
            let unknown = || Reply::error(400, "invalid accessor", unrecorded("auth/token/revoke-accessor: none"));
            let id = state.tokens.by_accessor(&accessor, now).map(|token| token.id.clone()).ok_or_else(unknown)?;
            state.tokens.revoke(&id);
            Ok(Reply::nothing(unrecorded("auth/token/revoke-accessor")))
        }
        "create" | "create-orphan" | "lookup-self" | "lookup" | "renew-self" | "renew" | "revoke-self" | "revoke" => {
            Err(Reply::unsupported_operation())
        }
        _ => Err(Reply::unsupported_path()),
    }
}

fn facts(token: Option<&Token>, now: Moment, basis: Basis) -> Answer {
    let bad = || Reply::error(403, "bad token", unrecorded("auth/token/lookup: no such token"));
    let token = token.ok_or_else(bad)?;
    let basis =
        if token.is_plain() { basis } else { unrecorded("look-up of a root, periodic, renewed or inner token") };
    Ok(Reply::data(token.as_facts(now), basis))
}

fn renew(state: &mut State, id: &str, fields: &Fields, basis: Basis) -> Answer {
    let now = state.now();
    let increment = fields.duration("increment")?.unwrap_or_default();
    let renewed = state.tokens.renew(id, increment, now);
    let refused = || Reply::error(400, "lease is not renewable", recorded("token", "renewing what is not renewable"));
    let token = renewed.ok_or_else(refused)?;
    let warning = token.grant.capped(increment);
    Ok(Reply::login(token.as_auth(now), basis).warning(warning))
}

fn create(state: &mut State, call: &Call, fields: &Fields, orphan: bool) -> Answer {
    let now = state.now();
    let own = call.token.clone().unwrap_or_default();
    let parent = state.tokens.valid(&own, now).cloned().ok_or_else(|| Reply::denied(recorded("token", "no token")))?;
    let refused = |words: &str, what| Err(Reply::error(400, words, unrecorded(what)));
    if parent.grant.batch {
        return refused("batch tokens cannot create more tokens", "auth/token/create: by a batch token");
    }
    let batch = fields.text("type").is_some_and(|kind| kind == "batch");
    let uses = fields.number("num_uses").unwrap_or_default();
    if batch && uses > 0 {
        return refused("batch tokens cannot have a limited number of uses", "auth/token/create: batch with uses");
    }
    let ttl = fields.duration("ttl")?.unwrap_or_default();
    let mut policies: std::collections::BTreeSet<String> = match fields.list("policies") {
        Some(named) if !named.is_empty() => named.into_iter().map(|name| name.to_lowercase()).collect(),
        _ => parent.grant.policies.clone(),
    };
    if !parent.is_root() && !policies.iter().all(|name| name == "default" || parent.grant.policies.contains(name)) {
        return refused("child policies must be subset of parent", "auth/token/create: more than the parent may");
    }
    let root = policies.contains("root");
    if !root && fields.flag("no_default_policy") != Some(true) {
        policies.insert("default".to_owned());
    }
    let known = state.namespace(&call.namespace)?;
    let unknown = policies.iter().find(|name| *name != "root" && !known.policies.contains_key(*name));
    let unknown = unknown.map(|name| format!("Policy {name:?} does not exist"));
    let orphan = orphan || (parent.is_root() && fields.flag("no_parent") == Some(true));
    let grant = Grant {
        id: fields.text("id").filter(|_| parent.is_root()),
        policies,
        path: format!("auth/token/{}", if call.path.ends_with("orphan") { "create-orphan" } else { "create" }),
        display_name: fields.text("display_name").map_or("token".to_owned(), |name| format!("token-{name}")),
        metadata: metadata(fields.get("meta")),
        ttl,
        explicit_max_ttl: fields.duration("explicit_max_ttl")?.unwrap_or_default(),
        period: fields.duration("period")?.unwrap_or_default(),
        renewable: !root && fields.flag("renewable").unwrap_or(true),
        uses,
        parent: (!orphan).then_some(own),
        batch,
        ..Grant::default()
    };
    let warning = (ttl > LONGEST).then(|| grant.capped(ttl)).flatten().or(unknown);
    let token = state.tokens.issue(&call.namespace, grant, now);
    let basis = match (batch, orphan) {
        (true, _) => unrecorded("auth/token/create: a batch token"),
        (false, true) => unrecorded("auth/token/create: an orphan"),
        (false, false) => recorded("token", "create a periodic child token"),
    };
    Ok(Reply::login(token.as_auth(now), basis).warning(warning))
}

fn metadata(value: Option<&Value>) -> Option<BTreeMap<String, String>> {
    let fields = value?.as_object()?;
    Some(fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
}
