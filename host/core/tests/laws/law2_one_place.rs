//! Law 2: answers are checked, then written to one source. Whether that can work is found out before anybody is asked.

use harmony_config_core::{ConfigError, FailureCode, Interaction, Sensitivity};
use harmony_config_test::{Double, Outage, World};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    chains::{Link, any_plan, sound_plan, to_json, world},
    model::{self, Answer},
    run,
    types::{Plain, Service, at, shapes},
};

/// What a store holds, out of the envelope of a value that is not whole, and whether it was in one.
fn unwrapped(stored: &serde_json::Value) -> (serde_json::Value, bool) {
    match stored.get("$harmony-config") {
        Some(head) => (stored["value"].clone(), head["partial"] == true),
        None => (stored.clone(), false),
    }
}

/// Without objects that have nothing in them: what is left where all leaves of one were bad.
fn pruned(mut value: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| *field != json!({}));
    }
    value
}

proptest! {
    #[test]
    fn answers_go_where_the_model_says_and_nowhere_else(plan in any_plan()) {
        run(async {
            let expected = model::get_or_prompt(&plan);
            for shape in shapes::<Service>() {
                let world = world(&plan);
                let answer = world.manager().resolve_value(&at::<Service>(), &shape, Interaction::Allowed).await;
                match (&expected.answer, answer) {
                    (Answer::Value(leaves), Ok(value)) => prop_assert_eq!(pruned(value.value), to_json(leaves)),
                    (Answer::Error(code), Err(error)) => prop_assert_eq!(*code, error.exit_code(), "{}", error),
                    (expected, answer) => prop_assert!(false, "{:?} but {:?}", expected, answer.map(|value| value.value)),
                }
                let mut writes: Vec<String> = world.writes().into_iter().map(|(source, _)| source).collect();
                writes.dedup();
                let target = expected.stored.as_ref().map(|(place, _)| Link::name(*place));
                prop_assert_eq!(writes, target.into_iter().collect::<Vec<_>>());
                if let Some((place, content)) = &expected.stored {
                    let (value, partial) = unwrapped(&world.stored(&Link::name(*place), "Service").unwrap());
                    prop_assert_eq!(pruned(value), to_json(&content.leaves));
                    prop_assert_eq!(partial, content.partial);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_was_answered_is_not_asked_for_again(plan in sound_plan()) {
        run(async {
            let world = world(&plan);
            let first = world.manager().get_or_prompt::<Service>().await;
            let asked = world.times_asked();
            if !world.writes().is_empty() {
                let second = world.manager().get_or_prompt::<Service>().await;
                prop_assert_eq!(first.unwrap(), second.unwrap());
                prop_assert_eq!(world.times_asked(), asked);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_second_run_over_what_was_stored_does_as_the_model_does(plan in any_plan()) {
        run(async {
            let world = world(&plan);
            let _ = world.manager().get_or_prompt::<Service>().await;
            let mut after = plan.clone();
            if let Some((place, content)) = model::get_or_prompt(&plan).stored {
                after[place].content = Some(content);
            }
            let expected = match model::get_or_prompt(&after).answer {
                Answer::Value(leaves) => Ok(to_json(&leaves)),
                Answer::Error(code) => Err(code),
            };
            let (manager, [shape, _]) = (world.manager(), shapes::<Service>());
            let second = manager.resolve_value(&at::<Service>(), &shape, Interaction::Allowed).await;
            let second = second.map(|value| pruned(value.value)).map_err(|error| error.exit_code());
            prop_assert_eq!(second, expected);
            Ok(())
        })?;
    }

    #[test]
    fn a_list_names_the_only_places_and_the_next_only_where_one_is_away(
        away in prop::collection::vec(any::<bool>(), 3), order in Just([2, 0, 1]).prop_shuffle()
    ) {
        run(async {
            let names = ["a", "b", "c"];
            let list: Vec<&str> = order.iter().map(|index| names[*index]).collect();
            let world = World::with_stores(names)
                .persist(Sensitivity::Standard, list.clone())
                .answer("Plain", json!({ "name": "n", "size": 1 }));
            for (name, away) in names.iter().zip(&away) {
                if *away {
                    world.breaks(name, Outage::ReadOnly(FailureCode::Unavailable));
                }
            }
            let first = order.iter().find(|index| !away[**index]).map(|index| names[*index]);
            world.manager().get_or_prompt::<Plain>().await.unwrap();
            let holding: Vec<&str> =
                names.into_iter().filter(|name| world.stored(name, "Plain").is_some()).collect();
            prop_assert_eq!(holding, first.into_iter().collect::<Vec<_>>());
            // A list is consent to what it names, and to nothing else: nobody is asked about a place.
            prop_assert_eq!(world.times_asked(), 1);
            Ok(())
        })?;
    }
}

fn answers() -> serde_json::Value {
    json!({ "host": "h", "port": 1, "password": "p", "tls": { "cert": "c", "key": "k" } })
}

#[test]
fn where_the_place_cannot_be_written_nobody_is_asked() {
    run(async {
        for (code, exit) in [(FailureCode::Denied, 5), (FailureCode::Invalid, 7), (FailureCode::Unsupported, 1)] {
            let world = World::new().answer("Service", answers());
            world.breaks("store", Outage::ReadOnly(code));
            let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
            assert_eq!((error.exit_code(), error.source_name()), (exit, Some("store")), "{error}");
            assert!(error.to_string().contains("nobody was asked"), "{error}");
            assert_eq!(world.times_asked(), 0);
        }
    });
}

#[test]
fn a_bad_value_that_would_win_again_is_named_and_nobody_is_asked() {
    run(async {
        let world = World::new().partial("Service", json!({ "port": "eighty" })).answer("Service", answers());
        let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
        assert!(matches!(error, ConfigError::Deserialization { .. }), "{error:?}");
        assert_eq!(error.source_name(), Some("overrides"));
        assert!(error.message().contains("`port`") && !error.message().contains("eighty"), "{error}");
        assert_eq!(world.times_asked(), 0);
    });
}

#[test]
fn answers_that_do_not_fit_are_written_nowhere() {
    run(async {
        let mut wrong = answers();
        wrong["port"] = json!("eighty");
        let world = World::new().answer("Service", wrong);
        let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
        assert!(matches!(error, ConfigError::Deserialization { .. }), "{error:?}");
        assert!(error.unsaved().is_some() && world.writes().is_empty());
    });
}

#[test]
fn a_chain_that_keeps_nothing_uses_the_answer_in_this_process() {
    run(async {
        let world = World::of([Double::read_only("file"), Double::prompt("prompt")]).answer("Service", answers());
        let manager = world.manager();
        manager.get_or_prompt::<Service>().await.unwrap();
        manager.get_or_prompt::<Service>().await.unwrap();
        manager.get::<Service>().await.unwrap();
        assert_eq!(world.times_asked(), 1);
        assert!(world.manager().get::<Service>().await.is_err());
    });
}
