//! Secrets at rest, from outside: what lies on the disk, where the key is, what happens when it is locked, lost or changed,
//! and processes that are killed meanwhile. The keyring is a real one, on a bus that a test starts and stops.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod canary;
mod desktop;
mod everyday;
mod facade;
mod keyring;
mod killed;
mod lost_keys;
mod rekey;
mod world;
