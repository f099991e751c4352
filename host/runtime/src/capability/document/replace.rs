//! Replacing a file whole: written beside it, flushed, renamed over it. Called by whoever has the lock.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    hash::{BuildHasher as _, RandomState},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Replaces `file`, or makes it for this user alone. One that is there keeps its mode.
pub(super) fn replace(file: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    remove_left_behind(folder, &name);
    let there = match fs::metadata(file) {
        Ok(metadata) => {
            may_be_replaced(file, &metadata)?;
            Some(metadata)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let temporary = Temporary(folder.join(temporary_name(&name, RandomState::new().hash_one(file))));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&temporary.0)?;
    written.write_all(bytes)?;
    if let Some(there) = there {
        written.set_permissions(there.permissions())?;
    }
    written.sync_all()?;
    drop(written);
    fs::rename(&temporary.0, file)?;
    // So that the new name is there after a power cut. Not every system can do that to a folder.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Renaming asks the folder alone for leave: a file that was made read-only is to stay as it is.
pub(super) fn may_be_replaced(file: &Path, metadata: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        let _ = metadata;
        rustix::fs::access(file, rustix::fs::Access::WRITE_OK)?;
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        if metadata.permissions().readonly() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    Ok(())
}

/// Removed when it is dropped: what was renamed is not there any more.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn temporary_name(name: &str, random: u64) -> String {
    format!(".{name}.{random:016x}.tmp")
}

/// Removes what a process that was killed while it wrote has left: whoever has the lock is the only one who writes.
fn remove_left_behind(folder: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|found| is_temporary_of(found, name)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary_of(found: &str, name: &str) -> bool {
    let random = found
        .strip_prefix('.')
        .and_then(|rest| rest.strip_prefix(name))
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.strip_suffix(".tmp"));
    random.is_some_and(|random| random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
