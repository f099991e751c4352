//! What is on the disk: several processes at one store, processes that are killed, databases of the program of before,
//! and files that cannot be used. `storage_writer` is the other process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, and the helpers that they share"
)]

mod faults;
mod one_file;
mod processes;
mod todays;
mod world;
