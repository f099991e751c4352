//! JSON: what is not asked for is not read, and what is not changed stays as it was written, to the byte. A text without
//! anything in it is a file without values.

use std::{collections::HashSet, fmt, ops::Range};

use harmony_config_plugin_shared::text::{line_end, string_length};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::fault::{Fault, place};

/// A member of the table at top level.
struct Member {
    name: String,
    /// Where its name begins.
    start: usize,
    value: Range<usize>,
}

pub(crate) fn get(text: &str, name: &str) -> Result<Option<String>, Fault> {
    let members = members(text)?;
    let Some(member) = find(text, &members, name)? else { return Ok(None) };
    let value = text.get(member.value.clone()).unwrap_or_default();
    serde_json::from_str::<Unique>(value).map_err(|error| {
        let (line, column) = place(text, member.value.start);
        // The parser counts from the beginning of the value.
        let at = match error.line() {
            0 | 1 => (line, column + error.column().saturating_sub(1)),
            further => (line + further - 1, error.column()),
        };
        Fault { place: Some(at), ..Fault::new(words(&error)) }
    })?;
    Ok(Some(value.to_owned()))
}

pub(crate) fn names(text: &str) -> Result<Vec<String>, Fault> {
    Ok(members(text)?.into_iter().map(|member| member.name).collect())
}

pub(crate) fn set(text: &str, name: &str, value: &Value) -> Result<String, Fault> {
    let members = members(text)?;
    let end = line_end(text);
    let laid_out = |indent: &str, value: &Value| {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.replace('\n', &format!("{end}{indent}"))
    };
    if let Some(member) = find(text, &members, name)? {
        let value = match indent(text, member.start) {
            Some(indent) => laid_out(indent, value),
            None => value.to_string(),
        };
        return Ok(replaced(text, member.value.clone(), &value));
    }
    let name = Value::from(name);
    let Some(last) = members.last() else {
        let member = format!("{{{end}  {name}: {}{end}}}", laid_out("  ", value));
        return Ok(match text.find('{').zip(text.rfind('}')) {
            Some((open, close)) => replaced(text, open..close + 1, &member),
            None => member + end,
        });
    };
    let member = match indent(text, last.start) {
        Some(indent) => format!(",{end}{indent}{name}: {}", laid_out(indent, value)),
        // All on one line.
        None => format!(", {name}: {value}"),
    };
    Ok(replaced(text, last.value.end..last.value.end, &member))
}

pub(crate) fn remove(text: &str, name: &str) -> Result<String, Fault> {
    let members = members(text)?;
    find(text, &members, name)?;
    let Some(at) = members.iter().position(|member| member.name == name) else { return Ok(text.to_owned()) };
    let (before, after) = (at.checked_sub(1).and_then(|at| members.get(at)), members.get(at + 1));
    let Some(member) = members.get(at) else { return Ok(text.to_owned()) };
    let range = match (before, after) {
        (_, Some(after)) => member.start..after.start,
        (Some(before), None) => before.value.end..member.value.end,
        // Nothing is left between the braces.
        (None, None) => text.find('{').map_or(0, |open| open + 1)..text.rfind('}').unwrap_or(member.value.end),
    };
    Ok(replaced(text, range, ""))
}

fn replaced(text: &str, range: Range<usize>, with: &str) -> String {
    [text.get(..range.start).unwrap_or_default(), with, text.get(range.end..).unwrap_or_default()].concat()
}

/// What stands before a name that begins a line.
fn indent(text: &str, start: usize) -> Option<&str> {
    let (_, line) = text.get(..start)?.rsplit_once('\n')?;
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(line)
}

/// The member of this name. Twice is once too often: readers disagree about which one counts.
fn find<'a>(text: &str, members: &'a [Member], name: &str) -> Result<Option<&'a Member>, Fault> {
    let mut found = members.iter().filter(|member| member.name == name);
    let first = found.next();
    match found.next() {
        Some(second) => Err(Fault::at(text, second.start, twice(name))),
        None => Ok(first),
    }
}

fn twice(name: &str) -> String {
    format!("`{name}` stands here a second time")
}

/// The members of the table at top level.
fn members(text: &str) -> Result<Vec<Member>, Fault> {
    let mut members = Vec::new();
    if text.trim().is_empty() {
        return Ok(members);
    }
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| Fault { place: Some((error.line(), error.column())), ..Fault::new(words(&error)) })?;
    // From here on it is known to be JSON, so the signs alone say where everything is.
    let mut at = skip(text, 0, &[]);
    if !text.get(at..).is_some_and(|rest| rest.starts_with('{')) {
        return Err(Fault::at(text, at, "it is no table of keys: the whole file is one other value"));
    }
    at += 1;
    loop {
        at = skip(text, at, b",");
        let rest = text.get(at..).unwrap_or_default();
        if !rest.starts_with('"') {
            return Ok(members);
        }
        let length = string_length(rest);
        let name = serde_json::from_str(rest.get(..length).unwrap_or_default()).unwrap_or_default();
        let value = skip(text, at + length, b":");
        let end = value + value_length(text.get(value..).unwrap_or_default());
        members.push(Member { name, start: at, value: value..end });
        at = end;
    }
}

fn skip(text: &str, from: usize, signs: &[u8]) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let skipped = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r') || signs.contains(byte);
    from + rest.iter().take_while(|byte| skipped(byte)).count()
}

/// The length of the value that `text` begins with.
fn value_length(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += string_length(text.get(at..).unwrap_or_default()) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
            return at;
        }
    }
    at
}

/// The parser's words, without the place: they name what was expected and quote nothing.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    match error.is_data() {
        true => what.to_owned(),
        false => format!("it is not JSON: {what}"),
    }
}

/// Any value in which no table has a name twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(serde::de::Error::custom(twice(&name)));
            }
            names.insert(name);
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}
