//! What is done to one source by name: a field changed in it, a value moved out of it. Sources are doubles, and time is
//! paused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{future::Future, time::Duration};

use harmony_config_core::{
    ConfigError, ConfigManager, Coordinate, Entry, FailureCode, Interaction, Move, Moved, Shape,
};
use harmony_config_derive::Config;
use harmony_config_test::{Deed, Double, Outage, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Config, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
struct Service {
    host: String,
    port: u16,
    note: Option<String>,
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test)
}

fn at(key: &str) -> Coordinate {
    Coordinate::parse("harmony", key).unwrap()
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

async fn set(world: &World, field: &str, value: Value, source: Option<&str>) -> Result<(), ConfigError> {
    let shape = Shape::of::<Service>();
    world.manager().set_field(&at("Service"), &shape, &path(field), &value, source).await.map(|_| ())
}

async fn unset(world: &World, field: &str, source: Option<&str>) -> Result<String, ConfigError> {
    let shape = Shape::of::<Service>();
    let deleted = world.manager().delete_field(&at("Service"), &shape, &path(field), source).await?;
    Ok(deleted.source.to_string())
}

fn partial(value: Value) -> Value {
    json!({ "$harmony-config": { "version": 1, "partial": true }, "value": value })
}

#[test]
fn a_field_is_written_over_what_the_source_itself_has() {
    run(async {
        let world = World::with_stores(["store"])
            .partial("Service", json!({ "host": "override" }))
            .json("Service", json!({ "host": "h", "port": 1, "unknown": true }));
        set(&world, "port", json!(2), None).await.unwrap();
        assert_eq!(world.stored("store", "Service").unwrap(), json!({ "host": "h", "port": 2, "unknown": true }));
    });
}

#[test]
fn a_field_of_a_value_that_is_not_there_is_some_of_the_fields() {
    run(async {
        let world = World::with_stores(["above", "below"]).json("Service", json!({ "host": "h", "port": 1 }));
        set(&world, "port", json!(2), Some("above")).await.unwrap();
        assert_eq!(world.stored("above", "Service").unwrap(), partial(json!({ "port": 2 })));
        // What the source below has is not written into the one above, and still counts.
        let value = world.manager().get::<Service>().await.unwrap();
        assert_eq!((value.host.as_str(), value.port), ("h", 2));
    });
}

#[test]
fn the_field_that_was_the_last_to_be_missing_makes_the_value_whole() {
    run(async {
        let world = World::new();
        set(&world, "host", json!("h"), None).await.unwrap();
        assert_eq!(world.stored("store", "Service").unwrap(), partial(json!({ "host": "h" })));
        set(&world, "port", json!(1), None).await.unwrap();
        assert_eq!(world.stored("store", "Service").unwrap(), json!({ "host": "h", "port": 1 }));
    });
}

#[test]
fn a_value_that_would_hide_a_field_below_stays_marked_as_some_of_the_fields() {
    run(async {
        let below = json!({ "host": "b", "port": 9, "note": "from below" });
        let world = World::with_stores(["above", "below"]).json("Service", below);
        set(&world, "host", json!("h"), Some("above")).await.unwrap();
        set(&world, "port", json!(1), Some("above")).await.unwrap();
        let value = world.manager().get::<Service>().await.unwrap();
        assert_eq!((value.port, value.note.as_deref()), (1, Some("from below")));
    });
}

#[test]
fn a_field_that_does_not_fit_is_refused_and_nothing_is_written() {
    run(async {
        let world = World::new().json("Service", json!({ "host": 5, "port": 1 }));
        let error = set(&world, "port", json!("canary"), None).await.unwrap_err();
        assert_eq!(error.exit_code(), 7);
        let words = format!("{error} {error:?}");
        assert!(words.contains("nothing was written: field `port` should be a whole number"), "{words}");
        assert!(!words.contains("canary"), "{words}");
        assert_eq!(world.count("store", Deed::Write), 0);
        // What was wrong before does not stand in the way of another field.
        set(&world, "port", json!(2), None).await.unwrap();
    });
}

#[test]
fn who_writes_at_the_same_moment_loses_nothing() {
    run(async {
        let world = World::new().json("Service", json!({ "host": "h", "port": 1 }));
        world.breaks("store", Outage::Slow(Duration::from_millis(1)));
        let writers = (0..8).map(|writer| {
            let world = world.clone();
            async move {
                let shape = Shape::undeclared();
                for round in 0..5 {
                    let field = path(&format!("extra.w{writer}-{round}"));
                    world.manager().set_field(&at("Service"), &shape, &field, &json!(round), None).await.unwrap();
                }
            }
        });
        let tasks: Vec<_> = writers.map(tokio::spawn).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let stored = world.stored("store", "Service").unwrap();
        assert_eq!(stored["extra"].as_object().unwrap().len(), 40, "{stored}");
        assert_eq!(stored["port"], 1);
    });
}

#[test]
fn a_field_is_removed_where_it_comes_from_and_the_one_below_counts_again() {
    run(async {
        let world = World::with_stores(["above", "below"])
            .json_in("above", "Service", json!({ "host": "a", "port": 1 }))
            .json_in("below", "Service", json!({ "host": "b", "port": 2 }));
        assert_eq!(unset(&world, "port", None).await.unwrap(), "above");
        assert_eq!(world.stored("above", "Service").unwrap(), partial(json!({ "host": "a" })));
        let value = world.manager().get::<Service>().await.unwrap();
        assert_eq!((value.host.as_str(), value.port), ("a", 2));
        assert_eq!(unset(&world, "host", Some("above")).await.unwrap(), "above");
        assert_eq!(world.stored("above", "Service"), None, "with its last field the value goes");
    });
}

#[test]
fn a_field_that_is_not_there_or_not_to_be_written_is_said() {
    run(async {
        let world = World::new().partial("Service", json!({ "port": 9 })).json("Service", json!({ "host": "h" }));
        assert_eq!(unset(&world, "note", None).await.unwrap_err().exit_code(), 3);
        assert_eq!(unset(&world, "note", Some("store")).await.unwrap_err().exit_code(), 3);
        let error = unset(&world, "port", None).await.unwrap_err();
        assert!(error.to_string().contains("`overrides`, which cannot be written"), "{error}");
        assert_eq!(world.count("store", Deed::Write) + world.count("store", Deed::Remove), 0);
    });
}

#[test]
fn an_entry_is_replaced_only_as_it_was_read() {
    run(async {
        let world = World::new().json("Service", json!({ "host": "h", "port": 1 }));
        let (manager, shape) = (world.manager(), Shape::of::<Service>());
        let read = manager.entry_in("store", &at("Service"), &shape).await.unwrap().unwrap();
        world.changes("store", "Service", json!({ "host": "other", "port": 1 }));
        let entry = Entry { value: json!({ "host": "mine", "port": 1 }), ..read };
        let error = manager.replace_in("store", &at("Service"), &shape, &entry).await.unwrap_err();
        assert!(matches!(error, ConfigError::Conflict(_)), "{error}");
        assert_eq!(world.stored("store", "Service").unwrap()["host"], "other");
    });
}

fn two() -> World {
    World::of([Double::store("a"), Double::store("b")])
}

async fn moved(manager: &ConfigManager, overwrite: bool) -> Result<Moved, ConfigError> {
    let how = Move { from: "a", to: "b", overwrite, dry_run: false };
    manager.move_value(&at("Key"), &Shape::undeclared(), &how).await
}

#[test]
fn a_moved_value_is_in_its_new_place_alone() {
    run(async {
        let world = two().json_in("a", "Key", json!("v"));
        let moved = moved(&world.manager(), false).await.unwrap();
        assert!(!moved.was_there && !moved.replaced && moved.version.is_some());
        assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (None, Some(json!("v"))));
    });
}

