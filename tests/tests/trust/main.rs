//! Hostile repositories: what a cloned manifest gets that nobody said yes to, which is nothing; what a person reads; and
//! what a yes covers. The command line is run in real folders, with a person at a terminal where one is asked.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod asking;
mod grants;
mod hostile;
mod remembered;
#[allow(dead_code, reason = "the acceptance tests use more of it")]
#[path = "../acceptance/terminal.rs"]
mod terminal;
#[allow(dead_code, reason = "the acceptance tests use more of it")]
#[path = "../acceptance/world.rs"]
mod world;

mod project;
