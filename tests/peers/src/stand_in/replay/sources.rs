//! The recordings that answers name, read from the source: also those that no replay reaches.

use std::{fs, path::Path};

use crate::stand_in::ledger::Basis;

/// Each `recorded("file", "name")` in the folder of the stand-in.
pub(super) fn bases() -> Vec<Basis> {
    let mut found = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stand_in"), &mut found);
    found
}

fn read(folder: &Path, found: &mut Vec<Basis>) {
    for entry in fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("a file of the source").path();
        if path.is_dir() {
            if !path.ends_with("replay") {
                read(&path, found);
            }
            continue;
        }
        // It lives as long as the test.
        let text: &'static str = fs::read_to_string(path).expect("a file of the source").leak();
        for call in text.split("recorded(").skip(1) {
            let mut texts = call.split('"');
            let (start, file, between, name) = (texts.next(), texts.next(), texts.next(), texts.next());
            if let (Some(""), Some(file), Some(", "), Some(name)) = (start.map(str::trim), file, between, name) {
                found.push(Basis::Recorded { file, name });
            }
        }
    }
}
