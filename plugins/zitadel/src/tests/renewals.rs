//! Renewing a session without a person, and what may go wrong with it.

use std::time::Duration;

use super::*;

/// As many seconds after the sign-in.
fn after(seconds: u64) -> (Rc<Fake>, Store<Rc<Fake>>) {
    let (fake, instance) = signed_in();
    fake.pass(Duration::from_secs(seconds));
    (fake, instance)
}

fn renewed(fake: &Fake, others: Value) -> Result<Answer, Fault> {
    let id_token = Signer::First.token(&claims_with(fake, others));
    status(200, &json!({ "access_token": "canary-opaque", "id_token": id_token, "refresh_token": "canary-refresh-2" }))
}

#[test]
fn a_token_of_five_minutes_is_handed_out_and_an_older_one_renewed() {
    let (fake, instance) = after(300);
    instance.quietly().unwrap();
    assert_eq!(fake.paths(), Vec::<String>::new(), "without any request");
    fake.pass(Duration::from_secs(1));
    fake.replies("/token", renewed(&fake, json!({})));
    instance.quietly().unwrap();
    let sent = fake.sent();
    assert_eq!(sent.len(), 1, "this instance knows the issuer and its keys");
    assert_eq!(sent[0].form["grant_type"], "refresh_token");
    assert_eq!(sent[0].form["refresh_token"], REFRESH);
    assert_eq!(sent[0].form["client_id"], CLIENT);
    assert!(sent[0].within_turn);
    let kept = fake.kept().unwrap();
    assert_eq!((kept["refresh-token"].as_str(), &kept["refreshing-since"]), (Some("canary-refresh-2"), &Value::Null));
    assert_eq!(kept["signed-in-at"], 1_800_000_005, "a renewal is no sign-in");
}

#[test]
fn a_token_with_less_than_a_minute_left_is_renewed() {
    let (fake, instance) = world();
    fake.replies("/token", tokens(&claims_with(&fake, json!({ "exp": fake.now.get() + 64 }))));
    instance.aloud().unwrap();
    fake.sent();
    fake.replies("/token", renewed(&fake, json!({})));
    instance.quietly().unwrap();
    assert_eq!(fake.paths(), ["token"]);
}

#[test]
fn a_clock_that_was_set_back_makes_a_token_one_that_is_renewed() {
    let (fake, instance) = signed_in();
    fake.now.set(fake.now.get() - 3_600);
    fake.replies("/token", renewed(&fake, json!({})));
    instance.quietly().unwrap();
    assert_eq!(fake.paths(), ["token"]);
}

#[test]
fn of_many_that_start_at_once_one_renews() {
    let (fake, instance) = after(400);
    let id_token = Signer::First.token(&claims(&fake));
    let mut theirs = fake.kept().unwrap();
    theirs["id-token"] = json!(id_token);
    theirs["since"] = json!(fake.now.get());
    *fake.before_turn.borrow_mut() = Some(Box::new(move |fake| fake.keep(&theirs)));
    assert_eq!(instance.quietly().unwrap().value, id_token);
    assert_eq!(fake.sent(), []);
}

#[test]
fn a_session_that_was_revoked_ends_here_too_and_a_person_is_needed() {
    let (fake, instance) = after(301);
    fake.replies("/token", error("invalid_grant"));
    has(
        &words(instance.quietly(), "interaction-required"),
        &["the issuer https://sso.example.com ended the session", "revoked", "run `harmony-config login sso`"],
    );
    assert_eq!(fake.kept(), None);
    // Where a person may be asked, one is.
    let (fake, instance) = after(301);
    fake.replies("/token", error("invalid_grant")).replies("/token", tokens(&claims(&fake)));
    instance.aloud().unwrap();
    assert_eq!(fake.paths(), ["token", "device", "token"]);
}

#[test]
fn while_the_issuer_cannot_be_asked_the_old_token_serves_as_long_as_it_is_good() {
    for reply in [
        Err(Fault::Unreachable),
        Err(Fault::Lost),
        Err(Fault::TimedOut),
        status(500, &json!({})),
        status(503, &json!({})),
        retry_after(429, 7),
    ] {
        let (fake, instance) = after(600);
        let old = fake.kept().unwrap()["id-token"].clone();
        fake.replies("/token", reply.clone());
        assert_eq!(instance.quietly().unwrap().value, old.as_str().unwrap());
        fake.pass(Duration::from_secs(3_600));
        fake.replies("/token", reply);
        let failure = instance.quietly().unwrap_err();
        has(&words(Err::<(), _>(failure.clone()), "unavailable"), &[ISSUER]);
        assert!(failure.retry_after_ms.is_some_and(|time| [1_000, 7_000, 10_000].contains(&time)), "{failure:?}");
        assert_eq!(fake.kept().unwrap()["refresh-token"], REFRESH, "and the session is there yet");
    }
}

