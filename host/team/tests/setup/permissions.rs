//! Tokens that may not do all of it, or that are none.

use harmony_config_team::{Access, Error, Jwt, JwtRole, Kind, Passwords, Plan};
use serde_json::{Value, json};

use crate::{
    issuer::Issuer,
    world::{World, password_of, secret_id_of, team},
};

/// A token with this policy.
async fn token(world: &World, policy: &str) -> String {
    world.by_hand("PUT", "sys/policies/acl/setter", json!({ "policy": policy })).await;
    let made = world.by_hand("POST", "auth/token/create", json!({ "policies": ["setter"], "ttl": "1h" })).await;
    made["auth"]["client_token"].as_str().unwrap().to_owned()
}

/// The policy that the documentation says is enough.
fn documented() -> String {
    let page = include_str!("../../../../docs/team.md");
    let (_, behind) = page.split_once("```hcl\n").unwrap();
    behind.split_once("```").unwrap().0.to_owned()
}

#[tokio::test]
async fn the_documented_policy_is_enough_for_all_of_it() {
    let world = World::new().await;
    let issuer = Issuer::start(&world.signer);
    let mut wanted = team();
    let mut jwt = Jwt::new(&issuer.address, "cli");
    jwt.roles.push(JwtRole { name: "harmony-developer".to_owned(), access: Access::Write, held_by: None });
    wanted.jwt = Some(jwt);
    let client = world.client_with(&token(&world, &documented()).await);
    let plan = Plan::of(&client, &wanted).await.unwrap();
    let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
    assert!(applied.failed.is_none(), "{applied:?}");
    world.by_hand("POST", "auth/userpass/users/anna", json!({ "token_ttl": 1 })).await;
    let again = Plan::of(&client, &wanted).await.unwrap();
    assert!(again.apply(&client, &Passwords::Generate).await.unwrap().failed.is_none());
    assert!(!Plan::of(&client, &wanted).await.unwrap().differs());
}

#[tokio::test]
async fn a_token_that_may_not_look_is_told_the_capability_and_the_path() {
    let world = World::new().await;
    let client = world.client_with(&token(&world, "path \"secret/*\" { capabilities = [\"read\"] }").await);
    let error = world.refusal(&client, &team()).await;
    assert_eq!(error.to_string(), "the token lacks `read` on sys/mounts");
    assert_eq!(error.kind(), Kind::Denied);
}

#[tokio::test]
async fn a_token_that_may_not_write_is_told_all_that_it_lacks_before_the_first_write() {
    let world = World::new().await;
    let policy = documented()
        .lines()
        .filter(|line| !line.contains("acl/harmony"))
        .map(|line| line.replace(", \"sudo\"", ""))
        .collect::<Vec<String>>()
        .join("\n")
        + "\npath \"sys/policies/acl/*\" { capabilities = [\"read\"] }";
    let client = world.client_with(&token(&world, &policy).await);
    world.tap.forget();
    let error = world.refusal(&client, &team()).await;
    let Error::Denied(missing) = &error else { panic!("{error}") };
    let missing: Vec<String> =
        missing.iter().map(|one| format!("{} {}", one.capabilities.join("+"), one.path)).collect();
    assert_eq!(
        missing,
        [
            "update sys/policies/acl/harmony-my-project-read",
            "update sys/policies/acl/harmony-my-project-write",
            "sudo sys/auth/userpass",
            "sudo sys/auth/approle",
        ]
    );
    assert_eq!(world.tap.writes(), ["POST /v1/sys/capabilities-self"]);
}

#[tokio::test]
async fn a_token_that_is_none_is_told_apart_from_one_that_may_not() {
    let world = World::new().await;
    let ended = token(&world, "path \"none\" { capabilities = [\"read\"] }").await;
    let known = world.client_with(&ended);
    assert!(matches!(world.refusal(&known, &team()).await, Error::Denied(_)));
    world.by_hand("POST", "auth/token/revoke", json!({ "token": ended })).await;
    for unknown in [&ended, "s.canary"] {
        let error = world.refusal(&world.client_with(unknown), &team()).await;
        assert!(matches!(error, Error::Token { .. }), "{error}");
        assert!(!format!("{error}{error:?}{}", error.remedy()).contains(unknown), "{error}");
    }
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_token_or_a_password() {
    let world = World::new().await;
    let client = world.client();
    let plan = Plan::of(&client, &team()).await.unwrap();
    let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
    let shown = format!("{client:?}{plan:?}{applied:?}{:?}", world.at());
    assert!(!shown.contains(&world.root_token), "{shown}");
    for name in ["anna", "bert"] {
        assert!(!shown.contains(password_of(&applied, name)), "{shown}");
    }
    assert!(!shown.contains(secret_id_of(&applied, "ci").1), "{shown}");
    let listed: Vec<Value> = plan.steps().iter().filter_map(|step| step.call()?.body()).collect();
    assert!(listed.iter().any(|body| body["password"] == "<not shown>"), "{listed:?}");
}
