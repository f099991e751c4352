//! A plugin's own settings: variables put in, credentials of other sources set apart, the rest checked against what the
//! plugin says of its settings.

use harmony_config_core::{ConfigError, Coordinate, DEFAULT_NAMESPACE};
use serde_json::{Map, Value};
use toml::Spanned;

use super::{
    ManifestCredential, ManifestIdentity,
    node::{Node, Table},
    texts::{Span, Texts},
    vars::Vars,
};
use crate::{
    plugin::Plugin,
    words::{closest, shown},
};

/// What the settings of a source come to.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) values: Map<String, Value>,
    /// Each with the place of its source's name.
    pub(super) credentials: Vec<(ManifestCredential, Span)>,
    /// Likewise.
    pub(super) identities: Vec<(ManifestIdentity, Span)>,
}

/// Reads the settings of a source. Without a plugin, which is not known before its file is read, they are not checked.
pub(super) fn read(
    texts: &Texts,
    vars: &Vars,
    source: &str,
    plugin: Option<&Plugin>,
    table: &Spanned<Table>,
) -> Result<Settings, ConfigError> {
    let mut reader = Reader { texts, vars, plugin, credentials: Vec::new(), identities: Vec::new() };
    let mut values = Map::new();
    for (name, member) in table.get_ref() {
        if let Some(value) = reader.value(member, &mut vec![name.get_ref().clone()])? {
            values.insert(name.get_ref().clone(), value);
        }
    }
    let mut settings = Settings { values, credentials: reader.credentials, identities: Vec::new() };
    for (setting, named, span) in reader.identities {
        let audience = match beside(&settings, &setting) {
            Beside::Nothing => None,
            Beside::Text(audience) => Some(audience.to_owned()),
            Beside::Other => {
                return Err(texts
                    .error(span, "whom the tokens of this identity are for is to be a text: `audience` is none")
                    .with_remedy("write it out: audience = \"271828\""));
            }
        };
        settings.identities.push((ManifestIdentity { setting, source: named, audience }, span));
    }
    if let Some(plugin) = plugin {
        check(texts, source, plugin, table, &settings)?;
    }
    Ok(settings)
}

struct Reader<'a> {
    texts: &'a Texts,
    vars: &'a Vars,
    plugin: Option<&'a Plugin>,
    credentials: Vec<(ManifestCredential, Span)>,
    identities: Vec<(Vec<String>, String, Span)>,
}

