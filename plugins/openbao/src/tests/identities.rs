//! Signing in with the JWT of an identity: who is asked when, whose session it is, and why a JWT is refused.

use super::*;

const ROLE: &str = "harmony-developer";

fn with_identity(settings: &Value) -> (Rc<Fake>, Instance) {
    let fake = Fake::new();
    let mut method = json!({ "method": "jwt", "role": ROLE, "identity": "zitadel" });
    for (name, value) in settings.as_object().unwrap() {
        method[name] = value.clone();
    }
    let instance = fake.instance(json!({ "mount": "team", "auth": [method] }));
    (fake, instance)
}

/// Ada is signed in.
fn ada() -> (Rc<Fake>, Instance) {
    let (fake, instance) = with_identity(&json!({}));
    *fake.current.borrow_mut() = Some("ada".to_owned());
    (fake, instance)
}

fn hands_out(fake: &Fake, jwt: &str, to: &'static str) {
    fake.tokens.borrow_mut().push_back((Ok(jwt.to_owned()), Some(to)));
}

fn fails(fake: &Fake, failure: Failure) {
    fake.tokens.borrow_mut().push_back((Err(failure), None));
}

fn app(instance: &Instance) -> Result<Option<Entry>, Failure> {
    instance.get(&request("harmony", "AppConfig"))
}

fn value() -> Result<Answer, Fault> {
    lies(&json!({ "value": "1" }), 1)
}

/// A JWT with these claims, that nobody signed.
fn jwt(claims: &Value) -> String {
    let mut payload = String::new();
    for chunk in claims.to_string().as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * place)) & 63;
            payload
                .push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[index as usize]));
        }
    }
    format!("canary.{payload}.canary")
}

#[test]
fn a_login_takes_the_token_of_the_identity_and_its_session_asks_for_no_other() {
    let (fake, instance) = ada();
    hands_out(&fake, "canary.jwt", "ada");
    fake.answers(token("t", 3_600)).always(|_| value());
    app(&instance).unwrap();
    let sent = fake.sent();
    assert_eq!(sent[0].line, "POST /v1/auth/jwt/login");
    assert_eq!(sent[0].body, Some(json!({ "role": ROLE, "jwt": "canary.jwt" })));
    app(&instance).unwrap();
    app(&fake.instance(json!({ "auth": [{ "method": "jwt", "role": ROLE, "identity": "zitadel" }] }))).unwrap();
    assert_eq!(*fake.asked.borrow(), ["auth.0.identity"]);
    assert_eq!(fake.sent().len(), 2, "only the values were read");
}

#[test]
fn nobody_gets_the_token_that_was_made_for_another_sign_in() {
    let (fake, instance) = ada();
    hands_out(&fake, "canary.a", "ada");
    fake.answers(token("of ada", 3_600)).always(|_| value());
    app(&instance).unwrap();
    *fake.current.borrow_mut() = Some("bob".to_owned());
    hands_out(&fake, "canary.b", "bob");
    fake.answers(token("of bob", 3_600));
    app(&instance).unwrap();
    assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some("of bob"));
    *fake.current.borrow_mut() = Some("ada".to_owned());
    app(&instance).unwrap();
    assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some("of ada"));
    assert_eq!(fake.sessions.borrow().len(), 2);
}

#[test]
fn where_nobody_is_signed_in_a_token_is_asked_for_and_kept_for_whoever_it_is_then() {
    let (fake, instance) = with_identity(&json!({}));
    hands_out(&fake, "canary.a", "ada");
    fake.answers(token("t", 3_600)).always(|_| value());
    app(&instance).unwrap();
    assert!(fake.sessions.borrow().keys().all(|name| name.contains("\"ada\"")), "{:?}", fake.sessions);
    app(&instance).unwrap();
    assert_eq!(fake.asked.borrow().len(), 1);
}

#[test]
fn who_is_not_known_by_name_shares_no_session() {
    let (fake, instance) = with_identity(&json!({}));
    for jwt in ["canary.a", "canary.b"] {
        fake.tokens.borrow_mut().push_back((Ok(jwt.to_owned()), None));
        fake.answers(token(jwt, 3_600)).answers(value());
        app(&instance).unwrap();
        assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some(jwt));
    }
    assert!(!format!("{:?}", fake.sessions.borrow().keys()).contains("canary"));
}

#[test]
fn another_person_who_signs_in_meanwhile_gets_a_session_of_their_own() {
    let (fake, instance) = ada();
    hands_out(&fake, "canary.b", "bob");
    fake.answers(token("t", 3_600)).answers(value());
    app(&instance).unwrap();
    assert!(fake.sessions.borrow().keys().all(|name| name.contains("\"bob\"")));
}

