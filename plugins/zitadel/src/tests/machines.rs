//! A machine that signs in with a key.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use harmony_config_sdk::Interaction;

use super::*;

fn key() -> Value {
    json!({ "type": "serviceaccount", "keyId": "key-1", "key": keys::FIRST_PEM, "userId": "machine" })
}

fn machine() -> (Rc<Fake>, Store<Rc<Fake>>) {
    let fake = Fake::new();
    *fake.file.borrow_mut() = Some(key().to_string());
    let instance = fake.bare_instance(json!({ "issuer": ISSUER, "key-file": "key.json", "project-id": "42" }));
    (fake, instance)
}

/// As Zitadel hands them out: for the project, without a client.
fn handed_out(fake: &Fake) -> Result<Answer, Fault> {
    let claims = claims_with(fake, json!({ "sub": "machine", "aud": ["42"], "azp": "x" }));
    status(200, &json!({ "access_token": "canary", "id_token": Signer::First.token(&claims) }))
}

#[test]
fn a_machine_signs_what_it_says_of_itself_with_its_key() {
    let (fake, instance) = machine();
    fake.replies("/token", handed_out(&fake));
    let token = instance.call().token(&ask(Interaction::Forbidden).audience("42")).unwrap();
    assert_eq!(token.subject, r#"["https://sso.example.com","machine"]"#);
    let sent = fake.sent();
    let form = &sent[2].form;
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    has(&form["scope"], &["openid", "urn:zitadel:iam:org:project:id:42:aud"]);
    let parts: Vec<Value> = form["assertion"]
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    assert_eq!(
        parts[1],
        json!({ "iss": "machine", "sub": "machine", "aud": ISSUER, "iat": 1_800_000_000, "exp": 1_800_000_300 })
    );
    // The signature is that of the key.
    let claims = Signer::First.token(&parts[1]);
    assert_eq!(form["assertion"].split('.').count(), claims.split('.').count());
    // Nobody was shown anything, and the next one asks nobody.
    instance.quietly().unwrap();
    assert_eq!((fake.sent().len(), fake.pages.borrow().len()), (0, 0));
    has(&instance.who().unwrap().unwrap(), &[r#""subject":"machine""#, r#""renewable":true"#]);
}

#[test]
fn a_machine_gets_a_new_token_after_five_minutes_and_keeps_the_old_one_where_it_cannot() {
    let (fake, instance) = machine();
    fake.replies("/token", handed_out(&fake));
    let first = instance.quietly().unwrap().value;
    fake.pass(Duration::from_secs(301));
    fake.replies("/token", Err(Fault::Unreachable));
    assert_eq!(instance.quietly().unwrap().value, first);
    fake.replies("/token", handed_out(&fake));
    assert_ne!(instance.quietly().unwrap().value, first);
}

#[test]
fn a_key_that_the_issuer_refuses_says_where_keys_are() {
    let (fake, instance) = machine();
    fake.replies("/token", handed_out(&fake));
    instance.quietly().unwrap();
    fake.pass(Duration::from_secs(301));
    fake.replies("/token", error("invalid_grant"));
    has(&words(instance.quietly(), "denied"), &[ISSUER, "`key-1`", "`machine`", "console of Zitadel", "`key-file`"]);
    assert_eq!(instance.who().unwrap(), None, "its token is not handed out any more");
    // A clock that is wrong makes what it signs one of another time.
    fake.ahead.set(600);
    fake.replies("/token", error("invalid_request"));
    has(&words(instance.quietly(), "denied"), &["10 min behind"]);
}

#[test]
fn what_is_no_key_is_named_and_not_quoted() {
    let (fake, instance) = machine();
    *fake.file.borrow_mut() = None;
    has(&words(instance.quietly(), "interaction-required"), &["no file at the setting `key-file`"]);
    for (file, part) in [
        ("canary".to_owned(), "no key of Zitadel"),
        (
            json!({ "type": "application", "keyId": "k", "key": "canary", "userId": "u" }).to_string(),
            "none of a service user",
        ),
        (
            json!({ "type": "serviceaccount", "keyId": "k", "key": "canary", "userId": "u" }).to_string(),
            "no RSA key in PEM",
        ),
    ] {
        *fake.file.borrow_mut() = Some(file);
        has(&words(instance.quietly(), "invalid"), &[part]);
    }
}

#[test]
fn a_token_of_somebody_else_or_none_is_not_taken() {
    let (fake, instance) = machine();
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "aud": ["42"] }))));
    has(&words(instance.quietly(), "denied"), &["`ada`", "`machine`"]);
    fake.replies("/token", status(200, &json!({ "access_token": "canary" })));
    has(&words(instance.quietly(), "unsupported"), &["no id_token"]);
}

#[test]
fn a_machine_signs_in_anew_without_a_person_and_out_with_its_key_left() {
    let (fake, instance) = machine();
    fake.replies("/token", handed_out(&fake));
    instance.quietly().unwrap();
    fake.replies("/token", handed_out(&fake));
    instance.call().sign_in(&ask(Interaction::Forbidden)).unwrap();
    fake.sent();
    let done = instance.call().sign_out().unwrap();
    has(&done[0], &["the key of the setting `key-file` is as good as before"]);
    assert_eq!((fake.sent(), fake.sessions.borrow().len()), (Vec::new(), 0));
    assert_eq!(instance.who().unwrap(), None);
}
