//! Who signs in, with what, and how long it lasts.

use super::*;

/// As the source keeps a token.
fn kept(token: &str, start: u64, lasts: u64) -> String {
    json!({ "token": token, "start": start, "lasts": lasts, "renewable": true, "limited": false, "batch": false,
            "policies": [] })
    .to_string()
}

const HARMONY: &str = r#"["https://bao.example.com:8200","","userpass","userpass",["harmony"]]"#;

/// A user with a password in the environment.
fn harmony(password: &str) -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    fake.set("OPENBAO_USERNAME", "harmony");
    fake.set("OPENBAO_PASSWORD", password);
    let instance = fake.instance(json!({ "mount": "team" }));
    (fake, instance)
}

fn app(instance: &Instance) -> Result<Option<Entry>, Failure> {
    instance.get(&request("harmony", "AppConfig"))
}

fn jwt(role: &str) -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    fake.file("auth.0.file", "canary.jwt");
    let auth = json!({ "method": "jwt", "role": role, "file": "/run/token" });
    let instance = fake.instance(json!({ "mount": "team", "auth": [auth] }));
    (fake, instance)
}

fn approle(role: &str) -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    let auth = json!({ "method": "approle", "role-id": role, "secret-id": "canary" });
    let instance = fake.instance(json!({ "mount": "team", "auth": [auth] }));
    (fake, instance)
}

#[test]
fn a_cold_key_is_a_login_and_a_read_and_a_warm_one_a_read() {
    let (fake, instance) = harmony("pw");
    fake.plays("userpass", "log in").plays("userpass", "read with the token from the login");
    assert_eq!(app(&instance).unwrap().unwrap().value, STORED);
    fake.plays("userpass", "read with the token from the login");
    app(&instance).unwrap();
    let sent = fake.sent();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[1].token.as_deref(), Some("<client token>"));
    assert_eq!(
        *fake.said.borrow(),
        [
            "signed in at https://bao.example.com:8200 with the password of OPENBAO_PASSWORD for the user `harmony` of OPENBAO_USERNAME"
        ]
    );
}

#[test]
fn sixteen_instances_make_one_login() {
    let (fake, instance) = harmony("pw");
    fake.answers(token("t", 3_600)).always(|_| lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    for _ in 0..15 {
        app(&fake.instance(json!({ "mount": "team" }))).unwrap();
    }
    let sent = fake.sent();
    assert_eq!(sent.iter().filter(|sent| sent.line.contains("/login/")).count(), 1);
    assert_eq!((sent.len(), fake.turns.get()), (17, 1));
}

#[test]
fn who_waited_for_the_turn_uses_what_the_other_one_got() {
    let (fake, instance) = harmony("pw");
    *fake.meanwhile.borrow_mut() = Some((HARMONY.to_owned(), kept("theirs", fake.now.get(), 3_600)));
    fake.answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some("theirs"));
}

#[test]
fn a_wrong_password_is_tried_once_and_another_one_at_once() {
    let (fake, instance) = harmony("no");
    fake.plays("userpass", "wrong password");
    let words = words(app(&instance), "denied");
    has(
        &words,
        &[AT, "OPENBAO_PASSWORD", "`harmony`", "is wrong", "auth/userpass/login/harmony", "before 08:05:00 UTC"],
    );
    assert!(!words.contains("`no`"), "{words}");
    // Neither another key nor another instance tries it.
    assert_eq!(super::words(app(&instance), "denied"), words);
    assert_eq!(super::words(app(&fake.instance(json!({}))), "denied"), words);
    assert_eq!(fake.sent().len(), 1);
    fake.set("OPENBAO_PASSWORD", "pw");
    fake.plays("userpass", "log in").answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
}

#[test]
fn a_refusal_is_forgotten_after_five_minutes_or_when_the_clock_is_set_back() {
    for now in [301_i64, -60] {
        let (fake, instance) = harmony("no");
        fake.plays("userpass", "wrong password");
        app(&instance).unwrap_err();
        fake.now.set(fake.now.get().saturating_add_signed(now));
        fake.plays("userpass", "wrong password");
        app(&instance).unwrap_err();
        assert_eq!(fake.sent().len(), 2);
    }
}

