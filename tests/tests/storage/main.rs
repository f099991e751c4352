//! What is on the disk: several processes at one store, processes that are killed, databases of the program of before,
//! and files that cannot be used. `storage_writer` is the other process.

mod faults;
mod processes;
mod todays;
mod world;
