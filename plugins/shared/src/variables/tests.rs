//! What a set of variables means, natively.

use std::collections::BTreeMap;

use harmony_config_sdk::{Coordinate, Interaction, Sensitivity};
use serde_json::{Value, json};

use super::*;

impl Variables for BTreeMap<&str, &str> {
    fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(BTreeMap::get(self, name).map(|text| (*text).to_owned()))
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        Ok(self.keys().filter(|name| name.starts_with(prefix)).map(|name| (*name).to_owned()).collect())
    }
}

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

fn get(variables: &[(&'static str, &'static str)], request: &Request) -> Result<Option<Entry>, Failure> {
    read(&variables.iter().copied().collect::<BTreeMap<_, _>>(), "P_", request)
}

fn parsed(entry: &Entry) -> Value {
    serde_json::from_str(&entry.value).unwrap()
}

#[test]
fn no_variable_is_no_value() {
    assert_eq!(get(&[("P_Other", "1"), ("P_AppX", "1"), ("P_AppX__a", "1")], &request("App", None)).unwrap(), None);
}

#[test]
fn the_whole_value_is_passed_on_as_it_stands() {
    let entry = get(&[("P_App", " not json, and not for us to judge")], &request("App", None)).unwrap().unwrap();
    assert_eq!(entry, Entry::new(" not json, and not for us to judge", "P_App"));
}

#[test]
fn fields_alone_are_a_partial_value_of_texts_lists_and_objects() {
    let variables =
        [("P_App__port", "80"), ("P_App__tags", "[\"a\"]"), ("P_App__odd", "[a"), ("P_App__tls__cert", "c")];
    let entry = get(&variables, &request("App", None)).unwrap().unwrap();
    assert!(entry.partial);
    assert_eq!(parsed(&entry), json!({ "port": "80", "tags": ["a"], "odd": "[a", "tls": { "cert": "c" } }));
    assert_eq!(entry.location, "P_App__odd, P_App__port, P_App__tags, P_App__tls__cert");
}

#[test]
fn fields_win_over_the_whole_value_and_leave_it_whole() {
    let variables =
        [("P_App", r#"{"host":"h","port":1,"tls":{"key":"k"}}"#), ("P_App__port", "80"), ("P_App__tls__cert", "c")];
    let entry = get(&variables, &request("App", None)).unwrap().unwrap();
    assert!(!entry.partial);
    assert_eq!(parsed(&entry), json!({ "host": "h", "port": 80, "tls": { "key": "k", "cert": "c" } }));
    assert_eq!(entry.location, "P_App, P_App__port, P_App__tls__cert");
}

#[test]
fn a_field_over_a_whole_value_has_the_type_of_the_schema() {
    let schema = json!({
        "properties": {
            "port": { "type": ["integer", "null"] }, "name": { "type": "string" }, "mode": { "$ref": "#/$defs/Mode" },
            "tls": { "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] },
        },
        "$defs": { "Mode": { "enum": ["7"] }, "Tls": { "properties": { "on": { "type": "boolean" } } } },
    });
    let request = Request { schema: Some(schema.to_string()), ..request("App", None) };
    let variables = [
        ("P_App", "{}"),
        ("P_App__mode", "7"),
        ("P_App__name", "12"),
        ("P_App__port", "80"),
        ("P_App__tls__on", "true"),
    ];
    let entry = get(&variables, &request).unwrap().unwrap();
    assert_eq!(parsed(&entry), json!({ "mode": "7", "name": "12", "port": 80, "tls": { "on": true } }));
}

#[test]
fn an_instance_and_the_plain_key_are_different_values() {
    let variables = [("P_Fw__AT__fw_a", "{}"), ("P_Fw__AT__fw_a__host", "h"), ("P_Fw__host", "plain")];
    let plain = get(&variables, &request("Fw", None)).unwrap().unwrap();
    assert_eq!(parsed(&plain), json!({ "host": "plain" }));
    let instance = get(&variables, &request("Fw", Some("fw-a"))).unwrap().unwrap();
    assert_eq!(parsed(&instance), json!({ "host": "h" }));
    assert_eq!(get(&variables, &request("Fw", Some("fw-b"))).unwrap(), None);
    assert_eq!(get(&variables[..1], &request("Fw", None)).unwrap(), None);
}

#[test]
fn a_whole_value_that_is_not_json_is_named_and_not_quoted() {
    let failure = get(&[("P_App", "canary"), ("P_App__a", "1")], &request("App", None)).unwrap_err();
    assert_eq!(failure.code, "invalid");
    assert!(failure.message.starts_with("the variable P_App is not JSON"), "{}", failure.message);
    assert!(!failure.message.contains("canary"));
}

#[test]
fn a_field_of_something_that_has_no_fields_is_named_with_what_is_in_its_way() {
    for whole in [("P_App", "7"), ("P_App__tls", "canary")] {
        let failure = get(&[whole, ("P_App__tls__cert", "canary")], &request("App", None)).unwrap_err();
        assert_eq!(failure.code, "invalid");
        assert!(failure.message.contains("P_App__tls__cert"), "{}", failure.message);
        assert!(!failure.to_string().contains("canary"), "{failure}");
    }
}

#[test]
fn a_name_with_nothing_between_its_separators_is_no_field_and_is_found_by_the_check() {
    assert_eq!(get(&[("P_App__", "1"), ("P_App__a____b", "1")], &request("App", None)).unwrap(), None);
    assert!(names::has_empty_part("P_App__") && names::has_empty_part("P_App__a____b"));
    assert!(!names::has_empty_part("P_App___private"));
    let entry = get(&[("P_App___private", "1")], &request("App", None)).unwrap().unwrap();
    assert_eq!(parsed(&entry), json!({ "_private": "1" }));
}

#[test]
fn a_field_may_lie_in_a_variable_of_any_name() {
    let mut request = request("App", None);
    request.locations = vec![(vec!["password".into()], "THEIR_PW".into()), (vec!["none".into()], "ABSENT".into())];
    let entry = get(&[("THEIR_PW", "p")], &request).unwrap().unwrap();
    assert!(entry.partial);
    assert_eq!((parsed(&entry), entry.location.as_str()), (json!({ "password": "p" }), "THEIR_PW"));
    // What lies at the coordinate itself is asked for with another request.
    assert_eq!(get(&[("P_App", r#"{"user":"u"}"#)], &request).unwrap(), None);
}

#[test]
fn the_whole_value_may_lie_in_a_variable_of_any_name() {
    let mut request = request("App", None);
    request.locations = vec![(Vec::new(), "THEIRS".into())];
    assert_eq!(get(&[("P_App", "1"), ("THEIRS", "2")], &request).unwrap(), Some(Entry::new("2", "THEIRS")));
    request.locations.push((vec!["a".into()], "FIELD".into()));
    let entry = get(&[("THEIRS", r#"{"a":1,"b":2}"#), ("FIELD", "3")], &request).unwrap().unwrap();
    assert_eq!((entry.partial, parsed(&entry)), (false, json!({ "a": 3, "b": 2 })));
}