#[test]
fn how_long_a_busy_issuer_wants_to_be_left_alone_is_passed_on() {
    let (fake, instance) = after(7_200);
    fake.replies("/token", retry_after(429, 7));
    assert_eq!(instance.quietly().unwrap_err().retry_after_ms, Some(7_000));
}

#[test]
fn a_busy_issuer_is_not_asked_again_before_the_time_while_the_old_token_is_good() {
    let (fake, instance) = after(400);
    fake.replies("/token", retry_after(429, 7));
    for _ in 0..3 {
        instance.quietly().unwrap();
    }
    assert_eq!(fake.paths(), ["token"]);
    fake.pass(Duration::from_secs(7));
    fake.replies("/token", renewed(&fake, json!({})));
    instance.quietly().unwrap();
    assert_eq!(fake.paths(), ["token"]);
}

#[test]
fn who_waits_in_vain_for_the_turn_has_the_old_token_while_it_is_good() {
    let (fake, instance) = after(400);
    fake.turn_is_taken.set(true);
    instance.quietly().unwrap();
    fake.pass(Duration::from_secs(3_600));
    has(&words(instance.quietly(), "unavailable"), &["somebody else has the turn"]);
    assert_eq!(fake.sent(), []);
}

#[test]
fn an_issuer_that_cannot_be_discovered_loses_nothing() {
    let (fake, _) = after(600);
    let instance = fake.instance(&json!({}));
    let before = fake.kept();
    for _ in 0..2 {
        fake.replies("/.well-known/openid-configuration", Err(Fault::Unreachable));
    }
    instance.quietly().unwrap();
    assert_eq!(fake.kept(), before, "nothing was written before there was anybody to send to");
}

#[test]
fn a_renewal_without_a_new_id_token_serves_with_the_old_one_and_then_a_person_is_asked() {
    let without = || status(200, &json!({ "access_token": "canary", "refresh_token": "canary-refresh-2" }));
    let (fake, instance) = after(600);
    let old = fake.kept().unwrap()["id-token"].clone();
    fake.replies("/token", without());
    assert_eq!(instance.quietly().unwrap().value, old.as_str().unwrap());
    assert_eq!(fake.kept().unwrap()["refresh-token"], "canary-refresh-2", "what was handed out is kept");
    fake.pass(Duration::from_secs(3_600));
    fake.replies("/token", without());
    has(&words(instance.quietly(), "interaction-required"), &["without a new id_token", "harmony-config login sso"]);
}

#[test]
fn where_the_issuer_does_not_change_the_refresh_token_it_stays() {
    let (fake, instance) = after(600);
    let id_token = Signer::First.token(&claims(&fake));
    fake.replies("/token", status(200, &json!({ "id_token": id_token })));
    instance.quietly().unwrap();
    assert_eq!(fake.kept().unwrap()["refresh-token"], REFRESH);
}

