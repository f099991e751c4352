//! A server that is set up, looked at, changed by somebody else and set up again; and what those see who were let in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking; clippy takes helpers outside #[test] for other code"
)]

mod again;
mod in_the_way;
mod issuer;
mod permissions;
mod reaching;
mod signing_in;
mod tap;
mod world;
