//! The names of tables: `KEY`, and `KEY@INSTANCE`. A name that no coordinate has is somebody else's table.

use harmony_config_sdk::Coordinate;

/// The longest key or instance, in bytes.
const MAX_NAME: usize = 128;

/// The table of a coordinate.
pub(crate) fn of(at: &Coordinate) -> String {
    match &at.instance {
        Some(instance) => format!("{}@{instance}", at.key),
        None => at.key.clone(),
    }
}

/// The key and instance that a table's name means, if it means any.
pub(crate) fn key(name: &str) -> Option<(String, Option<String>)> {
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