#[test]
fn what_a_user_may_be_refused_for_is_said() {
    let (fake, instance) = harmony("no");
    fake.set("OPENBAO_USERNAME", "ghost");
    fake.plays("userpass", "no such user");
    has(&words(app(&instance), "denied"), &["`ghost`", "is wrong"]);

    let (fake, instance) = harmony("pw");
    fake.plays("userpass", "locked out after many wrong passwords");
    has(&words(app(&instance), "denied"), &["locked", "OPENBAO_PASSWORD", "not tried again"]);
    app(&instance).unwrap_err();
    assert_eq!(fake.sent().len(), 1);

    let (fake, instance) = harmony("pw");
    fake.set("OPENBAO_AUTH_MOUNT", "team");
    fake.plays("userpass", "the wrong auth mount");
    has(&words(app(&instance), "denied"), &["auth/team/login/harmony", "no such auth mount"]);

    let (fake, instance) = harmony("pw");
    for _ in 0..3 {
        fake.answers_as("userpass", "no password");
    }
    has(&words(app(&instance), "invalid"), &["misses something", "OPENBAO_PASSWORD"]);
}

#[test]
fn a_login_where_there_is_none_or_in_no_namespace_is_no_refusal() {
    for (error, part) in [
        ("no handler for route \"auth/x\". route entry not found.", "no such login"),
        ("namespace not found", "no namespace `team-b`"),
    ] {
        let (fake, instance) = harmony("pw");
        fake.set("BAO_NAMESPACE", "team-b");
        fake.answers(status(404, &json!({ "errors": [error] })));
        has(&words(app(&instance), "invalid"), &[part, "auth/userpass/login/harmony"]);
        assert!(fake.sessions.borrow().is_empty());
    }
}

#[test]
fn a_jwt_is_read_from_its_file_at_each_login() {
    let (fake, instance) = jwt("harmony-developer");
    fake.plays("jwt", "log in").plays("jwt", "read with the token from the login");
    app(&instance).unwrap();
    assert_eq!(fake.sent()[0].body.as_ref().unwrap()["jwt"], "canary.jwt");
    fake.answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!((fake.files_read.get(), fake.sent().len()), (1, 1), "a warm read reads no file");
    fake.file("auth.0.file", "another.jwt");
    fake.now.set(fake.now.get() + 14_400);
    fake.answers(token("t", 60)).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!(fake.sent()[0].body.as_ref().unwrap()["jwt"], "another.jwt");
}

#[test]
fn what_a_jwt_may_be_refused_for_is_said() {
    for (recorded, role, why) in [
        (("jwt", "log in with role by-email"), "by-email", "`user_claim`"),
        (("jwt", "log in with role no-aud"), "no-aud", "no such role"),
        (("jwt", "log in with role wrong-aud"), "wrong-aud", "`bound_audiences`"),
        (("jwt", "log in with role groups"), "groups", "`groups_claim`"),
        (("jwt", "log in with role no-such-role"), "no-such-role", "no such role"),
    ] {
        let (fake, instance) = jwt(role);
        fake.plays(recorded.0, recorded.1);
        has(&words(app(&instance), "denied"), &["`auth[0].file`", role, why, "auth/jwt/login", "not tried again"]);
    }
    for (recorded, why) in [
        (("jwt", "a broken signature"), "does not trust"),
        (("jwt", "not a jwt"), "not a JWT"),
        (("jwt", "an expired jwt is refused: token of another signer"), "does not trust"),
    ] {
        let (fake, instance) = jwt("harmony-developer");
        fake.plays_the_like_of(recorded.0, recorded.1);
        has(&words(app(&instance), "denied"), &[why]);
    }
    for recorded in [("jwt", "log in without a role"), ("jwt", "log in without a jwt")] {
        let (fake, instance) = jwt("harmony-developer");
        fake.answers_as(recorded.0, recorded.1);
        has(&words(app(&instance), "invalid"), &["misses something", "auth/jwt/login"]);
    }
}

