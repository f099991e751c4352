//! The bundled plugins that keep all their values in one file, and the one that keeps them in a keyring, as subjects of
//! the conformance suite.

use std::{fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use harmony_config_core::{ConfigError, ConfigSource, Coordinate};
use harmony_config_host::{Host, Keyrings, MemoryKeyring};
use harmony_config_tests::conformance::Subject;
use serde_json::{Map, Value, json};

use crate::subjects::{builder, source, unknown};

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Toml,
    Yaml,
}

pub(crate) struct File {
    folder: tempfile::TempDir,
    host: Host,
    kind: Kind,
}

impl File {
    pub(crate) fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = builder(folder.path()).build();
        File { folder, host, kind }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("values.{:?}", self.kind).to_lowercase())
    }

    /// The file with one value more, laid out by hand: not by the code that is under test.
    fn with(&self, name: &str, value: &Value) -> String {
        let before = fs::read_to_string(self.path()).unwrap_or_default();
        match self.kind {
            Kind::Json => {
                let mut values: Map<String, Value> = serde_json::from_str(&before).unwrap_or_default();
                values.insert(name.to_owned(), value.clone());
                Value::Object(values).to_string()
            }
            Kind::Toml => format!("{} = {}\n{before}", quoted(name), toml(value)),
            // JSON is YAML.
            Kind::Yaml => format!("{before}{}: {value}\n", quoted(name)),
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn toml(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{} = {}", quoted(name), toml(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[async_trait]
impl Subject for File {
    fn source(&self) -> Arc<dyn ConfigSource> {
        let read_only = self.kind == Kind::Yaml;
        Arc::new(source(&self.host, "file", json!({ "path": self.path(), "read-only": read_only })).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        // Broken, it would break every other value.
        let Ok(value) = serde_json::from_str(text) else { return false };
        fs::write(self.path(), self.with(&at.to_string(), &value)).unwrap();
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "file")
    }

    fn has_namespaces(&self) -> bool {
        false
    }

    /// TOML has no null and no numbers above 63 bits.
    fn can_hold(&self, value: &Value) -> bool {
        let has_null = match value {
            Value::Object(members) => members.values().any(Value::is_null),
            other => other.is_null(),
        };
        self.kind != Kind::Toml || (!has_null && *value != json!(u64::MAX))
    }
}

pub(crate) struct Dotenv {
    folder: tempfile::TempDir,
    host: Host,
}

impl Dotenv {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = builder(folder.path()).build();
        Dotenv { folder, host }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(".env")
    }

    fn variable(at: &Coordinate) -> String {
        let instance = at.instance().map(|instance| format!("__AT__{instance}")).unwrap_or_default();
        format!("HARMONY_CONFIG_{}{instance}", at.key()).replace('-', "_")
    }

    /// Between double quotes: the source itself writes single ones.
    fn add(&self, name: &str, text: &str) {
        let before = fs::read_to_string(self.path()).unwrap_or_default();
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        fs::write(self.path(), format!("{before}{name}=\"{text}\"\n")).unwrap();
    }
}

#[async_trait]
impl Subject for Dotenv {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "dotenv", json!({ "path": self.path() })).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        self.add(&Self::variable(at), text);
        true
    }

    async fn put_field(&self, at: &Coordinate, field: &str, text: &str) -> bool {
        self.add(&format!("{}__{field}", Self::variable(at)), text);
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "dotenv")
    }

    fn has_namespaces(&self) -> bool {
        false
    }

    fn spelled(&self, name: &str) -> String {
        name.replace('-', "_")
    }

    /// As variables of the environment have it.
    fn tells_apart(&self, name: &str) -> bool {
        let spelled = self.spelled(name);
        !spelled.contains("__") && !spelled.split('@').any(|part| part.ends_with('_'))
    }
}

pub(crate) struct Keyring {
    _folder: tempfile::TempDir,
    host: Host,
    memory: Arc<MemoryKeyring>,
}

impl Keyring {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(MemoryKeyring::default());
        let host = builder(folder.path()).keyrings(Keyrings::Memory(Arc::clone(&memory))).build();
        Keyring { _folder: folder, host, memory }
    }
}

#[async_trait]
impl Subject for Keyring {
    fn source(&self) -> Arc<dyn ConfigSource> {
        Arc::new(source(&self.host, "keyring", json!({})).build().unwrap())
    }

    async fn put(&self, at: &Coordinate, text: &str) -> bool {
        self.memory.insert(&format!("harmony-config/harmony/{}", at.namespace()), &at.to_string(), text.as_bytes());
        true
    }

    fn with_unknown_setting(&self) -> Option<Result<Arc<dyn ConfigSource>, ConfigError>> {
        unknown(&self.host, "keyring")
    }
}
