//! Which tokens are taken, and which are not.

use super::*;

/// Signs in with this id_token.
fn sign_in_with(id_token: &str, prepare: impl FnOnce(&Fake)) -> Result<Token, Failure> {
    let (fake, instance) = world();
    prepare(&fake);
    fake.replies("/token", tokens_of(id_token));
    let result = instance.aloud();
    if result.is_err() {
        assert!(fake.sessions.borrow().is_empty(), "what is not taken is not kept");
        let last = fake.sent().pop().unwrap();
        assert!(
            last.line.ends_with("/revoke") && last.form["token"] == REFRESH,
            "and its session is taken back: {last:?}"
        );
    }
    result
}

fn sign_in(signer: Signer, others: Value) -> Result<Token, Failure> {
    let token = signer.token(&claims_with(&Fake::new(), others));
    sign_in_with(&token, |fake| fake.keys.borrow_mut().push(Signer::Curve))
}

#[test]
fn signatures_with_public_keys_of_all_kinds_are_taken() {
    for signer in [Signer::First, Signer::Curve, Signer::Edwards] {
        let token = signer.token(&claims(&Fake::new()));
        let taken = sign_in_with(&token, |fake| {
            *fake.keys.borrow_mut() = vec![Signer::First, Signer::Curve, Signer::Edwards];
        });
        assert_eq!(taken.unwrap().value, token, "{signer:?}");
    }
}

#[test]
fn no_signature_and_one_with_the_public_key_as_a_secret_are_refused() {
    has(&words(sign_in(Signer::Nobody, json!({})), "denied"), &[ISSUER, "is not signed", "`alg: none`"]);
    has(&words(sign_in(Signer::PublicKey, json!({})), "denied"), &[ISSUER, "proves nothing", "RS256"]);
}

#[test]
fn a_signature_of_a_stranger_with_a_known_key_id_is_wrong() {
    let stranger = Signer::Second.token(&claims(&Fake::new()));
    let (_, rest) = stranger.split_once('.').unwrap();
    let header = keys::encoded(json!({ "alg": "RS256", "kid": "first" }).to_string());
    let forged = format!("{header}.{rest}");
    has(&words(sign_in_with(&forged, |_| ()), "denied"), &["a signature that is wrong"]);
}

#[test]
fn a_key_that_is_not_known_is_looked_for_once_more() {
    let (fake, instance) = world();
    let token = Signer::Second.token(&claims(&fake));
    fake.replies("/token", tokens_of(&token));
    // The issuer signs with a new key from now on.
    *fake.meanwhile.borrow_mut() = Some(Box::new(|fake| fake.keys.borrow_mut().push(Signer::Second)));
    assert_eq!(instance.aloud().unwrap().value, token);
    assert_eq!(fake.paths(), ["openid-configuration", "keys", "device", "token", "keys"]);

    let (fake, instance) = world();
    fake.replies("/token", tokens_of(&token));
    has(&words(instance.aloud(), "denied"), &["a key that the issuer does not publish"]);
    assert_eq!(fake.paths(), ["openid-configuration", "keys", "device", "token", "keys", "revoke"], "once");
}

#[test]
fn a_token_of_another_issuer_or_for_another_client_is_refused() {
    let words_of = |others| words(sign_in(Signer::First, others), "denied");
    has(&words_of(json!({ "iss": "https://sso.example.com/" })), &["another issuer", "`https://sso.example.com/`"]);
    has(&words_of(json!({ "aud": ["other"] })), &["not for this client", "`other`", "`client-id`"]);
    has(&words_of(json!({ "azp": "other" })), &["another client (`azp`)"]);
    sign_in(Signer::First, json!({ "aud": [CLIENT, "project"] })).unwrap();
    sign_in(Signer::First, json!({ "aud": CLIENT, "azp": null })).unwrap();
}

#[test]
fn a_token_of_another_time_is_refused_but_for_a_minute() {
    let now = Fake::new().now.get();
    // The page takes 5 s.
    sign_in(Signer::First, json!({ "exp": now - 50, "iat": now - 600 })).map(drop).unwrap();
    sign_in(Signer::First, json!({ "iat": now + 64, "exp": now + 900 })).unwrap();
    for (others, part) in [
        (json!({ "exp": now - 56, "iat": now - 600 }), "has expired already, and the clocks agree"),
        (json!({ "iat": now + 66, "exp": now + 900 }), "is not valid yet, and the clocks agree"),
        (json!({ "nbf": now + 66 }), "is not valid yet, and the clocks agree"),
    ] {
        has(&words(sign_in(Signer::First, others), "denied"), &[ISSUER, part]);
    }
}