#[test]
fn an_approle_signs_in_with_its_secret_id() {
    let (fake, instance) = approle("app");
    fake.plays("approle", "log in").answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    let (fake, instance) = approle("app");
    fake.plays("approle", "a secret id used up");
    has(&words(app(&instance), "denied"), &["`auth[0].secret-id`", "used up"]);
    let (fake, instance) = approle("none");
    fake.plays_the_like_of("approle", "unknown role id");
    words(app(&instance), "denied");
    let (fake, instance) = approle("app");
    fake.answers_as("approle", "no secret id");
    words(app(&instance), "invalid");
}

#[test]
fn a_login_that_may_be_possible_once_is_not_repeated_after_a_lost_answer() {
    let (fake, instance) = approle("app");
    fake.answers(Err(Fault::Lost));
    words(app(&instance), "unavailable");
    assert_eq!(fake.sent().len(), 1);
    let (fake, instance) = harmony("pw");
    fake.answers(Err(Fault::Lost)).answers(token("t", 60)).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
}

#[test]
fn the_first_way_whose_credential_is_there_is_used_and_no_other() {
    let auth = json!([
        { "method": "token", "file": "/token" },
        { "method": "jwt", "file": "/jwt", "mount": "kubernetes" },
        { "method": "userpass", "username": "u s/er", "password": "canary" },
    ]);
    let fake = Fake::new();
    fake.always(|sent| match sent.line.contains("login") {
        true => status(400, &json!({ "errors": ["canary"] })),
        false => lies(&json!({ "value": "1" }), 1),
    });
    let instance = fake.instance(json!({ "auth": auth }));
    fake.set("OPENBAO_TOKEN", "not looked at");
    has(&words(app(&instance), "denied"), &["`auth[2].password`"]);
    assert_eq!(fake.lines(), ["POST /v1/auth/userpass/login/u%20s%2Fer"]);
    fake.file("auth.1.file", "canary-jwt");
    fake.set("OPENBAO_JWT_ROLE", "app");
    has(&words(app(&instance), "denied"), &["`auth[1].file`", "`app`", "does not say why"]);
    assert_eq!(fake.lines(), ["POST /v1/auth/kubernetes/login"], "a refused way ends it");
    fake.set("OPENBAO_AUTH_MOUNT", "other");
    app(&instance).unwrap_err();
    assert_eq!(fake.lines(), ["POST /v1/auth/other/login"]);
    fake.file("auth.0.file", "from-file");
    app(&instance).unwrap();
    assert_eq!(fake.sent()[0].token.as_deref(), Some("from-file"));
}

#[test]
fn a_token_from_the_environment_goes_before_a_password_and_by_its_own_order() {
    let (fake, instance) = harmony("pw");
    fake.always(|_| lies(&json!({ "value": "1" }), 1));
    for name in ["VAULT_TOKEN", "BAO_TOKEN", "OPENBAO_TOKEN"] {
        fake.set(name, name);
        app(&instance).unwrap();
        assert_eq!(fake.sent()[0].token.as_deref(), Some(name));
    }
    fake.set("OPENBAO_TOKEN", "two\nlines canary");
    has(&words(app(&instance), "invalid"), &["OPENBAO_TOKEN"]);
}

#[test]
fn where_there_is_no_credential_it_says_what_was_looked_for() {
    let fake = Fake::new();
    has(
        &words(app(&fake.instance(json!({}))), "interaction-required"),
        &[AT, "OPENBAO_TOKEN, BAO_TOKEN, VAULT_TOKEN", "OPENBAO_USERNAME and OPENBAO_PASSWORD are not set", "`auth`"],
    );
    fake.set("OPENBAO_USERNAME", "harmony");
    let auth = json!([{ "method": "jwt", "file": "/canary" }, { "method": "userpass" }]);
    has(
        &words(app(&fake.instance(json!({ "auth": auth }))), "interaction-required"),
        &["`auth[0].file`", "OPENBAO_PASSWORD is not set"],
    );
    has(&words(app(&fake.instance(json!({ "auth": [] }))), "interaction-required"), &["lists no way"]);
    assert_eq!(fake.sent(), []);
}

