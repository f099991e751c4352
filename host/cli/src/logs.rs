//! The log of the command: who may say what on standard error, and how a line looks. An embedder has a subscriber of its
//! own and calls nothing here.

use std::{env, fmt, io::Write};

use harmony_config_host::terminal::log_writer;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{
    Global,
    style::{Paint, Style},
};

/// The variable that holds a filter in the notation of `RUST_LOG`.
pub const VARIABLE: &str = "HARMONY_CONFIG_LOG";

/// Sets the process's log, as the flags and [`VARIABLE`] say. Lines wait while a person is being asked.
pub fn start(global: &Global) {
    let style = Style::of(global.color, &std::io::stderr());
    let line = Line { style, detailed: global.verbose >= 2 };
    let layer = tracing_subscriber::fmt::layer().event_format(line).with_writer(log_writer);
    let named = env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    // Compiling a filter takes longer than most commands, so it is done only where there is one.
    let started = match named.as_deref().map(EnvFilter::try_new) {
        Some(Ok(filter)) => tracing_subscriber::registry().with(layer.with_filter(filter)).try_init(),
        wrong => {
            if wrong.is_some() {
                let word = style.paint(Paint::Warning, "warning");
                let _ = writeln!(
                    log_writer(),
                    "{word}: {VARIABLE} is no filter such as `harmony_config=debug`; it is ignored"
                );
            }
            let level = match global.verbose {
                0 => LevelFilter::WARN,
                1 => LevelFilter::INFO,
                2 => LevelFilter::DEBUG,
                _ => LevelFilter::TRACE,
            };
            // The libraries below speak of bytes and instructions, which helps nobody with their configuration.
            let filter = Targets::new().with_default(LevelFilter::WARN).with_target("harmony_config", level);
            tracing_subscriber::registry().with(layer.with_filter(filter)).try_init()
        }
    };
    // Somebody else's subscriber is there already: then that one is used.
    let _ = started;
}

/// `warning: words`; with more verbosity, who says it and what else is known.
struct Line {
    style: Style,
    detailed: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata: &Metadata<'_> = event.metadata();
        let (word, paint) = match *metadata.level() {
            Level::ERROR => ("error", Paint::Bad),
            Level::WARN => ("warning", Paint::Warning),
            Level::INFO => ("info", Paint::Strong),
            Level::DEBUG => ("debug", Paint::Faint),
            Level::TRACE => ("trace", Paint::Faint),
        };
        let mut words = Words::default();
        event.record(&mut words);
        write!(out, "{}: ", self.style.paint(paint, word))?;
        if self.detailed {
            write!(out, "{}: ", metadata.target())?;
        }
        out.write_str(&words.message)?;
        if self.detailed {
            out.write_str(&words.others)?;
        }
        writeln!(out)
    }
}

#[derive(Default)]
struct Words {
    message: String,
    others: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write;
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
    }
}
