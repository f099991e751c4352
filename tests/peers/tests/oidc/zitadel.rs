//! What is as in Zitadel: roles, projects, machines, access tokens.

use std::time::{Duration, SystemTime};

use harmony_config_peers::{
    jwt,
    oidc::{Setting, User},
};
use serde_json::json;

use crate::{access_token, claims, id_token, refused, zitadel};

const ROLES: &str = "urn:zitadel:iam:org:project:roles";

#[test]
fn roles_are_a_map_and_a_project_that_is_asked_for_is_an_audience() {
    let provider = zitadel();
    let scopes = "openid urn:zitadel:iam:org:project:id:4711:aud";
    let anna = claims(&provider.client().log_in_with("anna", scopes).expect("tokens"));
    assert_eq!(anna[ROLES], json!({ "developer": { "310000000000000001": "harmony.example" } }));
    assert_eq!(anna["urn:zitadel:iam:org:project:4711:roles"], anna[ROLES]);
    assert_eq!(anna["aud"], json!(["harmony-cli", "4711"]));
    let ben = claims(&provider.client().log_in_with("ben", "openid").expect("tokens"));
    assert_eq!((ben.get(ROLES), &ben["aud"]), (None, &json!(["harmony-cli"])));
}

#[test]
fn without_the_projects_setting_roles_come_for_who_asks() {
    let provider = zitadel();
    provider.set(Setting::AssertRoles(false)).expect("a setting");
    let roles = |scopes| claims(&provider.client().log_in_with("anna", scopes).expect("tokens")).get(ROLES).cloned();
    assert_eq!(roles("openid"), None);
    assert!(roles("openid urn:zitadel:iam:org:project:role:developer").is_some());
}

#[test]
fn an_email_may_be_at_userinfo_alone_or_not_be_at_all() {
    let provider = zitadel();
    let client = provider.client();
    provider.set(Setting::UserinfoInIdToken(false)).expect("a setting");
    let tokens = client.log_in("anna").expect("tokens");
    assert_eq!(claims(&tokens).get("email"), None);
    let (status, info) = client.userinfo(access_token(&tokens)).expect("an answer");
    assert_eq!((status, &info["email"]), (200, &json!("anna@harmony.example")));

    provider.set(Setting::UserinfoInIdToken(true)).expect("a setting");
    let carla = User {
        id: "320000000000000009".to_owned(),
        login: "carla".to_owned(),
        name: "Carla Cruz".to_owned(),
        email: String::new(),
        roles: Vec::new(),
        claims: json!({ "groups": ["ops"] }),
    };
    provider.user(&carla).expect("a user");
    let tokens = client.log_in("carla").expect("tokens");
    let carla = claims(&tokens);
    assert_eq!((carla.get("email"), &carla["groups"], &carla["name"]), (None, &json!(["ops"]), &json!("Carla Cruz")));
}

#[test]
fn access_tokens_are_jwts_or_say_nothing() {
    let provider = zitadel();
    let client = provider.client();
    let tokens = client.log_in("anna").expect("tokens");
    assert!(jwt::claims(access_token(&tokens)).is_some());
    provider.set(Setting::OpaqueAccessTokens(true)).expect("a setting");
    let tokens = client.log_in("anna").expect("tokens");
    assert!(jwt::claims(access_token(&tokens)).is_none());
    assert_eq!(client.userinfo(access_token(&tokens)).expect("an answer").0, 200);
}

#[test]
fn tokens_live_as_long_as_was_set() {
    let provider = zitadel();
    provider.set(Setting::AccessTokensLive(Duration::from_secs(90))).expect("a setting");
    provider.set(Setting::IdTokensLive(Duration::from_secs(30))).expect("a setting");
    let tokens = provider.client().log_in("anna").expect("tokens");
    let claims = claims(&tokens);
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"), 30);
    assert!((88..=90).contains(&tokens.expires_in.expect("a time")), "{:?}", tokens.expires_in);
}

#[test]
fn a_machine_logs_in_by_its_key_and_by_no_other() {
    let provider = zitadel();
    let client = provider.client();
    let (key, other) = (provider.machine("ci", &["deployer"]).expect("a key"), provider.machine("other", &[]));
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    let assertion = key.assertion(provider.issuer(), now, now + 60).expect("an assertion");
    let scopes = "openid urn:zitadel:iam:org:project:id:4711:aud";
    let tokens = client.machine(&assertion, scopes).expect("an answer").expect("tokens");
    let claims = claims(&tokens);
    assert_eq!(claims["sub"], key.user_id);
    assert!(claims["aud"].as_array().expect("audiences").contains(&json!("4711")));
    assert_eq!(claims[ROLES]["deployer"]["310000000000000001"], "harmony.example");
    assert!(tokens.refresh_token.is_none());
    assert!(provider.verifier().accepts(provider.issuer(), id_token(&tokens)));

    let mut forged = other.expect("a key");
    forged.user_id.clone_from(&key.user_id);
    forged.key_id.clone_from(&key.key_id);
    let forged = forged.assertion(provider.issuer(), now, now + 60).expect("an assertion");
    assert_eq!(refused(client.machine(&forged, scopes).expect("an answer")), "invalid_grant");
    let late = key.assertion(provider.issuer(), now - 120, now - 60).expect("an assertion");
    assert_eq!(refused(client.machine(&late, scopes).expect("an answer")), "invalid_grant");
}
