//! What is read, and what is not there.

use std::sync::Arc;

use harmony_config_core::{ConfigSource, FailureCode, Location, Request};
use harmony_config_peers::Kind;
use serde_json::{Value, json};

use crate::world::{World, at, fails, in_time, is, read, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_value_in_harmonys_form_is_the_value_and_its_place_is_named() {
    let world = World::new();
    world.keep("AppConfig", &json!({ "port": 1 }));
    world.keep("AppConfig", &json!({ "port": 2 }));
    let entry = read(&world.source(), "AppConfig").await.unwrap().unwrap();
    assert_eq!(entry.value, json!({ "port": 2 }));
    assert_eq!(entry.version.as_deref(), Some("2"));
    assert_eq!(entry.location, "secret/data/harmony/AppConfig v2");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_somebody_else_keeps_are_a_value_too() {
    let world = World::new();
    world.admin().write_kv("secret", "harmony/Switch", &json!({ "user": "admin", "password": "x" })).unwrap();
    assert_eq!(value(&world.source(), "Switch").await, json!({ "user": "admin", "password": "x" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_another_value_than_the_plain_key() {
    let world = World::new();
    world.keep("Fw/@fw-a", &json!({ "host": "a" }));
    let source = world.source();
    assert_eq!(value(&source, "Fw@fw-a").await, json!({ "host": "a" }));
    assert!(read(&source, "Fw").await.unwrap().is_none());
    assert!(read(&source, "Fw@fw-b").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_deleted_and_destroyed_are_all_no_value() {
    let world = World::new();
    for key in ["Deleted", "Destroyed"] {
        world.keep(key, &json!(1));
    }
    world.admin().must("DELETE", "secret/data/harmony/Deleted", &Value::Null).unwrap();
    world.admin().must("PUT", "secret/destroy/harmony/Destroyed", &json!({ "versions": [1] })).unwrap();
    let source = world.source();
    for key in ["Absent", "Deleted", "Destroyed"] {
        assert!(read(&source, key).await.unwrap().is_none(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_at_a_place_of_the_manifest_is_read_there() {
    let world = World::new();
    world.admin().write_kv("secret", "infra/brocade", &json!({ "pw": "x", "other": 7 })).unwrap();
    let mut request: Request = at("BrocadeSwitchAuth");
    let place = |field: &[&str], at: &str| Location {
        field: field.iter().map(|name| (*name).to_owned()).collect(),
        at: at.to_owned(),
        said: "m.toml:3".to_owned(),
    };
    request.locations = Arc::from([place(&["password"], "infra/brocade#pw")]);
    let entry = in_time(world.source().read(&request)).await.unwrap().unwrap();
    assert_eq!((entry.value, entry.partial), (json!({ "password": "x" }), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_of_version_1_and_one_that_is_not_there_are_told_from_absence() {
    let world = World::new();
    world.admin().enable_kv(1, "old").unwrap();
    let policy = r#"path "old/*" { capabilities = ["read", "list"] }
        path "none/*" { capabilities = ["read"] }
        path "sys/internal/ui/mounts/old" { capabilities = ["read"] }"#;
    world.admin().policy("old", policy).unwrap();
    world.admin().userpass_user("old", "old-pw", &["old"]).unwrap();
    let variables = [("OPENBAO_USERNAME", "old"), ("OPENBAO_PASSWORD", "old-pw")];
    let failure = fails(&world.source_with(&variables, json!({ "mount": "old" })), "AppConfig").await;
    is(&failure, FailureCode::Invalid, &["old"]);
    assert!(failure.remedy.is_some());
    let failure = fails(&world.source_with(&variables, json!({ "mount": "none" })), "AppConfig").await;
    assert!(failure.message.contains("none"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_policy_is_denied_and_says_what_the_policy_needs() {
    let world = World::new();
    world.admin().policy("app", "path \"secret/data/other/*\" { capabilities = [\"read\"] }").unwrap();
    let failure = fails(&world.source(), "AppConfig").await;
    is(&failure, FailureCode::Denied, &["secret/data/harmony/AppConfig"]);
    assert!(failure.remedy.as_ref().unwrap().contains("read"), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_no_json_is_invalid_and_not_quoted() {
    let world = World::new();
    world.admin().write_kv("secret", "harmony/Broken", &json!({ "value": "{ canary-pw-9Zq" })).unwrap();
    is(&fails(&world.source(), "Broken").await, FailureCode::Invalid, &["harmony/Broken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_of_openbao_is_a_world_of_its_own() {
    let world = World::new();
    let inner = world.admin().namespace("team-a").unwrap();
    inner.enable_kv(2, "secret").unwrap();
    inner.policy("app", crate::world::POLICY).unwrap();
    inner.userpass_user("inner", "inner-pw", &["app"]).unwrap();
    inner.write_kv("secret", "harmony/AppConfig", &json!({ "value": "{\"port\":9}" })).unwrap();
    let variables = [("OPENBAO_USERNAME", "inner"), ("OPENBAO_PASSWORD", "inner-pw")];
    let source = world.source_with(&variables, json!({ "openbao-namespace": "team-a" }));
    assert_eq!(value(&source, "AppConfig").await, json!({ "port": 9 }));
    let nowhere = world.source_with(&variables, json!({ "openbao-namespace": "team-b" }));
    assert!(fails(&nowhere, "AppConfig").await.message.contains("team-b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_with_their_instances_and_without_those_that_were_deleted() {
    let world = World::new();
    for key in ["App", "Fw", "Fw/@b", "Fw/@a", "Gone", "a__b"] {
        world.keep(key, &json!(1));
    }
    world.admin().must("DELETE", "secret/data/harmony/Gone", &Value::Null).unwrap();
    let page = in_time(world.source().list("harmony", "", None)).await.unwrap();
    let names: Vec<String> = page.entries.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(names, ["App", "Fw", "Fw@a", "Fw@b"]);
    let page = in_time(world.source().list("harmony", "Fw", None)).await.unwrap();
    assert_eq!(page.entries.len(), 3);
    assert!(in_time(world.source().list("elsewhere", "", None)).await.is_err(), "outside the policy is no empty list");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_with_the_ca_of_the_server() {
    let world = World::of(Kind::DevTls);
    world.keep("AppConfig", &json!({ "port": 3 }));
    assert_eq!(value(&world.source(), "AppConfig").await, json!({ "port": 3 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_that_was_initialised_and_unsealed() {
    let world = World::of(Kind::Initialised);
    world.keep("AppConfig", &json!({ "port": 4 }));
    assert_eq!(value(&world.source(), "AppConfig").await, json!({ "port": 4 }));
}

/// The doctor's view.
#[tokio::test(flavor = "multi_thread")]
async fn its_health_names_address_seal_mount_and_who_is_signed_in() {
    let world = World::new();
    let findings = in_time(world.source().check()).await.unwrap().join("\n");
    for word in [world.peer.address().as_str(), "secret", "app", "OPENBAO_USERNAME"] {
        assert!(findings.contains(word), "`{word}` is not in:\n{findings}");
    }
    assert!(!findings.contains(crate::world::CANARY));
}

/// Printed with `--nocapture`: what the answers of this suite rest on.
#[test]
fn report() {
    let world = World::new();
    println!("the peer of this suite: {}", world.peer.which());
}
