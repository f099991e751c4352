//! `harmony:config/log`.

use super::bindings::harmony::config::log::{Host, Level};
use crate::{capability::log, component::State};

impl Host for State {
    fn log(&mut self, level: Level, message: String) {
        let level = match level {
            Level::Trace => tracing::Level::TRACE,
            Level::Debug => tracing::Level::DEBUG,
            Level::Info => tracing::Level::INFO,
            Level::Warn => tracing::Level::WARN,
            Level::Error => tracing::Level::ERROR,
        };
        let in_play = &mut self.in_play;
        log::write(&self.source, level, || in_play.shown(&message), &mut self.call.messages);
    }
}