#[test]
fn a_token_that_ended_or_was_revoked_is_replaced_with_a_new_one_of_the_identity() {
    let (fake, instance) = ada();
    hands_out(&fake, "canary.1", "ada");
    fake.answers(token("old", 3_600)).answers(value());
    app(&instance).unwrap();
    fake.sent();
    hands_out(&fake, "canary.2", "ada");
    // The read, the look why it was refused, the login and the read.
    fake.answers(refused()).answers(refused()).answers(token("new", 3_600)).answers(value());
    app(&instance).unwrap();
    let sent = fake.sent();
    assert_eq!(sent[2].body.as_ref().unwrap()["jwt"], "canary.2");
    assert_eq!(sent[3].token.as_deref(), Some("new"));
    fake.now.set(fake.now.get() + 3_600);
    hands_out(&fake, "canary.3", "ada");
    fake.answers(token("newer", 3_600)).answers(value());
    app(&instance).unwrap();
    assert_eq!(fake.asked.borrow().len(), 3);
}

#[test]
fn a_token_is_renewed_before_the_identity_is_asked_again() {
    let (fake, instance) = ada();
    hands_out(&fake, "canary.1", "ada");
    fake.answers(token("t", 3_600)).answers(value());
    app(&instance).unwrap();
    fake.now.set(fake.now.get() + 3_000);
    fake.answers(token("t", 3_600)).answers(value());
    app(&instance).unwrap();
    assert_eq!(fake.asked.borrow().len(), 1);
    // Where that is refused, once, there is a login.
    fake.now.set(fake.now.get() + 3_000);
    hands_out(&fake, "canary.2", "ada");
    fake.answers(refused()).answers(token("u", 3_600)).answers(value());
    app(&instance).unwrap();
    assert_eq!(fake.asked.borrow().len(), 2);
}

#[test]
fn what_an_identity_fails_with_passes_through_as_it_is() {
    for signed_in in [false, true] {
        for failure in [
            Failure::interaction_required("nobody is signed in").remedy("harmony-config login zitadel"),
            Failure::unavailable("the issuer is away").remedy("try again").retry_after_ms(7_000),
            Failure::cancelled("the person said no").remedy("try again"),
        ] {
            let (fake, instance) = if signed_in { ada() } else { with_identity(&json!({})) };
            fails(&fake, failure.clone());
            assert_eq!(app(&instance).unwrap_err(), failure);
            assert_eq!(fake.sent(), []);
        }
    }
}

#[test]
fn where_nobody_may_be_asked_to_sign_in_the_next_way_is_taken_if_its_credential_is_there() {
    let fake = Fake::new();
    let auth = json!([{ "method": "jwt", "identity": "zitadel" }, { "method": "userpass" }]);
    let instance = fake.instance(json!({ "mount": "team", "auth": auth }));
    let failure = Failure::interaction_required("nobody is signed in").remedy("harmony-config login zitadel");
    fails(&fake, failure.clone());
    assert_eq!(app(&instance).unwrap_err(), failure, "how to sign in is what a person can do");
    fake.set("OPENBAO_USERNAME", "harmony");
    fake.set("OPENBAO_PASSWORD", "pw");
    fails(&fake, failure);
    fake.answers(token("t", 3_600)).answers(value());
    app(&instance).unwrap();
    assert_eq!(fake.lines()[0], "POST /v1/auth/userpass/login/harmony");
}

#[test]
fn the_time_of_a_person_is_not_that_of_the_server() {
    let (fake, instance) = ada();
    fake.identity_takes.set(std::time::Duration::from_secs(300));
    hands_out(&fake, "canary.1", "ada");
    // Tried again after a rest, for which there is time.
    fake.answers(status(503, &json!({}))).answers(token("t", 60)).answers(value());
    app(&instance).unwrap();
    assert_eq!(fake.sent().len(), 3);
}

#[test]
fn another_audience_or_role_is_another_session() {
    let (fake, instance) = with_identity(&json!({ "audience": "bao", "role": "ops" }));
    *fake.current.borrow_mut() = Some("ada".to_owned());
    hands_out(&fake, "canary.1", "ada");
    fake.answers(token("t", 3_600)).answers(value());
    app(&instance).unwrap();
    assert_eq!(
        fake.sessions.borrow().keys().next().unwrap(),
        r#"["https://bao.example.com:8200","","jwt","jwt",["ops","zitadel","bao","ada"]]"#
    );
}

