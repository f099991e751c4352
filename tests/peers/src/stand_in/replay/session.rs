//! A session with the stand-in in place of the server that was recorded: words in angle brackets stand for what this
//! session got, and a few exchanges need something that was not recorded to happen before.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::Request as HttpRequest;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Exchange, shape};
use crate::{
    client::{Response, Target},
    jwt::Signer,
    scripted::{Reply, Scripted},
    stand_in::{Options, Report, Seen, StandIn, Start, ledger::Basis},
};

/// Where the recorded issuer was.
const ISSUER: &str = "http://localhost:9998";

pub(super) struct Session {
    active: StandIn,
    second: StandIn,
    issuer: Scripted,
    signer: Signer,
    /// By the words in angle brackets.
    bound: HashMap<String, String>,
}

impl Session {
    pub(super) fn dev() -> Self {
        Self::new(Start::Dev)
    }

    pub(super) fn uninitialised() -> Self {
        Self::new(Start::Uninitialised)
    }

    fn new(start: Start) -> Self {
        let signer = Signer::new().expect("a key");
        let verifier = Some(signer.verifier());
        let active = StandIn::with(Options { start, certificate: None, verifier }).expect("a stand-in");
        let second = active.second_node().expect("a second node");
        let discovery = |asked: &crate::scripted::Asked| {
            let host = asked.header("host").unwrap_or_default();
            Reply::json(200, &json!({ "issuer": format!("http://{host}/") }))
        };
        let issuer = Scripted::new(discovery).expect("an issuer");
        Self { active, second, issuer, signer, bound: HashMap::new() }
    }

    pub(super) fn report(&self) -> Report {
        self.active.report()
    }

    pub(super) fn begin(&mut self) {
        self.bound.retain(|word, _| word == "<root>" || word == "<token>" || word.starts_with("<unseal key"));
        if !self.active.root_token().is_empty() {
            self.bound.insert("<root>".to_owned(), self.active.root_token().to_owned());
        }
        let issuer = self.issuer.address();
        let claims = json!({
            "iss": format!("{issuer}/"), "aud": ["harmony-cli"], "sub": "anna", "iat": 1_700_000_000, "exp": 4_000_000_000_u64,
        });
        let token = self.signer.sign(&claims).expect("a token");
        let cut = token.get(..token.len() - 6).expect("a long token").to_owned();
        self.bound.insert("<id_token cut>".to_owned(), cut);
        self.bound.insert("<id_token>".to_owned(), token);
    }

    /// Asks, and says what differs from the recording.
    pub(super) fn ask(&mut self, file: &str, exchange: &Exchange) -> Result<(), String> {
        self.prepare(file, &exchange.name);
        let node = if exchange.request.node.as_deref() == Some("second") { &self.second } else { &self.active };
        let unrecorded = self.active.report().without_recording();
        let before = self.active.requests().len();
        let response = self.send(node.target(), exchange);
        let seen = self.active.requests();
        let seen: Option<&Seen> = seen.get(before);
        if seen.map(|seen| seen.status) != Some(response.status) {
            return Err(format!("the ledger has {seen:?}"));
        }
        let now = self.active.report().without_recording();
        if now != unrecorded && exchange.response.status == response.status {
            return Err(format!("its answer claims that no recording shows it: {now:?}"));
        }
        let body: Value = if response.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&response.body).map_err(|error| error.to_string())?
        };
        let recorded = self.localised(&exchange.response.body, &HashMap::new());
        if response.status != exchange.response.status {
            // Its errors alone: a token may be in the rest.
            let errors = body.get("errors").unwrap_or(&Value::Null);
            return Err(format!("{} instead of {}: {errors}", response.status, exchange.response.status));
        }
        for (name, value) in &exchange.response.headers {
            let found = response.headers.get(name).and_then(|found| found.to_str().ok());
            if found != value.as_str() {
                return Err(format!("header {name}: {found:?} instead of {value}"));
            }
        }
        if exchange.response.headers.len() + 2 < response.headers.len() {
            return Err(format!("more headers than recorded: {:?}", response.headers));
        }
        shape::same(&recorded, &body, "", &mut self.bound)?;
        // Where the server was initialised in this session, its token is every "<token>" of the session.
        if let Some(root) = self.bound.get("<root>").cloned() {
            self.bound.insert("<token>".to_owned(), root);
        }
        Ok(())
    }

    /// What happened before an exchange and was not recorded.
    fn prepare(&self, file: &str, name: &str) {
        match (file, name) {
            ("token", "use after expiry") => self.active.advance(Duration::from_secs(2)),
            ("userpass", "locked out after many wrong passwords") => {
                // One wrong password of five is in the recording.
                let wrong = super::recording("userpass").into_iter().find(|exchange| exchange.name == "wrong password");
                let wrong = wrong.expect("it is recorded");
                for _ in 0..4 {
                    assert_eq!(self.send(self.active.target(), &wrong).status, 400);
                }
            }
            _ => {}
        }
    }

    fn send(&self, target: Target, exchange: &Exchange) -> Response {
        let asked = &exchange.request;
        let mut request = HttpRequest::builder().method(asked.method.as_str()).uri(&asked.path);
        if let Some(token) = &asked.token {
            // A token that exists is the one that was bound last.
            let token = self.bound.get(token).filter(|_| exchange.name != "a token that does not exist");
            let token = token.map_or("s.none", String::as_str);
            request = request.header("X-Vault-Token", token);
        }
        for (name, value) in &asked.headers {
            request = request.header(name, value.as_str().expect("a text"));
        }
        if asked.method == "PATCH" && !asked.headers.contains_key("Content-Type") && !asked.body.is_null() {
            // What the client that made the recordings sends where it is told nothing.
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        let body = match &asked.body {
            Value::Null => String::new(),
            Value::String(raw) => match raw.strip_prefix("<data.value of ").and_then(|rest| rest.strip_suffix(" x>")) {
                Some(length) => {
                    let length = length.replace(',', "").parse().expect("a number");
                    json!({ "data": { "value": "x".repeat(length) } }).to_string()
                }
                None => raw.clone(),
            },
            body => self.localised(body, &self.bound).to_string(),
        };
        let request = request.body(Full::from(Bytes::from(body))).expect("a request");
        target.send_blocking(request).expect("an answer")
    }

    /// A recorded body with this session's issuer, and what words in angle brackets stand for.
    fn localised(&self, body: &Value, bound: &HashMap<String, String>) -> Value {
        match body {
            Value::String(text) => {
                let text = text.replace(ISSUER, &self.issuer.address());
                Value::String(bound.iter().fold(text, |text, (word, value)| text.replace(word, value)))
            }
            Value::Array(values) => values.iter().map(|value| self.localised(value, bound)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| (name.clone(), self.localised(value, bound));
                Value::Object(fields.iter().map(field).collect())
            }
            other => other.clone(),
        }
    }
}

#[test]
fn every_recording_that_an_answer_names_is_there() {
    let mut named = 0;
    for basis in super::sources::bases() {
        let Basis::Recorded { file, name } = basis else { continue };
        named += 1;
        let found = super::recording(file).iter().any(|exchange| exchange.name == name);
        assert!(found, "{file}.json has no exchange {name:?}");
    }
    assert!(named > 50, "only {named} found: is the source read rightly?");
}
