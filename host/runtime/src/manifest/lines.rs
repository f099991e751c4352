//! The lines that hold, one for each value, each with where it was said: for `manifest --resolved`, and for whoever has to
//! know which layer decided something.

use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ManifestLine, ManifestPlugin,
    sources::Sources,
    texts::{Span, Texts},
    vars::Vars,
};
use crate::{plugin::Plugin, words::names_a_secret};

/// The order of the tables, as the documentation has it.
const ORDER: [&str; 10] =
    ["version", "app", "namespace", "chain", "source", "persist", "key", "value", "vars", "schema"];

/// Every line of the joined manifest.
pub(super) fn read(texts: &Texts, vars: &Vars, sources: &Sources<'_>, root: &DeTable<'_>) -> Vec<ManifestLine> {
    let mut reader = Reader { texts, vars, sources, lines: Vec::new(), path: Vec::new(), in_a_name: false };
    for name in ORDER {
        if let Some((name, value)) = root.get_key_value(name) {
            reader.path.push(name.get_ref().to_string());
            reader.value(value.get_ref(), &value.span());
            reader.path.pop();
        }
    }
    reader.lines
}

struct Reader<'a> {
    texts: &'a Texts,
    vars: &'a Vars,
    sources: &'a Sources<'a>,
    lines: Vec<ManifestLine>,
    path: Vec<String>,
    /// Whether what is read is part of the name of one thing.
    in_a_name: bool,
}

impl Reader<'_> {
    fn value(&mut self, value: &DeValue<'_>, span: &Span) {
        match value {
            DeValue::Table(members) if !members.is_empty() && !self.is_one_thing(members) => {
                for (name, member) in members {
                    self.path.push(name.get_ref().to_string());
                    self.value(member.get_ref(), &member.span());
                    self.path.pop();
                }
            }
            value => {
                let mut used = Vec::new();
                let value = self.shown(value, &mut used);
                let place = Some(self.texts.place(span));
                self.lines.push(ManifestLine { path: self.path.clone(), value, place, note: note(self.vars, &used) });
            }
        }
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// Whether a table is shown in one line.
    fn is_one_thing(&self, members: &DeTable<'_>) -> bool {
        match self.path().as_slice() {
            ["source", _, "plugin" | "on-error"] | ["vars", _] => true,
            ["source", _, "settings", ..] => members.contains_key("from"),
            _ => false,
        }
    }

    /// Whether what stands here should not be shown, though somebody wrote it into a manifest.
    fn is_secret(&self) -> bool {
        match self.path().as_slice() {
            ["source", source, "settings", ..] => {
                let setting = self.path.get(3..).unwrap_or_default();
                match self.sources.known.get(*source).map(|source| &source.plugin) {
                    Some(ManifestPlugin::Bundled(plugin)) => {
                        Plugin::bundled(plugin).is_some_and(|plugin| plugin.facts().is_secret_setting(setting))
                    }
                    _ => setting.last().is_some_and(|name| names_a_secret(name)),
                }
            }
            ["value", .., name] => names_a_secret(name),
            _ => false,
        }
    }

    /// Whether variables are put in here.
    fn has_variables(&self) -> bool {
        matches!(
            self.path().as_slice(),
            ["namespace"]
                | ["schema", "file"]
                | ["source", _, "settings" | "tls" | "proxy", ..]
                | ["key", _, "ref", ..]
        )
    }

    fn shown(&mut self, value: &DeValue<'_>, used: &mut Vec<String>) -> Value {
        match value {
            // It says where the secret is, and not the secret.
            DeValue::Table(members) if !self.in_a_name && self.is_one_thing(members) => {
                self.in_a_name = true;
                let shown = self.members(members, used);
                self.in_a_name = false;
                shown
            }
            _ if !self.in_a_name && self.is_secret() => "***".into(),
            DeValue::String(text) if self.has_variables() => match self.vars.fill(self.texts, &(0..0), text) {
                Ok(filled) => {
                    used.extend(filled.used);
                    filled.text.into()
                }
                Err(_) => text.as_ref().into(),
            },
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                i64::from_str_radix(&digits, number.radix()).map_or_else(|_| digits.clone().into(), Value::from)
            }
            DeValue::Float(number) => {
                let digits = number.as_str().replace('_', "");
                digits.parse::<f64>().map_or_else(|_| digits.clone().into(), Value::from)
            }
            DeValue::Boolean(value) => (*value).into(),
            DeValue::Datetime(time) => time.to_string().into(),
            DeValue::Array(items) => {
                let item = |(place, item): (usize, &Spanned<DeValue<'_>>)| {
                    self.path.push(place.to_string());
                    let shown = self.shown(item.get_ref(), used);
                    self.path.pop();
                    shown
                };
                items.iter().enumerate().map(item).collect()
            }
            DeValue::Table(members) => self.members(members, used),
        }
    }

    fn members(&mut self, members: &DeTable<'_>, used: &mut Vec<String>) -> Value {
        let member = |(name, member): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            self.path.push(name.get_ref().to_string());
            let shown = self.shown(member.get_ref(), used);
            self.path.pop();
            (name.get_ref().to_string(), shown)
        };
        Value::Object(members.iter().map(member).collect())
    }
}

fn note(vars: &Vars, used: &[String]) -> Option<String> {
    let words: Vec<String> = used
        .iter()
        .map(|name| match vars.declared.get(name) {
            Some(variable) if variable.from_environment => match variable.environment.as_deref() {
                Some(other) if other != name => format!("{name} from the environment's {other}"),
                _ => format!("{name} from the environment"),
            },
            Some(variable) => format!("{name} from {}", variable.place),
            None => name.clone(),
        })
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
