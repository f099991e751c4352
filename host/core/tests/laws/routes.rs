//! A key with a chain of its own is looked for there and kept there, and nowhere else; what stands below every chain is
//! asked before a person is.

use std::{collections::BTreeMap, sync::Arc};

use harmony_config_core::{
    ConfigError, ConfigManager, ConfigSource, Coordinate, Features, Location, Route, Routes, Sensitivity, Shape,
};
use harmony_config_test::{Deed, Double, World};
use serde_json::{Value, json};

use crate::{
    run,
    types::{Plain, Service, Strict},
};

/// The chains of single keys, by the key.
#[derive(Default)]
struct Table {
    chains: BTreeMap<&'static str, Vec<&'static str>>,
    locations: BTreeMap<&'static str, &'static str>,
}

impl Routes for Table {
    fn route(&self, at: &Coordinate) -> Result<Option<Route>, ConfigError> {
        if at.key() == "Torn" {
            return Err(ConfigError::manifest("two rules contradict each other"));
        }
        let chain = self
            .chains
            .get(at.key())
            .map(|names| (names.iter().map(|name| (*name).to_owned()).collect(), "m.toml:7".to_owned()));
        let location = |place: &&str| Location {
            field: vec!["password".to_owned()],
            at: (*place).to_owned(),
            said: "m.toml:9".to_owned(),
        };
        let locations = self.locations.get(at.key()).map(|place| ("b".to_owned(), vec![location(place)]));
        let route = Route { chain, locations: locations.into_iter().collect() };
        Ok(Some(route).filter(|route| *route != Route::default()))
    }
}

fn world() -> World {
    World::of([Double::store("a"), Double::store("b"), Double::store("beside"), Double::prompt("prompt")])
}

/// The chain a, b, prompt; `beside` is beside it.
fn manager(world: &World, table: Table, persist: &[&str], below: Option<Defaults>) -> ConfigManager {
    let mut builder = ConfigManager::builder().routes(Arc::new(table));
    for source in world.sources() {
        builder = match source.name() {
            "beside" => builder.off_chain(source),
            _ => builder.source(source),
        };
    }
    if let Some(below) = below {
        builder = builder.below_all(Arc::new(below));
    }
    if !persist.is_empty() {
        builder = builder.persist(Sensitivity::Standard, persist.iter().map(|name| (*name).to_owned()).collect());
    }
    builder.build().unwrap()
}

fn chains(chains: &[(&'static str, &[&'static str])]) -> Table {
    Table { chains: chains.iter().map(|(key, names)| (*key, names.to_vec())).collect(), ..Table::default() }
}

/// Defaults: one value for `Plain`, some fields.
struct Defaults(Value);

#[async_trait::async_trait]
impl ConfigSource for Defaults {
    async fn get(&self, _key: &str) -> Result<Option<Value>, ConfigError> {
        Ok(None)
    }
    async fn set(&self, _key: &str, _value: &Value) -> Result<(), ConfigError> {
        Ok(())
    }
    fn should_persist(&self) -> bool {
        false
    }
    fn name(&self) -> &str {
        "value"
    }
    fn features(&self) -> Features {
        Features::READ_ONLY
    }
    async fn read(
        &self,
        request: &harmony_config_core::Request,
    ) -> Result<Option<harmony_config_core::Entry>, harmony_config_core::Failure> {
        let entry = harmony_config_core::Entry::whole(self.0.clone(), "m.toml:12");
        let entry = harmony_config_core::Entry { partial: true, ..entry };
        Ok(Some(entry).filter(|_| request.at.key() == "Plain"))
    }
}

