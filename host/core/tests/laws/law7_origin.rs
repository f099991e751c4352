//! Law 7: `explain` is one fresh walk that asks nobody, past the winner; each value carries where it came from.

use harmony_config_core::{ConfigManager, FailureCode, Interaction, Outcome};
use harmony_config_test::{Deed, Outage, World};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    chains::{Link, Role, any_plan, world},
    model::{self, Answer},
    run,
    types::{Plain, Service, at, shapes},
};

proptest! {
    #[test]
    fn each_value_carries_who_gave_each_field(plan in any_plan()) {
        run(async {
            let walk = model::walk(&plan);
            let world = world(&plan);
            let value = world.manager().resolve_value(&at::<Service>(), &shapes::<Service>()[0], Interaction::Forbidden).await;
            if let Ok(value) = value {
                let origin = value.origin;
                prop_assert_eq!(origin.winner.as_deref().map(str::to_owned), walk.found.first().map(|(place, _)| Link::name(*place)));
                let fields: Vec<(String, String)> =
                    origin.fields.iter().map(|(field, source)| (field.clone(), source.to_string())).collect();
                prop_assert_eq!(fields, model::fields(&walk).into_iter().collect::<Vec<_>>());
                for step in &origin.steps {
                    let place: usize = step.source[1..].parse().unwrap();
                    let link = &plan[place];
                    let expected = match (link.role, link.failure(), &link.content) {
                        (Role::Prompt, ..) => Outcome::Skipped,
                        (_, Some(code), _) => Outcome::from(code),
                        (_, None, None) => Outcome::Absent,
                        (_, None, Some(content)) if content.partial => Outcome::Partial,
                        (_, None, Some(_)) => Outcome::Hit,
                    };
                    prop_assert_eq!(step.outcome, expected);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn explaining_asks_every_source_once_and_nobody_else_and_agrees_with_a_read(plan in any_plan()) {
        run(async {
            let world = world(&plan);
            let explanation = world.manager().explain::<Service>().await.unwrap();
            let readers = plan.iter().filter(|link| link.role != Role::Prompt).count();
            prop_assert_eq!(world.calls().len(), readers);
            prop_assert!(world.calls().iter().all(|call| call.deed == Deed::Read));
            prop_assert_eq!(explanation.steps.len(), plan.len());
            match model::get(&plan) {
                Answer::Value(_) => {
                    let walk = model::walk(&plan);
                    let winner = walk.found.first().map(|(place, _)| Link::name(*place));
                    prop_assert_eq!(explanation.winner.as_deref(), winner.as_deref());
                    prop_assert_eq!(explanation.problem, None);
                }
                Answer::Error(3) if model::walk(&plan).found.is_empty() => prop_assert_eq!(explanation.problem, None),
                Answer::Error(_) => prop_assert!(explanation.problem.is_some()),
            }
            Ok(())
        })?;
    }
}

#[test]
fn what_stands_below_the_winner_is_shadowed() {
    run(async {
        let world = World::with_stores(["a", "b", "c"]).json_in("a", "Plain", json!({ "name": "a" })).json_in(
            "b",
            "Plain",
            json!({ "name": "b" }),
        );
        world.breaks("c", Outage::Fails(FailureCode::Denied));
        let explanation = world.manager().explain::<Plain>().await.unwrap();
        let outcomes: Vec<&str> = explanation.steps.iter().map(|step| step.outcome).collect();
        assert_eq!(outcomes, ["absent", "hit", "shadowed", "denied", "skipped"]);
        assert_eq!(explanation.winner.as_deref(), Some("a"));
    });
}

#[test]
fn an_answered_field_comes_from_the_prompt_even_where_a_bad_one_was_stored() {
    run(async {
        let world = World::new()
            .json(
                "Service",
                json!({
                    "host": "h", "port": "eighty", "password": "p", "tls": { "cert": "c", "key": "k" }
                }),
            )
            .answer("Service", json!({ "port": 1 }));
        let value = world.manager().resolve_or_prompt::<Service>(None).await.unwrap();
        assert_eq!(&*value.origin.fields["port"], "prompt");
        assert_eq!(&*value.origin.fields["host"], "store");
    });
}

#[test]
fn an_answer_that_holds_for_this_process_is_explained() {
    run(async {
        let world = World::with_stores(["team"]).answer("Plain", json!({ "name": "n", "size": 1 }));
        world.breaks("team", Outage::Fails(FailureCode::Unavailable));
        let manager = world.manager();
        manager.get_or_prompt::<Plain>().await.unwrap();
        let explanation = manager.explain::<Plain>().await.unwrap();
        assert_eq!(explanation.winner.as_deref(), Some("prompt"));
        let prompt = explanation.steps.iter().find(|step| &*step.source == "prompt").unwrap();
        assert!(prompt.location.as_deref().unwrap().contains("this process"), "{prompt:?}");
        assert_eq!(explanation.problem, None);
    });
}

#[test]
fn what_is_listed_names_every_source_that_has_it_and_no_other_namespace() {
    run(async {
        let world = World::with_stores(["a", "b"])
            .json_in("a", "Plain", json!({ "name": "n" }))
            .json_in("b", "Plain", json!({ "name": "n" }))
            .json_in("b", "Service@fw-a", json!({}));
        let listed = world.manager().list().await.unwrap();
        let lines: Vec<String> = listed.iter().map(|listed| format!("{} {:?}", listed.at, listed.sources)).collect();
        assert_eq!(lines, ["Plain [\"a\", \"b\"]", "Service@fw-a [\"b\"]"]);
    });
}

#[test]
fn a_source_that_nobody_put_into_the_chain_says_why_it_is_there() {
    run(async {
        let world = World::with_stores(["openbao", "sqlite"]).json_in("sqlite", "Plain", json!({ "name": "n" }));
        let mut builder = ConfigManager::builder().because("openbao", "the environment has OPENBAO_URL");
        for source in world.sources() {
            builder = builder.source(source);
        }
        let explanation = builder.build().unwrap().explain::<Plain>().await.unwrap();
        let because = |source: &str| {
            let step = explanation.steps.iter().find(|step| &*step.source == source).unwrap();
            step.because.clone()
        };
        assert_eq!(because("openbao").as_deref(), Some("the environment has OPENBAO_URL"));
        assert_eq!(because("sqlite"), None);
        let error = ConfigManager::builder().because("nobody", "x").build().map(drop).unwrap_err();
        assert!(error.message().contains("there is no source `nobody`"), "{error}");
    });
}
