//! What 403 means: a path outside the policies, or a token that is not good any more.

use super::*;

fn other(instance: &Instance) -> Result<Option<Entry>, Failure> {
    instance.get(&request("other", "AppConfig"))
}

fn app(instance: &Instance) -> Result<Option<Entry>, Failure> {
    instance.get(&request("harmony", "AppConfig"))
}

/// One who signed in, and reads once well.
fn signed_in() -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    fake.set("OPENBAO_USERNAME", "harmony");
    fake.set("OPENBAO_PASSWORD", "pw");
    let instance = fake.instance(json!({ "mount": "team" }));
    fake.answers(token("first", 3_600)).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    fake.sent();
    (fake, instance)
}

#[test]
fn outside_the_policies_the_path_the_policies_and_the_capability_are_named() {
    let (fake, instance) = team();
    fake.plays("token", "read outside the policy").plays("token", "lookup-self");
    let words = words(other(&instance), "denied");
    has(&words, &[AT, "OPENBAO_TOKEN", "reading team/data/other/AppConfig", "default, harmony-dev", "capability read"]);

    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team"));
    fake.plays("token", "write outside the policy").plays("token", "lookup-self");
    let answer = instance.write("other", "AppConfig", STORED, Expected::Anything);
    assert!(!answer.as_ref().unwrap_err().is_unknown_outcome());
    has(&super::words(answer, "denied"), &["writing team/data/other/AppConfig", "capability create and update"]);

    let (fake, instance) = team();
    fake.plays("token", "list outside the policy").plays("token", "lookup-self");
    let answer = crate::Call::begin(&instance).unwrap().list("other", "", None);
    has(&super::words(answer, "denied"), &["listing team/metadata/other", "capability list"]);
}

#[test]
fn many_refused_keys_are_one_lookup_and_the_others_are_read() {
    let (fake, instance) = team();
    fake.always(|sent| match sent.line.as_str() {
        "GET /v1/auth/token/lookup-self" => lookup(&json!({ "policies": ["p"] })),
        line if line.contains("/other/") => refused(),
        _ => lies(&json!({ "value": "1" }), 1),
    });
    let mut wanted: Vec<Request> = (0..20).map(|index| request("other", &format!("K{index}"))).collect();
    wanted.push(request("harmony", "AppConfig"));
    let answers = instance.get_many(&wanted);
    assert!(answers[..20].iter().all(|answer| answer.as_ref().unwrap_err().code == "denied"));
    has(&answers[7].as_ref().unwrap_err().message, &["team/data/other/K7"]);
    assert!(answers[20].as_ref().unwrap().is_some());
    assert_eq!(fake.sent().len(), 22);
}

#[test]
fn a_token_that_is_no_good_is_not_called_expired_where_its_end_was_not_known() {
    let (fake, instance) = team();
    fake.plays("token", "a token that does not exist").plays("token", "use after revocation");
    let words = words(app(&instance), "denied");
    has(&words, &["OPENBAO_TOKEN", "was revoked, has ended, or never was one", "put another token"]);
    assert!(!words.contains("expired"), "{words}");
}

#[test]
fn a_token_whose_end_was_seen_is_called_expired() {
    let (fake, instance) = team();
    // What told of its end: somebody read outside the policies.
    fake.plays("token", "read outside the policy").plays("token", "lookup-self");
    other(&instance).unwrap_err();
    fake.now.set(fake.now.get() + 3_600);
    let instance = fake.instance(json!({ "mount": "team" }));
    fake.plays("token", "use after expiry").plays("token", "use after revocation");
    has(&words(app(&instance), "denied"), &["it expired at 08:59:59 UTC"]);
    assert!(!format!("{:?}", fake.sessions.borrow()).contains("canary"), "a given token is not kept");
}

#[test]
fn a_token_of_one_use_is_good_for_one() {
    let (fake, instance) = team();
    fake.plays("token", "its one use");
    app(&instance).unwrap();
    fake.plays("token", "one use too many").plays("token", "use after revocation");
    words(app(&instance), "denied");
}

#[test]
fn a_token_of_few_uses_and_a_batch_token_are_spared_the_lookup() {
    // It was once seen that its uses are counted.
    let (fake, instance) = team();
    fake.answers(refused()).answers(lookup(&json!({ "policies": ["p"], "num_uses": 5, "ttl": 60 })));
    other(&instance).unwrap_err();
    fake.sent();
    fake.answers(refused());
    has(&words(other(&instance), "denied"), &["used up", "OPENBAO_TOKEN", "capability read"]);
    assert_eq!(fake.sent().len(), 1);
    for batch in ["b.canary", "hvb.canary"] {
        let (fake, instance) = team();
        fake.set("OPENBAO_TOKEN", batch);
        fake.answers(refused());
        words(other(&instance), "denied");
        assert_eq!(fake.sent().len(), 1);
    }
}

