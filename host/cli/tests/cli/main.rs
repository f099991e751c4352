//! The built command, from outside: a clean environment, a home of its own, a time limit for every run. One module for
//! each thing that people rely on. How it looks in a terminal is tested by the workspace's `tests`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking; clippy takes helpers outside #[test] for other code"
)]

mod answers;
mod bad_input;
mod check;
mod closed;
mod declared;
mod doctors;
mod documented;
mod edits;
mod everyday;
mod exit_codes;
mod fields;
mod json;
mod manifest_whole;
mod manifests;
mod manual;
mod moves;
mod people;
mod secrets;
mod shells;
mod team;
mod world;
