//! The layers as trees, and how they are joined: tables merge, everything else of the upper layer replaces. Each word keeps
//! the place that it was written at.

use harmony_config_core::ConfigError;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::texts::{Span, Text};

/// Reads the text of one layer. Its places are those of the whole row of texts.
pub(super) fn read(text: &Text) -> Result<DeTable<'_>, ConfigError> {
    let table = DeTable::parse(&text.text).map_err(|error| {
        let message = error.message().trim_end().replace('\n', "; ");
        text.error(error.span().unwrap_or(0..0), &message)
            .with_remedy("see docs/manifest.md for what a manifest may say")
    })?;
    Ok(moved(table.into_inner(), text.base))
}

fn moved(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    table
        .into_iter()
        .map(|(name, value)| {
            let at = shifted(name.span(), by);
            (Spanned::new(at, name.into_inner()), moved_value(value, by))
        })
        .collect()
}

fn moved_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let at = shifted(value.span(), by);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(moved(table, by)),
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| moved_value(item, by)).collect()),
        // What JSON has no word for is a text.
        DeValue::Datetime(time) => DeValue::String(time.to_string().into()),
        other => other,
    };
    Spanned::new(at, value)
}

fn shifted(span: Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// Lays `upper` over `lower`.
pub(super) fn merge<'a>(lower: &mut DeTable<'a>, upper: DeTable<'a>) {
    merge_at(lower, upper, &[]);
}

fn merge_at<'a>(lower: &mut DeTable<'a>, upper: DeTable<'a>, path: &[&str]) {
    for (name, value) in upper {
        let path: Vec<&str> = path.iter().copied().chain([name.get_ref().as_ref()]).collect();
        match (lower.get_mut(&name).map(Spanned::get_mut), value.get_ref()) {
            (Some(DeValue::Table(below)), DeValue::Table(above))
                if !names_one_thing(&path, below) && !names_one_thing(&path, above) =>
            {
                if let DeValue::Table(above) = value.into_inner() {
                    merge_at(below, above, &path);
                }
            }
            _ => {
                // With its own name's place, which a plain insert would not take.
                lower.remove(&name);
                lower.insert(name.clone(), value);
            }
        }
    }
}

/// Whether a table is the name of one thing, so that it is replaced whole: a plugin, a variable, a credential. Half of one and
/// half of another would name a third.
fn names_one_thing(path: &[&str], table: &DeTable<'_>) -> bool {
    let path = match path {
        ["profile", _, inner @ ..] => inner,
        path => path,
    };
    match path {
        ["source", _, "plugin"] | ["vars", _] => true,
        ["source", _, "settings", _, ..] => table.contains_key("from"),
        _ => false,
    }
}