#[test]
fn some_fields_are_still_some_fields_in_the_new_place() {
    run(async {
        let world = two().json_in("a", "Key", partial(json!({ "x": 1 })));
        moved(&world.manager(), false).await.unwrap();
        assert_eq!(world.stored("b", "Key"), Some(partial(json!({ "x": 1 }))));
    });
}

#[test]
fn another_value_is_not_overwritten_unless_that_is_wanted() {
    run(async {
        let world = two().json_in("a", "Key", json!("v")).json_in("b", "Key", json!("other"));
        let error = moved(&world.manager(), false).await.unwrap_err();
        assert!(
            matches!(error, ConfigError::Conflict(_)) && error.to_string().contains("nothing was moved"),
            "{error}"
        );
        assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (Some(json!("v")), Some(json!("other"))));
        assert!(moved(&world.manager(), true).await.unwrap().replaced);
        assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (None, Some(json!("v"))));
    });
}

#[test]
fn an_equal_value_is_only_removed_from_the_old_place() {
    run(async {
        let world = two().json_in("a", "Key", json!("v")).json_in("b", "Key", json!("v"));
        assert!(moved(&world.manager(), false).await.unwrap().was_there);
        assert_eq!((world.count("b", Deed::Write), world.stored("a", "Key")), (0, None));
    });
}

