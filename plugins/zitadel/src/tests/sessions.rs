//! Who is signed in: what is kept, what is told, and how it ends.

use std::time::Duration;

use harmony_config_sdk::{Coordinate, Entry, Interaction, Request, Sensitivity};

use super::*;

fn request(key: &str) -> Request {
    Request {
        at: Coordinate { namespace: "harmony".into(), key: key.into(), instance: None },
        sensitivity: Sensitivity::Standard,
        schema: None,
        locations: Vec::new(),
        interaction: Interaction::Forbidden,
        id: String::new(),
        extra: Vec::new(),
    }
}

fn sign_in(fake: &Fake, instance: &Store<Rc<Fake>>, subject: &str) -> String {
    fake.replies("/token", tokens(&claims_with(fake, json!({ "sub": subject }))));
    instance.call().sign_in(&ask(Interaction::Allowed)).unwrap()
}

#[test]
fn the_record_has_its_secrets_under_names_that_the_host_blots_out() {
    let (fake, _) = signed_in();
    let kept = fake.kept().unwrap();
    for (name, value) in kept.as_object().unwrap() {
        let is_secret = value.as_str().is_some_and(|text| text.contains("canary") || text.contains("eyJ"));
        assert_eq!(is_secret, name.contains("token"), "{name}");
    }
    assert_eq!(kept["signed-in-at"], 1_800_000_005);
    assert!(fake.logged.borrow().iter().all(|line| !line.contains("canary") && !line.contains("eyJ")));
}

#[test]
fn as_a_source_it_answers_who_is_signed_in_and_nothing_else() {
    let (fake, instance) = world();
    assert_eq!(instance.get(&request("ZitadelIdentity")).unwrap(), None);
    fake.replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    fake.sent();
    let value =
        r#"{"subject":"ada","name":"Ada","email":"ada@example.com","roles":[],"expires":"2027-01-15T09:00:00Z"}"#;
    let entry = Entry::new(value, "the session at https://sso.example.com");
    assert_eq!(instance.get(&request("ZitadelIdentity")).unwrap(), Some(entry));
    assert_eq!(instance.get(&request("AppConfig")).unwrap(), None);
    let mut of_instance = request("ZitadelIdentity");
    of_instance.at.instance = Some("a".into());
    assert_eq!(instance.get(&of_instance).unwrap(), None);
    assert_eq!(fake.sent(), [], "the session is all that is looked at");
    instance.call().sign_out().unwrap();
    assert_eq!(instance.get(&request("ZitadelIdentity")).unwrap(), None);
}

#[test]
fn as_a_source_it_is_empty_where_nobody_said_where_to_sign_in() {
    let fake = Fake::new();
    for settings in [json!({}), json!({ "issuer": ISSUER })] {
        let instance = fake.bare_instance(settings);
        assert_eq!(instance.get(&request("ZitadelIdentity")).unwrap(), None);
    }
}

#[test]
fn who_tells_the_session_without_asking_anybody() {
    let (fake, instance) = signed_in();
    let who: Value = serde_json::from_str(&instance.who().unwrap().unwrap()).unwrap();
    assert_eq!(
        who,
        json!({ "subject": "ada", "name": "Ada", "email": "ada@example.com", "roles": [],
                "expires": "2027-01-15T09:00:00Z", "issuer": ISSUER, "signed-in-at": "2027-01-15T08:00:05Z",
                "renewable": true })
    );
    assert_eq!(fake.sent(), []);
}

#[test]
fn a_session_that_can_be_renewed_is_somebodys_after_its_token_ended() {
    let (fake, instance) = signed_in();
    fake.pass(Duration::from_secs(86_400));
    assert!(instance.who().unwrap().is_some());
}

#[test]
fn signing_in_is_anew_and_the_session_of_somebody_else_is_taken_back() {
    let (fake, instance) = signed_in();
    let told = sign_in(&fake, &instance, "ada");
    has(&told, &[r#""subject":"ada""#]);
    assert_eq!(fake.paths(), ["device", "token"], "though the session was good");
    sign_in(&fake, &instance, "bob");
    let sent = fake.sent();
    assert_eq!(sent.last().unwrap().line, "POST https://sso.example.com/revoke");
    assert_eq!(sent.last().unwrap().form["token"], REFRESH);
    // And where the issuer does not take it back, Carol is signed in all the same.
    fake.replies("/revoke", status(500, &json!({})));
    sign_in(&fake, &instance, "carol");
    assert_eq!(fake.kept().unwrap()["subject"], "carol");
}

#[test]
fn signing_out_takes_the_session_back_and_removes_it() {
    let (fake, instance) = signed_in();
    let done = instance.call().sign_out().unwrap();
    assert_eq!(
        done,
        [
            "https://sso.example.com took the session back",
            "the session at https://sso.example.com was removed from this machine",
            "a token that was handed out already is good until 2027-01-15T09:00:00Z",
        ]
    );
    let sent = fake.sent();
    assert_eq!(sent[0].form["token_type_hint"], "refresh_token");
    assert_eq!(sent[0].form["client_id"], CLIENT);
    assert_eq!(fake.kept(), None);
    assert_eq!(instance.call().sign_out().unwrap(), ["nobody is signed in at https://sso.example.com"]);
}

#[test]
fn signing_out_removes_the_session_whatever_the_issuer_says() {
    for (reply, part) in [
        (Err(Fault::Unreachable), "cannot be reached"),
        (status(503, &json!({})), "failed (503)"),
        (error("unsupported_token_type"), "refused: unsupported_token_type"),
    ] {
        let (fake, instance) = signed_in();
        fake.replies("/revoke", reply);
        let done = instance.call().sign_out().unwrap();
        has(&done[0], &["did not take the session back", part]);
        assert_eq!(fake.kept(), None);
    }
    let (fake, instance) = signed_in();
    fake.document.borrow_mut().as_object_mut().unwrap().remove("revocation_endpoint");
    instance.provider.replace(None);
    has(&instance.call().sign_out().unwrap()[0], &["no way to take a session back"]);
    assert_eq!(fake.kept(), None);
}

#[test]
fn what_cannot_be_read_is_nobody_and_goes_at_the_next_sign_in() {
    let (fake, instance) = world();
    fake.keep(&json!("canary"));
    assert_eq!(instance.who().unwrap(), None);
    has(&words(instance.quietly(), "interaction-required"), &["nobody is signed in"]);
    sign_in(&fake, &instance, "ada");
    assert_eq!(fake.kept().unwrap()["subject"], "ada");
}

#[test]
fn another_client_or_issuer_is_another_session() {
    let (fake, _) = signed_in();
    let other = fake.instance(&json!({ "client-id": "client-2" }));
    assert_eq!(other.who().unwrap(), None);
    fake.set("HARMONY_SSO_CLIENT_ID", CLIENT);
    let by_variable = fake.bare_instance(json!({ "issuer": ISSUER }));
    assert!(by_variable.who().unwrap().is_some());
}

#[test]
fn what_is_too_large_to_be_kept_is_a_clear_error() {
    let (fake, instance) = world();
    let roles: serde_json::Map<String, Value> = (0..4_000).map(|n| (format!("role-{n}"), json!({}))).collect();
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "urn:zitadel:iam:org:project:roles": roles }))));
    has(&words(instance.aloud(), "invalid"), &[ISSUER, "too large to be kept", "64 KiB", "`scopes`"]);
    assert_eq!(fake.kept(), None);
}
