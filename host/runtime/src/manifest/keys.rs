//! What a manifest says of single keys: their chain, the places where they already lie, their defaults.

use std::collections::BTreeMap;

use harmony_config_core::{ConfigError, Coordinate, DEFAULT_NAMESPACE};
use serde_json::Value;
use toml::Spanned;

use super::{
    ManifestKey, ManifestPlugin, ManifestRef, ManifestValue, Place,
    node::{Node, Table},
    shape,
    sources::{Sources, marked},
    texts::Texts,
    vars::Vars,
};
use crate::{plugin::Plugin, words::shown};

/// Reads `[key.…]`.
pub(super) fn read(
    texts: &Texts,
    vars: &Vars,
    sources: &mut Sources<'_>,
    tables: &BTreeMap<Spanned<String>, shape::Key>,
) -> Result<Vec<ManifestKey>, ConfigError> {
    let mut keys = Vec::with_capacity(tables.len());
    for (pattern, table) in tables {
        check_pattern(texts, pattern)?;
        let chain = match &table.chain {
            None => None,
            Some(chain) if chain.get_ref().is_empty() => {
                return Err(texts
                    .error(chain.span(), "the chain is empty: there is nothing to ask")
                    .with_remedy("name at least one source, or leave the line out"));
            }
            Some(chain) => Some(sources.list(chain.get_ref())?),
        };
        let mut refs = BTreeMap::new();
        for (source, said) in &table.refs {
            check_refs(texts, sources, source)?;
            let mut list = Vec::new();
            places(texts, vars, said, &mut Vec::new(), &mut list)?;
            refs.insert(source.get_ref().clone(), list);
        }
        keys.push(ManifestKey { pattern: pattern.get_ref().clone(), chain, refs, place: texts.place(&pattern.span()) });
    }
    Ok(keys)
}

/// A key, perhaps with wildcards, perhaps with an instance.
fn check_pattern(texts: &Texts, pattern: &Spanned<String>) -> Result<(), ConfigError> {
    let text = pattern.get_ref();
    if !text.contains(['*', '?']) {
        return match Coordinate::parse(DEFAULT_NAMESPACE, text) {
            Ok(_) => Ok(()),
            Err(error) => Err(marked(texts, pattern.span(), &error)),
        };
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '?' | '@');
    if text.chars().all(allowed) && text.matches('@').count() <= 1 {
        return Ok(());
    }
    Err(texts.error(pattern.span(), &format!("`{}` is no pattern of keys", shown(text))).with_remedy(
        "a pattern is a key with `*` (any letters) and `?` (any one letter) in it: \"*Auth\", \"Firewall@fw-*\"",
    ))
}

/// A source that knows places is needed for them.
fn check_refs(texts: &Texts, sources: &mut Sources<'_>, name: &Spanned<String>) -> Result<(), ConfigError> {
    let source = sources.find(name.get_ref(), &name.span())?;
    let ManifestPlugin::Bundled(plugin) = &source.plugin else { return Ok(()) };
    if Plugin::bundled(plugin).is_none_or(|plugin| plugin.facts().features().refs) {
        return Ok(());
    }
    let able = |plugin: &&'static str| Plugin::bundled(plugin).is_some_and(|plugin| plugin.facts().features().refs);
    let able: Vec<&str> = Plugin::bundled_names().filter(able).collect();
    let message =
        format!("source `{}` cannot look in other places: its plugin `{plugin}` knows no `ref`", name.get_ref());
    Err(texts.error(name.span(), &message).with_remedy(format!("these plugins do: {}", able.join(", "))))
}

fn places(
    texts: &Texts,
    vars: &Vars,
    said: &Spanned<Node>,
    field: &mut Vec<String>,
    list: &mut Vec<ManifestRef>,
) -> Result<(), ConfigError> {
    match said.get_ref() {
        Node::Leaf(Value::String(text)) if !text.is_empty() => {
            let at = vars.fill(texts, &said.span(), text)?.text;
            list.push(ManifestRef { field: field.clone(), at, place: texts.place(&said.span()) });
            Ok(())
        }
        Node::Table(members) if !members.is_empty() => {
            for (name, member) in members {
                field.push(name.get_ref().clone());
                places(texts, vars, member, field, list)?;
                field.pop();
            }
            Ok(())
        }
        _ => Err(texts
            .error(said.span(), "this is no place")
            .with_remedy("write ref.SOURCE = \"PLACE\" for the whole value, ref.SOURCE.FIELD = \"PLACE\" for a field")),
    }
}

/// Reads `[value.…]`.
pub(super) fn values(texts: &Texts, table: &Table) -> Result<BTreeMap<String, ManifestValue>, ConfigError> {
    let mut values = BTreeMap::new();
    for (key, said) in table {
        Coordinate::parse(DEFAULT_NAMESPACE, key.get_ref()).map_err(|error| marked(texts, key.span(), &error))?;
        let mut places = BTreeMap::new();
        fields(texts, said, &mut Vec::new(), &mut places);
        let place = texts.place(&key.span());
        values.insert(key.get_ref().clone(), ManifestValue { value: said.get_ref().value(), places, place });
    }
    Ok(values)
}

/// The place of each field, the tables included.
fn fields(texts: &Texts, said: &Spanned<Node>, path: &mut Vec<String>, places: &mut BTreeMap<Vec<String>, Place>) {
    places.insert(path.clone(), texts.place(&said.span()));
    let Node::Table(members) = said.get_ref() else { return };
    for (name, member) in members {
        path.push(name.get_ref().clone());
        fields(texts, member, path, places);
        path.pop();
    }
}