#[test]
fn a_login_whose_uses_are_counted_is_made_again_without_a_question() {
    let fake = Fake::new();
    fake.set("OPENBAO_USERNAME", "harmony");
    fake.set("OPENBAO_PASSWORD", "pw");
    let instance = fake.instance(json!({ "mount": "team" }));
    let login = |token: &str| {
        let auth = json!({ "client_token": token, "lease_duration": 60, "renewable": false, "num_uses": 1, "policies": ["p"] });
        status(200, &json!({ "auth": auth }))
    };
    fake.answers(login("one")).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    fake.answers(refused()).answers(login("two")).answers(lies(&json!({ "value": "2" }), 2));
    assert_eq!(app(&instance).unwrap().unwrap().value, "2");
    // A fresh one that is refused is so because of its policies.
    fake.answers(refused()).answers(login("three")).answers(refused());
    has(&words(other(&instance), "denied"), &["its policies are p", "(userpass)"]);
    fake.sent();
}

#[test]
fn after_a_revocation_there_is_one_login_and_the_request_is_made_once_more() {
    let (fake, instance) = signed_in();
    fake.answers(refused()).plays("token", "use after revocation").plays("userpass", "log in");
    fake.plays("userpass", "read with the token from the login");
    assert_eq!(app(&instance).unwrap().unwrap().value, STORED);
    let tokens: Vec<_> = fake.sent().into_iter().map(|sent| sent.token.unwrap_or_default()).collect();
    assert_eq!(tokens, ["first", "first", "", "<client token>"]);
}

#[test]
fn after_a_revocation_the_new_session_of_somebody_else_is_used() {
    let (fake, instance) = signed_in();
    let name = fake.sessions.borrow().keys().next().unwrap().clone();
    let session = fake.sessions.borrow()[&name].replace("first", "second");
    fake.sessions.borrow_mut().insert(name, session);
    fake.answers(refused()).plays("token", "use after revocation").answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some("second"));
    assert_eq!(fake.turns.get(), 1, "the turn of the first login alone");
}

#[test]
fn a_write_that_was_refused_is_made_once_more_after_a_login() {
    let (fake, instance) = signed_in();
    fake.answers(lies(&json!({ "value": "1" }), 1)).answers(refused()).answers(refused());
    fake.answers(token("second", 3_600)).answers(status(200, &json!({ "data": { "version": 2 } })));
    assert_eq!(instance.write("harmony", "AppConfig", "2", Expected::Anything).unwrap().as_deref(), Some("2"));
    let sent = fake.sent();
    assert_eq!((sent[1].body.as_ref(), sent[4].token.as_deref()), (sent[4].body.as_ref(), Some("second")));
}

#[test]
fn of_many_only_what_was_refused_is_asked_again() {
    let (fake, instance) = signed_in();
    fake.answers(lies(&json!({ "value": "1" }), 1)).answers(refused()).answers(lies(&json!({ "value": "3" }), 1));
    fake.answers(refused()).answers(token("second", 3_600)).answers(lies(&json!({ "value": "2" }), 1));
    let answers = instance.get_many(&["A", "B", "C"].map(|key| request("harmony", key)));
    let values: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().unwrap().value).collect();
    assert_eq!(values, ["1", "2", "3"]);
    assert_eq!(fake.lines()[5], "GET /v1/team/data/harmony/B");
}

#[test]
fn a_login_that_fails_then_is_what_is_said() {
    let (fake, instance) = signed_in();
    fake.answers(refused()).answers(refused()).plays_the_like_of("userpass", "wrong password");
    has(&words(app(&instance), "denied"), &["OPENBAO_PASSWORD", "is wrong"]);
    // The token that was no good is forgotten even where no other one came.
    let (fake, instance) = signed_in();
    fake.answers(refused()).answers(refused()).answers(Err(Fault::Tls));
    has(&words(app(&instance), "unavailable"), &["no secure connection", "signing in"]);
    assert!(fake.sessions.borrow().is_empty());
    // And where the question gets no answer, that is.
    let (fake, instance) = signed_in();
    fake.answers(refused());
    for _ in 0..3 {
        fake.answers(Err(Fault::Unreachable));
    }
    has(&words(app(&instance), "unavailable"), &["cannot be reached"]);
}
