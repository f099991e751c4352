//! What a person types for a value: `KEY[@INSTANCE][.FIELD…]`.

use std::fmt;

use harmony_config_core::{Coordinate, Shape, check_name};
use serde_json::Value;

use crate::{Failed, meant};

/// A key, perhaps an instance of it, perhaps a field of its value. Names are checked, so a `Target` can be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `KEY` or `KEY@INSTANCE`.
    name: String,
    /// From the outside in; empty for the whole value.
    pub(crate) fields: Vec<String>,
}

impl Target {
    /// Reads what was typed.
    pub(crate) fn parse(text: &str) -> Result<Self, Failed> {
        // A name cannot have a dot in it, so the first one ends it; one that begins with a dot has no end to find.
        let (name, fields) = match text.split_once('.') {
            Some((name, fields)) if !name.is_empty() => (name, Some(fields)),
            _ => (text, None),
        };
        let (key, instance) = match name.split_once('@') {
            Some((key, instance)) => (key, Some(instance)),
            None => (name, None),
        };
        check_name("key", key)?;
        if let Some(instance) = instance {
            check_name("instance", instance)?;
        }
        let fields: Vec<String> =
            fields.map(|fields| fields.split('.').map(str::to_owned).collect()).unwrap_or_default();
        if fields.iter().any(String::is_empty) {
            return Err(Failed::usage("a field's name is empty")
                .with_key(name)
                .with_remedy(format!("write {name}.FIELD, or {name} for the whole value")));
        }
        Ok(Target { name: name.to_owned(), fields })
    }

    /// Reads what was typed where only a whole value can be meant.
    pub(crate) fn whole(text: &str) -> Result<Self, Failed> {
        let target = Target::parse(text)?;
        if target.fields.is_empty() {
            return Ok(target);
        }
        Err(Failed::usage("this command takes a whole value, not a field of it")
            .with_key(&target.name)
            .with_remedy(format!("name it without the field: {}", target.name)))
    }

    /// The coordinate in a namespace.
    pub(crate) fn at(&self, namespace: &str) -> Result<Coordinate, Failed> {
        Ok(Coordinate::parse(namespace, &self.name)?)
    }

    /// The part of the value that is meant. `winner` is named where there is no such part, and the field that was
    /// probably meant.
    pub(crate) fn part_of(&self, value: Value, winner: Option<&str>, shape: &Shape) -> Result<Value, Failed> {
        let mut part = value;
        for (depth, field) in self.fields.iter().enumerate() {
            let mut names = shape.fields(self.fields.get(..depth).unwrap_or_default());
            let declared = names.contains(field);
            if let Value::Object(object) = &part {
                names.extend(object.keys().cloned());
            }
            let inner = match part {
                Value::Object(mut object) => object.remove(field),
                Value::Array(mut items) => match field.parse::<usize>() {
                    Ok(at) if at < items.len() => Some(items.swap_remove(at)),
                    _ => None,
                },
                _ => None,
            };
            part = inner.ok_or_else(|| {
                let path = self.fields.get(..=depth).unwrap_or_default().join(".");
                let from = winner.map(|winner| format!(" from `{winner}`")).unwrap_or_default();
                let whole = format!("see the whole value: harmony-config get {}", self.name);
                let remedy = match meant::nearest(field, names.iter().map(String::as_str)) {
                    _ if declared => format!("it may be left out, and is; {whole}"),
                    Some(near) => format!("did you mean `{}`? Else, {whole}", shown(near)),
                    None => whole,
                };
                Failed::not_found(format!("the value{from} has no field `{}`", shown(&path)))
                    .with_key(&self.name)
                    .with_remedy(remedy)
            })?;
        }
        Ok(part)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a person typed, as it can be shown again: escaped, and cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_is_a_key_an_instance_and_fields() {
        let target = Target::parse("Firewall@fw-a.rules.0.port").unwrap();
        assert_eq!(target.to_string(), "Firewall@fw-a");
        assert_eq!(target.fields, ["rules", "0", "port"]);
        assert_eq!(target.at("n").unwrap().instance(), Some("fw-a"));
        assert!(Target::parse("Firewall").unwrap().fields.is_empty());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", ".", "..", "../../etc/passwd", "a/b", "A@", "A@b/c", "A.", "A..b", "a\0b", "A@b@c"] {
            let failed = Target::parse(text).unwrap_err();
            assert_eq!(failed.exit_code, 2, "{text:?}: {failed}");
        }
    }

    #[test]
    fn a_field_is_followed_into_objects_and_arrays() {
        let value = json!({ "rules": [{ "port": 22 }, { "port": 80 }] });
        let part =
            |text: &str| Target::parse(text).unwrap().part_of(value.clone(), Some("sqlite"), &Shape::undeclared());
        assert_eq!(part("F.rules.1.port").unwrap(), json!(80));
        assert_eq!(part("F").unwrap(), value);
        for absent in ["F.rules.2", "F.rules.-1", "F.rules.1.port.x", "F.nothing"] {
            assert_eq!(part(absent).unwrap_err().exit_code, 3, "{absent}");
        }
        assert!(part("F.rles").unwrap_err().remedy.unwrap().starts_with("did you mean `rules`?"));
        assert_eq!(part("F.rules.7.a").unwrap_err().to_string(), "F: the value from `sqlite` has no field `rules.7`");
    }

    #[test]
    fn a_command_for_whole_values_refuses_a_field() {
        assert_eq!(Target::whole("A.b").unwrap_err().exit_code, 2);
        Target::whole("A@b").unwrap();
    }
}
