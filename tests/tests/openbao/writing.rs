//! What is written, and what is never written twice.

use std::{sync::Arc, time::Duration};

use harmony_config_core::{ConfigManager, ConfigSource, Coordinate, FailureCode, Sensitivity, Shape};
use harmony_config_host::{ComponentSource, Host, Plugin};
use harmony_config_peers::proxy::{Fault, Proxy};
use serde_json::json;

use crate::world::{World, at, in_time, is, read, shared, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_written_in_harmonys_form_and_read_back() {
    let world = World::new();
    let source = world.source();
    let version = in_time(source.write(&at("AppConfig"), &json!({ "port": 5 }), None)).await.unwrap();
    assert_eq!(version.as_deref(), Some("1"));
    assert_eq!(world.kept("AppConfig"), Some(json!({ "port": 5 })));
    assert_eq!(value(&source, "AppConfig").await, json!({ "port": 5 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_change_is_overwritten_unseen() {
    let world = World::new();
    let source = world.source();
    let first = in_time(source.write(&at("A"), &json!(1), Some(""))).await.unwrap();
    is(&in_time(source.write(&at("A"), &json!(2), Some(""))).await.unwrap_err(), FailureCode::Conflict, &["A"]);
    in_time(source.write(&at("A"), &json!(2), first.as_deref())).await.unwrap();
    is(&in_time(source.write(&at("A"), &json!(3), first.as_deref())).await.unwrap_err(), FailureCode::Conflict, &[]);
    assert_eq!(world.kept("A"), Some(json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_may_be_written_anew_as_if_it_had_never_been() {
    let world = World::new();
    let source = world.source();
    in_time(source.write(&at("A"), &json!(1), Some(""))).await.unwrap();
    in_time(source.remove(&at("A"), Some("1"))).await.unwrap();
    assert!(read(&source, "A").await.unwrap().is_none());
    in_time(source.remove(&at("A"), None)).await.unwrap();
    in_time(source.write(&at("A"), &json!(2), Some(""))).await.unwrap();
    assert_eq!(world.kept("A"), Some(json!(2)));
    is(&in_time(source.remove(&at("A"), Some("1"))).await.unwrap_err(), FailureCode::Conflict, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_other_tools_read_stay_fields() {
    let world = World::new();
    world.admin().write_kv("secret", "harmony/Switch", &json!({ "user": "a", "password": "x" })).unwrap();
    let source = world.source();
    in_time(source.write(&at("Switch"), &json!({ "user": "b", "password": "y" }), None)).await.unwrap();
    let kept = world.admin().read_kv("secret", "harmony/Switch").unwrap().unwrap();
    assert_eq!(kept, json!({ "user": "b", "password": "y" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_that_wants_every_write_compared_is_written_all_the_same() {
    let world = World::new();
    world.admin().must("POST", "secret/config", &json!({ "cas_required": true })).unwrap();
    let source = world.source();
    in_time(source.write(&at("A"), &json!(1), None)).await.unwrap();
    in_time(source.write(&at("A"), &json!(2), None)).await.unwrap();
    assert_eq!(world.kept("A"), Some(json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_may_only_read_is_told_what_the_policy_needs() {
    let world = World::new();
    let policy = "path \"secret/data/harmony/*\" { capabilities = [\"read\"] }
        path \"sys/internal/ui/mounts/secret\" { capabilities = [\"read\"] }";
    world.admin().policy("app", policy).unwrap();
    let failure = in_time(world.source().write(&at("A"), &json!(1), None)).await.unwrap_err();
    is(&failure, FailureCode::Denied, &["secret/data/harmony/A"]);
    assert!(!failure.outcome_unknown);
    let remedy = failure.remedy.unwrap();
    assert!(remedy.contains("create") && remedy.contains("update"), "{remedy}");
}

/// A chain of the two, in which both are listed to keep secrets.
fn both(openbao: &Arc<ComponentSource>, sqlite: &Arc<ComponentSource>) -> ConfigManager {
    ConfigManager::builder()
        .source(Arc::clone(openbao) as _)
        .source(Arc::clone(sqlite) as _)
        .persist(Sensitivity::Secret, vec!["openbao".to_owned(), "sqlite".to_owned()])
        .build()
        .unwrap()
}

fn sqlite(host: &Host) -> Arc<ComponentSource> {
    shared(host.source("sqlite", Plugin::bundled("sqlite").unwrap()).grant_what_it_wants().build().unwrap())
}

/// Where it is known that nothing was sent, the next of the list is written, and it alone; else neither is.
#[tokio::test(flavor = "multi_thread")]
async fn during_an_outage_a_secret_is_never_in_two_sources() {
    for fault in [Fault::Blackhole, Fault::Reset { after: 0 }, Fault::Refuse] {
        let world = World::new();
        let proxy = Proxy::to(world.peer.socket()).unwrap();
        let host = world.host();
        let settings = json!({ "address": proxy.in_front_of(&world.peer.address()) });
        let openbao = shared(world.builder(&host, settings).build().unwrap());
        let sqlite = sqlite(&host);
        let manager = both(&openbao, &sqlite);
        // Signed in, and the mount is known.
        assert!(read(&openbao, "Token").await.unwrap().is_none());
        proxy.set(fault).unwrap();
        let at = Coordinate::parse("harmony", "Token").unwrap();
        let written = in_time(manager.set_value(&at, &Shape::undeclared(), &json!("new"), None)).await;
        proxy.set(Fault::Pass).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let beside = in_time(sqlite.read(&crate::world::at("Token"))).await.unwrap();
        let there = world.admin().read_kv("secret", "harmony/Token").unwrap();
        assert!(beside.is_none() || there.is_none(), "it is in both: {beside:?}");
        assert_eq!(written.is_ok(), beside.is_some(), "{fault:?}: {written:?}");
    }
}

/// Written and answered, but the answer is lost on its way: the failure says that nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_timed_out_says_that_nobody_knows_and_is_not_repeated_into_another_source() {
    use harmony_config_peers::scripted::{Reply, Scripted};
    let lost = |asked: &harmony_config_peers::scripted::Asked| match (asked.method.as_str(), asked.path.as_str()) {
        (_, path) if path.contains("/login/") => Reply::json(
            200,
            &json!({ "auth": { "client_token": "t", "accessor": "a", "policies": ["app"], "token_policies": ["app"],
                "lease_duration": 3600, "renewable": true, "token_type": "service", "num_uses": 0 } }),
        ),
        ("GET", path) if path.contains("/data/") => Reply::json(404, &json!({ "errors": [] })),
        ("GET", path) if path.contains("internal/ui/mounts") => {
            Reply::json(200, &json!({ "data": { "type": "kv", "path": "secret/", "options": { "version": "2" } } }))
        }
        _ => Reply::silence(),
    };
    let server = Scripted::new(lost).unwrap();
    let world = World::stand_in();
    let source = world.source_at(&server.address());
    let failure = in_time(source.write(&at("Token"), &json!("new"), None)).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.outcome_unknown, "{failure:?}");

    // In a chain: it is not written into the next source on a guess, though that one is listed.
    let sqlite = sqlite(&world.host());
    let manager = both(&shared(world.source_at(&server.address())), &sqlite);
    let at = Coordinate::parse("harmony", "Token").unwrap();
    let error = in_time(manager.set_value(&at, &Shape::undeclared(), &json!("new"), None)).await.unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    assert!(in_time(sqlite.read(&crate::world::at("Token"))).await.unwrap().is_none(), "{error}");
    let writes = server
        .requests()
        .iter()
        .filter(|asked| matches!(asked.method.as_str(), "POST" | "PUT") && asked.path.contains("/data/"))
        .count();
    assert_eq!(writes, 2, "each of the two writes is sent once");
}
