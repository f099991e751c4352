//! YAML, read only, by the core schema of YAML 1.2: `no` is a text, and `0o17` a number. Aliases are followed, up to a
//! bound; merge keys, tags of others and several documents in one file are refused rather than misread.

use std::{borrow::Cow, collections::HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use crate::fault::Fault;

/// The values of a file, those that aliases repeat included.
const MAX_VALUES: usize = 200_000;

/// How deep values may lie in each other.
const MAX_DEPTH: usize = 100;

pub(crate) fn get(text: &str, name: &str) -> Result<Option<String>, Fault> {
    Ok(load(text)?.get(name).map(Value::to_string))
}

pub(crate) fn names(text: &str) -> Result<Vec<String>, Fault> {
    Ok(load(text)?.into_iter().map(|(name, _)| name).collect())
}

/// The table at top level.
fn load(text: &str) -> Result<Map<String, Value>, Fault> {
    let mut loader = Loader { parser: Parser::new_from_str(text), anchors: HashMap::new(), values: 0 };
    loop {
        match loader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd, _) => return Ok(Map::new()),
            (event, span) => {
                let table = match loader.value(event, span, 0)? {
                    Value::Object(table) => table,
                    Value::Null => Map::new(),
                    _ => return Err(fault(&span.start, "it is no table of keys: the whole file is one other value")),
                };
                return loader.end().map(|()| table);
            }
        }
    }
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Value>,
    values: usize,
}

impl<'a> Loader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(fault(error.marker(), format!("it is not YAML: {}", error.info()))),
            None => Err(Fault::new("it is not YAML: it ends too early")),
        }
    }

    /// Nothing may come behind the first document.
    fn end(&mut self) -> Result<(), Fault> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    return Err(fault(&span.start, "a second document begins here; a file has one"));
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, Fault> {
        self.count(1, &span)?;
        if depth > MAX_DEPTH {
            return Err(fault(&span.start, format!("values lie deeper than {MAX_DEPTH} in each other")));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_deref(), &span)?),
            Event::SequenceStart(anchor, tag) => {
                known(tag.as_deref(), "seq", &span)?;
                (anchor, self.list(depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                known(tag.as_deref(), "map", &span)?;
                (anchor, self.table(depth)?)
            }
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(fault(&span.start, "an alias that leads to itself"));
                };
                self.count(size(&value), &span)?;
                return Ok(value);
            }
            _ => return Err(fault(&span.start, "it is not YAML: a value is missing")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                (event, span) => items.push(self.value(event, span, depth + 1)?),
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut members = Map::new();
        loop {
            let (name, at) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Object(members)),
                (Event::Scalar(text, ScalarStyle::Plain, ..), span) if text == "<<" => {
                    return Err(fault(&span.start, "merge keys (`<<`) are not read; write the fields out"));
                }
                (Event::Scalar(text, ..), span) => (Cow::into_owned(text), span.start),
                (_, span) => return Err(fault(&span.start, "a name must be a text")),
            };
            let (event, span) = self.next()?;
            let value = self.value(event, span, depth + 1)?;
            if members.contains_key(&name) {
                return Err(fault(&at, format!("`{name}` stands here a second time")));
            }
            members.insert(name, value);
        }
    }

    fn count(&mut self, values: usize, span: &Span) -> Result<(), Fault> {
        self.values = self.values.saturating_add(values);
        match self.values > MAX_VALUES {
            true => Err(fault(&span.start, format!("with its aliases the file has more than {MAX_VALUES} values"))),
            false => Ok(()),
        }
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn fault(at: &Marker, what: impl Into<String>) -> Fault {
    Fault { place: Some((at.line(), at.col() + 1)), ..Fault::new(what) }
}

/// Refuses a tag that is not the one that a value has by itself.
fn known(tag: Option<&Tag>, own: &str, span: &Span) -> Result<(), Fault> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == own => Ok(()),
        Some(_) => Err(fault(&span.start, "a tag that is not known; a value has no other type than JSON has")),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, Fault> {
    let no_number = || fault(&span.start, "a number that is not finite, or larger than 64 bits");
    match tag {
        None if style == ScalarStyle::Plain => plain(text).ok_or_else(no_number),
        None => Ok(text.into()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(text.into()),
        Some(tag) if tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "int" | "float" | "bool" | "null") => {
            plain(text).ok_or_else(no_number)
        }
        Some(_) => known(tag, "", span).map(|()| Value::Null),
    }
}

/// A plain word by the core schema. None where it is a number that JSON does not have.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(true.into()),
        "false" | "False" | "FALSE" => return Some(false.into()),
        _ => {}
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return u64::from_str_radix(digits, radix).ok().map(Value::from);
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return None;
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !unsigned.is_empty() && digits(unsigned) {
        let number = text.strip_prefix('+').unwrap_or(text);
        return match number.parse::<i64>() {
            Ok(number) => Some(number.into()),
            Err(_) => number.parse::<u64>().ok().map(Value::from),
        };
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_float = (!whole.is_empty() || !fraction.is_empty())
        && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    match is_float {
        true => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        false => Some(text.into()),
    }
}
