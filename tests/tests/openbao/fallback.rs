//! Acceptance 6: the store is unreachable, sealed, slow, answers 5xx or 429, or has no value, and the value comes from SQLite, and
//! `explain` says why; a refused login fails, naming `on-error`. The chain is the one that `OPENBAO_URL` alone makes.

use std::{sync::Arc, time::Instant};

use harmony_config_core::{ConfigError, ConfigManager, Coordinate, Failure, FailureCode, Resolved, Shape};
use harmony_config_host::{Answer, Form, Loader, Places, Prompter, Variables};
use harmony_config_peers::{
    Kind,
    proxy::{Fault, Proxy},
    scripted::{Reply, Scripted},
};
use serde_json::{Value, json};

use crate::world::{CANARY, DEADLINE, World, in_time};

/// Nobody is there.
struct Nobody;

#[async_trait::async_trait]
impl Prompter for Nobody {
    fn unavailable(&self) -> Option<Failure> {
        Some(Failure::new(FailureCode::InteractionRequired, "nobody is there"))
    }

    async fn ask(&self, _: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        panic!("nobody is there to be asked")
    }
}

/// What a program has whose environment says this and that has no manifest.
fn manager(world: &World, address: &str, password: &str) -> ConfigManager {
    let folder = world.folder.path().join("project");
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    let variables = [("OPENBAO_URL", address), ("OPENBAO_USERNAME", "me"), ("OPENBAO_PASSWORD", password)];
    let mut places = Places::of("harmony", Some(world.folder.path().join("home")));
    places.cache = Some(std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openbao"));
    let loader = Loader::new().directory(folder).places(places).variables(Variables::fixed(variables));
    loader.prompter(Arc::new(Nobody)).load().unwrap().manager
}

fn at() -> Coordinate {
    Coordinate::parse("harmony", "AppConfig").unwrap()
}

async fn get(manager: &ConfigManager) -> Result<Resolved<Value>, ConfigError> {
    let interaction = harmony_config_core::Interaction::Forbidden;
    in_time(manager.resolve_value(&at(), &Shape::undeclared(), interaction)).await
}

/// The value is in SQLite from before; then the store is as it is.
async fn falls_back(world: &World, address: &str, words: &[&str]) {
    let manager = manager(world, address, CANARY);
    in_time(manager.set_value(&at(), &Shape::undeclared(), &json!({ "port": 7 }), Some("sqlite"))).await.unwrap();
    let start = Instant::now();
    let found = get(&manager).await.unwrap();
    assert!(start.elapsed() < DEADLINE * 4, "{:?}", start.elapsed());
    assert_eq!(found.value, json!({ "port": 7 }));
    assert!(found.origin.degraded, "{:?}", found.origin);
    let explained = in_time(manager.explain_value(&at(), &Shape::undeclared())).await;
    assert_eq!(explained.winner.as_deref(), Some("sqlite"));
    let step = explained.steps.iter().find(|step| &*step.source == "openbao").unwrap();
    let said = serde_json::to_string(step).unwrap();
    assert!(said.contains("\"unavailable\""), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in {said}");
    }
    assert!(!said.contains(CANARY));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_there_and_its_value_wins() {
    let world = World::new();
    world.keep("AppConfig", &json!({ "port": 1 }));
    let manager = manager(&world, &world.peer.address(), CANARY);
    assert_eq!(manager.source_names().collect::<Vec<_>>(), ["env", "openbao", "sqlite", "prompt"]);
    in_time(manager.set_value(&at(), &Shape::undeclared(), &json!({ "port": 7 }), Some("sqlite"))).await.unwrap();
    let found = get(&manager).await.unwrap();
    assert_eq!(found.value, json!({ "port": 1 }));
    assert!(!found.origin.degraded);
    let explained = in_time(manager.explain_value(&at(), &Shape::undeclared())).await;
    let said = serde_json::to_string(&explained).unwrap();
    assert!(said.contains("OPENBAO_URL"), "it says why the store is in the chain: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_is_absence_and_nothing_is_degraded() {
    let world = World::new();
    let manager = manager(&world, &world.peer.address(), CANARY);
    in_time(manager.set_value(&at(), &Shape::undeclared(), &json!({ "port": 7 }), Some("sqlite"))).await.unwrap();
    let found = get(&manager).await.unwrap();
    assert_eq!(found.value, json!({ "port": 7 }));
    assert!(!found.origin.degraded);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable() {
    let world = World::new();
    let proxy = Proxy::to(world.peer.socket()).unwrap();
    proxy.set(Fault::Refuse).unwrap();
    falls_back(&world, &proxy.in_front_of(&world.peer.address()), &["127.0.0.1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow() {
    let world = World::new();
    let proxy = Proxy::to(world.peer.socket()).unwrap();
    proxy.set(Fault::Blackhole).unwrap();
    falls_back(&world, &proxy.in_front_of(&world.peer.address()), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed() {
    let world = World::of(Kind::Initialised);
    world.peer.seal().unwrap();
    falls_back(&world, &world.peer.address(), &["sealed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answering_500_and_503_and_429() {
    for status in [500, 503, 429] {
        let world = World::stand_in();
        let server = Scripted::always(Reply::json(status, &json!({ "errors": ["no"] }))).unwrap();
        falls_back(&world, &server.address(), &[&status.to_string()]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_no_absence_and_names_what_would_go_on() {
    let world = World::new();
    let manager = manager(&world, &world.peer.address(), "wrong");
    in_time(manager.set_value(&at(), &Shape::undeclared(), &json!({ "port": 7 }), Some("sqlite"))).await.unwrap();
    let error = get(&manager).await.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    let said = format!("{error} {:?}", error.remedy());
    assert!(said.contains("on-error") && said.contains("OPENBAO_PASSWORD"), "{said}");
}
