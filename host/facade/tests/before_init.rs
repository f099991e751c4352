//! A process in which nobody has called `init`. It is a test binary of its own: the globals are the process's.
//! With the feature `host` there is a chain without it, so this is for a build without.
#![cfg(not(feature = "host"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

use harmony_config::{Config, ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Config, Debug, Serialize, Deserialize, JsonSchema)]
struct AppConfig {
    port: u16,
}

#[tokio::test]
async fn every_call_before_init_is_an_error_that_names_init() {
    let config = AppConfig { port: 1 };
    let errors = [
        harmony_config::get::<AppConfig>().await.map(drop),
        harmony_config::get_named::<AppConfig>("a").await.map(drop),
        harmony_config::get_or_prompt::<AppConfig>().await.map(drop),
        harmony_config::get_or_prompt_named::<AppConfig>("a").await.map(drop),
        harmony_config::ensure::<(AppConfig,)>().await.map(drop),
        harmony_config::cached::<AppConfig>(std::time::Duration::ZERO).await.map(drop),
        harmony_config::set(&config).await,
        harmony_config::set_named("a", &config).await,
    ];
    for error in errors.map(Result::unwrap_err) {
        assert!(matches!(error, ConfigError::Usage { .. }), "{error:?}");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("harmony_config::init(sources)"), "{error}");
    }
}
