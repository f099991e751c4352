//! Many values looked for at once: what each comes to, whose fault it is, and that nobody is asked.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{sync::Arc, time::Duration};

use harmony_config_core::{Coordinate, FailureCode, Sensitivity, Shape, Standing};
use harmony_config_test::{Outage, World};
use serde_json::{Value, json};

fn wanted(key: &str, schema: Value) -> (Coordinate, Arc<Shape>) {
    let shape = Shape::from_schema(schema, Sensitivity::Standard);
    (Coordinate::new("harmony", key, None).unwrap(), Arc::new(shape))
}

fn server(key: &str) -> (Coordinate, Arc<Shape>) {
    wanted(
        key,
        json!({
            "type": "object", "required": ["host", "port"],
            "properties": { "host": { "type": "string" }, "port": { "type": "integer", "minimum": 1024 } },
        }),
    )
}

#[tokio::test]
async fn each_value_is_said_to_be_what_it_is_and_no_value_is_shown() {
    let world = World::new()
        .json("Whole", json!({ "host": "h", "port": 8080 }))
        .json("Old", json!({ "host": "canary" }))
        .json("Wrong", json!({ "host": 7, "port": 80 }))
        .partial("Part", json!({ "host": "canary" }));
    let wanted = ["Whole", "Old", "Wrong", "Part", "Absent"].map(server);
    let checked = world.manager().check_values(&wanted).await;
    let standings: Vec<Standing> = checked.iter().map(|one| one.standing).collect();
    use Standing::{Invalid, Missing, Set};
    assert_eq!(standings, [Set, Invalid, Invalid, Missing, Missing]);
    let faults = |index: usize| -> Vec<String> {
        let told = checked[index].faults.iter();
        told.map(|at| format!("{}: {}", at.source.as_deref().unwrap_or("nobody"), at.fault)).collect()
    };
    assert_eq!(faults(0), [""; 0]);
    assert_eq!(faults(1), ["store: field `port` is missing (it should be a whole number, 1024 or more)"]);
    assert_eq!(
        faults(2),
        ["store: field `host` should be a text", "store: field `port` should be a whole number, 1024 or more"]
    );
    assert_eq!(faults(3), ["nobody: field `port` is missing (it should be a whole number, 1024 or more)"]);
    assert_eq!(faults(4), [""; 0]);
    assert!(!format!("{checked:?}").contains("canary"));
    assert_eq!(world.times_asked(), 0);
    assert_eq!(Standing::worst(standings).exit_code(), 7);
}

#[tokio::test]
async fn values_are_looked_for_at_the_same_time() {
    let world = World::new().deadline(Duration::from_secs(10));
    world.breaks("store", Outage::Slow(Duration::from_millis(200)));
    let wanted: Vec<_> = (0..10).map(|number| server(&format!("Key{number}"))).collect();
    let start = std::time::Instant::now();
    let checked = world.manager().check_values(&wanted).await;
    assert_eq!(checked.len(), 10);
    assert!(start.elapsed() < Duration::from_millis(1500), "one after the other takes 2 s: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_source_that_could_not_be_asked_is_not_taken_for_an_absent_value() {
    let world = World::new();
    world.breaks("store", Outage::Fails(FailureCode::Unavailable));
    let checked = world.manager().check_values(&[server("Key")]).await;
    assert_eq!(checked[0].standing, Standing::Unavailable);
    assert!(checked[0].error.as_ref().unwrap().message().contains("`store`"));
}

#[tokio::test]
async fn a_person_is_asked_for_all_of_it_in_one_form_and_once() {
    let world = World::new()
        .json("One", json!({ "host": "h", "port": 1 }))
        .answer("One", json!({ "port": 8080 }))
        .answer("Two", json!({ "host": "two", "port": 9090 }));
    let wanted = ["One", "Two"].map(server);
    let manager = world.manager();
    let answers = manager.ensure_values(&wanted).await;
    assert_eq!(answers[0].as_ref().unwrap().value, json!({ "host": "h", "port": 8080 }));
    assert_eq!(answers[1].as_ref().unwrap().value, json!({ "host": "two", "port": 9090 }));
    assert_eq!(world.times_asked(), 1, "in one form");
    let checked = world.manager().check_values(&wanted).await;
    assert!(checked.iter().all(|one| one.standing == Standing::Set), "{checked:?}");
}
