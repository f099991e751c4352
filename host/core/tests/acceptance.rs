//! The acceptance list, as far as the core alone can hold it: with sources in memory. (With the real sources, in a real
//! terminal, it is run in `tests/`.)
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::time::Duration;

use harmony_config_core::{ConfigError, FailureCode, Secret};
use harmony_config_test::{Deed, Outage, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Serialize, Deserialize, JsonSchema, harmony_config_derive::Config)]
#[config(crate = "harmony_config_core")]
struct BrocadeSwitchAuth {
    host: String,
    user: String,
    password: Secret<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, harmony_config_derive::Config)]
#[config(crate = "harmony_config_core")]
struct AppConfig {
    host: String,
    port: u16,
}

fn auth() -> serde_json::Value {
    json!({ "host": "switch-1", "user": "admin", "password": "s3cret" })
}

#[tokio::test]
async fn one_where_everything_has_a_value_nobody_is_asked() {
    let world = World::new().json("BrocadeSwitchAuth", auth()).json("AppConfig", json!({ "host": "h", "port": 1 }));
    let manager = world.manager();
    manager.get_or_prompt::<BrocadeSwitchAuth>().await.unwrap();
    manager.ensure::<(BrocadeSwitchAuth, AppConfig)>().await.unwrap();
    assert_eq!(world.count("prompt", Deed::Ask), 0);
    assert!(world.writes().is_empty());
}

#[tokio::test]
async fn two_the_first_run_asks_and_the_second_reads_the_store() {
    let world = World::with_stores(["sqlite"]).answer("BrocadeSwitchAuth", auth());
    let first: BrocadeSwitchAuth = world.manager().get_or_prompt().await.unwrap();
    assert_eq!(first.password.expose_str(), "s3cret");
    let second = world.manager().resolve_or_prompt::<BrocadeSwitchAuth>(None).await.unwrap();
    assert_eq!(second.origin.winner.as_deref(), Some("sqlite"));
    assert_eq!(world.times_asked(), 1);
    assert_eq!(world.stored("sqlite", "BrocadeSwitchAuth"), Some(auth()));
}

#[tokio::test]
async fn three_an_override_of_the_whole_is_used_and_nobody_is_asked() {
    let world = World::new().json_in("overrides", "BrocadeSwitchAuth", auth());
    let value = world.manager().resolve_or_prompt::<BrocadeSwitchAuth>(None).await.unwrap();
    assert_eq!(value.origin.winner.as_deref(), Some("overrides"));
    assert_eq!((world.times_asked(), world.writes().len()), (0, 0));
}

#[tokio::test]
async fn four_after_the_store_is_deleted_the_next_run_asks_again() {
    let world = World::new().answer("BrocadeSwitchAuth", auth());
    world.manager().get_or_prompt::<BrocadeSwitchAuth>().await.unwrap();
    world.forgets("store");
    world.manager().get_or_prompt::<BrocadeSwitchAuth>().await.unwrap();
    assert_eq!(world.times_asked(), 2);
    // Within one process as well: nothing is cached.
    let manager = world.manager();
    manager.get::<BrocadeSwitchAuth>().await.unwrap();
    world.forgets("store");
    assert!(matches!(manager.get::<BrocadeSwitchAuth>().await, Err(ConfigError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_tasks_that_write_at_the_same_moment_lose_nothing() {
    // On a busy machine two milliseconds may take long.
    let world = World::new().deadline(Duration::from_secs(30));
    world.breaks("store", Outage::Slow(Duration::from_millis(2)));
    let manager = world.manager();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16_u16 {
        let manager = manager.clone();
        tasks.spawn(async move {
            for round in 0..4_u16 {
                let value = AppConfig { host: format!("h{task}"), port: task };
                manager.set_named(&format!("own-{task}-{round}"), &value).await.unwrap();
                // All write to this one: one whole value wins, never a mixture.
                manager.set(&value).await.unwrap();
                let seen = manager.get::<AppConfig>().await.unwrap();
                assert_eq!(seen.host, format!("h{}", seen.port));
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(manager.list().await.unwrap().len(), 16 * 4 + 1);
    for task in 0..16_u16 {
        for round in 0..4_u16 {
            let kept: AppConfig = manager.get_named(&format!("own-{task}-{round}")).await.unwrap();
            assert_eq!(kept, AppConfig { host: format!("h{task}"), port: task });
        }
    }
}

#[tokio::test(start_paused = true)]
async fn six_a_store_that_is_away_is_gone_past_and_a_refusal_is_not() {
    let world = World::with_stores(["openbao", "sqlite"]).json_in("sqlite", "BrocadeSwitchAuth", auth());
    for outage in [None, Some(Outage::Fails(FailureCode::Unavailable)), Some(Outage::Hangs)] {
        if let Some(outage) = outage {
            world.breaks("openbao", outage);
        }
        let manager = world.manager();
        let value = manager.resolve::<BrocadeSwitchAuth>().await.unwrap();
        assert_eq!(value.origin.winner.as_deref(), Some("sqlite"));
        assert_eq!(value.origin.degraded, outage.is_some());
        let explanation = manager.explain::<BrocadeSwitchAuth>().await.unwrap();
        let openbao = explanation.steps.iter().find(|step| &*step.source == "openbao").unwrap();
        assert_eq!(openbao.outcome, if outage.is_some() { "unavailable" } else { "absent" });
        assert_eq!(openbao.message.is_some(), outage.is_some());
    }
    world.breaks("openbao", Outage::Fails(FailureCode::Denied));
    let error = world.manager().get::<BrocadeSwitchAuth>().await.unwrap_err();
    assert!(matches!(error, ConfigError::Denied { .. }), "{error:?}");
    assert!(error.remedy().unwrap().contains("on-error"), "{error}");
}

#[tokio::test]
async fn seven_an_old_shape_is_named_and_only_what_is_wrong_is_asked_for() {
    let world = World::with_stores(["sqlite"])
        .json("BrocadeSwitchAuth", json!({ "host": "switch-1", "username": "admin", "password": 5 }))
        .answer("BrocadeSwitchAuth", json!({ "user": "root", "password": "new", "host": "never asked" }));
    let error = world.manager().get::<BrocadeSwitchAuth>().await.unwrap_err();
    assert!(matches!(error, ConfigError::Deserialization { .. }), "{error:?}");
    assert_eq!((error.key(), error.source_name()), (Some("BrocadeSwitchAuth"), Some("sqlite")));
    assert!(error.message().contains("field `password`"), "{error}");

    let value: BrocadeSwitchAuth = world.manager().get_or_prompt().await.unwrap();
    assert_eq!((value.host.as_str(), value.user.as_str()), ("switch-1", "root"));
    assert_eq!(world.forms()[0].questions[0].fields, ["password", "user"]);
    let stored = world.stored("sqlite", "BrocadeSwitchAuth").unwrap();
    assert_eq!(stored["host"], "switch-1");
    assert_eq!(stored["password"], "new");
}

#[tokio::test]
async fn eight_another_order_is_another_winner_with_the_same_code() {
    async fn program(world: &World) -> u16 {
        world.manager().get::<AppConfig>().await.unwrap().port
    }
    let of = |order: [&'static str; 2]| {
        World::with_stores(order).json_in("a", "AppConfig", json!({ "host": "a", "port": 1 })).json_in(
            "b",
            "AppConfig",
            json!({ "host": "b", "port": 2 }),
        )
    };
    assert_eq!((program(&of(["a", "b"])).await, program(&of(["b", "a"])).await), (1, 2));
}
