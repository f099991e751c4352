//! Keys that cannot both be: two types of one key, or two keys that would be one variable of the environment.

use std::collections::BTreeMap;

use crate::{ConfigError, FailureCode};

use super::linked::Declaration;

/// Looks for types that would read each other's value. `case_blind`: whether the system tells no case apart in the names
/// of variables.
pub(super) fn check(declarations: &[&Declaration], case_blind: bool) -> Result<(), ConfigError> {
    let mut by_variable: BTreeMap<String, &Declaration> = BTreeMap::new();
    for declaration in declarations {
        let Some(other) = by_variable.insert(variable(declaration.key, case_blind), declaration) else { continue };
        let (first, second) = (named(other), named(declaration));
        let message = match other.key == declaration.key {
            true => format!("two types have the key `{}`: {first} and {second}", declaration.key),
            false => format!(
                "the keys `{}` and `{}` would be one variable of the environment: {first} has the one, {second} the other",
                other.key, declaration.key
            ),
        };
        return Err(ConfigError::usage(
            FailureCode::Invalid,
            message,
            "give one of the types another key: #[config(key = \"…\")]",
        ));
    }
    Ok(())
}

/// Two keys among these that would be one variable.
pub(super) fn coinciding<'a>(keys: impl IntoIterator<Item = &'a str>, case_blind: bool) -> Option<(&'a str, &'a str)> {
    let mut by_variable: BTreeMap<String, &str> = BTreeMap::new();
    keys.into_iter().find_map(|key| Some((by_variable.insert(variable(key, case_blind), key)?, key)))
}

/// What a key is in the name of a variable.
fn variable(key: &str, case_blind: bool) -> String {
    let name = key.replace('-', "_");
    if case_blind { name.to_ascii_uppercase() } else { name }
}

fn named(declaration: &Declaration) -> String {
    format!("`{}` ({}:{})", declaration.path, declaration.file, declaration.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;
    use std::sync::Arc;

    fn declared(key: &'static str, path: &'static str) -> Declaration {
        Declaration {
            key,
            path,
            type_name: || "",
            file: "src/lib.rs",
            line: 7,
            in_test: false,
            shape: || Arc::new(Shape::undeclared()),
        }
    }

    fn clash(keys: &[(&'static str, &'static str)], case_blind: bool) -> Option<String> {
        let declarations: Vec<Declaration> = keys.iter().map(|(key, path)| declared(key, path)).collect();
        let declarations: Vec<&Declaration> = declarations.iter().collect();
        check(&declarations, case_blind).err().map(|error| error.to_string())
    }

    #[test]
    fn two_types_of_one_key_are_named_both() {
        let error = clash(&[("AppConfig", "acme::AppConfig"), ("AppConfig", "lib::config::AppConfig")], false).unwrap();
        for word in ["`AppConfig`", "`acme::AppConfig` (src/lib.rs:7)", "`lib::config::AppConfig`", "#[config(key"] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn two_keys_that_would_be_one_variable_are_named_both() {
        let error = clash(&[("fire-wall", "a::One"), ("fire_wall", "a::Two")], false).unwrap();
        for word in ["`fire-wall`", "`fire_wall`", "`a::One`", "`a::Two`", "one variable"] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn case_tells_keys_apart_where_the_system_tells_variables_apart_by_it() {
        let keys = [("Fw", "a::One"), ("FW", "a::Two")];
        assert_eq!(clash(&keys, false), None);
        assert!(clash(&keys, true).unwrap().contains("one variable"));
        assert_eq!(coinciding(["Fw", "FW"], true), Some(("Fw", "FW")));
        assert_eq!(coinciding(["a-b", "ab"], false), None);
    }
}
