//! The one place that loads machine code, and so the one that is `unsafe` here.
//!
//! Stops: code of another engine, another version or another processor (wasmtime checks), and a torn file (the caller
//! has compared its digest). Does not stop: somebody who can write the user's own cache folder; that is the user.

#![allow(unsafe_code, reason = "wasmtime cannot check machine code: that it is its own work, the cache vouches for")]

use wasmtime::{Engine, component::Component};

/// Loads what `Component::serialize` gave. The caller vouches that `code` is exactly that: it read it from a file in
/// the user's own 0700 folder that this program wrote, with the digest that was written along with it.
pub(super) fn machine_code(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: see above. Configuration, version and processor are checked by wasmtime itself.
    unsafe { Component::deserialize(engine, code) }
}