#[test]
fn a_dry_run_looks_and_changes_nothing() {
    run(async {
        let world = two().json_in("a", "Key", json!("v"));
        let how = Move { from: "a", to: "b", overwrite: false, dry_run: true };
        world.manager().move_value(&at("Key"), &Shape::undeclared(), &how).await.unwrap();
        assert_eq!(world.stored("a", "Key"), Some(json!("v")));
        assert_eq!(world.writes(), []);
        assert_eq!(world.count("a", Deed::Remove), 0);
    });
}

#[test]
fn a_value_that_somebody_changes_meanwhile_is_not_removed() {
    run(async {
        let world = two().json_in("a", "Key", json!("old"));
        // The write takes a while, and somebody comes in between.
        world.breaks("b", Outage::Slow(Duration::from_millis(20)));
        let manager = world.manager();
        let task = tokio::spawn(async move { moved(&manager, false).await });
        while world.count("b", Deed::Write) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.changes("a", "Key", json!("new"));
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, ConfigError::Conflict(_)), "{error}");
        assert!(error.to_string().contains("nothing was removed there"), "{error}");
        assert_eq!(world.stored("a", "Key"), Some(json!("new")));
    });
}

#[test]
fn nothing_is_written_where_the_old_place_cannot_give_it_up() {
    run(async {
        let world = World::of([Double::read_only("a"), Double::store("b")]).json_in("a", "Key", json!("v"));
        let error = moved(&world.manager(), false).await.unwrap_err();
        assert!(error.to_string().contains("source `a`: nothing was moved"), "{error}");
        assert_eq!(world.writes(), []);
        let away = two().json_in("a", "Key", json!("v"));
        away.breaks("b", Outage::Fails(FailureCode::Unavailable));
        assert_eq!(moved(&away.manager(), false).await.unwrap_err().exit_code(), 6);
        assert_eq!(away.stored("a", "Key"), Some(json!("v")));
    });
}

#[test]
fn an_answer_that_is_lost_is_looked_up() {
    run(async {
        let world = two().json_in("a", "Key", json!("v"));
        world.breaks("b", Outage::WriteAnswersLost);
        moved(&world.manager(), false).await.unwrap();
        assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (None, Some(json!("v"))));
    });
}

#[test]
fn ended_at_any_moment_the_value_is_in_one_of_the_two() {
    let mut halfway = 0;
    for ends_after in 0..120 {
        run(async {
            let world = two().json_in("a", "Key", json!("v"));
            for source in ["a", "b"] {
                world.breaks(source, Outage::Slow(Duration::from_millis(10)));
            }
            let manager = world.manager();
            let ended = tokio::time::timeout(Duration::from_millis(ends_after), moved(&manager, false)).await;
            let (a, b) = (world.stored("a", "Key"), world.stored("b", "Key"));
            assert!([&a, &b].iter().any(|place| **place == Some(json!("v"))), "lost after {ends_after} ms");
            halfway += usize::from(a.is_some() && b.is_some());
            if ended.is_err() {
                // Once more, and it is done, wherever it was ended.
                for source in ["a", "b"] {
                    world.mends(source);
                }
                let _ = moved(&manager, false).await;
                assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (None, Some(json!("v"))));
            }
        });
    }
    assert!(halfway > 0, "no run was ended between the two");
}

#[test]
fn two_who_move_the_same_value_lose_nothing() {
    run(async {
        let world = two().json_in("a", "Key", json!("v"));
        world.breaks("b", Outage::Slow(Duration::from_millis(3)));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let manager = world.manager();
                tokio::spawn(async move { moved(&manager, false).await })
            })
            .collect();
        for task in tasks {
            // One who came too late is told so; nobody is told that it was done where it was not.
            let _ = task.await.unwrap();
        }
        assert_eq!((world.stored("a", "Key"), world.stored("b", "Key")), (None, Some(json!("v"))));
        let value = world.manager().resolve_value(&at("Key"), &Shape::undeclared(), Interaction::Forbidden).await;
        assert_eq!(value.unwrap().value, json!("v"));
    });
}
