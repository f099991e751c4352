//! What a plugin is told in `configure`: its settings, what the host adds, and the credentials that other sources have. Those
//! are fetched when an instance is made, so that nothing is asked for a source that is not used, and a new one is seen.

use std::fmt;

use harmony_config_core::{Blame, ConfigError, ConfigManager, Coordinate, Failure, FailureCode, Shape};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::plugin::{Plugin, put};

/// A setting whose value another source has.
#[derive(Clone)]
pub(crate) struct Credential {
    /// The path of the setting.
    pub(crate) setting: Vec<String>,
    /// Sources of credentials; the chain is not theirs.
    pub(crate) keeper: ConfigManager,
    /// The source that has it, and the key there.
    pub(crate) source: String,
    pub(crate) at: Coordinate,
    pub(crate) field: Option<String>,
    /// Where the manifest says so.
    pub(crate) said: String,
}

/// What a plugin is told.
pub(crate) struct Told {
    /// The settings of the manifest.
    settings: Map<String, Value>,
    /// What the host adds.
    host: Value,
    credentials: Vec<Credential>,
    /// The whole, where no credential is in it.
    plain: Option<String>,
}

/// A text for `configure`, and the secrets in it.
pub(super) struct Text {
    pub(super) json: Zeroizing<String>,
    pub(super) secrets: Vec<Zeroizing<String>>,
}

/// Where the host's own words stand among the settings.
const HOST: &str = "$host";

impl Told {
    pub(crate) fn new(settings: Map<String, Value>, host: Value, credentials: Vec<Credential>) -> Self {
        let mut told = Told { settings, host, credentials, plain: None };
        if told.credentials.is_empty() {
            told.plain = Some(told.whole(Value::Object(told.settings.clone())));
        }
        told
    }

    fn whole(&self, mut settings: Value) -> String {
        if let Some(members) = settings.as_object_mut() {
            members.insert(HOST.to_owned(), self.host.clone());
        }
        settings.to_string()
    }

