//! Colours: whether a stream gets them, and which there are. Nothing is printed here.

use std::{env, io::IsTerminal};

use crate::Color;

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    on: bool,
}

/// What a colour stands for.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    /// What went wrong.
    Bad,
    /// What is odd.
    Warning,
    /// What wins.
    Good,
    /// What one looks for.
    Strong,
    /// What is only there for completeness.
    Faint,
}

impl Style {
    /// What this stream gets.
    pub(crate) fn of(color: Color, stream: &impl IsTerminal) -> Self {
        let on = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
                // A Windows console may show the codes as text; a person who knows better says `--color always`.
                !cfg!(windows)
                    && set("NO_COLOR").is_none()
                    && set("TERM").is_none_or(|term| term != "dumb")
                    && stream.is_terminal()
            }
        };
        Style { on }
    }

    /// The words in this colour.
    pub fn paint(self, paint: Paint, words: &str) -> String {
        if !self.on || words.is_empty() {
            return words.to_owned();
        }
        let code = match paint {
            Paint::Bad => "1;31",
            Paint::Warning => "33",
            Paint::Good => "1;32",
            Paint::Strong => "1",
            Paint::Faint => "2",
        };
        format!("\x1b[{code}m{words}\x1b[0m")
    }
}
