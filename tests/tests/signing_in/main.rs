//! Signing in, end to end: an OpenID provider on Zitadel's own library, an OpenBao that takes its tokens (the stand-in,
//! which verifies them against the provider's keys; a real one where `BAO_BIN` names it or `bao` is on PATH), and
//! programs as processes of their own, with a person at a terminal or nobody. `team` is what every test stands on.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod answers;
mod first;
mod machines;
mod refreshing;
mod sandbox;
mod team;
#[path = "../acceptance/terminal.rs"]
#[allow(dead_code, reason = "made for other tests too")]
mod terminal;
#[path = "../acceptance/world.rs"]
#[allow(dead_code, reason = "made for other tests too")]
mod world;
