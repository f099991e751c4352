//! One manager for the whole process, so that a program need not hand one through. Everything here is a call of the same
//! name on [`ConfigManager`], which says what it does.

use std::{
    future::{IntoFuture, Ready, ready},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use harmony_config_core::{Config, ConfigError, ConfigManager, ConfigSet, ConfigSource, Registry};

static MANAGER: RwLock<Option<ConfigManager>> = RwLock::new(None);

/// The process has its manager. It may be awaited, and need not be: programs write `init(…).await`, and there is nothing
/// to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initialised(());

impl IntoFuture for Initialised {
    type Output = ();
    type IntoFuture = Ready<()>;

    fn into_future(self) -> Ready<()> {
        ready(())
    }
}

/// Sets the process's chain: these sources, the first one taking precedence. A chain that was set before is replaced;
/// calls under way end over the one that they began with.
///
/// ```
/// # use harmony_config::{ConfigError, ConfigSource};
/// # use serde_json::{Value, json};
/// # struct Fixed;
/// # #[async_trait::async_trait]
/// # impl ConfigSource for Fixed {
/// #     async fn get(&self, key: &str) -> Result<Option<Value>, ConfigError> {
/// #         Ok((key == "AppConfig").then(|| json!({ "port": 8080 })))
/// #     }
/// #     async fn set(&self, _: &str, _: &Value) -> Result<(), ConfigError> { Ok(()) }
/// # }
/// use harmony_config::Config;
///
/// #[derive(Config, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct AppConfig {
///     port: u16,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// harmony_config::init(vec![std::sync::Arc::new(Fixed)]).await;
/// let config: AppConfig = harmony_config::get().await?;
/// assert_eq!(config.port, 8080);
/// # Ok::<(), ConfigError>(()) }).unwrap();
/// ```
pub fn init(sources: Vec<Arc<dyn ConfigSource>>) -> Initialised {
    init_manager(ConfigManager::new(sources))
}

/// Sets the process's manager: for one with a namespace, rules for failures, or persist lists
/// ([`ConfigManager::builder`]), and for tests.
pub fn init_manager(manager: ConfigManager) -> Initialised {
    *MANAGER.write().unwrap_or_else(PoisonError::into_inner) = Some(manager);
    Initialised(())
}

/// The process's manager: for the calls that have no function here.
///
/// # Errors
/// [`ConfigError::Usage`] where two types of this program have one key ([`Registry::linked`]), or where nobody has called
/// [`init`]. With the feature `host` the default chain is loaded then, and the error is that of loading it.
pub async fn manager() -> Result<ConfigManager, ConfigError> {
    Registry::linked()?;
    if let Some(manager) = &*MANAGER.read().unwrap_or_else(PoisonError::into_inner) {
        return Ok(manager.clone());
    }
    when_nobody_said().await
}

#[cfg(not(feature = "host"))]
async fn when_nobody_said() -> Result<ConfigManager, ConfigError> {
    Err(ConfigError::usage(
        harmony_config_core::FailureCode::Invalid,
        "this process has no configuration sources yet",
        "call `harmony_config::init(sources)` at the start of `main`; or let the binary depend on `harmony-config` with \
         the feature `host`, which has a chain of its own",
    ))
}

/// The chain of the manifest, or the default one. Loaded once: of two who come at the same moment, one loads.
#[cfg(feature = "host")]
async fn when_nobody_said() -> Result<ConfigManager, ConfigError> {
    static LOADING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _one_at_a_time = LOADING.lock().await;
    if let Some(manager) = &*MANAGER.read().unwrap_or_else(PoisonError::into_inner) {
        return Ok(manager.clone());
    }
    let loaded = crate::host::default_manager().await?;
    // Somebody may have called `init` meanwhile: what was said goes before what is assumed.
    Ok(MANAGER.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(loaded).clone())
}

/// The value of `T`, as it is now. Asks nobody. See [`ConfigManager::get`].
///
/// # Errors
/// As [`ConfigManager::get`] and [`manager`].
pub async fn get<T: Config>() -> Result<T, ConfigError> {
    manager().await?.get().await
}

/// The value of one instance of `T`. See [`ConfigManager::get_named`].
///
/// # Errors
/// As [`ConfigManager::get_named`] and [`manager`].
pub async fn get_named<T: Config>(instance: &str) -> Result<T, ConfigError> {
    manager().await?.get_named(instance).await
}

/// The value of `T`; a person is asked for what is missing of it. See [`ConfigManager::get_or_prompt`].
///
/// # Errors
/// As [`ConfigManager::get_or_prompt`] and [`manager`].
pub async fn get_or_prompt<T: Config>() -> Result<T, ConfigError> {
    manager().await?.get_or_prompt().await
}

/// The value of one instance of `T`; a person is asked for what is missing of it. See
/// [`ConfigManager::get_or_prompt_named`].
///
/// # Errors
/// As [`ConfigManager::get_or_prompt_named`] and [`manager`].
pub async fn get_or_prompt_named<T: Config>(instance: &str) -> Result<T, ConfigError> {
    manager().await?.get_or_prompt_named(instance).await
}

/// All of these values, a tuple of types; a person is asked, in one form, for whatever is missing of them. See
/// [`ConfigManager::ensure`].
///
/// # Errors
/// As [`ConfigManager::ensure`] and [`manager`].
pub async fn ensure<S: ConfigSet>() -> Result<S, ConfigError> {
    manager().await?.ensure().await
}

/// The value of `T` no older than `max_age`. See [`ConfigManager::cached`].
///
/// # Errors
/// As [`ConfigManager::cached`] and [`manager`].
pub async fn cached<T: Config + Send + Sync>(max_age: Duration) -> Result<Arc<T>, ConfigError> {
    manager().await?.cached(max_age).await
}

/// Keeps a value. See [`ConfigManager::set`].
///
/// # Errors
/// As [`ConfigManager::set`] and [`manager`].
pub async fn set<T: Config>(value: &T) -> Result<(), ConfigError> {
    manager().await?.set(value).await
}

/// Keeps the value of an instance. See [`ConfigManager::set_named`].
///
/// # Errors
/// As [`ConfigManager::set_named`] and [`manager`].
pub async fn set_named<T: Config>(instance: &str, value: &T) -> Result<(), ConfigError> {
    manager().await?.set_named(instance, value).await
}
