//! Coordinates as text, where a source has one name for a value: `KEY`, and `KEY@INSTANCE`. A name that no coordinate has is
//! somebody else's.

use harmony_config_sdk::Coordinate;

/// The longest key or instance, in bytes.
const MAX_NAME: usize = 128;

/// The name of a coordinate. Its namespace is not in it.
pub fn of(at: &Coordinate) -> String {
    match &at.instance {
        Some(instance) => format!("{}@{instance}", at.key),
        None => at.key.clone(),
    }
}

/// The key and instance that a name means, if it means any.
pub fn key(name: &str) -> Option<(String, Option<String>)> {
    let (key, instance) = match name.split_once('@') {
        Some((key, instance)) => (key, Some(instance)),
        None => (name, None),
    };
    (is_name(key) && instance.is_none_or(is_name)).then(|| (key.to_owned(), instance.map(str::to_owned)))
}

/// The grammar of the contract.
fn is_name(name: &str) -> bool {
    let separator = |byte: &u8| matches!(byte, b'_' | b'-');
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || separator(byte))
        && name.len() <= MAX_NAME
        && !bytes.windows(2).any(|pair| pair.iter().all(separator))
        && !bytes.last().is_some_and(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_coordinate_that_it_was_made_of() {
        for (key_of, instance) in [("Fw", None), ("Fw", Some("fw-a")), ("_a", Some("b_c"))] {
            let at =
                Coordinate { namespace: "n".to_owned(), key: key_of.to_owned(), instance: instance.map(str::to_owned) };
            assert_eq!(key(&of(&at)), Some((at.key.clone(), at.instance.clone())));
        }
        assert_eq!(key("Fw@fw-a"), Some(("Fw".to_owned(), Some("fw-a".to_owned()))));
    }

    #[test]
    fn a_name_that_no_coordinate_has_means_nothing() {
        for name in ["", "@", "Fw@", "@a", "Fw@a@b", "a/b", "a__b", "a-_b", "a_", "1a", "a b", ".a"] {
            assert_eq!(key(name), None, "{name:?}");
        }
        assert_eq!(key(&"k".repeat(MAX_NAME + 1)), None);
        assert!(key(&"k".repeat(MAX_NAME)).is_some());
    }
}
