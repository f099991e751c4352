//! Law 5: a failure is kept and told apart from absence; what it means is `on-error`'s to say; what was found below it is
//! degraded, and warned of once.

use harmony_config_core::{ConfigError, FailureCode, Interaction, OnError};
use harmony_config_test::{Outage, World};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    chains::{any_plan, to_json, world},
    model::{self, Answer},
    run,
    secrets::logged,
    types::{Plain, Service, at, shapes},
};

proptest! {
    #[test]
    fn a_read_comes_to_what_the_model_says(plan in any_plan()) {
        run(async {
            let expected = model::get(&plan);
            let walk = model::walk(&plan);
            for shape in shapes::<Service>() {
                let world = world(&plan);
                match (world.manager().resolve_value(&at::<Service>(), &shape, Interaction::Forbidden).await, &expected) {
                    (Ok(value), Answer::Value(leaves)) => {
                        prop_assert_eq!(&value.value, &to_json(leaves));
                        prop_assert_eq!(value.origin.degraded, walk.degraded());
                    }
                    (Err(error), Answer::Error(code)) => prop_assert_eq!(error.exit_code(), *code, "{}", error),
                    (answer, expected) => prop_assert!(false, "{:?} but {:?}", expected, answer.map(|value| value.value)),
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_typed_read_and_the_untyped_one_agree(plan in any_plan()) {
        run(async {
            let world = world(&plan);
            let typed = world.manager().get::<Service>().await.map(|value| serde_json::to_value(value).unwrap());
            let (manager, [shape, _]) = (world.manager(), shapes::<Service>());
            let untyped = manager.resolve_value(&at::<Service>(), &shape, Interaction::Forbidden).await;
            match (typed, untyped) {
                (Ok(typed), Ok(mut untyped)) => {
                    let fields = untyped.value.as_object_mut().unwrap();
                    fields.entry("note").or_insert(serde_json::Value::Null);
                    prop_assert_eq!(typed, untyped.value);
                }
                (Err(typed), Err(untyped)) => prop_assert_eq!(typed.to_string(), untyped.to_string()),
                (typed, untyped) => prop_assert!(false, "{:?} but {:?}", typed, untyped.map(|value| value.value)),
            }
            Ok(())
        })?;
    }

    #[test]
    fn not_found_is_said_only_where_everybody_was_asked(plan in any_plan()) {
        run(async {
            if let Err(error) = world(&plan).manager().get::<Service>().await
                && matches!(error, ConfigError::NotFound { .. })
            {
                let steps = &error.origin().unwrap().steps;
                prop_assert!(steps.iter().all(|step| !step.outcome.is_failure()), "{:?}", steps);
            }
            Ok(())
        })?;
    }

    /// Of several failures one exit code: the first of 7, 5, 4, 6.
    #[test]
    fn the_exit_code_is_that_of_the_worst_failure(codes in prop::collection::vec(0..4_usize, 1..5)) {
        run(async {
            let codes: Vec<FailureCode> = codes.into_iter().map(|index| [
                FailureCode::Invalid, FailureCode::Denied, FailureCode::InteractionRequired, FailureCode::Unavailable,
            ][index]).collect();
            let names: Vec<String> = (0..codes.len()).map(|index| format!("s{index}")).collect();
            let mut world = World::with_stores(names.iter().map(String::as_str));
            for (name, code) in names.iter().zip(&codes) {
                world.breaks(name, Outage::Fails(*code));
                world = world.on_error(name, *code, OnError::Continue);
            }
            let error = world.manager().get::<Plain>().await.unwrap_err();
            let exits = codes.iter().map(|code| match code {
                FailureCode::Invalid => 7,
                FailureCode::Denied => 5,
                FailureCode::InteractionRequired => 4,
                _ => 6,
            });
            let rank = |exit: &u8| [7, 5, 4, 6].iter().position(|known| known == exit);
            prop_assert_eq!(error.exit_code(), exits.min_by_key(rank).unwrap());
            for name in &names {
                prop_assert!(error.message().contains(name.as_str()), "{} is not named: {}", name, error);
            }
            Ok(())
        })?;
    }
}

#[test]
fn a_refusal_is_not_taken_for_absence_and_says_how_to_go_on() {
    run(async {
        let world = World::with_stores(["openbao", "sqlite"]).json_in("sqlite", "Plain", json!({ "name": "n" }));
        world.breaks("openbao", Outage::Fails(FailureCode::Denied));
        let error = world.manager().get::<Plain>().await.unwrap_err();
        assert_eq!((error.exit_code(), error.source_name()), (5, Some("openbao")));
        assert!(error.remedy().unwrap().contains("on-error = { denied = \"continue\" }"), "{error}");
        let world = world.on_error("openbao", FailureCode::Denied, OnError::Continue);
        assert!(world.manager().resolve::<Plain>().await.unwrap().origin.degraded);
    });
}

#[test]
fn a_failure_that_stops_the_walk_does_not_hide_a_worse_one_before_it() {
    run(async {
        let world = World::with_stores(["a", "b"]).on_error("a", FailureCode::Denied, OnError::Continue).on_error(
            "b",
            FailureCode::Unavailable,
            OnError::Fail,
        );
        world.breaks("a", Outage::Fails(FailureCode::Denied));
        world.breaks("b", Outage::Fails(FailureCode::Unavailable));
        let error = world.manager().get::<Plain>().await.unwrap_err();
        assert_eq!(error.exit_code(), 5, "{error}");
        assert!(error.message().contains("`a`") && error.message().contains("`b`"), "{error}");
    });
}

#[test]
fn some_fields_and_an_outage_are_not_said_to_be_nothing() {
    run(async {
        let world = World::with_stores(["openbao"]).partial("Service", json!({ "port": 1 }));
        world.breaks("openbao", Outage::Fails(FailureCode::Unavailable));
        let error = world.manager().get::<Service>().await.unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(!error.message().contains("no source gave a value"), "{error}");
        assert!(error.message().contains("`overrides`") && error.message().contains("`openbao`"), "{error}");
    });
}

#[test]
fn a_source_that_cannot_read_such_a_value_is_not_absence_either() {
    run(async {
        let world = World::new();
        world.breaks("store", Outage::Fails(FailureCode::Unsupported));
        let error = world.manager().get::<Plain>().await.unwrap_err();
        assert!(!matches!(error, ConfigError::NotFound { .. }), "{error:?}");
        assert_eq!(error.source_name(), Some("store"));
    });
}

#[test]
fn a_degraded_value_is_warned_of_once_for_each_source_and_key() {
    let log = logged(async {
        let world = World::with_stores(["openbao", "sqlite"])
            .json_in("sqlite", "Plain", json!({ "name": "n" }))
            .json_in("sqlite", "Plain@two", json!({ "name": "n" }));
        world.breaks("openbao", Outage::Fails(FailureCode::Unavailable));
        let manager = world.manager();
        for _ in 0..3 {
            manager.get::<Plain>().await.unwrap();
            manager.get_or_prompt::<Plain>().await.unwrap();
            manager.get_named::<Plain>("two").await.unwrap();
        }
    });
    assert_eq!(log.matches("could not be asked for Plain:").count(), 1, "{log}");
    assert_eq!(log.matches("could not be asked for Plain@two:").count(), 1, "{log}");
}

#[test]
fn a_failure_below_the_winner_is_never_met() {
    run(async {
        let world = World::with_stores(["sqlite", "openbao"]).json_in("sqlite", "Plain", json!({ "name": "n" }));
        world.breaks("openbao", Outage::Fails(FailureCode::Denied));
        assert!(!world.manager().resolve::<Plain>().await.unwrap().origin.degraded);
    });
}
