//! What is the source's own, natively. What variables mean is tested with them.

use harmony_config_sdk::{Coordinate, Interaction, Sensitivity};
use serde_json::{Value, json};

use super::*;

fn request(key: &str, instance: Option<&str>) -> Request {
    Request {
        at: Coordinate { namespace: "n".into(), key: key.into(), instance: instance.map(str::to_owned) },
        sensitivity: Sensitivity::Standard,
        schema: None,
        locations: Vec::new(),
        interaction: Interaction::Forbidden,
        id: "1".into(),
        extra: Vec::new(),
    }
}

#[test]
fn a_value_cannot_be_written_and_the_way_to_set_it_is_named() {
    let source = EnvSource::configure(NoSettings {}, Host::of("harmony")).unwrap();
    let failure = source.set(&request("my-App", Some("fw-a")), "{}", &Expected::Anything).unwrap_err();
    assert_eq!(failure.code, "unsupported");
    assert!(failure.remedy.unwrap().contains("export HARMONY_CONFIG_my_App__AT__fw_a "));
    assert_eq!(source.delete(&request("App", None), &Expected::Anything).unwrap_err().code, "unsupported");
    assert_eq!(source.features(), [Feature::Refs]);
}

#[test]
fn the_facts_are_json() {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["name"], "env");
    assert_eq!(facts["wants"], json!({ "environment": {} }));
}
