//! What is on a server already and is not this command's to change.

use harmony_config_core::Secret;
use harmony_config_peers::stand_in::{StandIn, Start};
use harmony_config_team::{Client, Error, Kind, Passwords, Plan, Server, Wanted};
use serde_json::json;

use crate::world::{SignIn, World, password_of, team};

#[tokio::test]
async fn a_kv_mount_of_version_1_is_not_upgraded() {
    let world = World::new().await;
    world.by_hand("POST", "sys/mounts/secret", json!({ "type": "kv", "options": { "version": "1" } })).await;
    world.tap.forget();
    let error = world.refusal(&world.client(), &team()).await;
    assert_eq!(error, Error::KvVersion1 { mount: "secret".to_owned() });
    assert!(error.remedy().contains("--kv-mount"));
    assert_eq!(world.tap.writes(), Vec::<String>::new());
    let mut elsewhere = team();
    elsewhere.kv_mount = "team".to_owned();
    world.set_up(&elsewhere).await;
}

#[tokio::test]
async fn an_auth_mount_of_another_kind_is_left() {
    let world = World::new().await;
    world.by_hand("POST", "sys/auth/userpass", json!({ "type": "approle" })).await;
    let error = world.refusal(&world.client(), &team()).await;
    assert!(error.to_string().contains("kind `approle`") && error.remedy().contains("--userpass-mount"), "{error}");
}

#[tokio::test]
async fn another_teams_policy_is_not_overwritten() {
    let world = World::new().await;
    world.set_up(&Wanted::new(["Shop"])).await;
    world.tap.forget();
    let error = world.refusal(&world.client(), &Wanted::new(["shop"])).await;
    assert!(error.to_string().contains("namespace Shop in secret"), "{error}");
    let mut other_mount = Wanted::new(["Shop"]);
    other_mount.kv_mount = "other".to_owned();
    let error = world.refusal(&world.client(), &other_mount).await;
    assert!(error.remedy().contains("--policy-prefix"), "{error}");
    assert_eq!(world.tap.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_new_user_without_a_password_stops_before_the_first_write() {
    let world = World::new().await;
    let plan = Plan::of(&world.client(), &team()).await.unwrap();
    let given = [("anna".to_owned(), Secret::new("pw".to_owned()))].into();
    let error = plan.apply(&world.client(), &Passwords::Given(given)).await.unwrap_err();
    assert_eq!(error, Error::NoPassword("bert".to_owned()));
    assert_eq!(world.tap.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn openbaos_own_namespace_is_worked_in_and_is_not_made() {
    let world = World::new().await;
    let root = Secret::new(world.root_token.clone());
    let client = Client::new(&world.at().namespace("team-a"), &root).unwrap();
    let error = world.refusal(&client, &team()).await;
    assert_eq!(error, Error::NoNamespace("team-a".to_owned()));
    assert!(error.remedy().contains("bao namespace create team-a"));

    world.by_hand("POST", "sys/namespaces/team-a", json!({})).await;
    let plan = Plan::of(&client, &team()).await.unwrap();
    let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
    assert!(applied.failed.is_none(), "{applied:?}");
    assert!(!Plan::of(&client, &team()).await.unwrap().differs());
    // The root namespace has none of it.
    assert!(Plan::of(&world.client(), &team()).await.unwrap().steps().iter().all(|step| step.call().is_some()));
}

#[tokio::test]
async fn a_server_that_is_sealed_or_was_never_initialised_says_which() {
    let world = World::new().await;
    let client = world.client();
    world.by_hand("POST", "sys/seal", json!({})).await;
    let error = world.refusal(&client, &team()).await;
    assert!(matches!(error, Error::Sealed { .. }) && error.kind() == Kind::Unavailable, "{error}");
    assert!(error.remedy().contains("bao operator unseal"));

    let world = World::stand_in(Start::Uninitialised).await;
    let error = world.refusal(&world.client_with("none"), &team()).await;
    assert!(matches!(error, Error::Uninitialised { .. }) && error.remedy().contains("bao operator init"), "{error}");
}

#[tokio::test]
async fn a_run_that_breaks_off_is_gone_on_with_and_no_password_is_lost() {
    let world = World::new().await;
    let client = world.client();
    let plan = Plan::of(&client, &team()).await.unwrap();
    // The server makes anna, and its answer does not arrive.
    world.tap.cut_the_answer_to("/v1/auth/userpass/users/anna");
    let broken = plan.apply(&client, &Passwords::Generate).await.unwrap();
    let (thing, error) = broken.failed.as_ref().unwrap();
    assert_eq!(thing.name(), "anna");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    let password = password_of(&broken, "anna");
    world.signed_in(SignIn::Password("anna", password)).await.unwrap();

    let rest = world.set_up(&team()).await;
    assert_eq!(rest.credentials.len(), 2, "bert's password and the machine's secret id: {rest:?}");
    world.signed_in(SignIn::Password("anna", password)).await.unwrap();
    world.signed_in(SignIn::Password("bert", password_of(&rest, "bert"))).await.unwrap();
}

#[tokio::test]
async fn a_server_that_has_too_much_to_do_is_told() {
    let server = StandIn::dev().unwrap();
    let token = Secret::new(server.root_token().to_owned());
    let client = Client::new(&Server::at(&server.address()), &token).unwrap();
    server.throttle(1, Some(1));
    let error = Plan::of(&client, &team()).await.unwrap_err();
    assert!(matches!(error, Error::Busy { status: 429, .. }) && error.kind() == Kind::Unavailable, "{error}");
    Plan::of(&client, &team()).await.unwrap();
}
