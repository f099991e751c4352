//! Which value is meant: namespace, key, instance, and the one grammar of their names. Where a coordinate lives in a
//! store is the store's own business.

use std::fmt;

use crate::{ConfigError, FailureCode};

/// The namespace where none is named.
pub const DEFAULT_NAMESPACE: &str = "harmony";

/// The longest key, namespace or instance, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// Which value is meant.
///
/// ```
/// use harmony_config_core::Coordinate;
///
/// let at = Coordinate::parse("harmony", "Firewall@fw-a")?;
/// assert_eq!(at.key(), "Firewall");
/// assert_eq!(at.instance(), Some("fw-a"));
/// assert_eq!(at.to_string(), "Firewall@fw-a");
/// # Ok::<(), harmony_config_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coordinate {
    namespace: String,
    key: String,
    instance: Option<String>,
}

impl Coordinate {
    /// A coordinate of checked parts.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where a part breaks the grammar: `[A-Za-z_][A-Za-z0-9_-]*`, no two of `_` and `-` in a row,
    /// none at the end, at most [`MAX_NAME_BYTES`] bytes. They become variable names, file names and paths, so nothing
    /// else may pass. A key is
    /// also refused where its variable means something else: `NAMESPACE`, `PROFILE`, `MANIFEST`, `TRUST`,
    /// `NON_INTERACTIVE`, `HOME`, `LOG`, in any case.
    pub fn new(namespace: &str, key: &str, instance: Option<&str>) -> Result<Self, ConfigError> {
        check_name("namespace", namespace)?;
        check_name("key", key)?;
        check_not_reserved(key)?;
        if let Some(instance) = instance {
            check_name("instance", instance)?;
        }
        Ok(Coordinate { namespace: namespace.to_owned(), key: key.to_owned(), instance: instance.map(str::to_owned) })
    }

    /// Reads `KEY` or `KEY@INSTANCE`.
    ///
    /// # Errors
    /// As [`Coordinate::new`].
    pub fn parse(namespace: &str, text: &str) -> Result<Self, ConfigError> {
        match text.split_once('@') {
            Some((key, instance)) => Coordinate::new(namespace, key, Some(instance)),
            None => Coordinate::new(namespace, text, None),
        }
    }

    /// What keeps projects apart.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the type.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which one of several values of the key.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }
}

/// `KEY` or `KEY@INSTANCE`; the namespace is not part of what a person types.
impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        match &self.instance {
            Some(instance) => write!(f, "@{instance}"),
            None => Ok(()),
        }
    }
}

/// Checks one name against the grammar; `what` says which part it is.
///
/// # Errors
/// [`ConfigError::Usage`], naming the part and the first thing that is wrong with it.
pub fn check_name(what: &str, name: &str) -> Result<(), ConfigError> {
    let wrong = |why: String| {
        Err(ConfigError::usage(
            FailureCode::Invalid,
            format!("{what} {} {why}", quoted(name)),
            "a name begins with a letter or `_`, goes on with letters, digits, `_` and `-`, has no two of these in a row, and \
             does not end in one",
        ))
    };
    if name.len() > MAX_NAME_BYTES {
        return wrong(format!("is {} bytes long; the most is {MAX_NAME_BYTES}", name.len()));
    }
    let Some(first) = name.chars().next() else {
        return wrong("is empty".to_owned());
    };
    if !(first.is_ascii_alphabetic() || first == '_') {
        return wrong(format!("begins with {first:?}"));
    }
    if let Some(bad) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        return wrong(format!("has {bad:?} in it"));
    }
    // In a variable's name `-` is written `_`, and `__` separates its parts: with another `_` beside it nobody could tell
    // where a part ends.
    let bytes = name.as_bytes();
    if let Some(pair) = bytes.windows(2).find(|pair| pair.iter().all(|byte| matches!(byte, b'_' | b'-'))) {
        let pair = String::from_utf8_lossy(pair);
        return wrong(format!("has `{pair}` in it, which in a variable's name separates the parts"));
    }
    if let Some(last @ ('_' | '-')) = name.chars().last() {
        return wrong(format!("ends in `{last}`, which in a variable's name runs into what follows"));
    }
    Ok(())
}

/// Names that the environment source keeps for itself. The same list is in the derive, which checks earlier.
const RESERVED: &[&str] = &["NAMESPACE", "PROFILE", "MANIFEST", "TRUST", "NON_INTERACTIVE", "HOME", "LOG"];

/// Refuses a key whose variable would be one of the reserved ones, on a system that tells no case apart too.
fn check_not_reserved(key: &str) -> Result<(), ConfigError> {
    if !RESERVED.iter().any(|reserved| key.replace('-', "_").eq_ignore_ascii_case(reserved)) {
        return Ok(());
    }
    Err(ConfigError::usage(
        FailureCode::Invalid,
        format!("key {} is reserved: the variable of that name means something else", quoted(key)),
        "give the type another key: #[config(key = \"…\")]",
    ))
}

/// A name as it can be shown: escaped, and cut where it is long.
fn quoted(name: &str) -> String {
    let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    if name.chars().count() > 40 { format!("`{shown}…`") } else { format!("`{shown}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_the_grammar_are_refused_and_named() {
        for (name, word) in [
            ("", "empty"),
            ("a/b", "'/'"),
            ("..", "'.'"),
            ("a\0b", "'\\0'"),
            ("1a", "begins"),
            ("-a", "begins"),
            ("a__b", "`__`"),
            ("a--b", "`--`"),
            ("a-_b", "`-_`"),
            ("a_-b", "`_-`"),
            ("__a", "`__`"),
            ("a_", "ends in `_`"),
            ("a-", "ends in `-`"),
            ("_", "ends in `_`"),
            ("é", "begins"),
            ("a b", "' '"),
        ] {
            let error = check_name("key", name).unwrap_err().to_string();
            assert!(error.contains(word), "{name:?}: {error}");
        }
        let long = "k".repeat(10_000);
        let error = check_name("key", &long).unwrap_err().to_string();
        assert!(error.contains("10000 bytes") && error.len() < 300, "{error}");
        check_name("key", &"k".repeat(MAX_NAME_BYTES)).unwrap();
        for name in ["a", "_a", "a_b", "a-b", "a_b-c", "A9"] {
            check_name("key", name).unwrap();
        }
    }

    #[test]
    fn a_key_whose_variable_means_something_else_is_refused_in_any_case() {
        for key in ["NAMESPACE", "Profile", "non-interactive", "home"] {
            let error = Coordinate::new("n", key, None).unwrap_err().to_string();
            assert!(error.contains("reserved") && error.contains("#[config(key"), "{error}");
        }
        Coordinate::new("home", "HomeDirectory", Some("home")).unwrap();
    }

    #[test]
    fn an_instance_follows_an_at_sign() {
        let at = Coordinate::parse("n", "Key@fw-a").unwrap();
        assert_eq!((at.key(), at.instance()), ("Key", Some("fw-a")));
        assert!(Coordinate::parse("n", "Key@").is_err());
        assert!(Coordinate::parse("n", "Key@a@b").is_err());
    }
}
