//! What lies in a folder, for tests that look for what should be in no file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// All files in a folder and in those below it. Links are not followed, and not among them.
///
/// # Errors
/// Where a folder cannot be read.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            match (kind.is_symlink(), kind.is_dir()) {
                (true, _) => {}
                (_, true) => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    Ok(files)
}
