//! The server as a whole: initialising, sealing, its health. These paths take no token (sealing does).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    ids,
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Fields, Operation, Request},
    state::State,
    tokens::Grant,
};

const VERSION: &str = "2.0.0-HEAD";

#[derive(Debug)]
pub(crate) struct Seal {
    pub(crate) initialised: bool,
    pub(crate) sealed: bool,
    /// Kept on disk (and so more than one node), not in memory.
    pub(crate) durable: bool,
    pub(crate) keys: Vec<String>,
    pub(crate) threshold: usize,
    given: BTreeSet<String>,
    nonce: String,
    cluster_name: String,
    cluster_id: String,
}

impl Default for Seal {
    fn default() -> Self {
        Self {
            initialised: false,
            sealed: true,
            durable: false,
            keys: Vec::new(),
            threshold: 0,
            given: BTreeSet::new(),
            nonce: String::new(),
            cluster_name: format!("vault-cluster-{}", ids::hex(&ids::bytes::<4>())),
            cluster_id: ids::uuid(),
        }
    }
}

impl Seal {
    pub(crate) fn make_keys(&mut self, shares: usize, threshold: usize) {
        self.keys = (0..shares).map(|_| ids::hex(&ids::bytes::<33>())).collect();
        self.threshold = threshold;
        self.initialised = true;
    }

    pub(crate) fn is_open(&self) -> bool {
        self.initialised && !self.sealed
    }

    pub(crate) fn close(&mut self) {
        self.sealed = true;
        self.given.clear();
        self.nonce.clear();
    }

    pub(crate) fn open(&mut self) {
        self.sealed = false;
        self.given.clear();
        self.nonce.clear();
    }

    fn cluster(&self, body: &mut Map<String, Value>) {
        if self.is_open() {
            body.insert("cluster_name".to_owned(), json!(self.cluster_name));
            body.insert("cluster_id".to_owned(), json!(self.cluster_id));
        }
    }

    fn status(&self) -> Value {
        let mut body = Map::new();
        let known = json!({
            "type": "shamir",
            "initialized": self.initialised,
            "sealed": self.sealed,
            "t": self.threshold,
            "n": self.keys.len(),
            "progress": self.given.len(),
            "nonce": self.nonce,
            "recovery_seal": false,
            "version": VERSION,
            "commit_date": "",
            "migration": false,
            "storage_type": if self.durable { "raft" } else { "inmem" },
        });
        body.extend(known.as_object().cloned().unwrap_or_default());
        self.cluster(&mut body);
        Value::Object(body)
    }

    fn unseal(&mut self, fields: &Fields) -> Answer {
        if fields.flag("reset") == Some(true) {
            self.given.clear();
            self.nonce.clear();
            return Ok(Reply::plain(200, self.status(), unrecorded("sys/unseal: reset")));
        }
        let key = fields.text("key").unwrap_or_default();
        let bytes = key_bytes(&key).ok_or_else(|| {
            let words = "'key' must be a valid hex or base64 string";
            Reply::error(400, words, recorded("init", "a key that is none"))
        })?;
        if !self.sealed {
            return Ok(Reply::plain(200, self.status(), unrecorded("sys/unseal: already unsealed")));
        }
        if self.given.is_empty() {
            self.nonce = ids::uuid();
        }
        self.given.insert(ids::hex(&bytes));
        if self.given.len() < self.threshold {
            return Ok(Reply::plain(200, self.status(), recorded("init", "first unseal key")));
        }
        let right = self.given.iter().all(|given| self.keys.contains(given));
        self.given.clear();
        self.nonce.clear();
        if !right {
            let words = "failed to decrypt encrypted stored keys: cipher: message authentication failed";
            return Err(Reply::error(400, words, unrecorded("sys/unseal: keys that do not fit")));
        }
        self.open();
        Ok(Reply::plain(200, self.status(), recorded("init", "second unseal key")))
    }
}

/// 33 bytes in hex or base64; the shortest that the server takes for a key at all is 16.
fn key_bytes(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let hex = text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect::<Option<Vec<_>>>());
    let base64 = || base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok();
    hex.flatten().or_else(base64).filter(|bytes| bytes.len() >= 16)
}

