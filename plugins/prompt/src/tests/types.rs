//! Types whose schemas the tests ask for. They have what a configuration has: bounds, secrets, alternatives, optional and
//! nested structs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A switch and how to reach it.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Switch {
    /// The name or address
    /// of the switch.
    host: String,
    #[serde(default = "default_port")]
    port: u16,
    #[schemars(extend("x-harmony-secret" = true))]
    password: String,
    #[schemars(regex(pattern = "^v[0-9]+$"), length(min = 2))]
    version: Option<String>,
    debug_mode: bool,
    /// How it is connected.
    mode: Mode,
    level: Option<Level>,
    dns_servers: Vec<String>,
    weights: Option<Vec<f64>>,
    labels: BTreeMap<String, String>,
    login: Login,
    limits: Limits,
    tls: Option<Tls>,
}

fn default_port() -> u16 {
    22
}

#[derive(Deserialize, JsonSchema)]
pub(super) enum Mode {
    Plain,
    /// With TLS.
    Tls,
    Other,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Low,
    High,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Login {
    /// Nobody in particular.
    Anonymous,
    Basic {
        user: String,
        #[schemars(extend("x-harmony-secret" = true))]
        password: String,
    },
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Limits {
    most: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Tls {
    cert: String,
    key: String,
    #[serde(default = "default_port")]
    port: u16,
    client: Option<Client>,
    extra: Limits,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Client {
    name: String,
    subject: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Node {
    name: String,
    next: Option<Box<Node>>,
    all: Vec<Node>,
}
