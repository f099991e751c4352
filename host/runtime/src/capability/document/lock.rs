//! One writer at a time. Where the system can lock a folder, the folder of the file is locked, and nothing is left
//! behind; else a file beside it, which stays. Whoever reads needs no lock: a file is replaced whole.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

/// How long one who waits sleeps between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(2);

/// Takes the lock, and gives it back when it is dropped. None where somebody else had it until then.
pub(super) fn take(file: &Path, folder: &Path, until: Instant) -> io::Result<Option<File>> {
    if cfg!(unix)
        && let Ok(opened) = File::open(folder)
    {
        match wait_for(&opened, until) {
            Ok(true) => return Ok(Some(opened)),
            Ok(false) => return Ok(None),
            // A disk behind a network may lock nothing but files that can be written.
            Err(error) => tracing::debug!("the folder {} cannot be locked: {error}", folder.display()),
        }
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let beside = options.open(folder.join(format!(".{name}.lock")))?;
    Ok(wait_for(&beside, until)?.then_some(beside))
}

fn wait_for(file: &File, until: Instant) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
        }
    }
}
