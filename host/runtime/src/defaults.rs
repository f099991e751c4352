//! The manifest's own defaults, `[value.KEY]`, as the source `value`: below every chain, asked before a person is. A manifest
//! is read by whoever has the project, so a secret in it is refused.

use std::collections::BTreeMap;

use async_trait::async_trait;
use harmony_config_core::{
    Blame, ConfigError, ConfigSource, Coordinate, Entry, Failure, FailureCode, Features, Page, Request, Sensitivity,
};
use serde_json::Value;

use crate::{
    manifest::{DEFAULTS, ManifestValue},
    words::names_a_secret,
};

/// The defaults of a manifest.
pub(crate) struct Defaults {
    namespace: String,
    values: BTreeMap<String, ManifestValue>,
}

impl Defaults {
    pub(crate) fn new(namespace: &str, values: BTreeMap<String, ManifestValue>) -> Self {
        Defaults { namespace: namespace.to_owned(), values }
    }
}

#[async_trait]
impl ConfigSource for Defaults {
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
        Ok(self.values.get(key).map(|said| said.value.clone()))
    }

    async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError> {
        let request = Request::new(Coordinate::parse(&self.namespace, key)?);
        self.write(&request, value, None).await.map(|_| ()).map_err(ConfigError::from_failure)
    }

    fn should_persist(&self) -> bool {
        false
    }

    fn name(&self) -> &str {
        DEFAULTS
    }

    fn plugin(&self) -> &str {
        "manifest"
    }

    fn features(&self) -> Features {
        Features::from_names(["lists"])
    }

    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let Some(said) = self.values.get(&request.at.to_string()) else { return Ok(None) };
        if let Some(field) = secret(request, &said.value, &mut Vec::new()) {
            return Err(refused(request, said, &field));
        }
        let entry = Entry::whole(said.value.clone(), said.place.to_string());
        // Some of the fields, as far as anybody can tell: what is more is another source's, or a person's.
        Ok(Some(Entry { partial: said.value.is_object(), ..entry }))
    }

    async fn write(&self, request: &Request, _: &Value, _: Option<&str>) -> Result<Option<String>, Failure> {
        let place =
            self.values.get(&request.at.to_string()).map(|said| format!(" ({})", said.place)).unwrap_or_default();
        Err(Failure::new(FailureCode::Unsupported, "the defaults of a manifest cannot be written")
            .with_remedy(format!("edit the manifest{place}, or keep the value in another source"))
            .blamed_on(Blame::Person))
    }

    async fn list(&self, namespace: &str, prefix: &str, _after: Option<&str>) -> Result<Page, Failure> {
        let keys = self.values.keys().filter(|key| namespace == self.namespace && key.starts_with(prefix));
        let entries = keys.filter_map(|key| Some((Coordinate::parse(namespace, key).ok()?, Sensitivity::Standard)));
        Ok(Page { entries: entries.collect(), next: None })
    }
}

/// The first field that is a secret: as the type says, else by its name.
fn secret(request: &Request, value: &Value, path: &mut Vec<String>) -> Option<Vec<String>> {
    if let Value::Object(members) = value {
        return members.iter().find_map(|(name, member)| {
            path.push(name.clone());
            let found = secret(request, member, path);
            path.pop();
            found
        });
    }
    let is_secret = match request.is_secret(path) {
        Some(marked) => request.sensitivity == Sensitivity::Secret && marked,
        None => names_a_secret(path.last().map_or(request.at.key(), String::as_str)),
    };
    is_secret.then(|| path.clone())
}

fn refused(request: &Request, said: &ManifestValue, field: &[String]) -> Failure {
    let place = said.places.get(field).unwrap_or(&said.place);
    let what = match field {
        [] => format!("{} is", request.at),
        field => format!("`{}` of {} is", field.join("."), request.at),
    };
    let message = format!("{place}: {what} a secret, and a manifest is read by whoever has the project");
    Failure::new(FailureCode::Invalid, message)
        .with_remedy(format!(
            "take the line out, and keep the value where secrets are kept: harmony-config -n {} set {}",
            request.at.namespace(),
            request.at
        ))
        .blamed_on(Blame::Person)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use serde_json::json;

    use super::*;
    use crate::Manifest;

    fn defaults() -> Defaults {
        let text = "version = 1\nchain = [\"env\"]\n[value.Login]\nuser = \"u\"\ndeep = { password = \"canary\" }\n[value]\nMotto = \"m\"\nApiToken = \"canary\"\n";
        Defaults::new("n", Manifest::parse(text, Path::new("m.toml")).unwrap().values)
    }

    fn request(key: &str, schema: Option<Value>) -> Request {
        let mut request = Request::new(Coordinate::parse("n", key).unwrap());
        request.schema = schema.map(Arc::new);
        request
    }

    fn schema(marked: &str) -> Value {
        let text = |name: &str| json!({ "type": "string", "x-harmony-secret": name == marked });
        json!({ "type": "object", "properties": {
            "user": text("user"),
            "deep": { "type": "object", "properties": { "password": text("password") } },
        }})
    }

    #[tokio::test]
    async fn fields_are_some_of_the_fields_and_a_text_is_the_whole() {
        let mut login = request("Login", Some(schema("")));
        login.sensitivity = Sensitivity::Standard;
        let entry = defaults().read(&login).await.unwrap().unwrap();
        assert!(entry.partial);
        assert_eq!((entry.value["user"].as_str(), entry.location.as_str()), (Some("u"), "m.toml:3"));
        let motto = defaults().read(&request("Motto", None)).await.unwrap().unwrap();
        assert_eq!((motto.partial, motto.value), (false, json!("m")));
        assert!(defaults().read(&request("Other", None)).await.unwrap().is_none());
        assert!(defaults().read(&request("Motto@a", None)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_secret_is_refused_where_it_stands_as_its_type_says_it() {
        for (marked, place) in [("user", "m.toml:4: `user`"), ("password", "m.toml:5: `deep.password`")] {
            let failure = defaults().read(&request("Login", Some(schema(marked)))).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::Invalid);
            assert!(failure.message.starts_with(place), "{failure}");
            assert!(!format!("{failure:?}").contains("canary"));
        }
    }

    #[tokio::test]
    async fn of_a_key_that_nobody_declared_the_names_say_what_is_a_secret() {
        let failure = defaults().read(&request("Login", None)).await.unwrap_err();
        assert!(failure.message.contains("`deep.password` of Login"), "{failure}");
        let failure = defaults().read(&request("ApiToken", None)).await.unwrap_err();
        assert!(failure.message.contains("ApiToken is a secret"), "{failure}");
    }
}
