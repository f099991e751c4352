//! The items of a WIT file, one line each, without comments: what a component's types are matched by. Only as much of
//! the language as the contract uses; what it does not know it keeps as text, so a change of it is seen all the same.

use std::collections::BTreeSet;

/// `interface types: record page { entries: …, next: … }`, for every item.
pub(crate) fn items(text: &str) -> BTreeSet<String> {
    let text = without_comments(text);
    let mut items = BTreeSet::new();
    let mut rest = text.as_str();
    while let Some((item, body, after)) = next(rest) {
        match body {
            Some(body) if item.starts_with("interface ") || item.starts_with("world ") => {
                let mut inner = body;
                while let Some((member, fields, after)) = next(inner) {
                    // Names that are brought in show in what uses them.
                    if !member.starts_with("use ") {
                        items.insert(format!("{item}: {}", whole(&member, fields)));
                    }
                    inner = after;
                }
            }
            body => {
                items.insert(whole(&item, body));
            }
        }
        rest = after;
    }
    items
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The next item: what stands before its end, what stands between its braces, and the rest.
fn next(text: &str) -> Option<(String, Option<&str>, &str)> {
    let text = text.trim_start();
    if text.is_empty() {
        return None;
    }
    // `use types.{a, b};` has braces of another kind.
    let end = text.find(';').unwrap_or(text.len());
    match text.find('{').filter(|open| *open < end && !text[..*open].ends_with('.')) {
        None => Some((spaced(&text[..end]), None, text.get(end + 1..).unwrap_or_default())),
        Some(open) => {
            let mut depth = 0_usize;
            let close = text.char_indices().skip(open).find_map(|(at, character)| {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                (character == '}' && depth == 0).then_some(at)
            });
            let close = close.expect("a brace is not closed");
            Some((spaced(&text[..open]), Some(&text[open + 1..close]), &text[close + 1..]))
        }
    }
}

fn whole(item: &str, fields: Option<&str>) -> String {
    match fields {
        None => item.to_owned(),
        Some(fields) => format!("{item} {{ {} }}", spaced(fields).trim_end_matches(',').trim_end()),
    }
}

/// One blank between words, however the lines are broken.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
