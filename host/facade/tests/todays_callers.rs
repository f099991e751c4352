//! Code as callers of today's `harmony_config` have it. It must compile as it stands, and do what it did; nothing here is
//! to be "modernised".
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use harmony_config::{Config, ConfigError, ConfigManager, ConfigSource, SecretStore, SecretStoreError, StoreSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Config)]
struct BrocadeSwitchAuth {
    host: String,
    user: String,
    #[config(secret)]
    password: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AppConfig {
    host: String,
    port: u16,
}

impl harmony_config::Config for AppConfig {
    const KEY: &'static str = "AppConfig";
}

/// The mock that today's tests bring: `get` and `set`, nothing else.
#[derive(Default)]
struct MockSource {
    data: Mutex<HashMap<String, serde_json::Value>>,
}

impl MockSource {
    fn with(key: &str, value: serde_json::Value) -> Self {
        let source = MockSource::default();
        source.data.lock().unwrap().insert(key.to_string(), value);
        source
    }
}

#[async_trait]
impl ConfigSource for MockSource {
    async fn get(&self, key: &str) -> Result<Option<serde_json::Value>, ConfigError> {
        Ok(self.data.lock().unwrap().get(key).cloned())
    }

    async fn set(&self, key: &str, value: &serde_json::Value) -> Result<(), ConfigError> {
        self.data.lock().unwrap().insert(key.to_string(), value.clone());
        Ok(())
    }
}

/// One that answers and does not persist, as today's `EnvSource` and `PromptSource`.
struct NoPersist(MockSource);

#[async_trait]
impl ConfigSource for NoPersist {
    async fn get(&self, key: &str) -> Result<Option<serde_json::Value>, ConfigError> {
        self.0.get(key).await
    }

    async fn set(&self, key: &str, value: &serde_json::Value) -> Result<(), ConfigError> {
        self.0.set(key, value).await
    }

