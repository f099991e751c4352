//! A plugin's words in the host's log: attributed, capped, without the secrets that are in play.

use tracing::Level;

use crate::limits;

/// Writes one message of a source. `count` is how many it wrote in this call before.
pub(crate) fn write(source: &str, level: Level, message: impl FnOnce() -> String, count: &mut u32) {
    *count += 1;
    if *count > limits::MAX_LOG_MESSAGES {
        if *count == limits::MAX_LOG_MESSAGES + 1 {
            tracing::warn!(
                target: "harmony_config::plugin", source,
                "source `{source}` wrote more than {} log messages in one call; the rest is dropped",
                limits::MAX_LOG_MESSAGES
            );
        }
        return;
    }
    macro_rules! at {
        ($level:ident) => {
            if tracing::enabled!(target: "harmony_config::plugin", Level::$level) {
                tracing::event!(target: "harmony_config::plugin", Level::$level, source, "{}", message());
            }
        };
    }
    match level {
        Level::TRACE => at!(TRACE),
        Level::DEBUG => at!(DEBUG),
        Level::INFO => at!(INFO),
        Level::WARN => at!(WARN),
        Level::ERROR => at!(ERROR),
    }
}