#[test]
fn a_clock_that_is_ten_minutes_off_is_named_with_how_much() {
    for (ahead, part) in [(600_i64, "10 min behind the issuer's"), (-600, "10 min ahead of the issuer's")] {
        let now = Fake::new().now.get().saturating_add_signed(ahead);
        let token = Signer::First.token(&claims_with(&Fake::new(), json!({ "iat": now, "exp": now + 300 })));
        let result = sign_in_with(&token, |fake| fake.ahead.set(ahead));
        has(&words(result, "denied"), &["by the clock here, which says 08:00:05 UTC", part, "set the clock"]);
    }
}

#[test]
fn an_opaque_access_token_is_never_needed_and_an_id_token_is() {
    let (fake, instance) = world();
    let reply = json!({ "access_token": "canary-opaque", "refresh_token": REFRESH, "token_type": "Bearer" });
    fake.replies("/token", status(200, &reply));
    has(&words(instance.aloud(), "invalid"), &[ISSUER, "no id_token", "`openid`"]);
    for wrong in ["canary-opaque", "a.b.c", ""] {
        has(&words(sign_in_with(wrong, |_| ()), "denied"), &["no JWT that can be read"]);
    }
}

#[test]
fn a_person_without_email_or_name_is_known_by_the_subject() {
    let (fake, instance) = world();
    let mut claims = claims(&fake);
    for name in ["email", "email_verified", "name"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    fake.replies("/token", tokens(&claims));
    instance.aloud().unwrap();
    let who: Value = serde_json::from_str(&instance.who().unwrap().unwrap()).unwrap();
    assert_eq!((who["subject"].as_str(), who.get("email"), who.get("name")), (Some("ada"), None, None));
}

#[test]
fn claims_that_an_issuer_writes_in_its_own_way_are_no_matter() {
    let others =
        json!({ "email_verified": "true", "updated_at": "2026-11-25T16:51:03Z", "groups": ["a"], "x": { "y": 1 } });
    sign_in(Signer::First, others).unwrap();
}

#[test]
fn a_way_to_sign_that_nobody_knows_is_refused() {
    let token = Signer::First.token(&claims(&Fake::new()));
    let (_, rest) = token.split_once('.').unwrap();
    let header = keys::encoded(json!({ "alg": "XS999", "kid": "first" }).to_string());
    has(&words(sign_in_with(&format!("{header}.{rest}"), |_| ()), "denied"), &["signed in a way that is not known"]);
}

#[test]
fn the_audience_that_is_asked_for_must_be_in_the_token() {
    let (fake, instance) = signed_in();
    let asks = |instance: &Store<Rc<Fake>>| {
        instance.call().token(&ask(harmony_config_sdk::Interaction::Forbidden).audience("42"))
    };
    has(
        &words(asks(&instance), "denied"),
        &["is not for `42`", "it is for `client-1`", "`project-id = \"42\"`", "urn:zitadel:iam:org:project:id:42:aud"],
    );
    // The setting is there, and the sign-in older than it.
    let later = fake.instance(&json!({ "project-id": "42" }));
    has(&words(asks(&later), "denied"), &["older than the setting", "harmony-config login sso"]);
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "aud": [CLIENT, "42"] }))));
    later.call().sign_in(&ask(harmony_config_sdk::Interaction::Allowed)).unwrap();
    asks(&later).unwrap();
}

#[test]
fn the_roles_are_their_names_in_the_project_or_in_all_of_them() {
    let roles = json!({ "operator": { "1": "example.com" }, "admin": { "1": "example.com" } });
    for name in ["urn:zitadel:iam:org:project:42:roles", "urn:zitadel:iam:org:project:roles"] {
        let fake = Fake::new();
        let instance = fake.instance(&json!({ "project-id": "42" }));
        fake.replies("/token", tokens(&claims_with(&fake, json!({ name: roles, "aud": [CLIENT, "42"] }))));
        instance.aloud().unwrap();
        let scope = &fake.sent()[2].form["scope"];
        has(scope, &["urn:zitadel:iam:org:project:id:42:aud", "urn:zitadel:iam:org:projects:roles"]);
        assert_eq!(fake.kept().unwrap()["roles"], json!(["admin", "operator"]));
    }
}