    fn should_persist(&self) -> bool {
        false
    }
}

fn auth() -> BrocadeSwitchAuth {
    BrocadeSwitchAuth { host: "switch".to_string(), user: "admin".to_string(), password: "secret".to_string() }
}

#[test]
fn the_derived_key_is_the_name_of_the_type() {
    assert_eq!(BrocadeSwitchAuth::KEY, "BrocadeSwitchAuth");
    assert_eq!(<AppConfig as Config>::KEY, "AppConfig");
}

#[tokio::test]
async fn a_value_that_was_set_is_had() {
    let manager = ConfigManager::new(vec![Arc::new(MockSource::default())]);
    let config = AppConfig { host: "production.example.com".to_string(), port: 443 };
    manager.set(&config).await.unwrap();
    let retrieved = manager.get::<AppConfig>().await.unwrap();
    assert_eq!(config, retrieved);
    manager.set(&auth()).await.unwrap();
    assert_eq!(manager.get::<BrocadeSwitchAuth>().await.unwrap(), auth());
}

#[tokio::test]
async fn the_first_source_that_has_it_wins() {
    let first: Arc<dyn ConfigSource> =
        Arc::new(NoPersist(MockSource::with("AppConfig", serde_json::json!({ "host": "env-host", "port": 9090 }))));
    let second = Arc::new(MockSource::with("AppConfig", serde_json::json!({ "host": "db-host", "port": 1 })));
    let sources: Vec<Arc<dyn ConfigSource>> = vec![first, Arc::clone(&second) as _];
    let manager = ConfigManager::new(sources);
    let config: AppConfig = manager.get().await.unwrap();
    assert_eq!(config.host, "env-host");
    // Kept in the source that persists, not in the one above it that does not.
    manager.set(&config).await.unwrap();
    assert_eq!(second.get("AppConfig").await.unwrap().unwrap()["host"], "env-host");
}

#[tokio::test]
async fn nothing_stored_is_not_found() {
    let manager = ConfigManager::new(vec![Arc::new(MockSource::default())]);
    match manager.get::<AppConfig>().await {
        Err(ConfigError::NotFound { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert!(matches!(manager.get_or_prompt::<BrocadeSwitchAuth>().await, Err(ConfigError::NotFound { .. })));
}

#[tokio::test]
async fn an_old_struct_shape_is_a_deserialization_error() {
    let old = MockSource::with("BrocadeSwitchAuth", serde_json::json!({ "host": "switch", "username": "admin" }));
    let manager = ConfigManager::new(vec![Arc::new(old)]);
    match manager.get::<BrocadeSwitchAuth>().await {
        Err(ConfigError::Deserialization { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn get_or_prompt_takes_what_is_there() {
    let manager = ConfigManager::new(vec![Arc::new(MockSource::default())]);
    manager.set(&auth()).await.unwrap();
    assert_eq!(manager.get_or_prompt::<BrocadeSwitchAuth>().await.unwrap(), auth());
}

#[derive(Debug)]
struct AlwaysErrorStore;

#[async_trait]
impl SecretStore for AlwaysErrorStore {
    async fn get_raw(&self, _: &str, _: &str) -> Result<Vec<u8>, SecretStoreError> {
        Err(SecretStoreError::Store("connection refused".into()))
    }

    async fn set_raw(&self, _: &str, _: &str, _: &[u8]) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Store("connection refused".into()))
    }
}

#[derive(Debug, Default)]
struct MemoryStore(Mutex<HashMap<(String, String), Vec<u8>>>);

#[async_trait]
impl SecretStore for MemoryStore {
    async fn get_raw(&self, namespace: &str, key: &str) -> Result<Vec<u8>, SecretStoreError> {
        let stored = self.0.lock().unwrap().get(&(namespace.to_string(), key.to_string())).cloned();
        stored.ok_or_else(|| SecretStoreError::NotFound { namespace: namespace.to_string(), key: key.to_string() })
    }

    async fn set_raw(&self, namespace: &str, key: &str, value: &[u8]) -> Result<(), SecretStoreError> {
        self.0.lock().unwrap().insert((namespace.to_string(), key.to_string()), value.to_vec());
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_falls_through_to_the_next_source() {
    let store_source = Arc::new(StoreSource::new("harmony".to_string(), AlwaysErrorStore));
    let sqlite = Arc::new(MockSource::with("AppConfig", serde_json::json!({ "host": "db-host", "port": 1 })));
    let sources: Vec<Arc<dyn ConfigSource>> = vec![store_source, sqlite];
    let config: AppConfig = ConfigManager::new(sources).get().await.unwrap();
    assert_eq!(config.host, "db-host");
}

#[tokio::test]
async fn a_store_keeps_the_struct_as_json_under_its_namespace_and_key() {
    let manager = ConfigManager::new(vec![Arc::new(StoreSource::new("harmony", MemoryStore::default()))]);
    manager.set(&auth()).await.unwrap();
    assert_eq!(manager.get::<BrocadeSwitchAuth>().await.unwrap(), auth());
}

#[tokio::test]
async fn the_globals_are_one_manager_for_the_process() {
    let source = Arc::new(MockSource::default());
    harmony_config::init(vec![source.clone()]).await;
    let config = AppConfig { host: "h".to_string(), port: 1 };
    harmony_config::set(&config).await.unwrap();
    assert_eq!(harmony_config::get::<AppConfig>().await.unwrap(), config);
    assert_eq!(harmony_config::get_or_prompt::<AppConfig>().await.unwrap(), config);
    assert!(source.get("AppConfig").await.unwrap().is_some());
}

#[tokio::test]
async fn errors_go_through_the_error_types_that_programs_use() {
    async fn program(manager: &ConfigManager) -> Result<AppConfig, Box<dyn std::error::Error + Send + Sync>> {
        Ok(manager.get::<AppConfig>().await?)
    }
    let manager = ConfigManager::new(vec![Arc::new(MockSource::default())]);
    let error = program(&manager).await.unwrap_err();
    assert!(error.to_string().contains("AppConfig"), "{error}");
}