/// A token with these claims is refused in these words: what a person is told.
#[track_caller]
fn refusal(said: &str, claims: &Value) -> String {
    let (fake, instance) = ada();
    let jwt = jwt(claims);
    hands_out(&fake, &jwt, "ada");
    fake.answers(status(400, &json!({ "errors": [said] })));
    let words = words(app(&instance), "denied");
    assert!(!words.contains(jwt.split('.').nth(1).unwrap()), "{words}");
    has(&words, &[AT, "the JWT of the identity `zitadel` for role `harmony-developer`", "not tried again before"]);
    // The next key does not try the same again, and says the same.
    hands_out(&fake, &jwt, "ada");
    assert_eq!(super::words(app(&instance), "denied"), words);
    words
}

#[test]
fn a_token_for_another_audience_says_whom_it_is_for_and_which_setting_changes_that() {
    let said =
        "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience";
    let words = refusal(said, &json!({ "aud": ["client", "project"] }));
    has(&words, &["`client`, `project`", "`bound_audiences`", "`bao read auth/jwt/role/harmony-developer`"]);
    has(&words, &["`audience` beside `auth[0].identity`"]);
}

#[test]
fn a_token_of_an_issuer_that_differs_by_a_slash_shows_it_to_the_character() {
    for said in [
        "error validating token: invalid issuer (iss) claim",
        "error validating token: error verifying token: oidc: id token issued by a different provider",
    ] {
        let words = refusal(said, &json!({ "iss": "https://sso.example.com/" }));
        has(&words, &["`https://sso.example.com/`", "`bound_issuer`", "`bao read auth/jwt/config`", "slash"]);
    }
}

#[test]
fn a_role_that_is_not_there_says_where_roles_are_and_where_it_was_named() {
    let words = refusal("role \"harmony-developer\" could not be found", &json!({}));
    has(&words, &["no such role", "`bao list auth/jwt/role`", "OPENBAO_JWT_ROLE"]);
}

#[test]
fn a_token_that_expired_tells_a_wrong_clock_from_an_old_token() {
    let said = "error validating token: invalid expiration time (exp) claim: token is expired";
    has(&refusal(said, &json!({ "exp": 1_799_999_400 })), &["at 07:50:00 UTC, 10 min ago"]);
    has(&refusal(said, &json!({ "exp": 1_800_000_600 })), &["good until 08:10:00 UTC", "clock"]);
    has(&refusal("error validating token: token not yet valid", &json!({})), &["not valid yet", "clocks"]);
}

#[test]
fn a_missing_claim_is_named_with_those_that_are_there() {
    let claims = json!({ "sub": "ada", "iss": "https://sso.example.com" });
    let words = refusal("claim \"email\" not found in token", &claims);
    has(&words, &["`user_claim` (`email`)", "it has sub, iss", "`sub` is in every token"]);
    let said = "failed to fetch groups: \"urn:zitadel:iam:org:project:roles\" claim not found in token";
    has(&refusal(said, &claims), &["`groups_claim` (`urn:zitadel:iam:org:project:roles`)", "list"]);
    let said = "error validating claims: claim \"urn:x\" does not match any associated bound claim values";
    has(&refusal(said, &claims), &["`bound_claims`", "(`urn:x`)", "`sub` is `ada`"]);
}

#[test]
fn a_token_of_a_stranger_or_no_token_at_all_is_told_apart() {
    let said = "error validating token: error verifying token signature: failed to verify id token signature";
    has(&refusal(said, &json!({ "iss": "https://other" })), &["does not trust", "`https://other`"]);
    let said = "error validating token: error verifying token signature: oidc: malformed jwt";
    has(&refusal(said, &json!({})), &["not a JWT"]);
    has(&refusal("canary", &json!({})), &["does not say why"]);
}

#[test]
fn what_a_server_names_is_repeated_only_if_it_is_a_name() {
    let words = refusal("claim \"a canary of a token\" not found in token", &json!({}));
    has(&words, &["`user_claim`"]);
}

/// As where nobody was signed in at all: a session that ended does not stand in the way of a token that was set.
#[test]
fn a_session_that_ended_leaves_the_way_to_the_next_method() {
    let (fake, _) = ada();
    fake.tokens.borrow_mut().push_back((Err(Failure::interaction_required("the session ended")), None));
    fake.tokens.borrow_mut().push_back((Err(Failure::interaction_required("nobody is signed in")), None));
    let auth =
        json!([{ "method": "jwt", "role": ROLE, "identity": "zitadel" }, { "method": "token", "token": "given" }]);
    let instance = fake.instance(json!({ "auth": auth }));
    fake.always(|_| value());
    app(&instance).unwrap();
    assert_eq!(fake.sent().pop().unwrap().token.as_deref(), Some("given"));
    assert_eq!(fake.asked.borrow().len(), 2);
}
