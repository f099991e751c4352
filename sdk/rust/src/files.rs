//! The one directory of a plugin that wants `files`, for `std::fs`: where it is, and how it is told that something in it
//! is not there.

use std::io::{Error, ErrorKind};

/// Where the plugin finds its directory. It is not there while the directory does not exist: then every read finds
/// nothing. Before `set` the host has made it.
pub const ROOT: &str = "/config";

/// What an older C library of WASI says instead of "not found" where there is no directory at all: `ENOTCAPABLE`.
const NOT_CAPABLE: i32 = 76;

/// Whether an error says that a file, or the directory, is not there.
pub fn is_absent(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || (cfg!(target_family = "wasm") && error.raw_os_error() == Some(NOT_CAPABLE))
}
