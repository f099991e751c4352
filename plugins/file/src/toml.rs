//! TOML: comments, order and the look of what is not changed stay. A date is a text; what has no value is left out,
//! because TOML has no null.

use harmony_config_plugin_shared::text::line_end;
use serde_json::{Map, Number, Value};
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value as TomlValue};

use crate::fault::Fault;

pub(crate) fn get(text: &str, name: &str) -> Result<Option<String>, Fault> {
    let document = parse(text)?;
    match document.as_table().get(name) {
        Some(item) => Ok(Some(json(item).map_err(|error| error.in_text(text))?.to_string())),
        None => Ok(None),
    }
}

pub(crate) fn names(text: &str) -> Result<Vec<String>, Fault> {
    Ok(parse(text)?.as_table().iter().map(|(name, _)| name.to_owned()).collect())
}

pub(crate) fn set(text: &str, name: &str, value: &Value) -> Result<String, Fault> {
    edit(text, |document| {
        let path = name.to_owned();
        match (value, document.get_mut(name)) {
            (Value::Object(members), Some(there)) if there.is_table_like() => {
                if let Some(table) = there.as_table_like_mut() {
                    merge(table, members, &path)?;
                }
            }
            (Value::Object(_), _) => {
                let table = item(value, &path)?;
                document.insert(name, table);
            }
            (_, Some(Item::Value(there))) => put(there, toml(value, &path)?),
            _ => {
                let value = Item::Value(toml(value, &path)?);
                document.insert(name, value);
            }
        }
        Ok(())
    })
}

pub(crate) fn remove(text: &str, name: &str) -> Result<String, Fault> {
    edit(text, |document| {
        document.remove(name);
        Ok(())
    })
    .map(|after| match head(text) {
        // What stands above everything belongs to the file, not to its first table.
        Some(head) if !after.starts_with(head) => format!("{head}{}", after.trim_start_matches(['\r', '\n'])),
        _ => after,
    })
}

/// The comment at the very beginning, with the empty line that sets it apart.
fn head(text: &str) -> Option<&str> {
    let end = line_end(text).repeat(2);
    let (head, _) = text.split_once(&end)?;
    let comment = head.lines().all(|line| line.starts_with('#'));
    comment.then(|| text.get(..head.len() + end.len())).flatten()
}

/// Changes a document. Lines end as they did.
fn edit(text: &str, change: impl FnOnce(&mut DocumentMut) -> Result<(), Fault>) -> Result<String, Fault> {
    let end = line_end(text);
    let plain = text.replace("\r\n", "\n");
    let mut document = parse(&plain)?.into_mut();
    change(&mut document)?;
    let changed = document.to_string();
    Ok(if end == "\n" { changed } else { changed.replace('\n', end) })
}

fn parse(text: &str) -> Result<Document<&str>, Fault> {
    Document::parse(text).map_err(|error| {
        // The message names what was expected; only the whole error would quote the line.
        let what = format!("it is not TOML: {}", error.message().trim_end().replace('\n', "; "));
        match error.span() {
            Some(span) => Fault::at(text, span.start, what),
            None => Fault::new(what),
        }
    })
}

/// A number that JSON does not have.
#[derive(Debug)]
struct NoNumber(Option<usize>);

impl NoNumber {
    fn in_text(self, text: &str) -> Fault {
        let what = "a number that is not finite cannot be a value of configuration";
        self.0.map_or_else(|| Fault::new(what), |offset| Fault::at(text, offset, what))
    }
}

fn json(item: &Item) -> Result<Value, NoNumber> {
    match item {
        Item::None => Ok(Value::Null),
        Item::Value(value) => json_value(value),
        Item::Table(table) => members(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| members(table)).collect(),
    }
}

fn members(table: &dyn TableLike) -> Result<Value, NoNumber> {
    let members = table.iter().map(|(name, item)| Ok((name.to_owned(), json(item)?)));
    members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

fn json_value(value: &TomlValue) -> Result<Value, NoNumber> {
    Ok(match value {
        TomlValue::String(text) => text.value().as_str().into(),
        TomlValue::Integer(number) => (*number.value()).into(),
        TomlValue::Float(number) => {
            let span = || value.span().map(|span| span.start);
            Number::from_f64(*number.value()).map(Value::Number).ok_or_else(|| NoNumber(span()))?
        }
        TomlValue::Boolean(value) => (*value.value()).into(),
        TomlValue::Datetime(time) => time.value().to_string().into(),
        TomlValue::Array(items) => items.iter().map(json_value).collect::<Result<_, _>>()?,
        TomlValue::InlineTable(table) => members(table)?,
    })
}

/// Makes a table have these members: what is equal is not touched, so that its comments stay with it.
fn merge(table: &mut dyn TableLike, members: &Map<String, Value>, path: &str) -> Result<(), Fault> {
    let gone: Vec<String> = table
        .iter()
        .map(|(name, _)| name)
        .filter(|name| members.get(*name).is_none_or(Value::is_null))
        .map(str::to_owned)
        .collect();
    for name in gone {
        table.remove(&name);
    }
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let path = format!("{path}.{name}");
        match (table.get_mut(name), value) {
            (Some(there), _) if json(there).is_ok_and(|there| there == without_nulls(value)) => {}
            (Some(there), Value::Object(members)) if there.is_table_like() => {
                if let Some(inner) = there.as_table_like_mut() {
                    merge(inner, members, &path)?;
                }
            }
            (Some(Item::Value(there)), _) => put(there, toml(value, &path)?),
            _ => {
                table.insert(name, item(value, &path)?);
            }
        }
    }
    Ok(())
}

/// In the place of another value, with the comment behind it.
fn put(there: &mut TomlValue, mut value: TomlValue) {
    *value.decor_mut() = there.decor().clone();
    *there = value;
}

/// A value as people write it: tables with a head of their own, everything within a list on its line.
fn item(value: &Value, path: &str) -> Result<Item, Fault> {
    let Value::Object(members) = value else { return Ok(Item::Value(toml(value, path)?)) };
    let mut table = Table::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        table.insert(name, item(value, &format!("{path}.{name}"))?);
    }
    Ok(Item::Table(table))
}

fn toml(value: &Value, path: &str) -> Result<TomlValue, Fault> {
    Ok(match value {
        Value::Null => return Err(Fault::unsupported(format!("TOML has no null, and `{path}` is one"))),
        Value::Bool(value) => (*value).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, Some(float)) if number.is_f64() => float.into(),
            _ => {
                let what = format!("TOML has no numbers as large as `{path}`: the most is {}", i64::MAX);
                return Err(Fault::unsupported(what));
            }
        },
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(at, item)| toml(item, &format!("{path}[{at}]")));
            TomlValue::Array(items.collect::<Result<Array, _>>()?)
        }
        Value::Object(members) => {
            let mut table = InlineTable::new();
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                table.insert(name, toml(value, &format!("{path}.{name}"))?);
            }
            TomlValue::InlineTable(table)
        }
    })
}

/// The value without the members that are null.
pub(crate) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name.clone(), without_nulls(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
