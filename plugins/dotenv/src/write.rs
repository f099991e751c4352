//! What a change does to the text: the lines of one value are replaced or removed, and every other byte stays.

use harmony_config_plugin_shared::{text::line_end, variables::names};
use harmony_config_sdk::{Coordinate, Failure, version_of};

use crate::lines::{Line, Lines};

/// The lines that make up a value: of the whole, and of single fields.
fn own<'a, 'b>(lines: &'b Lines<'a>, prefix: &str, at: &Coordinate) -> Vec<&'b Line<'a>> {
    let name = names::whole(prefix, at);
    let start = format!("{name}__");
    let is_own = |line: &&Line<'_>| {
        line.name == name
            || line
                .name
                .strip_prefix(&start)
                .is_some_and(|rest| names::field_path(rest, at.instance.is_some()).is_some())
    };
    lines.all.iter().filter(is_own).collect()
}

/// A version of these lines: what else is in the file does not change it.
pub(crate) fn version(lines: &Lines<'_>, prefix: &str, at: &Coordinate) -> String {
    let texts: Vec<String> =
        own(lines, prefix, at).iter().map(|line| format!("{}={}\n", line.name, line.value)).collect();
    version_of(&texts.concat())
}

/// The text with this JSON as the value. It is written between single quotes, which every program and shell takes as it
/// is; so `'` is written as JSON can write it, too.
pub(crate) fn set(text: &str, prefix: &str, at: &Coordinate, json: &str) -> Result<String, Failure> {
    let lines = Lines::of(text)?;
    let name = names::whole(prefix, at);
    let value = format!("'{}'", json.replace('\'', "\\u0027"));
    let own = own(&lines, prefix, at);
    let Some(kept) = own.iter().find(|line| line.name == name).or(own.first()) else {
        let end = line_end(text);
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
        return Ok(format!("{text}{gap}{name}={value}{end}"));
    };
    let mut out = text.to_owned();
    // From the end on, so that what is still to be changed stays where it is.
    for line in own.iter().rev() {
        let (range, with) = match line {
            line if line.whole != kept.whole => (line.whole.clone(), String::new()),
            // Its `export`, and the comment behind it, stay.
            line if line.name == name => (line.raw.clone(), value.clone()),
            line => (line.whole.clone(), format!("{name}={value}{}", line_end(text))),
        };
        out.replace_range(range, &with);
    }
    Ok(out)
}

/// The text without the value.
pub(crate) fn remove(text: &str, prefix: &str, at: &Coordinate) -> Result<String, Failure> {
    let lines = Lines::of(text)?;
    let mut out = text.to_owned();
    for line in own(&lines, prefix, at).iter().rev() {
        out.replace_range(line.whole.clone(), "");
    }
    Ok(out)
}
