//! The same command given again: what it changes, and what it only says.

use harmony_config_team::{Access, Passwords, Plan, Principal, State, Wanted};
use serde_json::json;

use crate::world::{World, team};

#[tokio::test]
async fn twice_in_a_row_changes_nothing_the_second_time() {
    let world = World::new().await;
    let first = world.set_up(&team()).await;
    assert_eq!(first.credentials.len(), 3);
    world.tap.forget();
    let plan = Plan::of(&world.client(), &team()).await.unwrap();
    assert!(!plan.differs(), "{plan:?}");
    let second = plan.apply(&world.client(), &Passwords::Generate).await.unwrap();
    assert!(second.done.is_empty() && second.credentials.is_empty() && second.failed.is_none(), "{second:?}");
    assert_eq!(world.tap.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_look_at_a_new_server_sends_no_write_and_shows_what_is_sent_later() {
    let world = World::new().await;
    let client = world.client();
    let plan = Plan::of(&client, &team()).await.unwrap();
    assert_eq!(world.tap.writes(), Vec::<String>::new());
    assert!(!world.tap.requests().is_empty());
    let shown: Vec<String> = plan
        .steps()
        .iter()
        .filter_map(|step| step.call())
        .map(|call| format!("{} /v1/{}", call.method(), call.path()))
        .collect();

    world.tap.forget();
    plan.apply(&client, &Passwords::Generate).await.unwrap();
    // Asked before the first write, and changes nothing.
    let sent: Vec<String> =
        world.tap.writes().into_iter().filter(|sent| sent != "POST /v1/sys/capabilities-self").collect();
    assert_eq!(sent, shown);
}

#[tokio::test]
async fn what_somebody_changed_is_told_and_then_set_right() {
    let world = World::new().await;
    world.set_up(&team()).await;
    let loose = json!({ "policy": "path \"secret/*\" { capabilities = [\"read\"] }" });
    world.by_hand("PUT", "sys/policies/acl/harmony-my-project-read", loose).await;
    world.by_hand("POST", "auth/userpass/users/anna", json!({ "token_ttl": 7200, "token_policies": ["other"] })).await;

    let plan = Plan::of(&world.client(), &team()).await.unwrap();
    let told: Vec<String> = plan
        .steps()
        .iter()
        .filter_map(|step| match step.state() {
            State::Same => None,
            State::Missing => Some(format!("{} missing", step.thing())),
            State::Differs(what) => Some(format!("{}: {}", step.thing(), what.join("; "))),
        })
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("`harmony-my-project-read`") && told[0].contains("has besides path \"secret/*\""),
        "{told:?}"
    );
    assert!(
        told[1].contains("token_policies lacks `harmony-my-project-write`; token_ttl is 7200, not 3600"),
        "{told:?}"
    );

    let again = world.set_up(&team()).await;
    assert_eq!(again.done.len(), 2);
    assert!(again.credentials.is_empty(), "nobody gets another password");
    assert!(!Plan::of(&world.client(), &team()).await.unwrap().differs());
    // What another hand gave is kept.
    let anna = world.by_hand("GET", "auth/userpass/users/anna", json!({})).await;
    assert_eq!(anna["data"]["token_policies"], json!(["harmony-my-project-write", "other"]));
}

#[tokio::test]
async fn a_second_project_is_added_to_the_first() {
    let world = World::new().await;
    world.set_up(&team()).await;
    let mut second = Wanted::new(["second"]);
    second.users.push(Principal::new("anna", Access::Read));
    world.set_up(&second).await;
    assert!(!Plan::of(&world.client(), &team()).await.unwrap().differs());
    assert!(!Plan::of(&world.client(), &second).await.unwrap().differs());
}

#[tokio::test]
async fn a_password_that_was_changed_stays() {
    let world = World::new().await;
    world.set_up(&team()).await;
    world.by_hand("POST", "auth/userpass/users/anna", json!({ "password": "mine now" })).await;
    world.set_up(&team()).await;
    world.signed_in(crate::world::SignIn::Password("anna", "mine now")).await.unwrap();
}

#[tokio::test]
async fn a_dev_server_has_its_mount_already() {
    let world = World::of(harmony_config_peers::Kind::Dev).await;
    let plan = Plan::of(&world.client(), &Wanted::new(["my-project"])).await.unwrap();
    assert_eq!(plan.steps()[0].state(), &State::Same);
}
