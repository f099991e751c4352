//! The variables that a manifest declares, and putting them in for `${NAME}`. Where none may stand, the text is refused
//! rather than taken as it is.

use std::collections::BTreeMap;

use harmony_config_core::ConfigError;
use serde_json::Value;
use toml::Spanned;

use super::{
    ManifestVariable,
    node::{Node, Table},
    texts::{Span, Texts},
};
use crate::{
    Variables,
    words::{closest, shown},
};

/// The declared variables.
pub(super) struct Vars {
    pub(super) declared: BTreeMap<String, ManifestVariable>,
}

/// A text with variables put in.
pub(super) struct Filled {
    pub(super) text: String,
    /// The variables that were put in, in their order.
    pub(super) used: Vec<String>,
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    /// `$${`, which stands for `${`.
    Escape,
    Variable(&'a str),
    /// `${` that nothing closes.
    Open,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        let after = after.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(before), Piece::Escape]);
            rest = after;
            continue;
        }
        pieces.push(Piece::Text(before));
        match after.split_once('}') {
            Some((name, after)) => {
                pieces.push(Piece::Variable(name));
                rest = after;
            }
            None => {
                pieces.push(Piece::Open);
                rest = "";
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

impl Vars {
    /// Reads `[vars]`, and what the environment has for them.
    pub(super) fn read(texts: &Texts, table: &Table, environment: &Variables) -> Result<Self, ConfigError> {
        let mut declared = BTreeMap::new();
        for (name, said) in table {
            if !is_name(name.get_ref()) {
                return Err(texts
                    .error(name.span(), &format!("`{}` cannot be a variable's name", shown(name.get_ref())))
                    .with_remedy("a name has letters, digits and `_`, and begins with no digit"));
            }
            declared.insert(name.get_ref().clone(), variable(texts, name, said, environment)?);
        }
        Ok(Vars { declared })
    }

    /// Puts the variables in.
    pub(super) fn fill(&self, texts: &Texts, span: &Span, text: &str) -> Result<Filled, ConfigError> {
        let mut filled = Filled { text: String::with_capacity(text.len()), used: Vec::new() };
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.text.push_str(text),
                Piece::Escape => filled.text.push_str("${"),
                Piece::Variable(name) => {
                    filled.text.push_str(self.value(texts, span, name)?);
                    filled.used.push(name.to_owned());
                }
                Piece::Open => {
                    return Err(texts
                        .error(texts.word(span, "${"), "a variable is opened with `${` and not closed")
                        .with_remedy("close it with `}`, or write `$${` where `${` itself is meant"));
                }
            }
        }
        Ok(filled)
    }

    /// Refuses a variable where none may stand.
    pub(super) fn refuse(texts: &Texts, span: &Span, text: &str, what: &str) -> Result<(), ConfigError> {
        match pieces(text).iter().find_map(|piece| if let Piece::Variable(name) = piece { Some(*name) } else { None }) {
            None => Ok(()),
            Some(name) => Err(texts
                .error(texts.word(span, &format!("${{{name}}}")), &format!("no variable may stand in {what}"))
                .with_remedy("write it out: variables are for settings, paths, places and the namespace")),
        }
    }

    fn value(&self, texts: &Texts, span: &Span, name: &str) -> Result<&str, ConfigError> {
        let written = format!("${{{name}}}");
        let Some(variable) = self.declared.get(name) else {
            let message = match closest(name, self.declared.keys().map(String::as_str)) {
                Some(close) => format!("there is no variable `{}`; did you mean `{close}`?", shown(name)),
                None => format!("there is no variable `{}`", shown(name)),
            };
            let remedy = match is_name(name) {
                true => format!(
                    "declare it: [vars] {name} = {{ env = \"{name}\" }}; or write `$${{` where `${{` itself is meant"
                ),
                false => "write `$${` where `${` itself is meant".to_owned(),
            };
            return Err(texts.error(texts.word(span, &written), &message).with_remedy(remedy));
        };
        variable.value.as_deref().ok_or_else(|| {
            let environment = variable.environment.as_deref().unwrap_or(name);
            let message = format!("`{written}` has no value: the environment has no {environment}");
            texts.error(texts.word(span, &written), &message).with_remedy(format!(
                "set it: export {environment}=…; or give it a default at {}: {name} = {{ env = \"{environment}\", default = \"…\" }}",
                variable.place
            ))
        })
    }
}

fn variable(
    texts: &Texts,
    name: &Spanned<String>,
    said: &Spanned<Node>,
    environment: &Variables,
) -> Result<ManifestVariable, ConfigError> {
    let place = texts.place(&name.span());
    let wrong = |span: Span, message: &str| {
        let name = name.get_ref();
        Err(texts
            .error(span, message)
            .with_remedy(format!("write {name} = \"…\", or {name} = {{ env = \"{name}\", default = \"…\" }}")))
    };
    let members = match said.get_ref() {
        Node::Leaf(Value::String(text)) => {
            let value = Some(text.clone());
            return Ok(ManifestVariable { value, environment: None, from_environment: false, place });
        }
        Node::Table(members) => members,
        _ => return wrong(said.span(), "a variable is a text, or is read from the environment"),
    };
    let (mut read_from, mut default) = (None, None);
    for (member, value) in members {
        let Node::Leaf(Value::String(text)) = value.get_ref() else {
            return wrong(value.span(), &format!("`{}` should be a text", shown(member.get_ref())));
        };
        match member.get_ref().as_str() {
            "env" if is_name(text) => read_from = Some(text.clone()),
            "env" => return wrong(value.span(), "this cannot be the name of a variable of the environment"),
            "default" => default = Some(text.clone()),
            other => {
                let message = match closest(other, ["env", "default"]) {
                    Some(close) => format!("there is no `{}` here; did you mean `{close}`?", shown(other)),
                    None => format!("there is no `{}` here", shown(other)),
                };
                return wrong(member.span(), &message);
            }
        }
    }
    let Some(read_from) = read_from else {
        return wrong(said.span(), "it does not say which variable of the environment it is read from");
    };
    let found = match environment.of_host(&read_from).filter(|value| !value.is_empty()).map(|value| value.into_string())
    {
        Some(Err(_)) => return wrong(said.span(), &format!("the environment's {read_from} is not Unicode")),
        Some(Ok(value)) => Some(value),
        None => None,
    };
    Ok(ManifestVariable {
        from_environment: found.is_some(),
        value: found.or(default),
        environment: Some(read_from),
        place,
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
