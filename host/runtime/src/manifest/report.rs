//! An error of a manifest as a person reads it: file, line, column, the offending text marked.

use std::{ops::Range, path::Path};

/// A message about a place in a text, with the line it stands in and the place marked.
pub(super) fn render(text: &str, file: &Path, span: Range<usize>, message: &str) -> String {
    let start = floor(text, span.start.min(text.len()));
    let end = floor(text, span.end.clamp(start, text.len()));
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let (number, column) = position(text, start);
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let marked = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
    let marks = "^".repeat(marked.chars().count().max(1));
    // A tab would put the marks in the wrong place.
    let line = line.replace('\t', " ");
    let gutter = " ".repeat(number.to_string().len());
    format!(
        "{}:{number}:{}: {message}\n{gutter} |\n{number} | {line}\n{gutter} | {}{marks}",
        file.display(),
        column + 1,
        " ".repeat(column),
    )
}

/// The line, from 1, and the column, from 0, of a place.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..floor(text, at.min(text.len()))).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    (before.matches('\n').count() + 1, column)
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
        let text = "a = 1\nchäin = [\"x\"]\n";
        let message = render(text, Path::new("m.toml"), 6..12, "there is no `chäin`");
        assert_eq!(message, "m.toml:2:1: there is no `chäin`\n  |\n2 | chäin = [\"x\"]\n  | ^^^^^");
    }

    #[test]
    fn a_place_outside_the_text_is_no_trouble() {
        assert!(render("é", Path::new("m.toml"), 1..99, "x").contains("m.toml:1:1: x"));
        assert!(render("", Path::new("m.toml"), 0..0, "x").contains("m.toml:1:1: x"));
    }
}
