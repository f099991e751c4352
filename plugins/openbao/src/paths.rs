//! The paths of values: `{mount}/data/{namespace}/{KEY}[/@{instance}]`, and what a manifest's `ref` names. In the words of
//! people, and as they are sent.

use std::fmt::Write as _;

use harmony_config_sdk::{Coordinate, Failure};

/// The path of a value below its mount's data, for people.
pub(crate) fn of(at: &Coordinate) -> String {
    match &at.instance {
        Some(instance) => format!("{}/{}/@{instance}", at.namespace, at.key),
        None => format!("{}/{}", at.namespace, at.key),
    }
}

/// The path of a `ref`, and the field in it if it names one.
pub(crate) fn of_reference(at: &str) -> Result<(&str, Option<&str>), Failure> {
    let (path, field) = match at.split_once('#') {
        Some((path, field)) => (path, Some(field)),
        None => (at, None),
    };
    match is_path(path) && field.is_none_or(|field| !field.is_empty()) {
        true => Ok((path, field)),
        false => Err(Failure::invalid(format!("`{at}` is no place in OpenBao"))
            .remedy("write FOLDER/NAME, below the mount and without `data`, and #FIELD behind it for a part of it")),
    }
}

/// Whether the server would take it as it is: it knows no `..`, and an empty part would vanish.
pub(crate) fn is_path(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control))
}

/// A path as it is sent. Its parts stay parts.
pub(crate) fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b'@' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// One part of a path, as it is sent: a user's name may have anything in it.
pub(crate) fn part(name: &str) -> String {
    encoded(name).replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_is_a_path_below_its_namespace() {
        let mut at = Coordinate { namespace: "harmony".into(), key: "Fw".into(), instance: None };
        assert_eq!(of(&at), "harmony/Fw");
        at.instance = Some("fw-a".into());
        assert_eq!(encoded(&of(&at)), "harmony/Fw/@fw-a");
    }

    #[test]
    fn a_reference_names_a_path_and_maybe_a_field() {
        assert_eq!(of_reference("infra/brocade#pw").unwrap(), ("infra/brocade", Some("pw")));
        assert_eq!(of_reference("infra/brocade").unwrap(), ("infra/brocade", None));
        for wrong in ["", "/a", "a/", "a//b", "../a", "a/./b", "a#", "#a"] {
            assert_eq!(of_reference(wrong).unwrap_err().code, "invalid", "{wrong:?}");
        }
    }

    #[test]
    fn what_a_path_cannot_have_is_percent_encoded() {
        assert_eq!(encoded("harmony/clé"), "harmony/cl%C3%A9");
        assert_eq!(encoded("a b?c#d%"), "a%20b%3Fc%23d%25");
        assert_eq!(part("a b/c"), "a%20b%2Fc");
    }
}
