//! Law 6: a deadline stops a source that hangs; nothing is cached unless asked; equal calls at one moment are one call, and
//! one who stops waiting does not cancel the others.

use std::time::Duration;

use futures_util::future::{FutureExt, join_all};
use harmony_config_core::{ConfigError, FailureCode};
use harmony_config_test::{Deed, Outage, World};
use proptest::prelude::*;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    run,
    types::{Plain, Service},
};

const SLOW: Outage = Outage::Slow(Duration::from_millis(50));

fn answers() -> serde_json::Value {
    json!({ "host": "h", "port": 1, "password": "p", "tls": { "cert": "c", "key": "k" } })
}

proptest! {
    #[test]
    fn equal_reads_at_one_moment_are_one_read(callers in 1..20_usize, leaving in prop::collection::vec(any::<bool>(), 20)) {
        run(async {
            let world = World::new().json("Plain", json!({ "name": "n" }));
            world.breaks("store", SLOW);
            let manager = world.manager();
            let calls = (0..callers).map(|index| {
                let manager = manager.clone();
                let leaves = leaving[index];
                async move {
                    let wait = if leaves { Duration::from_millis(10) } else { Duration::from_secs(1) };
                    timeout(wait, manager.get::<Plain>()).await.ok()
                }
            });
            for (answer, leaves) in join_all(calls).await.into_iter().zip(&leaving) {
                prop_assert_eq!(answer.is_none(), *leaves);
                if let Some(answer) = answer {
                    prop_assert_eq!(answer.unwrap().name, "n");
                }
            }
            prop_assert_eq!(world.count("store", Deed::Read), 1);
            Ok(())
        })?;
    }

    #[test]
    fn one_form_serves_all_who_wait(callers in 1..10_usize, first_leaves in any::<bool>()) {
        run(async {
            let world = World::new().answer("Service", answers());
            world.breaks("store", SLOW);
            let manager = world.manager();
            let mut calls: Vec<_> = (0..callers)
                .map(|_| {
                    let manager = manager.clone();
                    async move { manager.get_or_prompt::<Service>().await }.boxed()
                })
                .collect();
            if first_leaves {
                let first = calls.remove(0);
                let (_, others) = tokio::join!(timeout(Duration::from_millis(60), first), join_all(calls));
                others.into_iter().for_each(|answer| drop(answer.unwrap()));
            } else {
                join_all(calls).await.into_iter().for_each(|answer| drop(answer.unwrap()));
            }
            prop_assert!(world.times_asked() <= 1);
            prop_assert!(world.writes().len() <= 1);
            Ok(())
        })?;
    }
}

#[test]
fn a_form_for_several_values_and_one_for_a_single_value_are_not_both_shown() {
    run(async {
        let world = World::new().answer("Service", answers()).answer("Plain", json!({ "name": "n", "size": 1 }));
        world.breaks("store", SLOW);
        let manager = world.manager();
        let (several, again, single, other) = tokio::join!(
            manager.ensure::<(Service, Plain)>(),
            manager.ensure::<(Service, Plain)>(),
            manager.get_or_prompt::<Service>(),
            manager.get_or_prompt::<Plain>(),
        );
        assert_eq!((several.unwrap().0, again.unwrap().1), (single.unwrap(), other.unwrap()));
        let asked: Vec<String> =
            world.forms().iter().flat_map(|form| form.questions.iter().map(|question| question.at.clone())).collect();
        assert_eq!(asked.len(), 2, "{asked:?}");
    });
}

#[test]
fn a_source_that_hangs_is_stopped_and_the_next_one_answers() {
    run(async {
        let world = World::with_stores(["openbao", "sqlite"]).json_in("sqlite", "Plain", json!({ "name": "n" }));
        world.breaks("openbao", Outage::Hangs);
        let start = Instant::now();
        let value = world.manager().resolve::<Plain>().await.unwrap();
        assert!(value.origin.degraded);
        assert_eq!(start.elapsed().as_millis(), 100);
    });
}

#[test]
fn every_call_of_a_source_has_a_deadline() {
    run(async {
        let world = World::new().json("Plain", json!({ "name": "n" }));
        world.breaks("store", Outage::Hangs);
        let manager = world.manager();
        let value = Plain { name: "n".to_owned(), size: None };
        let error = manager.set(&value).await.unwrap_err();
        assert!(matches!(error, ConfigError::Unavailable { .. }), "{error:?}");
        assert!(manager.delete::<Plain>().await.is_err());
        manager.list().await.unwrap();
        manager.explain::<Plain>().await.unwrap();
    });
}

#[test]
fn a_get_sees_what_is_there_now_and_cached_is_the_choice_not_to() {
    run(async {
        let world = World::new().json("Plain", json!({ "name": "old" }));
        let manager = world.manager();
        let age = Duration::from_secs(60);
        assert_eq!(manager.cached::<Plain>(age).await.unwrap().name, "old");
        world.changes("store", "Plain", json!({ "name": "new" }));
        assert_eq!(manager.get::<Plain>().await.unwrap().name, "new");
        assert_eq!(manager.cached::<Plain>(age).await.unwrap().name, "old");
        assert_eq!(manager.cached::<Plain>(Duration::ZERO).await.unwrap().name, "new");
        // What this manager writes is seen at once.
        manager.set(&Plain { name: "mine".to_owned(), size: None }).await.unwrap();
        assert_eq!(manager.cached::<Plain>(age).await.unwrap().name, "mine");
    });
}

#[test]
fn a_read_that_began_before_a_write_is_not_shared_with_one_who_comes_after_it() {
    run(async {
        let world = World::new().json("Plain", json!({ "name": "old" }));
        world.breaks_for("store", "Plain", Outage::Slow(Duration::from_millis(90)));
        let manager = world.manager();
        let early = {
            let manager = manager.clone();
            tokio::spawn(async move { manager.get_or_prompt::<Plain>().await })
        };
        sleep(Duration::from_millis(10)).await;
        world.mends("store");
        manager.set(&Plain { name: "new".to_owned(), size: None }).await.unwrap();
        let (get, prompted) = tokio::join!(manager.get::<Plain>(), manager.get_or_prompt::<Plain>());
        assert_eq!((get.unwrap().name.as_str(), prompted.unwrap().name.as_str()), ("new", "new"));
        early.await.unwrap().unwrap();
    });
}

#[test]
fn two_readings_of_one_key_by_different_shapes_are_two_reads() {
    run(async {
        let world = World::new().partial("Service", json!({ "port": "8443" })).json("Service", answers());
        world.breaks("store", SLOW);
        let manager = world.manager();
        let at = crate::types::at::<Service>();
        let undeclared = harmony_config_core::Shape::undeclared();
        let (untyped, typed) = tokio::join!(
            manager.resolve_value(&at, &undeclared, harmony_config_core::Interaction::Forbidden),
            manager.get::<Service>(),
        );
        // Only the type says that the text is a number.
        assert_eq!(untyped.unwrap().value["port"], "8443");
        assert_eq!(typed.unwrap().port, 8443);
    });
}

#[test]
fn a_deadline_that_passed_is_an_outage_and_says_how_long_was_waited() {
    run(async {
        let world = World::new();
        world.breaks("store", Outage::Hangs);
        let error = world.manager().get::<Plain>().await.unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(error.message().contains("no answer within 100ms"), "{error}");
        world.breaks("store", Outage::Fails(FailureCode::Unavailable));
        assert_eq!(world.manager().get::<Plain>().await.unwrap_err().exit_code(), 6);
    });
}