impl Reader<'_> {
    /// The value; none where it is a credential.
    fn value(&mut self, said: &Spanned<Node>, path: &mut Vec<String>) -> Result<Option<Value>, ConfigError> {
        match said.get_ref() {
            Node::Leaf(Value::String(text)) => {
                if self.plugin.is_some_and(|plugin| plugin.facts().is_secret_setting(path)) {
                    Vars::refuse(self.texts, &said.span(), text, "a secret setting")?;
                    return Ok(Some(text.as_str().into()));
                }
                if self.names_an_identity(path) {
                    Vars::refuse(self.texts, &said.span(), text, "the name of an identity")?;
                    self.identities.push((path.clone(), text.clone(), said.span()));
                }
                Ok(Some(self.vars.fill(self.texts, &said.span(), text)?.text.into()))
            }
            Node::Leaf(value) => Ok(Some(value.clone())),
            Node::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    // Null keeps the place of a credential among the others.
                    values.push(self.value(item, path)?.unwrap_or(Value::Null));
                    path.pop();
                }
                Ok(Some(values.into()))
            }
            Node::Table(members) if members.contains_key("from") => {
                let credential = self.credential(members, path)?;
                self.credentials.push(credential);
                Ok(None)
            }
            Node::Table(members) => {
                let mut values = Map::new();
                for (name, member) in members {
                    path.push(name.get_ref().clone());
                    if let Some(value) = self.value(member, path)? {
                        values.insert(name.get_ref().clone(), value);
                    }
                    path.pop();
                }
                Ok(Some(values.into()))
            }
        }
    }

    /// Whether a setting names an identity. Of a plugin in a file, which is not read yet, the name of the setting says so.
    fn names_an_identity(&self, path: &[String]) -> bool {
        match self.plugin {
            Some(plugin) => plugin.facts().wants.is_an_identity(path),
            None => path.last().is_some_and(|name| name == "identity"),
        }
    }

    fn credential(&self, members: &Table, path: &[String]) -> Result<(ManifestCredential, Span), ConfigError> {
        let how = "write { from = \"SOURCE\", key = \"KEY\" }, and field = \"FIELD\" where one field of it is meant";
        let (mut from, mut key, mut field) = (None, None, None);
        for (name, said) in members {
            let place = match name.get_ref().as_str() {
                "from" => &mut from,
                "key" => &mut key,
                "field" => &mut field,
                other => {
                    let message = match closest(other, ["from", "key", "field"]) {
                        Some(close) => format!("there is no `{}` here; did you mean `{close}`?", shown(other)),
                        None => format!("there is no `{}` here", shown(other)),
                    };
                    return Err(self.texts.error(name.span(), &message).with_remedy(how));
                }
            };
            let Node::Leaf(Value::String(text)) = said.get_ref() else {
                let message = format!("`{}` should be a text", name.get_ref());
                return Err(self.texts.error(said.span(), &message).with_remedy(how));
            };
            Vars::refuse(self.texts, &said.span(), text, "a credential")?;
            *place = Some((text.clone(), said.span()));
        }
        let Some((source, span)) = from else { return Err(ConfigError::other("a credential without a source")) };
        let Some((key, key_span)) = key else {
            return Err(self.texts.error(span, "this does not say which key it is there").with_remedy(how));
        };
        if let Err(error) = Coordinate::parse(DEFAULT_NAMESPACE, &key) {
            let marked = self.texts.error(key_span, error.message());
            return Err(marked.with_remedy(error.remedy().unwrap_or(how)));
        }
        if self.plugin.is_some_and(|plugin| plugin.facts().wants.is_opened_by_the_host(path)) {
            return Err(self
                .texts
                .error(span, &format!("the host opens `{}` itself, before any source is asked", path.join(".")))
                .with_remedy("write the path out, or put a variable into it: see [vars]"));
        }
        let credential = ManifestCredential {
            setting: path.to_vec(),
            source,
            key,
            field: field.map(|(field, _)| field),
            place: self.texts.place(&span),
        };
        Ok((credential, span))
    }
}

/// What stands as `audience` beside a setting that names an identity.
enum Beside<'a> {
    Nothing,
    Text(&'a str),
    Other,
}

fn beside<'a>(settings: &'a Settings, setting: &[String]) -> Beside<'a> {
    let Some((_, outer)) = setting.split_last() else { return Beside::Nothing };
    let name = "audience";
    let is_it = |credential: &ManifestCredential| {
        credential.setting.split_last().is_some_and(|(last, before)| last == name && before == outer)
    };
    if settings.credentials.iter().any(|(credential, _)| is_it(credential)) {
        return Beside::Other;
    }
    let found = match outer.split_first() {
        None => settings.values.get(name),
        Some((first, rest)) => {
            let table = rest.iter().try_fold(settings.values.get(first), |at, part| match at {
                Some(Value::Array(items)) => Some(items.get(part.parse::<usize>().ok()?)),
                Some(Value::Object(members)) => Some(members.get(part)),
                _ => None,
            });
            table.flatten().and_then(|table| table.get(name))
        }
    };
    match found {
        None => Beside::Nothing,
        Some(Value::String(text)) => Beside::Text(text),
        Some(_) => Beside::Other,
    }
}

fn check(
    texts: &Texts,
    source: &str,
    plugin: &Plugin,
    table: &Spanned<Table>,
    settings: &Settings,
) -> Result<(), ConfigError> {
    let later: Vec<&[String]> = settings.credentials.iter().map(|(credential, _)| &*credential.setting).collect();
    let faults = plugin.facts().faults_of(&Value::Object(settings.values.clone()), &later);
    let Some(fault) = faults.first() else { return Ok(()) };
    // Where the fault names a setting, that is what is marked.
    let named = fault.split('`').nth(1).and_then(|named| named.split('.').next());
    let marked = table.get_ref().keys().find(|name| Some(name.get_ref().as_str()) == named);
    Err(texts
        .error(marked.map_or(table.span(), Spanned::span), &format!("source `{source}`: {fault}"))
        .with_remedy(format!("see the settings of `{}` in docs/manifest.md", plugin.name())))
}
