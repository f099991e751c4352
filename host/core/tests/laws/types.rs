//! The types that the laws are tried on.

use std::sync::Arc;

use harmony_config_core::{Config, Coordinate, Sensitivity, Shape};
use harmony_config_derive::Config;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Six leaves, one of them optional, two of them nested, two of them secret.
#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
pub(crate) struct Service {
    pub(crate) host: String,
    pub(crate) port: u16,
    #[config(secret)]
    pub(crate) password: String,
    pub(crate) note: Option<String>,
    pub(crate) tls: Tls,
}

#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
pub(crate) struct Tls {
    pub(crate) cert: String,
    #[config(secret)]
    pub(crate) key: String,
}

/// Nothing secret in it.
#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
pub(crate) struct Plain {
    pub(crate) name: String,
    pub(crate) size: Option<u32>,
}

/// Refuses fields that it does not know.
#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
#[serde(deny_unknown_fields)]
pub(crate) struct Strict {
    pub(crate) user: String,
}

/// A list and the alternatives of an enum, which are never mixed.
#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
pub(crate) struct Mixed {
    pub(crate) tags: Vec<String>,
    pub(crate) login: Login,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Login {
    Token { token: String },
    Password { user: String, password: String },
}

/// The value of a type that is text alone.
#[derive(Config, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[config(crate = "harmony_config_core")]
pub(crate) struct Motto(pub(crate) String);

/// The whole of a type's shape, and the same known by its schema alone.
pub(crate) fn shapes<T: Config>() -> [Arc<Shape>; 2] {
    let typed = Shape::of::<T>();
    let by_schema = Shape::from_schema(typed.schema().unwrap().clone(), Sensitivity::Standard);
    [typed, Arc::new(by_schema)]
}

pub(crate) fn at<T: Config>() -> Coordinate {
    Coordinate::new("harmony", T::KEY, None).unwrap()
}
