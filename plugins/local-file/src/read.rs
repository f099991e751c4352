//! One file, read.

use std::{
    fs::{self, File},
    io::Read,
};

use harmony_config_sdk::{Coordinate, Entry, Failure, files::is_absent, version_of};
use serde::de::IgnoredAny;

use crate::{Folder, fault};

/// A text that begins with this was saved by an editor that marks UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The largest value that the host takes.
pub(crate) const MAX_VALUE: usize = 4 << 20;

/// The largest file that is read: what the host would refuse is not loaded. White space around the value is no part of it.
const MAX_BYTES: u64 = MAX_VALUE as u64 + 4096;

pub(crate) fn get(folder: &Folder, at: &Coordinate) -> Result<Option<Entry>, Failure> {
    let file = folder.file(at);
    let Some(mut text) = text(folder, &file)? else { return Ok(None) };
    let shown = folder.shown(&file);
    if text.starts_with(BYTE_ORDER_MARK) {
        return Err(Failure::invalid(format!("{shown} begins with a byte-order mark"))
            .remedy("save it as UTF-8 without a byte-order mark"));
    }
    // Here and not by the host, because the place in the file is worth having.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
        return Err(
            Failure::invalid(format!("{shown} is not JSON: {error}")).remedy(format!("edit {shown}, or remove it"))
        );
    }
    let version = version_of(&text);
    text.truncate(text.trim_end().len());
    Ok(Some(Entry::new(text, shown).version(version)))
}

/// The whole text of a file, or none where there is none.
pub(crate) fn text(folder: &Folder, file: &str) -> Result<Option<String>, Failure> {
    let path = folder.path.join(file);
    let shown = folder.shown(file);
    // Looked at before it is opened: to open a pipe would wait for somebody to write into it.
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(fault::translate(&shown, "cannot be read", &error)),
    };
    if !metadata.is_file() {
        return Err(fault::not_a_file(&shown));
    }
    if metadata.len() > MAX_BYTES {
        return Err(Failure::invalid(format!("{shown} is {} bytes long; the most is 4 MiB", metadata.len()))
            .remedy("keep large data in a file of its own, and its path in the configuration"));
    }
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(fault::translate(&shown, "cannot be read", &error)),
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        Failure::invalid(format!("{shown} is not UTF-8: line {line}")).remedy(format!("save {shown} as UTF-8"))
    })
}
