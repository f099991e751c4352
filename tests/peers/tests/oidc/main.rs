//! The OpenID providers that other suites rely on: what a device, a person, an administrator and OpenBao see of them.
#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not as it should be")]

mod device;
mod keys;
mod page;
mod refresh;
mod zitadel;

use harmony_config_peers::{
    jwt,
    oidc::{Kind, Provider, Refusal, Tokens},
};
use serde_json::Value;

const KINDS: [Kind; 2] = [Kind::Zitadel, Kind::Node];

fn start(kind: Kind) -> Provider {
    Provider::start(kind).expect("a provider")
}

fn zitadel() -> Provider {
    start(Kind::Zitadel)
}

/// The error of a refusal that the protocol gives with a 400.
fn refused(answer: Result<Tokens, Refusal>) -> String {
    let refusal = answer.expect_err("a refusal");
    assert_eq!(refusal.status, 400, "{refusal:?}");
    refusal.error
}

fn refresh_token(tokens: &Tokens) -> &str {
    tokens.refresh_token.as_deref().expect("a refresh token")
}

fn access_token(tokens: &Tokens) -> &str {
    tokens.access_token.as_deref().expect("an access token")
}

fn id_token(tokens: &Tokens) -> &str {
    tokens.id_token.as_deref().expect("an id_token")
}

fn claims(tokens: &Tokens) -> Value {
    jwt::claims(id_token(tokens)).expect("claims")
}
