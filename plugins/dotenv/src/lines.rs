//! How a `.env` file is written: `NAME=value` a line, with or without `export` before it.
//!
//! Between `'` everything is taken as it is. Between `"` a backslash stands before `n`, `r`, `t`, `"`, `\` and `$`. Both may
//! go over several lines. Without quotes a value ends with its line or before a `#` that follows a blank; one that is a
//! JSON list or object may have that in it. A line that sets no variable is somebody else's.

use std::{borrow::Cow, ops::Range};

use harmony_config_sdk::Failure;
use serde::de::IgnoredAny;

/// One variable.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, str>,
    /// From 1; of the first, where it goes over several.
    pub(crate) number: usize,
    /// All of it, its line end included.
    pub(crate) whole: Range<usize>,
    /// What stands behind the `=`, quotes included.
    pub(crate) raw: Range<usize>,
    /// Something stands behind the closing quote: shells would put it together.
    joined: bool,
    /// Another program would put a variable into it.
    pub(crate) expands: bool,
}

/// A whole file.
#[derive(Debug, Default)]
pub(crate) struct Lines<'a> {
    pub(crate) all: Vec<Line<'a>>,
    /// The numbers of lines that are none.
    pub(crate) odd: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Reads a text. Only a quote without an end is an error: where it ends, nobody can say.
    pub(crate) fn of(text: &'a str) -> Result<Self, Failure> {
        let mut lines = Lines::default();
        let (mut at, mut number) = (0, 1);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let line = line_of(text, at, number)?;
            let end = match line {
                Some(line) => {
                    let end = line.whole.end;
                    lines.all.push(line);
                    end
                }
                None => {
                    let length = line_length(rest);
                    let said = rest.get(..length).unwrap_or_default().trim();
                    if !said.is_empty() && !said.starts_with('#') {
                        lines.odd.push(number);
                    }
                    at + length
                }
            };
            number += text.get(at..end).unwrap_or_default().matches('\n').count();
            at = end;
        }
        Ok(lines)
    }

    /// The value of a variable. Set twice it is an error: programs disagree about which one counts.
    pub(crate) fn value(&self, name: &str) -> Result<Option<String>, Failure> {
        let mut found = self.all.iter().filter(|line| line.name == name);
        let Some(line) = found.next() else { return Ok(None) };
        if let Some(second) = found.next() {
            return Err(Failure::invalid(format!(
                "{name} is set twice, in line {} and in line {}",
                line.number, second.number
            ))
            .remedy("remove one of the two lines"));
        }
        if line.joined {
            return Err(Failure::invalid(format!("line {}: something stands behind the closing quote", line.number))
                .remedy(format!("put the whole value of {name} between one pair of quotes")));
        }
        Ok(Some(line.value.clone().into_owned()))
    }
}

/// The length of the line that `rest` begins with, its end included.
fn line_length(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |at| at + 1)
}

fn line_of(text: &str, start: usize, number: usize) -> Result<Option<Line<'_>>, Failure> {
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.get(..line_length(rest)).unwrap_or_default();
    let Some((left, _)) = line.split_once('=') else { return Ok(None) };
    let left = left.trim_start_matches([' ', '\t']);
    let name = match left.strip_prefix("export") {
        Some(name) if name.starts_with([' ', '\t']) => name.trim_start_matches([' ', '\t']),
        _ => left,
    };
    let name = name.trim_end_matches([' ', '\t']);
    if !is_name(name) {
        return Ok(None);
    }
    let equals = start + line.find('=').unwrap_or_default() + 1;
    let behind = text.get(equals..).unwrap_or_default();
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let from = equals + blanks;
    let behind = text.get(from..).unwrap_or_default();
    let quote = behind.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let (value, length, expands) = match quote {
        Some(quote) => quoted(behind, quote).ok_or_else(|| {
            Failure::invalid(format!("line {number}: the quote of {name} is never closed"))
                .remedy(format!("close it: {name}={quote}…{quote}"))
        })?,
        None => bare(behind),
    };
    let after = text.get(from + length..).unwrap_or_default();
    let tail = after.get(..line_length(after)).unwrap_or_default();
    let said = tail.trim();
    let joined = quote.is_some() && !said.is_empty() && !(said.starts_with('#') && tail.starts_with([' ', '\t']));
    let raw = from..from + length;
    Ok(Some(Line { name, value, number, whole: start..raw.end + tail.len(), raw, joined, expands }))
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// The value between quotes, the length of it with them, and whether another program would expand it. None where they are
/// never closed.
fn quoted(text: &str, quote: char) -> Option<(Cow<'_, str>, usize, bool)> {
    let inside = text.get(1..)?;
    let mut value = String::new();
    let mut expands = false;
    let mut characters = inside.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Some((value.replace("\r\n", "\n").into(), at + 2, expands)),
            '\\' if quote == '"' => match characters.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
                None => return None,
            },
            '$' if quote == '"' => {
                expands = true;
                value.push('$');
            }
            _ => value.push(character),
        }
    }
    None
}

/// The same of a value without quotes.
fn bare(text: &str) -> (Cow<'_, str>, usize, bool) {
    let line = text.get(..line_length(text)).unwrap_or_default();
    let whole = line.trim_end();
    let is_json = whole.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(whole).is_ok();
    let comment = whole.char_indices().find(|(at, character)| {
        *character == '#' && (*at == 0 || whole.get(..*at).is_some_and(|before| before.ends_with([' ', '\t'])))
    });
    let value = match comment {
        Some((at, _)) if !is_json => whole.get(..at).unwrap_or_default().trim_end(),
        _ => whole,
    };
    (value.into(), value.len(), value.contains('$'))
}
