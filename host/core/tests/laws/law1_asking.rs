//! Law 1: `get` asks nobody; `get_or_prompt` asks once, for what is missing or invalid, and first says what is wrong.

use harmony_config_core::{ConfigError, FailureCode, Interaction};
use harmony_config_test::{Deed, Outage, World};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    chains::{any_plan, world},
    model, run,
    types::{Motto, Service, Strict, at, shapes},
};

proptest! {
    #[test]
    fn get_never_asks_and_never_writes(plan in any_plan()) {
        run(async {
            let world = world(&plan);
            for shape in shapes::<Service>() {
                let _ = world.manager().resolve_value(&at::<Service>(), &shape, Interaction::Forbidden).await;
            }
            let _ = world.manager().get::<Service>().await;
            prop_assert!(world.calls().iter().all(|call| call.deed == Deed::Read), "{:?}", world.calls());
            Ok(())
        })?;
    }

    #[test]
    fn a_form_asks_for_what_the_model_says_is_missing_or_invalid(plan in any_plan()) {
        run(async {
            let expected = model::get_or_prompt(&plan);
            for shape in shapes::<Service>() {
                let world = world(&plan);
                let _ = world.manager().resolve_value(&at::<Service>(), &shape, Interaction::Allowed).await;
                let mut forms = world.forms();
                prop_assert_eq!(forms.iter().any(|form| form.about_place), expected.offered);
                forms.retain(|form| !form.about_place);
                let asked: Option<Vec<String>> = forms.first().map(|form| form.questions[0].fields.clone());
                let expected: Option<Vec<String>> = expected.form.as_ref().map(|leaves| {
                    let mut leaves: Vec<String> = leaves.iter().map(|leaf| (*leaf).to_owned()).collect();
                    leaves.sort();
                    leaves
                });
                prop_assert_eq!(asked, expected);
                prop_assert!(forms.len() <= 1);
            }
            Ok(())
        })?;
    }
}

fn whole() -> serde_json::Value {
    json!({ "host": "h", "port": 1, "password": "p", "tls": { "cert": "c", "key": "k" } })
}

#[test]
fn only_the_missing_field_of_an_old_shape_is_asked_for() {
    run(async {
        let mut old = whole();
        old["tls"].as_object_mut().unwrap().remove("key");
        let world = World::new().json("Service", old).answer("Service", json!({ "tls": { "key": "new" } }));
        let value: Service = world.manager().get_or_prompt().await.unwrap();
        assert_eq!((value.tls.key.as_str(), value.tls.cert.as_str(), value.port), ("new", "c", 1));
        assert_eq!(world.forms()[0].questions[0].fields, ["tls.key"]);
    });
}

#[test]
fn the_person_first_hears_who_could_not_be_asked_and_what_is_wrong_and_sees_no_secret() {
    run(async {
        let mut bad = whole();
        bad["port"] = json!("eighty");
        let world = World::with_stores(["openbao", "sqlite"])
            .json_in("sqlite", "Service", bad)
            .persist(harmony_config_core::Sensitivity::Secret, ["sqlite"])
            .answer("Service", json!({ "port": 2 }));
        world.breaks("openbao", Outage::Fails(FailureCode::Unavailable));
        world.manager().get_or_prompt::<Service>().await.unwrap();
        let question = &world.forms()[0].questions[0];
        assert_eq!(question.notices.len(), 2, "{:?}", question.notices);
        assert!(question.notices[0].contains("`openbao` could not be asked"), "{:?}", question.notices);
        assert!(question.notices[1].contains("`port`") && question.notices[1].contains("`sqlite`"));
        let known =
            |name: &str| question.known.iter().find(|(known, _)| known == name).map(|(_, shown)| shown.as_str());
        assert_eq!((known("host"), known("password"), known("tls")), (Some("h"), Some("***"), Some("***")));
    });
}

#[test]
fn where_nobody_is_there_the_error_says_that_a_person_is_needed() {
    run(async {
        let world = World::new();
        world.goes_away();
        let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
        assert!(matches!(error, ConfigError::InteractionRequired { .. }), "{error:?}");
        assert_eq!((error.exit_code(), error.source_name()), (4, Some("prompt")));
    });
}

#[test]
fn where_the_person_says_no_nothing_is_written() {
    run(async {
        let world = World::new();
        world.says_no();
        let error = world.manager().get_or_prompt::<Service>().await.unwrap_err();
        assert!(matches!(error, ConfigError::Cancelled { .. }), "{error:?}");
        assert!(world.writes().is_empty());
    });
}

