//! Law 4: a failed write loses nothing; one whose outcome is unknown is read again and never repeated elsewhere; an answer
//! during an outage is not left below its place without a yes.

use harmony_config_core::{ConfigError, FailureCode, Sensitivity};
use harmony_config_test::{Deed, Outage, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    chains::CODES,
    run,
    types::{Plain, Service},
};

fn answers() -> Value {
    json!({ "host": "h", "port": 1, "password": "canary", "tls": { "cert": "c", "key": "k" } })
}

fn any_write_fault() -> impl Strategy<Value = Outage> {
    prop_oneof![
        prop::sample::select(CODES.as_slice()).prop_map(Outage::WritesFail),
        Just(Outage::WritesLost),
        Just(Outage::WriteAnswersLost),
    ]
}

proptest! {
    #[test]
    fn an_answer_is_either_kept_in_its_place_or_carried_by_the_error(fault in any_write_fault(), list in any::<bool>()) {
        run(async {
            let mut world = World::with_stores(["a", "b"]).answer("Service", answers());
            if list {
                world = world.persist(Sensitivity::Secret, ["a", "b"]);
            }
            world.breaks("a", fault);
            // A list is consent to the next place, where the one before surely has not got it.
            let goes_on = list && fault == Outage::WritesFail(FailureCode::Unavailable);
            let manager = world.manager();
            match manager.get_or_prompt::<Service>().await {
                Ok(value) => {
                    prop_assert_eq!(value.password, "canary");
                    prop_assert!(world.stored("a", "Service").is_some() != goes_on);
                }
                Err(error) => {
                    prop_assert!(matches!(error, ConfigError::NotPersisted { .. }), "{:?}", error);
                    prop_assert_eq!(&error.unsaved().unwrap()["password"], "canary");
                    let shown = format!("{error} {error:?}");
                    prop_assert!(!shown.contains("canary"), "{}", shown);
                    prop_assert!(world.stored("a", "Service").is_none());
                    // In this process it holds, and nobody is asked again.
                    prop_assert_eq!(manager.get_or_prompt::<Service>().await.unwrap().password, "canary");
                    prop_assert_eq!(world.times_asked(), 1);
                }
            }
            prop_assert_eq!(world.stored("b", "Service").is_some(), goes_on);
            Ok(())
        })?;
    }

    #[test]
    fn set_goes_on_along_a_list_only_where_a_place_is_surely_away(fault in any_write_fault(), list in any::<bool>()) {
        run(async {
            let mut world = World::with_stores(["a", "b"]);
            if list {
                world = world.persist(Sensitivity::Standard, ["a", "b"]);
            }
            world.breaks("a", fault);
            let value = Plain { name: "n".to_owned(), size: None };
            let result = world.manager().set(&value).await;
            let there = |name: &str| world.stored(name, "Plain").is_some();
            let goes_on = list && fault == Outage::WritesFail(FailureCode::Unavailable);
            prop_assert_eq!(result.is_ok(), goes_on || fault == Outage::WriteAnswersLost);
            prop_assert_eq!(there("b"), goes_on);
            if let Err(error) = result {
                prop_assert!(error.unsaved().is_some());
            }
            Ok(())
        })?;
    }
}

#[test]
fn set_goes_on_along_a_list_where_a_place_is_known_to_be_away_without_writing_there() {
    run(async {
        for outage in [Outage::Hangs, Outage::Fails(FailureCode::Unavailable)] {
            let world = World::with_stores(["a", "b"]).persist(Sensitivity::Standard, ["a", "b"]);
            world.breaks("a", outage);
            world.manager().set(&Plain { name: "n".to_owned(), size: None }).await.unwrap();
            assert_eq!(world.writes(), [("b".to_owned(), "Plain".to_owned())]);
        }
        let world = World::with_stores(["a", "b"]).persist(Sensitivity::Standard, ["a", "b"]);
        world.breaks("a", Outage::ReadOnly(FailureCode::Denied));
        let error = world.manager().set(&Plain { name: "n".to_owned(), size: None }).await.unwrap_err();
        assert_eq!((error.exit_code(), error.source_name()), (5, Some("a")), "{error}");
        assert!(error.message().contains("nothing was written") && world.writes().is_empty(), "{error}");
    });
}

#[test]
fn an_unknown_outcome_is_read_again_in_the_same_place() {
    run(async {
        let world = World::new();
        world.breaks("store", Outage::WriteAnswersLost);
        world.manager().set(&Plain { name: "n".to_owned(), size: None }).await.unwrap();
        assert_eq!((world.count("store", Deed::Write), world.count("store", Deed::Read)), (1, 1));
    });
}

#[test]
fn a_write_that_did_not_arrive_is_not_said_to_have_surely_failed() {
    run(async {
        for fault in [Outage::WritesLost, Outage::Hangs] {
            let world = World::new();
            world.breaks("store", fault);
            let error = world.manager().set(&Plain { name: "n".to_owned(), size: None }).await.unwrap_err();
            assert!(error.message().contains("it is not known whether"), "{error}");
            assert!(!error.message().contains("nothing was written"), "{error}");
        }
    });
}

