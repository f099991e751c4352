//! The source over a scripted server. What a recording of a real one says is played as it was recorded, and the request that
//! the source makes is compared with the recorded one.

mod fake;
mod identities;
mod listed;
mod outages;
mod principals;
mod recordings;
mod refusals;
mod values;
mod written;

use std::rc::Rc;

use harmony_config_sdk::{Coordinate, Entry, Expected, Failure, Interaction, Request, Sensitivity};
use serde_json::{Value, json};

use self::fake::{Fake, Instance};
use crate::http::{Answer, Fault};

/// The address in all tests.
const AT: &str = "https://bao.example.com:8200";

/// What is in the recordings.
const STORED: &str = r#"{"host": "sw1", "port": 443}"#;

fn request(namespace: &str, key: &str) -> Request {
    Request {
        at: Coordinate { namespace: namespace.into(), key: key.into(), instance: None },
        sensitivity: Sensitivity::Secret,
        schema: None,
        locations: Vec::new(),
        interaction: Interaction::Forbidden,
        id: String::new(),
        extra: Vec::new(),
    }
}

fn reference(places: &[(&[&str], &str)]) -> Request {
    let mut request = request("harmony", "Unused");
    request.locations = places
        .iter()
        .map(|(field, at)| (field.iter().map(|part| (*part).to_owned()).collect(), (*at).to_owned()))
        .collect();
    request
}

/// A server that nobody asked anything yet, and one instance of a source that has a token for it.
fn with_token(settings: Value) -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    fake.set("OPENBAO_TOKEN", "canary-token");
    let instance = fake.instance(settings);
    (fake, instance)
}

/// The same at the mount of the recordings.
fn team() -> (Rc<Fake>, Instance) {
    with_token(json!({ "mount": "team" }))
}

impl Instance {
    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        self.get_many(std::slice::from_ref(request)).pop().unwrap()
    }

    fn write(&self, namespace: &str, key: &str, value: &str, expected: Expected) -> Result<Option<String>, Failure> {
        self.set(&request(namespace, key), value, &expected)
    }
}

/// What is said to a person, for a look at its words. No secret is in it.
#[track_caller]
fn words<T: std::fmt::Debug>(result: Result<T, Failure>, code: &str) -> String {
    let failure = result.unwrap_err();
    assert_eq!(failure.code, code, "{failure:?}");
    let words = format!("{} | {}", failure.message, failure.remedy.expect("every failure says what to do"));
    assert!(!words.contains("canary"), "{words}");
    words
}

#[track_caller]
fn has(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "no {part:?} in {words:?}");
    }
}

fn status(status: u16, body: &Value) -> Result<Answer, Fault> {
    Ok(Answer { status, body: body.to_string().into_bytes(), ..Answer::default() })
}

/// The answer to a read: this lies there, in that version.
fn lies(data: &Value, version: u64) -> Result<Answer, Fault> {
    status(200, &json!({ "data": { "data": data, "metadata": { "version": version } } }))
}

fn absent() -> Result<Answer, Fault> {
    status(404, &json!({ "errors": [] }))
}

fn refused() -> Result<Answer, Fault> {
    status(403, &json!({ "errors": ["permission denied"] }))
}

/// The answer to a login or a renewal.
fn token(name: &str, lasts: u64) -> Result<Answer, Fault> {
    status(
        200,
        &json!({ "auth": {
            "client_token": name, "policies": ["default", "harmony-dev"], "lease_duration": lasts,
            "renewable": true, "token_type": "service", "num_uses": 0,
        } }),
    )
}

fn lookup(data: &Value) -> Result<Answer, Fault> {
    status(200, &json!({ "data": data }))
}

fn kv2(mount: &str) -> Result<Answer, Fault> {
    let data = json!({ "path": format!("{mount}/"), "type": "kv", "options": { "version": "2" } });
    status(200, &json!({ "data": data }))
}

#[test]
fn the_facts_are_json_and_what_is_secret_is_marked() {
    let facts: Value = serde_json::from_str(crate::FACTS).unwrap();
    let method = &facts["settings"]["properties"]["auth"]["items"]["properties"];
    for (name, schema) in method.as_object().unwrap() {
        let is_secret = schema.get("x-harmony-secret").is_some();
        assert_eq!(is_secret, ["token", "password", "secret-id"].contains(&name.as_str()), "{name}");
        assert!(schema["description"].as_str().unwrap().ends_with('.'), "{name}");
    }
    assert_eq!(facts["wants"]["http"]["setting"], "address");
    assert_eq!(facts["wants"]["identities"], json!(["auth.*.identity"]));
}