#[test]
fn several_values_are_asked_for_in_one_form() {
    run(async {
        let world = World::new()
            .json("Plain", json!({ "size": 3 }))
            .answer("Service", whole())
            .answer("Plain", json!({ "name": "n" }));
        let (_, plain) = world.manager().ensure::<(Service, crate::types::Plain)>().await.unwrap();
        assert_eq!((plain.name.as_str(), plain.size), ("n", Some(3)));
        let forms = world.forms();
        assert_eq!((forms.len(), forms[0].questions.len()), (1, 2));
        assert_eq!(forms[0].questions[1].fields, ["name"]);
    });
}

#[test]
fn a_stored_value_of_another_kind_altogether_is_asked_for_anew() {
    run(async {
        let world = World::new().json("Motto", json!(5)).answer("Motto", json!("carpe diem"));
        assert_eq!(world.manager().get_or_prompt::<Motto>().await.unwrap(), Motto("carpe diem".to_owned()));
        assert_eq!(world.manager().get::<Motto>().await.unwrap(), Motto("carpe diem".to_owned()));
        let world = World::new().json("Service", json!([1])).answer("Service", whole());
        world.manager().get_or_prompt::<Service>().await.unwrap();
        assert_eq!(world.manager().get::<Service>().await.unwrap().host, "h");
    });
}

#[test]
fn a_field_that_should_not_be_there_is_no_question() {
    run(async {
        // Nothing is missing: no answer helps, and nothing is taken out of the store unasked.
        let stored = json!({ "user": "u", "username": "canary" });
        let world = World::new().json("Strict", stored.clone()).answer("Strict", json!({ "user": "new" }));
        let error = world.manager().get_or_prompt::<Strict>().await.unwrap_err();
        assert!(error.message().contains("`username`") && !error.message().contains("canary"), "{error}");
        assert_eq!((world.times_asked(), world.stored("store", "Strict")), (0, Some(stored)));

        // An old shape: its old name goes, the new one is asked for.
        let world = World::new().json("Strict", json!({ "username": "u" })).answer("Strict", json!({ "user": "new" }));
        world.manager().get_or_prompt::<Strict>().await.unwrap();
        assert_eq!(world.forms()[0].questions[0].fields, ["user"]);
        assert_eq!(world.stored("store", "Strict"), Some(json!({ "user": "new" })));
    });
}

#[test]
fn an_error_says_how_to_store_the_value_and_speaks_of_asking_only_where_somebody_asks() {
    run(async {
        let world = World::new().namespace("my-project");
        let error = world.manager().get::<Strict>().await.unwrap_err();
        let remedy = error.remedy().unwrap();
        assert!(
            remedy.contains("harmony-config -n my-project set Strict;") && remedy.contains("get_or_prompt"),
            "{error}"
        );
        let world = World::of([harmony_config_test::Double::store("store")]);
        let error = world.manager().get_or_prompt::<Strict>().await.unwrap_err();
        assert!(!error.remedy().unwrap().contains("ask"), "{error}");
    });
}

/// Notes how it was asked, and has nothing.
#[derive(Default)]
struct SignsIn(std::sync::Mutex<Vec<Interaction>>);

#[async_trait::async_trait]
impl harmony_config_core::ConfigSource for SignsIn {
    async fn get(&self, _: &str) -> Result<Option<serde_json::Value>, ConfigError> {
        Ok(None)
    }
    async fn set(&self, _: &str, _: &serde_json::Value) -> Result<(), ConfigError> {
        Ok(())
    }
    fn should_persist(&self) -> bool {
        false
    }
    async fn read(
        &self,
        request: &harmony_config_core::Request,
    ) -> Result<Option<harmony_config_core::Entry>, harmony_config_core::Failure> {
        self.0.lock().unwrap().push(request.interaction);
        Ok(None)
    }
}

#[test]
fn a_source_that_may_have_a_person_sign_in_may_do_so_where_the_call_may_ask_and_nowhere_else() {
    run(async {
        let source = std::sync::Arc::new(SignsIn::default());
        let manager = harmony_config_core::ConfigManager::new(vec![source.clone()]);
        let asked = || std::mem::take(&mut *source.0.lock().unwrap());
        let _ = manager.get::<Service>().await;
        let _ = manager.explain::<Service>().await;
        assert!(asked().iter().all(|asked| *asked == Interaction::Forbidden));
        let _ = manager.get_or_prompt::<Service>().await;
        assert_eq!(asked(), [Interaction::Allowed]);
    });
}
