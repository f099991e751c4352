//! Acceptance: what a person meets who runs a program that needs configuration. A real program, a real terminal, bad
//! input of every kind, and a secret that must never be seen. How the parts work inside is tested where they are.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod bad_manifests;
mod bad_names;
mod bad_places;
mod bad_values;
mod canary;
mod declared;
mod editing;
mod first_runs;
mod leaving;
mod nobody;
mod old_shapes;
mod questions;
mod terminal;
mod world;
mod writers;
