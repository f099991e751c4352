//! A component as it was built when the contract was first laid down (`golden/env-0.1.0.wasm`, the plugin `env` of that
//! day). It is never built again: that it is loaded and answers is the promise to everybody who ships a plugin.

use std::path::Path;

use harmony_config_core::{ConfigSource, Coordinate, FailureCode, Interaction, Request};
use harmony_config_host::{Host, Places, Plugin, Variables};
use serde_json::json;

fn old() -> std::sync::Arc<Plugin> {
    Plugin::from_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/env-0.1.0.wasm")).unwrap()
}

#[test]
fn its_facts_are_read() {
    let plugin = old();
    let facts = plugin.facts();
    assert_eq!((plugin.name(), facts.version, facts.plugin_version.as_str()), ("env", 1, "0.1.0"));
    assert!(facts.wants.environment.is_some());
    assert!(facts.wants.sql.is_none() && facts.wants.files.is_none() && facts.wants.prompt.is_none());
    assert!(!plugin.is_bundled());
}

#[tokio::test]
async fn an_old_plugin_is_loaded_and_answers() {
    let variables = Variables::fixed([
        ("HARMONY_CONFIG_Whole", r#"{"port":8080,"name":"old"}"#),
        ("HARMONY_CONFIG_Parts__port", "8081"),
        ("HARMONY_CONFIG_Broken", "{"),
    ]);
    let host = Host::builder().places(Places::default()).variables(variables).build();
    let source = host.source("env", old()).grant_what_it_wants().build().unwrap();
    let request = |key: &str| Request {
        interaction: Interaction::Allowed,
        schema: Some(std::sync::Arc::new(json!({ "type": "object", "properties": { "port": { "type": "integer" } } }))),
        ..Request::new(Coordinate::new("harmony", key, None).unwrap())
    };

    let whole = source.read(&request("Whole")).await.unwrap().unwrap();
    assert_eq!(whole.value, json!({ "port": 8080, "name": "old" }));
    assert!(!whole.partial);
    assert_eq!(whole.location, "HARMONY_CONFIG_Whole");
    let parts = source.read(&request("Parts")).await.unwrap().unwrap();
    assert!(parts.partial && parts.value.get("port").is_some());
    assert!(source.read(&request("Absent")).await.unwrap().is_none());
    assert_eq!(source.read(&request("Broken")).await.unwrap_err().code, FailureCode::Invalid);

    let many = source.read_many(&[request("Absent"), request("Whole")]).await;
    assert!(matches!(&many[..], [Ok(None), Ok(Some(_))]));
    let written = source.write(&request("Whole"), &json!({}), None).await.unwrap_err();
    assert_eq!(written.code, FailureCode::Unsupported);
    assert_eq!(source.remove(&request("Whole"), None).await.unwrap_err().code, FailureCode::Unsupported);
    assert_eq!(source.list("harmony", "", None).await.unwrap_err().code, FailureCode::Unsupported);
    assert!(source.check().await.unwrap().is_empty());
    assert!(!source.features().writable && !source.features().persists);
}