#[test]
fn a_key_with_a_chain_of_its_own_is_looked_for_there_alone() {
    run(async {
        let world = world().json_in("a", "Plain", json!({ "name": "a" })).json_in(
            "beside",
            "Plain",
            json!({ "name": "beside" }),
        );
        let manager = manager(&world, chains(&[("Plain", &["beside"])]), &[], None);
        let plain = manager.resolve::<Plain>().await.unwrap();
        assert_eq!(plain.name, "beside");
        assert_eq!((world.count("a", Deed::Read), world.count("b", Deed::Read)), (0, 0));
        let steps: Vec<(String, &str)> =
            plain.origin.steps.iter().map(|step| (step.source.to_string(), step.outcome.as_str())).collect();
        let step = |source: &str, outcome| (source.to_owned(), outcome);
        assert_eq!(
            steps,
            [step("beside", "hit"), step("a", "not-routed"), step("b", "not-routed"), step("prompt", "not-routed")]
        );
    });
}

#[test]
fn explaining_says_where_the_key_was_given_its_chain() {
    run(async {
        let world = world().json_in("a", "Plain", json!({ "name": "a" }));
        let manager = manager(&world, chains(&[("Plain", &["b"])]), &[], None);
        let explanation = manager.explain::<Plain>().await.unwrap();
        assert_eq!(explanation.winner, None);
        let a = explanation.steps.iter().find(|step| &*step.source == "a").unwrap();
        assert_eq!(a.outcome, "not-routed");
        assert!(a.message.as_deref().unwrap().contains("m.toml:7"), "{a:?}");
        let other = manager.explain::<Strict>().await.unwrap();
        assert!(other.steps.iter().all(|step| step.outcome != "not-routed"));
    });
}

#[test]
fn an_answer_is_kept_in_the_chain_of_its_key() {
    run(async {
        let world = world().answer("Plain", json!({ "name": "n" })).answer("Strict", json!({ "user": "u" }));
        let manager = manager(&world, chains(&[("Plain", &["b", "prompt"])]), &[], None);
        manager.get_or_prompt::<Plain>().await.unwrap();
        manager.get_or_prompt::<Strict>().await.unwrap();
        assert_eq!(world.writes(), [("b".to_owned(), "Plain".to_owned()), ("a".to_owned(), "Strict".to_owned())]);
    });
}

#[test]
fn one_form_asks_for_keys_of_several_chains_where_the_same_source_asks() {
    run(async {
        let world = world().answer("Plain", json!({ "name": "n" })).answer("Strict", json!({ "user": "u" }));
        let manager = manager(&world, chains(&[("Plain", &["b", "prompt"])]), &[], None);
        let (plain, strict) = manager.ensure::<(Plain, Strict)>().await.unwrap();
        assert_eq!((plain.name.as_str(), strict.user.as_str()), ("n", "u"));
        assert_eq!(world.times_asked(), 1);
    });
}

#[test]
fn nobody_is_asked_for_a_key_whose_chain_has_no_prompt() {
    run(async {
        let world = world().answer("Plain", json!({ "name": "n" }));
        let manager = manager(&world, chains(&[("Plain", &["a"])]), &[], None);
        let error = manager.get_or_prompt::<Plain>().await.unwrap_err();
        assert_eq!((error.code(), world.times_asked()), ("not-found", 0));
        assert_eq!(error.message(), "not found in a");
    });
}

#[test]
fn a_persist_list_does_not_lead_out_of_the_chain_of_a_key() {
    run(async {
        let world = world();
        let manager = manager(&world, chains(&[("Plain", &["b"])]), &["a", "b"], None);
        manager.set(&Plain { name: "n".to_owned(), size: None }).await.unwrap();
        manager.set(&Strict { user: "u".to_owned() }).await.unwrap();
        assert_eq!(world.writes(), [("b".to_owned(), "Plain".to_owned()), ("a".to_owned(), "Strict".to_owned())]);
    });
}

