//! Never a secret: a canary in every place of a value, searched for in everything that is shown or logged.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex},
};

use harmony_config_core::{Config, Coordinate, FailureCode, Interaction, Secret, Shape};
use harmony_config_test::{Outage, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    chains::{CODES, any_plan, to_json, world},
    run,
    types::{Mixed, Motto, Service, Tls, at},
};

const CANARY: &str = "xyzzy-canary";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;
    fn make_writer(&self) -> Log {
        self.clone()
    }
}

/// Everything that is logged while the test runs, at the highest verbosity.
pub(crate) fn logged(test: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    let subscriber = subscriber.with_ansi(false).with_writer(log.clone()).finish();
    tracing::subscriber::with_default(subscriber, || run(test));
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Puts the canary in the place of every text and number of a value.
fn poisoned(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(poisoned),
        Value::Array(items) => items.iter_mut().for_each(poisoned),
        Value::Bool(_) | Value::Null => {}
        other => *other = json!(CANARY),
    }
}

/// Calls everything that there is for a key, and gathers what is shown of it.
async fn everything<T: Config + Send + Sync>(world: &World, at: &Coordinate) -> String {
    let mut shown = String::new();
    let mut show = |text: String| shown.push_str(&text);
    let manager = world.manager();
    let undeclared = Shape::undeclared();
    let error = |error: harmony_config_core::ConfigError| {
        let mut text = format!("{error} {error:?} {error:#?} {:?}", error.origin());
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text.push_str(&format!("{inner} {inner:?}"));
            cause = inner.source();
        }
        text
    };
    match manager.resolve::<T>().await {
        Ok(value) => show(format!("{:?}", value.origin)),
        Err(failed) => show(error(failed)),
    }
    for interaction in [Interaction::Forbidden, Interaction::Allowed] {
        for shape in [&undeclared, &*Shape::of::<T>()] {
            match manager.resolve_value(at, shape, interaction).await {
                Ok(value) => show(format!("{:?}", value.origin)),
                Err(failed) => show(error(failed)),
            }
        }
    }
    let explanation = manager.explain::<T>().await.unwrap();
    show(format!("{explanation:?} {}", serde_json::to_string(&explanation).unwrap()));
    match manager.set_value(at, &undeclared, &json!({ "password": CANARY }), None).await {
        Ok(written) => show(format!("{written:?}")),
        Err(failed) => show(error(failed)),
    }
    match manager.list().await {
        Ok(listed) => show(format!("{listed:?}")),
        Err(failed) => show(error(failed)),
    }
    match manager.delete::<T>().await {
        Ok(deleted) => show(format!("{deleted:?}")),
        Err(failed) => show(error(failed)),
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_value_is_shown_or_logged_whatever_the_chain(plan in any_plan()) {
        let shown = Arc::new(Mutex::new(String::new()));
        let log = logged({
            let shown = Arc::clone(&shown);
            async move {
                let mut world = world(&plan);
                for (index, link) in plan.iter().enumerate() {
                    if let Some(content) = &link.content {
                        let mut value = to_json(&content.leaves);
                        poisoned(&mut value);
                        world = world.json_in(&format!("s{index}"), "Service", value);
                    }
                }
                let text = everything::<Service>(&world, &at::<Service>()).await;
                *shown.lock().unwrap() = text;
            }
        });
        let shown = shown.lock().unwrap();
        prop_assert!(!shown.contains(CANARY), "{}", shown);
        prop_assert!(!log.contains(CANARY), "{}", log);
    }
}

#[test]
fn no_value_is_shown_whatever_it_is_and_whatever_fails() {
    let values = [
        json!(CANARY),
        json!([CANARY]),
        json!({ "tags": CANARY, "login": { "Token": { "token": 5 } } }),
        json!({ "tags": [CANARY], "login": { CANARY: { "token": CANARY } } }),
        json!({ "tags": [5], "login": CANARY }),
        json!({ "$harmony-config": { "version": 2 }, "value": CANARY }),
        json!({ "$harmony-config": CANARY, "value": CANARY }),
    ];
    for value in values {
        for outage in CODES.iter().copied().map(Outage::WritesFail).chain([Outage::Fails(FailureCode::Denied)]) {
            let shown = Arc::new(Mutex::new(String::new()));
            let log = logged({
                let (shown, value) = (Arc::clone(&shown), value.clone());
                async move {
                    let world = World::with_stores(["a", "b"])
                        .json_in("b", "Mixed", value.clone())
                        .json_in("b", "Motto", value.clone())
                        .answer("Mixed", json!({ "tags": [CANARY], "login": { "Token": { "token": CANARY } } }))
                        .answer("Motto", json!(CANARY));
                    world.breaks("a", outage);
                    let mut text = everything::<Mixed>(&world, &at::<Mixed>()).await;
                    text.push_str(&everything::<Motto>(&world, &at::<Motto>()).await);
                    *shown.lock().unwrap() = text;
                }
            });
            let shown = shown.lock().unwrap();
            assert!(!shown.contains(CANARY), "{value}: {shown}");
            assert!(!log.contains(CANARY), "{value}: {log}");
        }
    }
}

#[test]
fn what_a_person_is_shown_as_known_has_no_secret_in_it_however_deep() {
    #[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Deep {
        tls: Tls,
        token: Secret<String>,
    }
    #[derive(harmony_config_derive::Config, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[config(crate = "harmony_config_core")]
    struct Outer {
        name: String,
        deep: Deep,
        more: Option<Deep>,
    }
    run(async {
        let deep = json!({ "tls": { "cert": "c", "key": CANARY }, "token": CANARY });
        let world =
            World::new().json("Outer", json!({ "deep": deep, "more": deep })).answer("Outer", json!({ "name": "n" }));
        world.manager().get_or_prompt::<Outer>().await.unwrap();
        let question = &world.forms()[0].questions[0];
        assert_eq!(question.known.len(), 2);
        assert!(!format!("{question:?}").contains(CANARY), "{question:?}");
    });
}

/// A type whose own words quote the value, in the form that serde's words have.
#[derive(Debug, serde::Serialize, schemars::JsonSchema, harmony_config_derive::Config)]
#[config(crate = "harmony_config_core")]
struct Chatty(String);

impl<'de> serde::Deserialize<'de> for Chatty {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("`{value}` will not do, expected anything but {value}")))
    }
}

#[test]
fn a_type_that_quotes_the_value_in_its_own_error_does_not_get_it_into_ours() {
    let shown = Arc::new(Mutex::new(String::new()));
    let log = logged({
        let shown = Arc::clone(&shown);
        async move {
            let world = World::new().json("Chatty", json!(CANARY)).answer("Chatty", json!(CANARY));
            *shown.lock().unwrap() = everything::<Chatty>(&world, &at::<Chatty>()).await;
        }
    });
    let shown = shown.lock().unwrap();
    assert!(shown.contains("does not fit its type"), "{shown}");
    assert!(!shown.contains(CANARY) && !log.contains(CANARY), "{shown} {log}");
}
