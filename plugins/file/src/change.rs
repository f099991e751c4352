//! Writing and removing a value: everything else in the file stays, and what could not be read again as it was meant is
//! not written at all.

use harmony_config_plugin_shared::document::{self, File};
use harmony_config_sdk::{Expected, Failure, version_of};
use serde_json::Value;

use crate::{fault, format::Format};

/// Stores a value, and answers its version.
pub(crate) fn set(
    file: &impl File,
    format: Format,
    name: &str,
    value: &str,
    expected: &Expected,
) -> Result<String, Failure> {
    let location = file.location();
    let value: Value = serde_json::from_str(value)
        .map_err(|error| Failure::invalid(format!("the value to be written to {location} is not JSON: {error}")))?;
    let changed = document::change(file, |before| {
        let fail = |fault| fault::failure(fault, &location);
        let there = format.get(before, name).map_err(fail)?;
        expect(&location, name, there, expected)?;
        let after = format.set(before, name, &value).map_err(fail)?;
        let read_again = format.get(&after, name).map_err(fail)?.unwrap_or_default();
        let same = serde_json::from_str::<Value>(&read_again).is_ok_and(|read| format.keeps(&value, &read));
        if !same {
            return Err(Failure::unsupported(format!("[{name}] would not be read from {location} as it was written"))
                .remedy("write it to another source, or keep the values in a JSON file"));
        }
        Ok(Some((after, version_of(&read_again))))
    });
    changed.map(Option::unwrap_or_default)
}

/// Removes a value, if it is there.
pub(crate) fn delete(file: &impl File, format: Format, name: &str, expected: &Expected) -> Result<(), Failure> {
    let location = file.location();
    let changed = document::change(file, |before| {
        let fail = |fault| fault::failure(fault, &location);
        let there = format.get(before, name).map_err(fail)?;
        let is_there = there.is_some();
        expect(&location, name, there, expected)?;
        match is_there {
            true => Ok(Some((format.remove(before, name).map_err(fail)?, ()))),
            false => Ok(None),
        }
    });
    changed.map(|_| ())
}

fn expect(location: &str, name: &str, there: Option<String>, expected: &Expected) -> Result<(), Failure> {
    let version = there.as_deref().map(version_of);
    document::expect(&format!("{location} [{name}]"), version.as_deref(), expected)
}