    /// The text, with credentials as they are now.
    pub(super) async fn text(&self, plugin: &Plugin) -> Result<Text, Failure> {
        if let Some(plain) = &self.plain {
            return Ok(Text { json: Zeroizing::new(plain.clone()), secrets: Vec::new() });
        }
        let mut settings = Value::Object(self.settings.clone());
        let mut secrets = Vec::with_capacity(self.credentials.len());
        for credential in &self.credentials {
            let value = credential.fetch().await?;
            secrets.push(Zeroizing::new(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            put(&mut settings, &credential.setting, value);
        }
        // The words name the setting and never its value.
        if let Some(fault) = plugin.facts().faults_of(&settings, &[]).first() {
            return Err(Failure::new(FailureCode::Invalid, format!("its settings cannot be used: {fault}"))
                .with_remedy("put the credential right where it is kept")
                .blamed_on(Blame::Person));
        }
        Ok(Text { json: Zeroizing::new(self.whole(settings)), secrets })
    }
}

/// Shows no settings: one may be a credential.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

impl Credential {
    async fn fetch(&self) -> Result<Value, Failure> {
        let found = self.keeper.read_from(&self.source, &self.at, &Shape::undeclared()).await;
        let value = match found {
            Ok(found) => found.into_inner(),
            Err(ConfigError::NotFound(_)) => return Err(self.missing("has none")),
            Err(error) => {
                let failure = Failure::from(error);
                let message = format!("{} could not be had: {}", self.name(), failure.message);
                return Err(Failure { message, ..failure });
            }
        };
        match &self.field {
            None => Ok(value),
            Some(field) => match value.get(field) {
                Some(part) => Ok(part.clone()),
                None => Err(self.missing(&format!("has none with a field `{field}`"))),
            },
        }
    }

    fn name(&self) -> String {
        format!("its credential {} from `{}` ({})", self.at, self.source, self.said)
    }

    fn missing(&self, why: &str) -> Failure {
        let message = format!("{} is missing: `{}` {why}", self.name(), self.source);
        Failure::new(FailureCode::InteractionRequired, message)
            .with_remedy(format!(
                "keep it there: harmony-config -n {} set {} --in {}",
                self.at.namespace(),
                self.at,
                self.source
            ))
            .blamed_on(Blame::Person)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use harmony_config_core::{ConfigSource, Request};
    use serde_json::json;

    use super::*;

    /// A source with one value, or none.
    struct Keeper(Option<Value>);

    #[async_trait::async_trait]
    impl ConfigSource for Keeper {
        async fn get(&self, _key: &str) -> Result<Option<Value>, ConfigError> {
            Ok(self.0.clone())
        }
        async fn set(&self, _key: &str, _value: &Value) -> Result<(), ConfigError> {
            Ok(())
        }
        fn name(&self) -> &str {
            "keeper"
        }
        async fn read(&self, request: &Request) -> Result<Option<harmony_config_core::Entry>, Failure> {
            match self.0.as_ref().and_then(Value::as_str) {
                Some("locked") => Err(Failure::new(FailureCode::Unavailable, "the keyring is locked")),
                _ => Ok(self.0.clone().map(|value| harmony_config_core::Entry::whole(value, request.at.key()))),
            }
        }
    }

    fn told(value: Option<Value>, field: Option<&str>) -> Told {
        let keeper = ConfigManager::builder().source(Arc::new(Keeper(value))).build().unwrap();
        let credential = Credential {
            setting: vec!["dir".to_owned()],
            keeper,
            source: "keeper".to_owned(),
            at: Coordinate::parse("n", "Token").unwrap(),
            field: field.map(str::to_owned),
            said: "m.toml:7".to_owned(),
        };
        let settings = Map::from_iter([("read-only".to_owned(), true.into())]);
        Told::new(settings, json!({ "app": "a" }), vec![credential])
    }

    async fn text(told: &Told) -> Result<Text, Failure> {
        told.text(&Plugin::bundled("local-file").unwrap()).await
    }

    #[tokio::test]
    async fn a_credential_stands_where_its_setting_does_and_counts_as_a_secret() {
        for (value, field) in [(json!("canary"), None), (json!({ "token": "canary" }), Some("token"))] {
            let text = text(&told(Some(value), field)).await.unwrap();
            let told: Value = serde_json::from_str(&text.json).unwrap();
            assert_eq!(told, json!({ "read-only": true, "dir": "canary", "$host": { "app": "a" } }));
            assert_eq!(text.secrets.iter().map(|secret| secret.as_str()).collect::<Vec<_>>(), ["canary"]);
        }
    }

    #[tokio::test]
    async fn a_credential_that_is_missing_needs_a_person_and_says_what_to_do() {
        for (value, field) in [(None, None), (Some(json!({ "other": "canary" })), Some("token"))] {
            let failure = text(&told(value, field)).await.err().unwrap();
            assert_eq!(failure.code, FailureCode::InteractionRequired);
            assert!(failure.message.contains("its credential Token from `keeper` (m.toml:7) is missing"), "{failure}");
            assert_eq!(failure.remedy.as_deref(), Some("keep it there: harmony-config -n n set Token --in keeper"));
        }
    }

    #[tokio::test]
    async fn a_credential_that_cannot_be_had_fails_as_its_source_does() {
        let failure = text(&told(Some(json!("locked")), None)).await.err().unwrap();
        assert_eq!(failure.code, FailureCode::Unavailable);
        assert!(failure.message.contains("the keyring is locked"), "{failure}");
    }

    #[tokio::test]
    async fn a_credential_that_does_not_fit_is_in_no_message_and_nothing_shows_what_is_told() {
        let told = told(Some(json!(["canary"])), None);
        let failure = text(&told).await.err().unwrap();
        assert_eq!(failure.code, FailureCode::Invalid);
        assert!(failure.message.contains("`dir`"), "{failure}");
        assert!(!format!("{failure:?} {told:?}").contains("canary"));
    }
}
