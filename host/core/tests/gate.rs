//! A gate before the chain: until it lets a call pass, no source is called.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::{Arc, Mutex};

use harmony_config_core::{
    ConfigError, ConfigManager, Coordinate, Entry, Failure, FailureCode, Gate, Interaction, Move, Shape, Standing,
};
use harmony_config_derive::Config;
use harmony_config_test::World;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
struct Plain {
    name: String,
}

/// Remembers how it was asked, and answers with what it was told to.
#[derive(Default)]
struct Watched {
    open: bool,
    asked: Mutex<Vec<Interaction>>,
}

#[async_trait::async_trait]
impl Gate for Watched {
    async fn pass(&self, interaction: Interaction) -> Result<(), ConfigError> {
        self.asked.lock().unwrap().push(interaction);
        match self.open {
            true => Ok(()),
            false => Err(ConfigError::from_failure(Failure::new(FailureCode::Denied, "not yet"))),
        }
    }
}

fn behind(world: &World, gate: &Arc<Watched>) -> ConfigManager {
    let mut builder = ConfigManager::builder().gate(Arc::clone(gate) as Arc<dyn Gate>);
    for source in world.sources() {
        builder = builder.source(source);
    }
    builder.build().unwrap()
}

async fn every_call(manager: &ConfigManager) -> Vec<(&'static str, Result<(), ConfigError>)> {
    let at = Coordinate::new(manager.namespace(), "Plain", None).unwrap();
    let shape = Shape::undeclared();
    let value = Plain { name: "x".to_owned() };
    let name = ["name".to_owned()];
    let wanted = [(at.clone(), Arc::new(Shape::undeclared()))];
    vec![
        ("get", manager.get::<Plain>().await.map(drop)),
        ("get_named", manager.get_named::<Plain>("a").await.map(drop)),
        ("get_or_prompt", manager.get_or_prompt::<Plain>().await.map(drop)),
        ("ensure", manager.ensure::<(Plain,)>().await.map(drop)),
        ("cached", manager.cached::<Plain>(std::time::Duration::ZERO).await.map(drop)),
        ("set", manager.set(&value).await),
        ("set_named", manager.set_named("a", &value).await),
        ("delete", manager.delete::<Plain>().await.map(drop)),
        ("delete_named", manager.delete_named::<Plain>("a").await.map(drop)),
        ("list", manager.list().await.map(drop)),
        ("resolve_value", manager.resolve_value(&at, &shape, Interaction::Forbidden).await.map(drop)),
        ("read_from", manager.read_from("store", &at, &shape).await.map(drop)),
        ("set_value", manager.set_value(&at, &shape, &json!("x"), None).await.map(drop)),
        ("delete_value", manager.delete_value(&at, None).await.map(drop)),
        ("set_field", manager.set_field(&at, &shape, &name, &json!("x"), None).await.map(drop)),
        ("delete_field", manager.delete_field(&at, &shape, &name, None).await.map(drop)),
        ("entry_in", manager.entry_in("store", &at, &shape).await.map(drop)),
        ("replace_in", manager.replace_in("store", &at, &shape, &Entry::whole(json!("x"), "")).await.map(drop)),
        ("can_write_in", manager.can_write_in("store", &at, &shape).await),
        (
            "move_value",
            manager
                .move_value(&at, &shape, &Move { from: "store", to: "other", overwrite: false, dry_run: false })
                .await
                .map(drop),
        ),
        ("list_in", manager.list_in("store", "").await.map(drop)),
        ("ensure_values", manager.ensure_values(&wanted).await.remove(0).map(drop)),
        ("check_values", manager.check_values(&wanted).await.remove(0).error.map_or(Ok(()), Err)),
    ]
}

#[tokio::test]
async fn while_the_gate_is_shut_no_source_is_called_and_the_caller_gets_what_the_gate_says() {
    let world = World::new().json("Plain", json!({ "name": "stored" })).answer("Plain", json!({ "name": "said" }));
    let gate = Arc::new(Watched::default());
    let manager = behind(&world, &gate);
    for (call, result) in every_call(&manager).await {
        match result {
            Err(ConfigError::Denied(_)) => {}
            other => panic!("{call}: {other:?}"),
        }
    }
    assert_eq!(world.calls(), [], "no source was called");
    assert_eq!(world.times_asked(), 0, "nobody was asked");
}

#[tokio::test]
async fn the_gate_is_told_whether_a_person_may_be_asked() {
    let world = World::new().json("Plain", json!({ "name": "stored" }));
    let gate = Arc::new(Watched { open: true, ..Watched::default() });
    let manager = behind(&world, &gate);
    manager.get::<Plain>().await.unwrap();
    manager.get_or_prompt::<Plain>().await.unwrap();
    manager.ensure::<(Plain,)>().await.unwrap();
    manager.set(&Plain { name: "x".to_owned() }).await.unwrap();
    let wanted = [(Coordinate::new(manager.namespace(), "Plain", None).unwrap(), Arc::new(Shape::undeclared()))];
    assert_eq!(manager.check_values(&wanted).await[0].standing, Standing::Set);
    manager.ensure_values(&wanted).await.remove(0).unwrap();
    let asked = gate.asked.lock().unwrap().clone();
    use Interaction::{Allowed, Forbidden};
    assert_eq!(asked, [Forbidden, Allowed, Allowed, Forbidden, Forbidden, Allowed]);
}
