//! What programs and scripts build on: the names of errors and their exit codes, the JSON of `explain`. They change only
//! with a note in `docs/decisions`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::path::PathBuf;

use harmony_config_core::{Config, ConfigError, Coordinate, Failure, FailureCode, Outcome};
use harmony_config_test::{Outage, World};
use serde_json::json;

#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, harmony_config_derive::Config)]
#[config(crate = "harmony_config_core")]
struct AppConfig {
    host: String,
    port: u16,
}

#[test]
fn the_codes_of_failures_and_their_exit_codes() {
    let table = [
        (FailureCode::Denied, "denied", "source.denied", 5, Outcome::Denied),
        (FailureCode::Unavailable, "unavailable", "source.unavailable", 6, Outcome::Unavailable),
        (
            FailureCode::InteractionRequired,
            "interaction-required",
            "source.interaction-required",
            4,
            Outcome::InteractionRequired,
        ),
        (FailureCode::Invalid, "invalid", "source.invalid", 7, Outcome::Invalid),
        (FailureCode::Conflict, "conflict", "source.conflict", 1, Outcome::Unavailable),
        (FailureCode::Unsupported, "unsupported", "other", 1, Outcome::Unsupported),
        (FailureCode::Cancelled, "cancelled", "cancelled", 1, Outcome::Cancelled),
    ];
    for (code, name, error, exit, outcome) in table {
        assert_eq!((code.as_str(), FailureCode::from_name(name)), (name, code));
        let built = ConfigError::from_failure(Failure::new(code, "m"));
        assert_eq!((built.code(), built.exit_code(), Outcome::from(code)), (error, exit, outcome), "{name}");
    }
    assert_eq!(FailureCode::from_name("of-the-future"), FailureCode::Unavailable);
}

#[tokio::test]
async fn the_codes_of_the_other_errors_and_their_exit_codes() {
    let world = World::new();
    let manager = world.manager();
    let not_found = manager.get::<AppConfig>().await.unwrap_err();
    world.changes("store", "AppConfig", json!({ "host": 1 }));
    let old_shape = manager.get::<AppConfig>().await.unwrap_err();
    let usage = Coordinate::new("n", "a/b", None).unwrap_err();
    let errors = [
        (not_found, "not-found", 3),
        (old_shape, "value.deserialization", 7),
        (usage, "usage", 2),
        (ConfigError::manifest("m"), "manifest", 2),
        (ConfigError::other("m"), "other", 1),
    ];
    for (error, code, exit) in errors {
        assert_eq!((error.code(), error.exit_code()), (code, exit), "{error:?}");
    }

    #[derive(serde::Deserialize)]
    struct Unwritable;
    impl serde::Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("canary"))
        }
    }
    impl Config for Unwritable {
        const KEY: &'static str = "Unwritable";
    }
    let serialization = manager.set(&Unwritable).await.unwrap_err();
    assert_eq!((serialization.code(), serialization.exit_code()), ("value.serialization", 1));
    assert!(!format!("{serialization:?}").contains("canary"));

    let world = World::new().answer("AppConfig", json!({ "host": "h", "port": 1 }));
    world.breaks("store", Outage::WritesFail(FailureCode::Denied));
    let not_persisted = world.manager().get_or_prompt::<AppConfig>().await.unwrap_err();
    // The exit code is that of the cause.
    assert_eq!((not_persisted.code(), not_persisted.exit_code()), ("not-persisted", 5));
}

#[tokio::test]
async fn the_json_of_an_explanation() {
    let world = World::with_stores(["openbao", "sqlite", "old"])
        .partial("AppConfig@fw-a", json!({ "port": 1 }))
        .json_in("sqlite", "AppConfig@fw-a", json!({ "host": "h", "port": 2 }))
        .json_in("old", "AppConfig@fw-a", json!({ "host": "o", "port": 3 }))
        .namespace("my-project");
    world.breaks("openbao", Outage::Fails(FailureCode::Unavailable));
    let at = Coordinate::parse("my-project", "AppConfig@fw-a").unwrap();
    let shape = harmony_config_core::Shape::of::<AppConfig>();
    let mut explained = world.manager().explain_value(&at, &shape).await;
    // How long it took is the one thing that differs from run to run.
    explained.steps.iter_mut().for_each(|step| step.elapsed_us = 0);
    golden("explanation.json", &explained);
}

/// Compares with the golden file. To change one on purpose: run with `UPDATE_GOLDEN=1`, and say why in `docs/decisions`.
fn golden(name: &str, value: &impl serde::Serialize) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(text, known, "{} differs", path.display());
}