/// Answers what needs neither a token nor an open seal; `None` where the path is another.
pub(crate) fn answer(state: &mut State, request: &Request, standby: bool) -> Option<Answer> {
    let fields = || request.body.clone().ok().flatten().map(Fields).unwrap_or_default();
    let operation = request.operation;
    let read = operation == Some(Operation::Read);
    let write = operation == Some(Operation::Write);
    let allowed = match request.path.as_str() {
        "sys/health" | "sys/seal-status" | "sys/leader" => read,
        "sys/init" => read || write,
        "sys/unseal" => write,
        _ => return None,
    };
    if !allowed {
        let basis = recorded("status", "method not allowed");
        return Some(Err(Reply::plain(405, json!({ "errors": [] }), basis)));
    }
    Some(match request.path.as_str() {
        "sys/health" => Ok(health(state, request, standby)),
        "sys/seal-status" => {
            let basis = match (state.seal.initialised, state.seal.sealed) {
                (false, _) => recorded("init", "seal status before initialisation"),
                (true, false) => recorded("status", "seal status"),
                (true, true) => unrecorded("sys/seal-status: sealed"),
            };
            Ok(Reply::plain(200, state.seal.status(), basis))
        }
        "sys/leader" => Ok(leader(state, standby)),
        "sys/init" if read => {
            let body = json!({ "initialized": state.seal.initialised });
            Ok(Reply::plain(200, body, recorded("init", "is it initialised")))
        }
        "sys/init" => initialise(state, &fields()),
        _ => state.seal.unseal(&fields()),
    })
}

fn health(state: &State, request: &Request, standby: bool) -> Reply {
    let seal = &state.seal;
    let (status, basis) = match (seal.initialised, seal.sealed, standby) {
        (false, ..) => (501, recorded("init", "health before initialisation")),
        (true, true, _) => (503, recorded("sealed", "health while sealed")),
        (true, false, true) => (429, recorded("standby", "health of a standby")),
        (true, false, false) => (200, recorded("status", "health, unsealed and active")),
    };
    // A load balancer may ask for other statuses; so does `bao` itself.
    let wanted = match status {
        501 => request.query.get("uninitcode"),
        503 => request.query.get("sealedcode"),
        429 => request.query.get("standbycode"),
        _ => request.query.get("activecode"),
    };
    let fine = status == 429 && request.query.get("standbyok").is_some_and(|value| value != "false");
    let asked = wanted.and_then(|code| code.parse().ok()).or(fine.then_some(200));
    let (status, basis) = asked.map_or((status, basis), |code| (code, unrecorded("sys/health: a status asked for")));
    let active = seal.is_open() && !standby;
    let mut body = Map::new();
    let known = json!({
        "initialized": seal.initialised,
        "sealed": seal.sealed,
        "standby": !active,
        "replication_performance_mode": match (active, seal.durable) {
            (false, _) => "unknown",
            (true, true) => "primary",
            (true, false) => "disabled",
        },
        "replication_dr_mode": if active { "disabled" } else { "unknown" },
        "server_time_utc": state.now().as_secs(),
        "version": VERSION,
    });
    body.extend(known.as_object().cloned().unwrap_or_default());
    seal.cluster(&mut body);
    Reply::plain(status, Value::Object(body), basis)
}

fn leader(state: &State, standby: bool) -> Reply {
    let basis = if standby {
        recorded("standby", "leader as a standby tells it")
    } else {
        unrecorded("sys/leader: the active node")
    };
    let mut body = json!({
        "ha_enabled": state.seal.durable,
        "leader_address": "http://127.0.0.1:8200",
        "leader_cluster_address": "https://127.0.0.1:8201",
        "raft_committed_index": 36,
        "raft_applied_index": 36,
    });
    if let (false, Some(body)) = (standby, body.as_object_mut()) {
        body.insert("is_self".to_owned(), json!(state.seal.is_open()));
    }
    Reply::plain(200, body, basis)
}

fn initialise(state: &mut State, fields: &Fields) -> Answer {
    if state.seal.initialised {
        let words = "Vault is already initialized";
        return Err(Reply::error(400, words, recorded("init", "initialise again")));
    }
    let number = |name| fields.number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let (shares, threshold) = (number("secret_shares"), number("secret_threshold"));
    if shares == 0 || threshold == 0 || threshold > shares || (threshold == 1 && shares > 1) {
        let words = "invalid seal configuration: threshold must be greater than zero and at most the number of shares";
        return Err(Reply::error(400, words, unrecorded("sys/init: shares that do not fit")));
    }
    state.seal.make_keys(shares, threshold);
    let token = root_token(state, None);
    let base64 = |key: &String| {
        let bytes = key_bytes(key).unwrap_or_default();
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
    };
    let body = json!({
        "keys": state.seal.keys,
        "keys_base64": state.seal.keys.iter().map(base64).collect::<Vec<_>>(),
        "root_token": token,
    });
    Ok(Reply::plain(200, body, recorded("init", "initialise")))
}

/// A token that may do all, of the given name or a new one.
pub(crate) fn root_token(state: &mut State, id: Option<String>) -> String {
    let now = state.now();
    let grant = Grant {
        id,
        policies: ["root".to_owned()].into(),
        path: "auth/token/root".to_owned(),
        display_name: "root".to_owned(),
        ..Grant::default()
    };
    state.tokens.issue("", grant, now).id
}
