//! An error of a manifest as a person reads it: file, line, column, the offending text marked, what was probably meant.

use std::{ops::Range, path::Path};

use harmony_config_core::ConfigError;

/// A manifest's text, for pointing into it.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a Path,
}

impl Text<'_> {
    /// An error at a place in the text.
    pub(super) fn error(&self, span: Range<usize>, message: &str) -> ConfigError {
        ConfigError::manifest(self.render(span, message))
    }

    /// An error of the whole.
    pub(super) fn error_of_all(&self, message: &str) -> ConfigError {
        ConfigError::manifest(format!("{}: {message}", self.file.display()))
    }

    fn render(&self, span: Range<usize>, message: &str) -> String {
        let start = floor(self.text, span.start.min(self.text.len()));
        let end = floor(self.text, span.end.clamp(start, self.text.len()));
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let number = before.matches('\n').count() + 1;
        let line = self.text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = self.text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
        let marks = "^".repeat(marked.chars().count().max(1));
        // A tab would put the marks in the wrong place.
        let line = line.replace('\t', " ");
        let gutter = " ".repeat(number.to_string().len());
        format!(
            "{}:{number}:{}: {message}\n{gutter} |\n{number} | {line}\n{gutter} | {}{marks}",
            self.file.display(),
            column + 1,
            " ".repeat(column),
        )
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offending_text_is_marked() {
        let text = Text { text: "a = 1\nchäin = [\"x\"]\n", file: Path::new("m.toml") };
        let error = text.error(6..12, "there is no `chäin`");
        assert_eq!(error.message(), "m.toml:2:1: there is no `chäin`\n  |\n2 | chäin = [\"x\"]\n  | ^^^^^");
    }

    #[test]
    fn a_place_outside_the_text_is_no_trouble() {
        let text = Text { text: "é", file: Path::new("m.toml") };
        assert!(text.error(1..99, "x").message().contains("m.toml:1:1: x"));
        let text = Text { text: "", file: Path::new("m.toml") };
        assert!(text.error(0..0, "x").message().contains("m.toml:1:1: x"));
    }
}
