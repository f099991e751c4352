//! Ways to sign in, and what becomes of a token.

use std::{fs, time::Duration};

use harmony_config_core::FailureCode;
use harmony_config_peers::jwt::Signer;
use harmony_config_tests::files_below;
use serde_json::{Value, json};

use crate::world::{CANARY, World, fails, is, read, recovers, value};

fn with_value(world: &World) {
    world.keep("AppConfig", &json!({ "port": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_environment_of_the_settings_and_of_a_file() {
    let world = World::new();
    with_value(&world);
    let token = world.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
    let file = world.folder.path().join("token");
    fs::write(&file, format!("{token}\n")).unwrap();
    for (variables, auth) in [
        (vec![("OPENBAO_TOKEN", token.as_str())], Value::Null),
        (vec![("BAO_TOKEN", token.as_str())], Value::Null),
        (vec![], json!([{ "method": "token", "token": token }])),
        (vec![], json!([{ "method": "token", "file": file }])),
    ] {
        let before = world.tokens();
        let settings = if auth.is_null() { json!({}) } else { json!({ "auth": auth }) };
        assert_eq!(value(&world.source_with(&variables, settings), "AppConfig").await, json!({ "port": 1 }));
        assert_eq!(world.tokens(), before, "nobody signed in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_an_approle_and_a_jwt_of_a_file() {
    let world = World::new();
    with_value(&world);
    assert_eq!(value(&world.source(), "AppConfig").await, json!({ "port": 1 }));

    let (role, secret) = world.admin().approle("ci", &["app"], 0).unwrap();
    let auth = json!([{ "method": "approle", "role-id": role, "secret-id": secret }]);
    assert_eq!(value(&world.source_with(&[], json!({ "auth": auth })), "AppConfig").await, json!({ "port": 1 }));

    let signer = Signer::new().unwrap();
    world.admin().jwt_key(&signer.public_key()).unwrap();
    world.admin().jwt_role("pod", "openbao", &["app"]).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({ "sub": "pod-1", "aud": "openbao", "iat": now - 5, "nbf": now - 5, "exp": now + 600 });
    let file = world.folder.path().join("jwt");
    let auth = json!([{ "method": "jwt", "role": "pod", "file": file }, { "method": "token", "token": "not reached" }]);
    let source = world.source_with(&[], json!({ "auth": auth }));
    // Whatever writes it has not yet: then the next way is taken, and that one is refused.
    is(&fails(&source, "AppConfig").await, FailureCode::Denied, &["auth[1].token"]);
    fs::write(&file, signer.sign(&claims).unwrap()).unwrap();
    assert_eq!(value(&source, "AppConfig").await, json!({ "port": 1 }));
    assert_eq!(value(&world.source_with(&[], json!({ "auth": auth })), "AppConfig").await, json!({ "port": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_to_sign_in_a_person_is_needed_and_told_what_was_looked_for() {
    let world = World::new();
    let failure = fails(&world.source_with(&[], json!({})), "AppConfig").await;
    is(&failure, FailureCode::InteractionRequired, &["OPENBAO_TOKEN", "OPENBAO_USERNAME"]);
    assert!(failure.remedy.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_way_is_named_and_no_other_is_tried() {
    let world = World::new();
    with_value(&world);
    let variables = [("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", "canary-pw-9Zq-not")];
    let token = world.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
    let auth = json!([{ "method": "userpass" }, { "method": "token", "token": token }]);
    is(
        &fails(&world.source_with(&variables, json!({ "auth": auth })), "AppConfig").await,
        FailureCode::Denied,
        &["OPENBAO_PASSWORD"],
    );
}

/// Sixteen instances, three processes, twenty keys: one try. The account would be locked after five.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_another_one_at_once() {
    let world = World::new();
    with_value(&world);
    let wrong = [("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", "wrong")];
    for _ in 0..3 {
        let source = crate::world::shared(world.source_with(&wrong, json!({})));
        let tries = (0..16).map(|key| {
            let source = std::sync::Arc::clone(&source);
            tokio::spawn(async move { read(&source, &format!("Key{key}")).await.unwrap_err() })
        });
        for tried in tries.collect::<Vec<_>>() {
            is(&tried.await.unwrap(), FailureCode::Denied, &["OPENBAO_PASSWORD"]);
        }
    }
    if let Some(stand_in) = world.peer.as_stand_in() {
        let logins = stand_in.requests().iter().filter(|seen| seen.path.contains("/login/")).count();
        assert_eq!(logins, 1);
    }
    // The account is not locked, and the right password is not kept waiting.
    assert_eq!(value(&world.source(), "AppConfig").await, json!({ "port": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_process_is_signed_in_already() {
    let world = World::new();
    with_value(&world);
    let before = world.tokens();
    for _ in 0..3 {
        assert_eq!(value(&world.source(), "AppConfig").await, json!({ "port": 1 }));
    }
    assert_eq!(world.tokens(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_during_a_run_is_replaced_by_a_new_login() {
    let world = World::new();
    with_value(&world);
    let source = world.source();
    value(&source, "AppConfig").await;
    revoke_logins(&world);
    let before = world.tokens();
    assert_eq!(value(&source, "AppConfig").await, json!({ "port": 1 }));
    assert_eq!(world.tokens(), before + 1);
}

/// All tokens that a login made.
fn revoke_logins(world: &World) {
    let listed = world.admin().must("LIST", "auth/token/accessors", &Value::Null).unwrap();
    for accessor in listed["data"]["keys"].as_array().unwrap() {
        let found = world.admin().must("POST", "auth/token/lookup-accessor", &json!({ "accessor": accessor })).unwrap();
        if found["data"]["path"].as_str().unwrap().starts_with("auth/userpass") {
            world.admin().must("POST", "auth/token/revoke-accessor", &json!({ "accessor": accessor })).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_environment_that_is_valid_no_more_is_denied_and_named() {
    let world = World::new();
    with_value(&world);
    let token = world.admin().token(&["app"], Duration::from_secs(3600), 0).unwrap();
    let source = world.source_with(&[("OPENBAO_TOKEN", token.as_str())], json!({}));
    value(&source, "AppConfig").await;
    world.admin().revoke(&token).unwrap();
    let failure = fails(&source, "AppConfig").await;
    is(&failure, FailureCode::Denied, &["OPENBAO_TOKEN"]);
    assert!(!failure.message.contains("expired"), "nobody knows that: {failure}");
    assert!(!format!("{failure:?}").contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_ended_is_made_again() {
    let world = World::new();
    with_value(&world);
    let body = json!({ "password": CANARY, "token_policies": ["app"], "token_ttl": "1s", "token_max_ttl": "1s" });
    world.admin().must("POST", "auth/userpass/users/me", &body).unwrap();
    let source = world.source();
    value(&source, "AppConfig").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(value(&source, "AppConfig").await, json!({ "port": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_few_uses_is_not_asked_about_itself() {
    let world = World::stand_in();
    let body = json!({ "password": CANARY, "token_policies": ["app"], "token_num_uses": 2 });
    world.admin().must("POST", "auth/userpass/users/me", &body).unwrap();
    with_value(&world);
    let source = world.source();
    for _ in 0..3 {
        recovers(&source, "AppConfig").await;
    }
    let stand_in = world.peer.as_stand_in().unwrap();
    assert!(!stand_in.requests().iter().any(|seen| seen.path.contains("lookup-self")));
}

/// The session is there, and sealed: no token lies in a file in plain.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_password_lies_in_any_file() {
    let world = World::new();
    with_value(&world);
    value(&world.source(), "AppConfig").await;
    let mut sessions = 0;
    for path in files_below(world.folder.path()).unwrap() {
        sessions += usize::from(path.extension().is_some_and(|ending| ending == "session"));
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(CANARY) && !text.contains("\"token\""), "{}", path.display());
    }
    assert!(sessions > 0);
}