#[test]
fn without_a_refresh_token_it_works_as_long_as_the_id_token_and_says_so() {
    let (fake, instance) = world();
    let id_token = Signer::First.token(&claims(&fake));
    fake.replies("/token", status(200, &json!({ "id_token": id_token })));
    instance.aloud().unwrap();
    fake.sent();
    fake.pass(Duration::from_secs(3_000));
    assert_eq!(instance.quietly().unwrap().value, id_token);
    assert_eq!(fake.sent(), []);
    has(&instance.who().unwrap().unwrap(), &[r#""renewable":false"#]);
    let check = instance.call().check().unwrap();
    has(check.last().unwrap(), &["cannot be renewed", "`offline_access`"]);
    fake.pass(Duration::from_secs(3_000));
    has(&words(instance.quietly(), "interaction-required"), &["gave no refresh token", "harmony-config login sso"]);
    assert_eq!(instance.who().unwrap(), None);
}

#[test]
fn a_renewal_that_speaks_for_somebody_else_is_refused_and_ends_the_session() {
    let (fake, instance) = after(600);
    fake.replies("/token", renewed(&fake, json!({ "sub": "mallory" })));
    has(&words(instance.quietly(), "denied"), &["`ada`", "`mallory`", "harmony-config login sso"]);
    assert_eq!(fake.kept(), None);
    assert_eq!(fake.sent().last().unwrap().form["token"], "canary-refresh-2");
}

#[test]
fn a_renewed_token_is_verified_and_its_refresh_token_kept_even_if_it_is_not_taken() {
    let (fake, instance) = after(600);
    fake.replies("/token", renewed(&fake, json!({ "aud": ["other"] })));
    has(&words(instance.quietly(), "denied"), &["not for this client"]);
    let kept = fake.kept().unwrap();
    assert_eq!((kept["refresh-token"].as_str(), kept["subject"].as_str()), (Some("canary-refresh-2"), Some("ada")));
}

#[test]
fn before_a_new_key_is_looked_for_the_new_refresh_token_is_kept() {
    let (fake, instance) = after(400);
    let id_token = Signer::Second.token(&claims(&fake));
    fake.replies("/token", status(200, &json!({ "id_token": id_token, "refresh_token": "canary-refresh-2" })));
    // The keys cannot be read: the old token serves, and nothing is lost.
    fake.replies("/keys", Err(Fault::TimedOut));
    instance.quietly().unwrap();
    assert_eq!(fake.kept().unwrap()["refresh-token"], "canary-refresh-2");
    fake.pass(Duration::from_secs(10));
    fake.keys.borrow_mut().push(Signer::Second);
    fake.replies("/token", status(200, &json!({ "id_token": id_token })));
    assert_eq!(instance.quietly().unwrap().value, id_token);
}

#[test]
fn what_a_program_that_was_killed_took_with_it_is_said() {
    // It was killed after the refresh token was sent: the mark is all that it left.
    let (fake, instance) = after(600);
    fake.replies("/token", Err(Fault::Lost));
    instance.quietly().unwrap();
    assert_eq!(fake.kept().unwrap()["refreshing-since"], 1_800_000_605);
    fake.pass(Duration::from_secs(60));
    fake.replies("/token", error("invalid_grant"));
    has(
        &words(instance.quietly(), "interaction-required"),
        &["a renewal was under way at 2027-01-15T08:10:05Z when a program ended", "harmony-config login sso"],
    );
}

#[test]
fn a_refresh_token_that_was_certainly_not_taken_leaves_no_mark() {
    for reply in [Err(Fault::Unreachable), status(429, &json!({})), error("invalid_client")] {
        let (fake, instance) = after(600);
        fake.replies("/token", reply);
        let _ = instance.quietly();
        assert_eq!(fake.kept().unwrap()["refreshing-since"], Value::Null);
    }
}

#[test]
fn who_signed_out_while_a_renewal_was_prepared_stays_signed_out() {
    let (fake, instance) = after(600);
    *fake.before_turn.borrow_mut() = Some(Box::new(|fake| fake.sessions.borrow_mut().clear()));
    has(&words(instance.quietly(), "interaction-required"), &["nobody is signed in"]);
    assert_eq!((fake.sent(), fake.kept()), (Vec::new(), None));
}

#[test]
fn who_signed_in_or_out_while_a_renewal_was_under_way_is_who_counts() {
    // Bob signed in: he has no need of the turn.
    let (fake, instance) = after(400);
    let bobs = Signer::First.token(&claims_with(&fake, json!({ "sub": "bob" })));
    let mut theirs = fake.kept().unwrap();
    theirs["subject"] = json!("bob");
    theirs["id-token"] = json!(bobs);
    let reply = renewed(&fake, json!({}));
    fake.replies("/token", reply.clone());
    *fake.while_sending.borrow_mut() = Some(Box::new(move |fake| fake.keep(&theirs)));
    assert_eq!(instance.quietly().unwrap().value, bobs);
    let sent = fake.sent();
    assert_eq!(sent.last().unwrap().form["token"], "canary-refresh-2", "what is not kept is taken back");
    assert_eq!(fake.kept().unwrap()["subject"], "bob");

    let (fake, instance) = after(400);
    fake.replies("/token", reply);
    *fake.while_sending.borrow_mut() = Some(Box::new(|fake| fake.sessions.borrow_mut().clear()));
    has(&words(instance.quietly(), "interaction-required"), &["nobody is signed in"]);
    assert_eq!((fake.paths(), fake.kept()), (vec!["token".to_owned(), "revoke".to_owned()], None));
}

#[test]
fn an_error_of_the_client_at_a_renewal_keeps_the_session() {
    let (fake, instance) = after(600);
    fake.replies("/token", error("unauthorized_client"));
    has(&words(instance.quietly(), "denied"), &["Refresh Token"]);
    assert!(fake.kept().is_some());
}
