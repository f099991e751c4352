//! What the benches share: the types they read, a source that does in the program what a plugin does in the sandbox, and
//! a home of their own. The benches are in `benches/`; what they measured is in `docs/benchmarks.md`.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use harmony_config::{Config, ConfigError, ConfigSource, Entry, Failure, FailureCode, Host, Places, Plugin, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A configuration of a usual size.
#[derive(Clone, Debug, PartialEq, Config, Serialize, Deserialize, JsonSchema)]
pub struct AppConfig {
    /// Where to listen.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How much to say.
    pub level: String,
    /// How many requests at once.
    pub workers: u32,
    /// Whether to speak TLS.
    pub tls: bool,
}

impl AppConfig {
    /// One value.
    pub fn sample() -> Self {
        AppConfig { host: "app.example.com".into(), port: 8443, level: "info".into(), workers: 8, tls: true }
    }
}

/// A host whose places are below `home`.
pub fn host(home: &Path) -> Host {
    Host::builder().places(Places::of("harmony", Some(home.to_owned()))).build()
}

/// A bundled plugin as a source.
///
/// # Errors
/// Where the plugin is not bundled.
pub fn source(host: &Host, name: &str) -> Result<Arc<dyn ConfigSource>, ConfigError> {
    let plugin = Plugin::bundled(name).ok_or_else(|| ConfigError::other("no such plugin"))?;
    Ok(Arc::new(host.source(name, plugin).grant_what_it_wants().build()?))
}

/// The bundled plugin `file` over this file.
///
/// # Errors
/// Where the plugin is not bundled.
pub fn file(host: &Host, path: &Path) -> Result<Arc<dyn ConfigSource>, ConfigError> {
    let plugin = Plugin::bundled("file").ok_or_else(|| ConfigError::other("no such plugin"))?;
    let settings =
        Map::from_iter([("path".to_owned(), path.display().to_string().into()), ("read-only".to_owned(), true.into())]);
    Ok(Arc::new(host.source("file", plugin).grant_what_it_wants().settings(settings).build()?))
}

/// The environment, read in the program itself with the rules of the `env` plugin: the whole value in one variable, the
/// fields in others, the fields winning.
pub struct NativeEnv;

const PREFIX: &str = "HARMONY_CONFIG_";

fn read(key: &str) -> Result<Option<Entry>, Failure> {
    let name = format!("{PREFIX}{key}");
    let invalid = || Failure::new(FailureCode::Invalid, format!("the variable `{name}` is not JSON"));
    let whole: Option<Value> = match std::env::var(&name) {
        Ok(text) => Some(serde_json::from_str(&text).map_err(|_| invalid())?),
        Err(_) => None,
    };
    let fields_prefix = format!("{name}__");
    let fields: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let field = name.to_str()?.strip_prefix(&fields_prefix)?.to_owned();
            Some((field, value.to_str()?.to_owned()))
        })
        .collect();
    if fields.is_empty() {
        return Ok(whole.map(|value| Entry::whole(value, name)));
    }
    let partial = whole.is_none();
    let mut object = match whole {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    object.extend(fields.into_iter().map(|(field, text)| (field, Value::String(text))));
    Ok(Some(Entry { partial, ..Entry::whole(Value::Object(object), name) }))
}

#[async_trait]
impl ConfigSource for NativeEnv {
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
        Ok(read(key).map_err(ConfigError::from_failure)?.map(|entry| entry.value))
    }

    async fn set(&self, _key: &str, _value: &Value) -> Result<(), ConfigError> {
        Err(ConfigError::other("it can only be read"))
    }

    fn should_persist(&self) -> bool {
        false
    }

    async fn read(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        read(request.at.key())
    }
}
