//! Words for the host's log. The host cuts them, strips control characters and blots out the secrets that it knows to be
//! in play; put no value into a message all the same.

use crate::bindings::harmony::config::log as contract;

pub use contract::Level;

/// Writes one message.
pub fn write(level: Level, message: &str) {
    contract::log(level, message);
}

/// For the author of the plugin.
pub fn trace(message: &str) {
    write(Level::Trace, message);
}

/// For somebody who looks for a fault.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// Worth knowing.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Something is not as it should be, and it went on.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Something failed.
pub fn error(message: &str) {
    write(Level::Error, message);
}
