//! What has to be settled before any source is asked. What it is about is the embedder's business: `harmony-config-host`
//! asks here whether the person trusts a project's manifest.

use async_trait::async_trait;

use crate::{ConfigError, Interaction};

/// Stands before a chain: nothing is read or written until it lets a call pass.
///
/// ```
/// # use std::sync::Arc;
/// # use harmony_config_core::{ConfigError, ConfigManager, ConfigSource, Failure, FailureCode, Gate, Interaction};
/// # use serde_json::Value;
/// # struct Empty;
/// # #[async_trait::async_trait]
/// # impl ConfigSource for Empty {
/// #     async fn get(&self, _: &str) -> Result<Option<Value>, ConfigError> { Ok(None) }
/// #     async fn set(&self, _: &str, _: &Value) -> Result<(), ConfigError> { Ok(()) }
/// # }
/// struct Closed;
///
/// #[async_trait::async_trait]
/// impl Gate for Closed {
///     async fn pass(&self, _: Interaction) -> Result<(), ConfigError> {
///         Err(ConfigError::from_failure(Failure::new(FailureCode::Denied, "not before the licence is accepted")))
///     }
/// }
///
/// # fn main() -> Result<(), ConfigError> {
/// let manager = ConfigManager::builder().source(Arc::new(Empty)).gate(Arc::new(Closed)).build()?;
/// # let listed = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(manager.list());
/// # assert!(matches!(listed, Err(ConfigError::Denied(_))));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Gate: Send + Sync {
    /// Lets the call pass, or says why not. It stands before every call, so it must be quick once it is settled.
    /// `interaction` says whether a person may be asked to settle it.
    ///
    /// # Errors
    /// What the caller gets instead of a value.
    async fn pass(&self, interaction: Interaction) -> Result<(), ConfigError>;
}
