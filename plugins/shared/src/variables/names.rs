//! The names of variables: which one holds a coordinate, and which field the rest of a name means.

use harmony_config_sdk::Coordinate;

/// What stands before an instance.
const AT: &str = "AT__";

/// The variable that holds the whole value.
pub fn whole(prefix: &str, at: &Coordinate) -> String {
    let instance = at.instance.as_deref().unwrap_or_default();
    let mut name = String::with_capacity(prefix.len() + at.key.len() + 2 + AT.len() + instance.len());
    name.push_str(prefix);
    push(&mut name, &at.key);
    if !instance.is_empty() {
        name.push_str("__");
        name.push_str(AT);
        push(&mut name, instance);
    }
    name
}

/// No shell can export a name with `-` in it.
fn push(name: &mut String, part: &str) {
    name.extend(part.chars().map(|c| if c == '-' { '_' } else { c }));
}

/// The path of the field that `rest`, what stands behind `{NAME}__`, means. None where it means no field: an instance of
/// the plain key, or nothing at all between two separators.
pub fn field_path(rest: &str, of_instance: bool) -> Option<Vec<String>> {
    if !of_instance && rest.starts_with(AT) {
        return None;
    }
    let path: Vec<String> = rest.split("__").map(str::to_owned).collect();
    path.iter().all(|part| !part.is_empty()).then_some(path)
}

/// Whether a name has nothing between two separators, or behind the last: nobody meant that.
pub fn has_empty_part(name: &str) -> bool {
    name.split("__").any(str::is_empty)
}