#[test]
fn a_field_is_kept_and_moved_in_the_chain_of_its_key() {
    run(async {
        let world = world().json_in("b", "Plain", json!({ "name": "n" }));
        let manager = manager(&world, chains(&[("Plain", &["b"])]), &[], None);
        let at = Coordinate::new("harmony", "Plain", None).unwrap();
        let shape = Shape::of::<Plain>();
        let written = manager.set_field(&at, &shape, &["size".to_owned()], &json!(3), None).await.unwrap();
        assert_eq!(&*written.source, "b");
        assert_eq!(manager.target_of(&at, &shape).as_deref(), Some("b"));
        assert_eq!(manager.get::<Plain>().await.unwrap().size, Some(3));
    });
}

#[test]
fn a_listing_has_what_the_chain_of_each_key_holds() {
    run(async {
        let world = world().json_in("a", "Plain", json!({})).json_in("beside", "Plain", json!({})).json_in(
            "beside",
            "Strict",
            json!({}),
        );
        let manager = manager(&world, chains(&[("Plain", &["beside"])]), &[], None);
        let listed = manager.list().await.unwrap();
        let listed: Vec<(String, String)> =
            listed.iter().map(|one| (one.at.to_string(), one.sources.join(","))).collect();
        assert_eq!(listed, [("Plain".to_owned(), "beside".to_owned())]);
    });
}

#[test]
fn rules_that_contradict_each_other_are_an_error_of_that_key_alone() {
    run(async {
        let world = world().json_in("a", "Plain", json!({ "name": "n" }));
        let manager = manager(&world, Table::default(), &[], None);
        let torn = Coordinate::new("harmony", "Torn", None).unwrap();
        let error = manager.resolve_value(&torn, &Shape::undeclared(), Default::default()).await.unwrap_err();
        assert_eq!((error.code(), error.key()), ("manifest", Some("Torn")));
        let explanation = manager.explain_value(&torn, &Shape::undeclared()).await;
        assert!(explanation.problem.unwrap().contains("contradict"));
        manager.get::<Plain>().await.unwrap();
    });
}

#[test]
fn what_stands_below_every_chain_is_asked_before_a_person_and_loses_against_every_source() {
    run(async {
        let world = world().partial_in("b", "Plain", json!({ "size": 2 }));
        let manager = manager(&world, Table::default(), &[], Some(Defaults(json!({ "name": "default", "size": 1 }))));
        let plain = manager.resolve_or_prompt::<Plain>(None).await.unwrap();
        assert_eq!((plain.name.as_str(), plain.size, world.times_asked()), ("default", Some(2), 0));
        assert_eq!(plain.origin.fields["name"].as_ref(), "value");
        assert_eq!(plain.origin.fields["size"].as_ref(), "b");
    });
}

#[test]
fn what_stands_below_every_chain_stands_below_that_of_a_single_key_too() {
    run(async {
        let world = world().json_in("a", "Plain", json!({ "name": "a" }));
        let manager = manager(&world, chains(&[("Plain", &["b"])]), &[], Some(Defaults(json!({ "name": "default" }))));
        assert_eq!(manager.get::<Plain>().await.unwrap().name, "default");
    });
}

#[test]
fn a_source_that_knows_no_places_fails_and_says_whose_place_it_was() {
    run(async {
        let world = world().json_in("b", "Service", json!({}));
        let table = Table { locations: [("Service", "infra/x#pw")].into(), ..Table::default() };
        let manager = manager(&world, table, &[], None);
        let error = manager.get::<Service>().await.unwrap_err();
        assert_eq!(error.exit_code(), 7);
        assert!(error.message().contains("m.toml:9") && error.source_name() == Some("b"), "{error}");
        assert_eq!(world.count("b", Deed::Read), 0);
        let at = Coordinate::new("harmony", "Service", None).unwrap();
        let error = manager.set_value(&at, &Shape::undeclared(), &json!({}), Some("b")).await.unwrap_err();
        assert!(error.message().contains("nothing was written") && error.message().contains("m.toml:9"), "{error}");
        assert!(world.writes().is_empty());
    });
}
