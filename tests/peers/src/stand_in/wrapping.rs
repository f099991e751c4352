//! Wrapped answers: kept by the server, given out once for the token that stands for them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ids,
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    state::State,
    time::{self, Moment},
};

#[derive(Debug)]
pub(crate) struct Wrapped {
    answer: Value,
    until: Moment,
}

/// Keeps an answer back, and says where it is.
pub(crate) fn wrap(state: &mut State, reply: Reply, ttl: Duration, path: &str) -> Reply {
    if reply.status != 200 {
        return reply;
    }
    let answer = reply.body.map(|body| *body).unwrap_or_default();
    let now = state.now();
    let token = ids::service_token();
    let info = json!({
        "token": token, "accessor": ids::accessor(), "ttl": ttl.as_secs(), "creation_time": time::timestamp(now),
        "creation_path": path,
    });
    state.wrapped.insert(token, Wrapped { answer, until: now.saturating_add(ttl) });
    let body = json!({
        "request_id": "", "lease_id": "", "renewable": false, "lease_duration": 0, "data": null,
        "wrap_info": info, "warnings": null, "auth": null,
    });
    Reply::plain(200, body, recorded("limits", "wrapped read"))
}

/// `sys/wrapping/unwrap`: the token may be the caller's own, or one that is named.
pub(crate) fn answer(state: &mut State, call: &Call, rest: &str) -> Answer {
    if rest != "unwrap" || call.operation != Operation::Write {
        return Err(Reply::no_route(&call.path));
    }
    let now = state.now();
    let token = call.fields().text("token").or_else(|| call.token.clone()).unwrap_or_default();
    let found = state.wrapped.remove(&token).filter(|wrapped| wrapped.until > now);
    let missing = || {
        let words = "wrapping token is not valid or does not exist";
        Reply::error(400, words, unrecorded("sys/wrapping: no such wrapping"))
    };
    Ok(Reply::plain(200, found.ok_or_else(missing)?.answer, unrecorded("sys/wrapping: unwrap")))
}
