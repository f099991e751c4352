//! The source `keyring`: the whole value as JSON in one entry of the operating system's keyring. The host decides which
//! service the entries stand under; a coordinate is the name of one, its namespace being in the service. There is no listing: not every keyring can.

use harmony_config_plugin_shared::names;
use harmony_config_sdk::{
    Entry, Expected, Failure, Feature, Host, NoSettings, Request, Source, export_plugin, keyring,
};

struct KeyringSource;

impl Source for KeyringSource {
    type Settings = NoSettings;

    fn configure(_: NoSettings, _: Host) -> Result<Self, Failure> {
        Ok(KeyringSource)
    }

    fn features(&self) -> &'static [Feature] {
        &[Feature::Persists, Feature::Writable]
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let name = names::of(&request.at);
        let secret = keyring::get(&name)?;
        Ok(secret.map(|secret| Entry::new(secret.value, keyring::location(&name)).version(secret.version)))
    }

    fn set(&self, request: &Request, value: &str, expected: &Expected) -> Result<Option<String>, Failure> {
        keyring::set(&names::of(&request.at), value, expected).map(Some)
    }

    fn delete(&self, request: &Request, expected: &Expected) -> Result<(), Failure> {
        keyring::delete(&names::of(&request.at), expected)
    }
}

export_plugin! {
    KeyringSource,
    name: "keyring",
    description: "The keyring of the operating system, one entry for each value",
    features: ["persists", "writable"],
    settings: r#"{"type":"object","additionalProperties":false}"#,
    wants: r#"{"keyring":{}}"#,
}

#[cfg(test)]
mod tests {
    use harmony_config_sdk::Coordinate;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_entry_is_named_by_key_and_instance() {
        let at = |instance: Option<&str>| Coordinate {
            namespace: "n".to_owned(),
            key: "Fw".to_owned(),
            instance: instance.map(str::to_owned),
        };
        assert_eq!(names::of(&at(None)), "Fw");
        assert_eq!(names::of(&at(Some("fw-a"))), "Fw@fw-a");
    }

    #[test]
    fn the_facts_are_json() {
        let facts: Value = serde_json::from_str(FACTS).unwrap();
        assert_eq!(facts["wants"], json!({ "keyring": {} }));
    }
}
