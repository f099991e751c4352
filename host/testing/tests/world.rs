//! The world as a downstream crate uses it: through `harmony-config`, with a program under test.

use std::time::{Duration, Instant};

use harmony_config::{Config, ConfigError, FailureCode, OnError, Sensitivity};
use harmony_config_test::{Deed, Double, Outage, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Server {
    host: String,
    port: u16,
    tls: Option<Tls>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Tls {
    cert: String,
    depth: Option<u8>,
}

fn server() -> Server {
    Server { host: "h".to_owned(), port: 1, tls: None }
}

#[tokio::test]
async fn a_value_is_put_by_its_type_or_as_json_and_taken_out_as_it_is_stored() {
    let world = World::new().value(&server()).value_named("b", &server()).json("Server@c", json!({ "port": "bad" }));
    let manager = world.manager();
    assert_eq!(manager.get::<Server>().await.unwrap(), server());
    assert_eq!(manager.get_named::<Server>("b").await.unwrap(), server());
    assert!(matches!(manager.get_named::<Server>("c").await, Err(ConfigError::Deserialization { .. })));
    assert_eq!(world.stored("store", "Server"), Some(json!({ "host": "h", "port": 1, "tls": null })));
    assert_eq!(world.stored("store", "Server@d"), None);
}

#[tokio::test]
async fn only_what_is_asked_for_is_answered_nested_fields_too() {
    let world = World::new()
        .partial("Server", json!({ "tls": { "cert": "mine" } }))
        .answer("Server", json!({ "host": "h", "port": 2, "tls": { "cert": "not asked", "depth": 3 } }));
    let value: Server = world.manager().get_or_prompt().await.unwrap();
    assert_eq!(value.port, 2);
    assert!(world.forms()[0].questions[0].fields.contains(&"host".to_owned()));
    assert_eq!(value.tls.unwrap().cert, "mine");
}

#[tokio::test]
async fn answers_that_are_said_again_add_up() {
    let world = World::new().answer_with(&server()).answer("Server", json!({ "port": 7 }));
    assert_eq!(world.manager().get_or_prompt::<Server>().await.unwrap().port, 7);
}

#[tokio::test]
async fn a_question_without_a_scripted_answer_is_named() {
    let world = World::new().answer("Server", json!({ "host": "h" }));
    let error = world.manager().get_or_prompt::<Server>().await.unwrap_err();
    assert!(error.message().contains("no answer to field `port` of Server"), "{error}");
    let error = World::new().manager().get_or_prompt::<Server>().await.unwrap_err();
    assert!(error.message().contains("no answer to it of Server"), "{error}");
}

#[tokio::test]
async fn a_person_who_goes_away_or_says_no_can_come_back() {
    let world = World::new().answer_with(&server());
    world.says_no();
    assert!(matches!(world.manager().get_or_prompt::<Server>().await, Err(ConfigError::Cancelled { .. })));
    world.goes_away();
    assert!(matches!(world.manager().get_or_prompt::<Server>().await, Err(ConfigError::InteractionRequired { .. })));
    assert_eq!(world.times_asked(), 0);
    world.comes_back();
    world.manager().get_or_prompt::<Server>().await.unwrap();
    assert_eq!((world.times_asked(), world.count("prompt", Deed::Ask)), (1, 3));
}

#[tokio::test]
async fn an_outage_is_for_one_key_or_for_all_and_can_be_mended() {
    let world = World::new().value(&server()).value_named("b", &server());
    world.breaks_for("store", "Server@b", Outage::Fails(FailureCode::Denied));
    let manager = world.manager();
    manager.get::<Server>().await.unwrap();
    assert!(matches!(manager.get_named::<Server>("b").await, Err(ConfigError::Denied { .. })));
    world.mends("store");
    manager.get_named::<Server>("b").await.unwrap();
    world.breaks("store", Outage::Fails(FailureCode::Invalid));
    assert!(matches!(manager.get::<Server>().await, Err(ConfigError::Invalid { .. })));
}

#[tokio::test]
async fn a_read_only_store_reads_and_does_not_write() {
    let world = World::new().value(&server());
    world.breaks("store", Outage::ReadOnly(FailureCode::Denied));
    let manager = world.manager();
    manager.get::<Server>().await.unwrap();
    assert!(matches!(manager.set(&server()).await, Err(ConfigError::Denied { .. })));
    assert_eq!(world.writes(), [("store".to_owned(), "Server".to_owned())]);
}

#[tokio::test]
async fn a_source_that_hangs_is_given_up_at_the_deadline_that_was_set() {
    let world = World::new().deadline(Duration::from_millis(30));
    world.breaks("store", Outage::Hangs);
    let start = Instant::now();
    assert!(matches!(world.manager().get::<Server>().await, Err(ConfigError::Unavailable { .. })));
    assert!(start.elapsed() >= Duration::from_millis(30) && start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn the_rules_of_a_manager_can_be_set() {
    let world = World::with_stores(["a", "b"])
        .namespace("project")
        .on_error("a", FailureCode::Denied, OnError::Continue)
        .persist(Sensitivity::Standard, ["b"])
        .value(&server());
    world.breaks("a", Outage::Fails(FailureCode::Denied));
    let manager = world.manager();
    assert_eq!(manager.namespace(), "project");
    manager.get::<Server>().await.unwrap();
    manager.set(&server()).await.unwrap();
    assert_eq!(world.writes(), [("b".to_owned(), "Server".to_owned())]);
}

#[tokio::test]
async fn a_world_can_be_the_whole_processs() {
    let world = World::of([Double::read_only("file"), Double::store("store")]).json_in(
        "file",
        "Server",
        json!({ "host": "h", "port": 3 }),
    );
    harmony_config::init(world.sources()).await;
    assert_eq!(harmony_config::get::<Server>().await.unwrap().port, 3);
    harmony_config::set(&server()).await.unwrap();
    assert!(world.stored("store", "Server").is_some() && world.stored("file", "Server").is_some());
}

#[tokio::test]
async fn what_is_held_is_not_in_the_debug_output() {
    let world = World::new().json("Server", json!({ "host": "canary" }));
    assert_eq!(format!("{world:?}"), "World { sources: [\"overrides\", \"store\", \"prompt\"], .. }");
}

#[test]
#[should_panic(expected = "the world has no source `sqlite`; it has overrides, store, prompt")]
fn a_source_that_there_is_not_is_a_mistake_of_the_test() {
    World::new().breaks("sqlite", Outage::Hangs);
}