#[test]
fn what_was_never_tried_is_not_said_to_be_unknown() {
    run(async {
        // The store goes away between the asking and the writing: it is read before it is written.
        let world = World::with_stores(["a", "b"]).answer("Service", answers()).keeps_elsewhere();
        world.breaks("a", Outage::Hangs);
        world.breaks("b", Outage::WritesFail(FailureCode::Unavailable));
        let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
        assert!(error.message().contains("nothing was written"), "{error}");
    });
}

#[test]
fn during_an_outage_the_answer_stays_in_this_process_unless_the_person_says_otherwise() {
    run(async {
        let world = World::with_stores(["team", "local"]).answer("Service", answers());
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        let manager = world.manager();
        manager.get_or_prompt::<Service>().await.unwrap();
        assert!(world.writes().is_empty(), "{:?}", world.writes());
        assert!(world.forms()[1].about_place);
        manager.get::<Service>().await.unwrap();

        // The team's store is back, and has a value: it wins over what was answered meanwhile.
        world.mends("team");
        let mut teams = answers();
        teams["port"] = json!(2);
        world.changes("team", "Service", teams);
        let value = manager.resolve::<Service>().await.unwrap();
        assert_eq!(value.port, 2);
        assert!(value.note.is_none());
        assert_eq!(value.origin.winner.as_deref(), Some("team"));
        assert!(value.origin.fields.values().all(|source| &**source == "team"), "{:?}", value.origin.fields);
    });
}

#[test]
fn an_answer_from_an_outage_adds_nothing_to_a_whole_value_that_fits() {
    run(async {
        let mut with_note = answers();
        with_note["note"] = json!("answered during the outage");
        let world = World::with_stores(["team"]).answer("Service", with_note);
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        let manager = world.manager();
        assert!(manager.get_or_prompt::<Service>().await.unwrap().note.is_some());
        world.mends("team");
        world.changes("team", "Service", answers());
        assert_eq!(manager.get::<Service>().await.unwrap().note, None);
    });
}

#[test]
fn the_next_place_is_offered_by_name_and_taken_with_a_yes() {
    run(async {
        let world = World::with_stores(["team", "local"]).answer("Service", answers()).keeps_elsewhere();
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        world.manager().get_or_prompt::<Service>().await.unwrap();
        assert_eq!(world.writes(), [("local".to_owned(), "Service".to_owned())]);
    });
}

#[test]
fn a_place_that_cannot_be_written_is_not_offered() {
    run(async {
        let world = World::with_stores(["team", "local"]).answer("Service", answers()).keeps_elsewhere();
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        world.breaks("local", Outage::ReadOnly(FailureCode::Denied));
        let manager = world.manager();
        manager.get_or_prompt::<Service>().await.unwrap();
        assert_eq!(world.times_asked(), 1);
        manager.get::<Service>().await.unwrap();
    });
}

#[test]
fn answers_that_hold_for_this_process_add_up() {
    run(async {
        let world = World::with_stores(["team"]).answer("Service", answers());
        world.breaks("team", Outage::ReadOnly(FailureCode::Unavailable));
        let manager = world.manager();
        let team = json!({ "host": "h", "port": 5, "password": "p", "tls": { "cert": "c" } });
        world.changes("team", "Service", team);
        manager.get_or_prompt::<Service>().await.unwrap();
        let team = json!({ "host": "h", "password": "p", "tls": { "cert": "c" } });
        world.changes("team", "Service", team);
        manager.get_or_prompt::<Service>().await.unwrap();
        assert_eq!(world.forms()[1].questions[0].fields, ["port"]);
        let value: Service = manager.get().await.unwrap();
        assert_eq!((value.port, value.tls.key.as_str()), (1, "k"));
    });
}

#[test]
fn an_answer_that_holds_for_this_process_can_be_taken_back() {
    run(async {
        let world = World::with_stores(["team"]).answer("Service", answers());
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        let manager = world.manager();
        manager.get_or_prompt::<Service>().await.unwrap();
        let deleted = manager.delete::<Service>().await.unwrap();
        assert_eq!(&*deleted.source, "prompt");
        assert!(manager.get::<Service>().await.is_err());
    });
}

#[test]
fn somebody_elses_change_meanwhile_is_kept_beside_the_answers() {
    run(async {
        let world = World::new()
            .json("Service", json!({ "host": "h", "port": 1, "password": "p", "tls": { "cert": "c" } }))
            .answer("Service", json!({ "tls": { "key": "k" } }));
        world.breaks("store", Outage::WritesFail(FailureCode::Conflict));
        let manager = world.manager();
        let asking = manager.get_or_prompt::<Service>();
        let other = async {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            world.mends("store");
            world.changes(
                "store",
                "Service",
                json!({
                    "host": "h", "port": 2, "password": "p", "tls": { "cert": "c" }
                }),
            );
        };
        let (answer, ()) = tokio::join!(asking, other);
        answer.unwrap();
        let stored = world.stored("store", "Service").unwrap();
        assert_eq!((&stored["port"], &stored["tls"]["key"]), (&json!(2), &json!("k")));
    });
}
