//! One file, replaced whole: written beside itself, flushed, renamed. Whoever reads it meanwhile reads the old text or
//! the new one. Two writers with a condition are told apart by one who creates; of two who replace the same version at
//! the same moment the last one wins, because WASI has no lock.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use harmony_config_sdk::{Coordinate, Expected, Failure, files::is_absent, version_of};

use crate::{
    Folder, fault, names,
    pretty::pretty,
    read::{self, MAX_VALUE},
};

/// How old a temporary file is when whoever wrote it is gone.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

pub(crate) fn set(folder: &Folder, at: &Coordinate, value: &str, expected: &Expected) -> Result<String, Failure> {
    let file = folder.file(at);
    let shown = folder.shown(&file);
    let mut text = pretty(value)
        .map_err(|error| Failure::invalid(format!("the value to be written to {shown} is not JSON: {error}")))?;
    if text.len() > MAX_VALUE {
        // Laid out it could not be read again.
        text = format!("{value}\n");
    }
    let failed = |error: &std::io::Error| fault::translate(&shown, "cannot be written", error);
    let path = folder.path.join(&file);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| match error.kind() {
            // Below a directory that is there already, this means that a file or a link has its name.
            ErrorKind::AlreadyExists => fault::not_a_directory(&folder.shown(namespace_of(&file))),
            _ => failed(&error),
        })?;
        remove_left_behind(parent);
    }
    // Not followed: a link is replaced like a file, and what it points to stays as it is.
    if fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) {
        return Err(fault::not_a_file(&shown));
    }
    let temporary = Temporary::write(folder, &file, &text).map_err(|error| failed(&error))?;
    match expected {
        Expected::Nothing => match create(&temporary.0, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(changed(&shown)),
            Err(error) => return Err(failed(&error)),
        },
        Expected::Version(version) => {
            expect(folder, &file, version)?;
            fs::rename(&temporary.0, &path).map_err(|error| failed(&error))?;
        }
        Expected::Anything => fs::rename(&temporary.0, &path).map_err(|error| failed(&error))?,
    }
    Ok(version_of(&text))
}

pub(crate) fn delete(folder: &Folder, at: &Coordinate, expected: &Expected) -> Result<(), Failure> {
    let file = folder.file(at);
    let shown = folder.shown(&file);
    match expected {
        Expected::Anything => {}
        Expected::Nothing if read::text(folder, &file)?.is_none() => return Ok(()),
        Expected::Nothing => return Err(changed(&shown)),
        Expected::Version(version) => expect(folder, &file, version)?,
    }
    match (fs::remove_file(folder.path.join(&file)), expected) {
        (Ok(()), _) => Ok(()),
        (Err(error), Expected::Version(_)) if is_absent(&error) => Err(changed(&shown)),
        (Err(error), _) if is_absent(&error) => Ok(()),
        (Err(error), _) => Err(fault::translate(&shown, "cannot be removed", &error)),
    }
}

/// Gives the file its name, where nothing has that name yet.
fn create(temporary: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A disk without hard links: the name is taken first, and the text put under it.
        Err(_) => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            fs::rename(temporary, path)
        }
    }
}

/// Whether the directory can be written, found out by writing.
pub(crate) fn probe(folder: &Folder) -> Result<(), Failure> {
    match Temporary::write(folder, "probe.json", "") {
        Ok(_) => Ok(()),
        Err(error) => Err(fault::translate(&folder.shown, "cannot be written", &error)),
    }
}

fn namespace_of(file: &str) -> &str {
    file.split_once('/').map_or("", |(namespace, _)| namespace)
}

/// Whether the file has this version.
fn expect(folder: &Folder, file: &str, version: &str) -> Result<(), Failure> {
    match read::text(folder, file)? {
        Some(text) if version_of(&text) == *version => Ok(()),
        _ => Err(changed(&folder.shown(file))),
    }
}

fn changed(shown: &str) -> Failure {
    Failure::conflict(format!("{shown} is not what it was when it was read"))
        .remedy("read it again, and repeat the change if it is still wanted")
}

/// A temporary file, removed when it is dropped: what was renamed is not there any more.
struct Temporary(PathBuf);

impl Temporary {
    fn write(folder: &Folder, file: &str, text: &str) -> std::io::Result<Self> {
        let random = RandomState::new().hash_one(file);
        let temporary = Temporary(folder.path.join(names::temporary(file, random)));
        let mut file: File = OpenOptions::new().write(true).create_new(true).open(&temporary.0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes what a process that was killed while it wrote has left. What cannot be removed now may be later.
fn remove_left_behind(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(names::is_temporary) {
            continue;
        }
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
