//! Files of any name in the directory: `FILE`, or `FILE#FIELD.FIELD` for a part of a JSON file. A file that is not called
//! `.json` is a text, as others put secrets into files.

use harmony_config_sdk::{Failure, Place};
use serde_json::Value;

use crate::{Folder, read};

/// What lies at a place; none where there is no such file, or no such field in it.
pub(crate) fn read(folder: &Folder, at: &str) -> Result<Option<Place>, Failure> {
    let (file, field) = match at.split_once('#') {
        Some((file, field)) => (file, Some(field)),
        None => (at, None),
    };
    check(at, file)?;
    let Some(text) = read::text(folder, file)? else { return Ok(None) };
    let shown = folder.shown(file);
    if field.is_none() && !file.ends_with(".json") {
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        return Ok(Some(Place { value: text.into(), shown }));
    }
    let mut value: Value = serde_json::from_str(&text).map_err(|error| {
        Failure::invalid(format!("{shown} is not JSON: {error}")).remedy(format!("edit {shown}, or name another file"))
    })?;
    for part in field.into_iter().flat_map(|field| field.split('.')) {
        match value.get_mut(part) {
            Some(inner) => value = inner.take(),
            None => return Ok(None),
        }
    }
    let shown = field.map_or_else(|| shown.clone(), |field| format!("{shown}#{field}"));
    Ok(Some(Place { value, shown }))
}

/// A path below the directory. WASI lets nothing out of it; this says why.
fn check(at: &str, file: &str) -> Result<(), Failure> {
    let is_below =
        !file.is_empty() && !file.contains('\\') && file.split('/').all(|part| !matches!(part, "" | "." | ".."));
    match is_below {
        true => Ok(()),
        false => Err(Failure::invalid(format!("`{at}` is no place in the directory of this source"))
            .remedy("write FILE or FOLDER/FILE, and #FIELD behind it for a part of a JSON file")),
    }
}
