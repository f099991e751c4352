//! The plugin over an issuer that says what a test wants it to, with real keys and signatures.

mod fake;
mod health;
mod keys;
mod machines;
mod pages;
mod renewals;
mod sessions;
mod tokens;
mod troubles;

use std::rc::Rc;

use harmony_config_plugin_shared::http::{Answer, Fault, Head};
use harmony_config_sdk::{Failure, Interaction, Token, TokenRequest};
use serde_json::{Value, json};

use self::{fake::Fake, keys::Signer};
use crate::{Store, call::Call};

const ISSUER: &str = "https://sso.example.com";
const CLIENT: &str = "client-1";

/// What is in no message.
const REFRESH: &str = "canary-refresh-token";

fn status(status: u16, body: &Value) -> Result<Answer, Fault> {
    Ok(Answer { status, body: body.to_string().into_bytes(), head: Head::default() })
}

/// An error of the protocol.
fn error(code: &str) -> Result<Answer, Fault> {
    status(400, &json!({ "error": code, "error_description": "canary" }))
}

fn text(code: u16, body: &str) -> Result<Answer, Fault> {
    Ok(Answer { status: code, body: body.as_bytes().to_vec(), head: Head::default() })
}

fn retry_after(code: u16, seconds: u64) -> Result<Answer, Fault> {
    let head = Head { retry_after: Some(seconds.to_string()), ..Head::default() };
    Ok(Answer { status: code, body: Vec::new(), head })
}

/// An issuer, a person, and an instance of the plugin.
fn world() -> (Rc<Fake>, Store<Rc<Fake>>) {
    let fake = Fake::new();
    let instance = fake.instance(&json!({}));
    (fake, instance)
}

/// What the issuer says of Ada, who is signed in now.
fn claims(fake: &Fake) -> Value {
    let now = fake.now.get();
    json!({
        "iss": ISSUER, "aud": [CLIENT], "azp": CLIENT, "sub": "ada", "iat": now, "exp": now + 3_600,
        "name": "Ada", "email": "ada@example.com", "email_verified": true, "locale": "en",
    })
}

/// The same with others in it.
fn claims_with(fake: &Fake, others: Value) -> Value {
    let mut claims = claims(fake);
    for (name, value) in others.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// An answer with tokens. The access token is opaque, as Zitadel's is.
fn tokens(claims: &Value) -> Result<Answer, Fault> {
    tokens_of(&Signer::First.token(claims))
}

fn tokens_of(id_token: &str) -> Result<Answer, Fault> {
    status(
        200,
        &json!({
            "access_token": "canary-opaque", "token_type": "Bearer", "expires_in": 43_199,
            "id_token": id_token, "refresh_token": REFRESH,
        }),
    )
}

fn ask(interaction: Interaction) -> TokenRequest {
    TokenRequest::new(interaction)
}

impl Store<Rc<Fake>> {
    fn call(&self) -> Call<'_, Rc<Fake>> {
        Call::begin(self).unwrap()
    }

    /// A token, where nobody may be asked.
    fn quietly(&self) -> Result<Token, Failure> {
        Call::begin(self)?.token(&ask(Interaction::Forbidden))
    }

    /// A token, for which a person may be asked.
    fn aloud(&self) -> Result<Token, Failure> {
        Call::begin(self)?.token(&ask(Interaction::Allowed))
    }
}

/// Ada has signed in, and the issuer was asked what it takes.
fn signed_in() -> (Rc<Fake>, Store<Rc<Fake>>) {
    signed_in_with(&json!({}))
}

fn signed_in_with(settings: &Value) -> (Rc<Fake>, Store<Rc<Fake>>) {
    let fake = Fake::new();
    let instance = fake.instance(settings);
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    fake.sent();
    (fake, instance)
}

/// What is said to a person, for a look at its words. No token is in it, and something to do is.
#[track_caller]
fn words<T>(result: Result<T, Failure>, code: &str) -> String {
    let Err(failure) = result else { panic!("it did not fail") };
    let failure_code = failure.code.clone();
    let words = format!("{} | {}", failure.message, failure.remedy.expect("every failure says what to do"));
    assert_eq!(failure_code, code, "{words}");
    assert!(!words.contains("canary") && !words.contains("eyJ"), "{words}");
    words
}

#[track_caller]
fn has(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "no {part:?} in {words:?}");
    }
}

#[test]
fn the_facts_are_json_and_say_that_it_is_an_identity() {
    let facts: Value = serde_json::from_str(crate::FACTS).unwrap();
    assert_eq!(facts["features"], json!(["identity"]));
    assert_eq!(facts["wants"]["http"], json!({ "setting": "issuer", "variables": ["HARMONY_SSO_URL"] }));
    assert_eq!(facts["wants"]["credential-files"], json!(["key-file"]));
    for (name, schema) in facts["settings"]["properties"].as_object().unwrap() {
        assert!(schema["description"].as_str().unwrap().ends_with('.'), "{name}");
    }
}
