//! Law 3: what is written is the store's own fields and the answered ones. What another source gave is never baked in.

use harmony_config_core::{ConfigError, Interaction};
use harmony_config_test::World;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    chains::{Leaf, Link, Role, any_plan, to_json, world},
    run,
    types::{Login, Mixed, Service, at, shapes},
};

/// Every scalar in a value.
fn scalars(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|field| scalars(field, found)),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, found)),
        scalar => found.push(scalar.clone()),
    }
}

proptest! {
    /// Told without the model: every scalar in a store was there before, or was answered.
    #[test]
    fn a_store_holds_nothing_that_another_source_gave(plan in any_plan()) {
        run(async {
            let mut plan = plan;
            // Each source's values are its own: a value in the wrong place gives itself away.
            for (index, link) in plan.iter_mut().enumerate() {
                for leaf in link.content.iter_mut().flat_map(|content| content.leaves.values_mut()) {
                    if let Leaf::Good(number) = leaf {
                        *number = u8::try_from(index).unwrap() * 10 + *number % 10;
                    }
                }
            }
            let world = world(&plan);
            let _ = world.manager().resolve_value(&at::<Service>(), &shapes::<Service>()[0], Interaction::Allowed).await;
            let mut answers = Vec::new();
            scalars(&to_json(&crate::chains::answered()), &mut answers);
            for (index, link) in plan.iter().enumerate().filter(|(_, link)| link.role == Role::Store) {
                let mut allowed = answers.clone();
                // The envelope's own.
                allowed.extend([json!(1), json!(true)]);
                if let Some(content) = &link.content {
                    scalars(&to_json(&content.leaves), &mut allowed);
                }
                let mut stored = Vec::new();
                scalars(&world.stored(&Link::name(index), "Service").unwrap_or(Value::Null), &mut stored);
                for value in stored.iter().filter(|value| !value.is_null()) {
                    prop_assert!(allowed.contains(value), "{} in {}", value, Link::name(index));
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn an_override_is_used_and_not_kept() {
    run(async {
        let world = World::new()
            .partial("Service", json!({ "port": "8443" }))
            .answer("Service", json!({ "host": "h", "port": 1, "password": "p", "tls": { "cert": "c", "key": "k" } }));
        let value: Service = world.manager().get_or_prompt().await.unwrap();
        assert_eq!(value.port, 8443);
        let stored = world.stored("store", "Service").unwrap();
        assert_eq!(stored["$harmony-config"]["partial"], true);
        assert!(stored["value"].get("port").is_none(), "{stored}");

        // Without the override the field is missing again, and it alone is asked for.
        world.forgets("overrides");
        let error = world.manager().get::<Service>().await.unwrap_err();
        assert!(matches!(error, ConfigError::NotFound { .. }), "{error:?}");
        let value: Service = world.manager().get_or_prompt().await.unwrap();
        assert_eq!(value.port, 1);
        assert_eq!(world.forms()[1].questions[0].fields, ["note", "port"]);
        assert!(world.stored("store", "Service").unwrap().get("$harmony-config").is_none());
    });
}

#[test]
fn a_source_that_is_read_only_by_now_still_reads_what_it_kept_in_part() {
    run(async {
        let kept = json!({ "$harmony-config": { "version": 1, "partial": true }, "value": { "port": 1 } });
        let world =
            World::of([harmony_config_test::Double::read_only("file"), harmony_config_test::Double::store("store")])
                .json_in("file", "Service", kept)
                .json_in(
                    "store",
                    "Service",
                    json!({
                        "host": "h", "port": 9, "password": "p", "tls": { "cert": "c", "key": "k" }
                    }),
                );
        assert_eq!(world.manager().get::<Service>().await.unwrap().port, 1);
    });
}

#[test]
fn lists_and_alternatives_are_replaced_and_never_mixed() {
    run(async {
        let world =
            World::new().partial("Mixed", json!({ "tags": ["x"], "login": { "Token": { "token": "t" } } })).json(
                "Mixed",
                json!({
                    "tags": ["a", "b"], "login": { "Password": { "user": "u", "password": "p" } }
                }),
            );
        let value: Mixed = world.manager().get().await.unwrap();
        assert_eq!(value, Mixed { tags: vec!["x".to_owned()], login: Login::Token { token: "t".to_owned() } });
    });
}

#[test]
fn an_answer_does_not_hide_an_optional_field_that_stands_below_it() {
    run(async {
        let world = World::with_stores(["openbao", "sqlite"])
            .partial_in("sqlite", "Service", json!({ "note": "from below", "port": 1 }))
            .answer("Service", json!({ "host": "h", "password": "p", "port": 2, "tls": { "cert": "c", "key": "k" } }))
            .json_in("openbao", "Service", json!({ "port": "eighty" }));
        // An old shape above ends the walk, so its port is asked for and what is below is not met.
        assert_eq!(world.manager().get_or_prompt::<Service>().await.unwrap().note, None);

        world.forgets("openbao");
        assert_eq!(world.manager().get_or_prompt::<Service>().await.unwrap().note.as_deref(), Some("from below"));
        assert_eq!(world.manager().get::<Service>().await.unwrap().note.as_deref(), Some("from below"));
    });
}
