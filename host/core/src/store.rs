//! Today's secret stores as a source. It keeps today's rule: whatever goes wrong in a read is absence, and logged.

use async_trait::async_trait;
use serde_json::Value;

use crate::{ConfigError, ConfigSource, Failure, FailureCode, check_name};

/// A store of raw secrets, as programs have them today.
///
/// ```
/// use async_trait::async_trait;
/// use harmony_config_core::{SecretStore, SecretStoreError};
///
/// #[derive(Debug)]
/// struct Empty;
///
/// #[async_trait]
/// impl SecretStore for Empty {
///     async fn get_raw(&self, namespace: &str, key: &str) -> Result<Vec<u8>, SecretStoreError> {
///         Err(SecretStoreError::NotFound { namespace: namespace.to_owned(), key: key.to_owned() })
///     }
///     async fn set_raw(&self, _namespace: &str, _key: &str, _value: &[u8]) -> Result<(), SecretStoreError> {
///         Err(SecretStoreError::Store("read-only".into()))
///     }
/// }
/// ```
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The bytes stored under `key`.
    ///
    /// # Errors
    /// [`SecretStoreError::NotFound`] where there are none, [`SecretStoreError::Store`] for anything else.
    async fn get_raw(&self, namespace: &str, key: &str) -> Result<Vec<u8>, SecretStoreError>;

    /// Stores the bytes under `key`.
    ///
    /// # Errors
    /// [`SecretStoreError::Store`] where they were not stored.
    async fn set_raw(&self, namespace: &str, key: &str, value: &[u8]) -> Result<(), SecretStoreError>;
}

/// Why a [`SecretStore`] could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStoreError {
    /// Nothing is stored there.
    #[error("no secret `{key}` in namespace `{namespace}`")]
    NotFound {
        /// The namespace that was asked.
        namespace: String,
        /// The key that was asked for.
        key: String,
    },
    /// The store failed.
    #[error("the secret store failed: {0}")]
    Store(Box<dyn std::error::Error + Send + Sync>),
}

/// A [`SecretStore`] as a source of the chain.
///
/// A read that fails counts as absence, as it does today, so that an unreachable store never stops a program; the
/// failure is logged as a warning. (The `openbao` plugin tells outage and absence apart.)
pub struct StoreSource<S> {
    namespace: String,
    store: S,
}

impl<S: SecretStore> StoreSource<S> {
    /// A source over the keys of one namespace. Nothing is asked of the store yet.
    pub fn new(namespace: impl Into<String>, store: S) -> Self {
        StoreSource { namespace: namespace.into(), store }
    }
}

#[async_trait]
impl<S: SecretStore> ConfigSource for StoreSource<S> {
    async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
        let bytes = match self.store.get_raw(&self.namespace, key).await {
            Ok(bytes) => bytes,
            Err(SecretStoreError::NotFound { .. }) => return Ok(None),
            Err(error) => {
                tracing::warn!(key, "the secret store did not answer, taken for absence: {error}");
                return Ok(None);
            }
        };
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                tracing::warn!(
                    key,
                    "what the secret store holds is not JSON (line {}, column {}), taken for absence",
                    error.line(),
                    error.column()
                );
                Ok(None)
            }
        }
    }

    async fn set(&self, key: &str, value: &Value) -> Result<(), ConfigError> {
        check_name("namespace", &self.namespace)?;
        let bytes = value.to_string().into_bytes();
        self.store.set_raw(&self.namespace, key, &bytes).await.map_err(|error| {
            ConfigError::from_failure(Failure::new(FailureCode::Unavailable, error.to_string())).with_key(key)
        })
    }

    fn name(&self) -> &str {
        "store"
    }
}