#[test]
fn a_second_factor_is_named() {
    let (fake, instance) = harmony("pw");
    let auth = json!({ "client_token": "", "mfa_requirement": { "mfa_request_id": "x" } });
    fake.answers(status(200, &json!({ "auth": auth })));
    has(&words(app(&instance), "denied"), &["second factor", "OPENBAO_TOKEN"]);
}

/// Reads with a session whose token lasts an hour and began this many seconds ago; answers with what was sent.
fn aged(seconds: i64, answers: &[Result<Answer, Fault>]) -> Vec<String> {
    let (fake, instance) = harmony("pw");
    let start = fake.now.get().saturating_add_signed(-seconds);
    fake.sessions.borrow_mut().insert(HARMONY.to_owned(), kept("old", start, 3_600));
    for answer in answers {
        fake.answers(answer.clone());
    }
    fake.answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    let sent = fake.sent().into_iter();
    sent.map(|sent| format!("{} {}", sent.line.split('/').next_back().unwrap(), sent.token.unwrap_or_default()))
        .collect()
}

#[test]
fn a_token_is_renewed_when_less_than_a_third_of_its_time_is_left() {
    assert_eq!(aged(2_399, &[]), ["AppConfig old"]);
    assert_eq!(aged(2_401, &[token("old", 3_600)]), ["renew-self old", "AppConfig old"]);
}

#[test]
fn a_renewal_is_as_recorded_and_kept_for_all() {
    let (fake, instance) = harmony("pw");
    let start = fake.now.get() - 3_000;
    fake.sessions.borrow_mut().insert(HARMONY.to_owned(), kept("old", start, 3_600));
    fake.plays_the_like_of("token", "renew-self").answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!(fake.sent()[0].body, Some(json!({ "increment": "3600s" })));
    assert_eq!(fake.turns.get(), 1);
    fake.answers(lies(&json!({ "value": "1" }), 1));
    app(&fake.instance(json!({ "mount": "team" }))).unwrap();
    assert_eq!((fake.sent().len(), fake.turns.get()), (1, 1));
}

#[test]
fn where_a_renewal_is_refused_there_is_a_login() {
    let not_renewable = Ok(recordings::recording("token", "renewing what is not renewable").answer());
    for refusal in [not_renewable, refused()] {
        let sent = aged(3_000, &[refusal, token("new", 3_600)]);
        assert_eq!(sent, ["renew-self old", "harmony ", "AppConfig new"]);
    }
    // And where it fails otherwise, the token is good for a while yet.
    assert_eq!(aged(3_000, &[Err(Fault::Lost)]), ["renew-self old", "AppConfig old"]);
}

#[test]
fn a_token_that_has_ended_is_replaced_by_a_login() {
    assert_eq!(aged(3_600, &[token("new", 3_600)]), ["harmony ", "AppConfig new"]);
}

#[test]
fn a_token_of_the_future_is_renewed_because_its_end_is_not_known() {
    assert_eq!(aged(-60, &[token("old", 3_600)]), ["renew-self old", "AppConfig old"]);
}

#[test]
fn where_a_login_may_be_possible_once_what_seems_to_have_ended_is_renewed_first() {
    let (fake, instance) = approle("app");
    let name = r#"["https://bao.example.com:8200","","approle","approle",["app"]]"#;
    fake.sessions.borrow_mut().insert(name.to_owned(), kept("old", fake.now.get() - 9_999, 3_600));
    fake.answers(token("old", 3_600)).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
    assert_eq!(fake.lines()[0], "POST /v1/auth/token/renew-self");
}

#[test]
fn a_session_that_cannot_be_read_is_none() {
    let (fake, instance) = harmony("pw");
    fake.sessions.borrow_mut().insert(HARMONY.to_owned(), "{".to_owned());
    fake.answers(token("new", 3_600)).answers(lies(&json!({ "value": "1" }), 1));
    app(&instance).unwrap();
}
