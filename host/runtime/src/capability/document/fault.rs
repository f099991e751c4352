//! What can be wrong with a file, in words. No content of it is in them.

use std::{io, path::Path};

use harmony_config_core::{Failure, FailureCode};

/// An error of the system; `what` is the sentence about the file: `cannot be read`.
pub(super) fn translate(path: &Path, what: &str, error: &io::Error) -> Failure {
    let (code, remedy) = match error.kind() {
        io::ErrorKind::PermissionDenied => (FailureCode::Denied, "see that you may do so, or name another file"),
        io::ErrorKind::ReadOnlyFilesystem => {
            (FailureCode::Denied, "name a file on a disk that can be written, or tell the source to be `read-only`")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (FailureCode::Unavailable, "make room on that disk and try again")
        }
        // Waiting does not help: the path leads through a file, or to a folder.
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists => {
            (FailureCode::Invalid, "name a file in the source's settings")
        }
        _ => (FailureCode::Unavailable, "see that the file and its folder can be read and written"),
    };
    Failure::new(code, format!("the file {} {what}: {error}", path.display())).with_remedy(remedy)
}

/// The source's settings name no file.
pub(crate) fn unnamed() -> Failure {
    Failure::new(FailureCode::Invalid, "the source's settings name no file")
        .with_remedy("name one in the source's settings, for example settings.path = \"config.toml\"")
}

pub(super) fn no_file(path: &Path) -> Failure {
    Failure::new(FailureCode::Invalid, format!("{} is not a file", path.display()))
        .with_remedy("move it away, or name another file in the source's settings")
}

pub(super) fn circle(path: &Path) -> Failure {
    Failure::new(FailureCode::Invalid, format!("{} is a link that leads round in a circle", path.display()))
        .with_remedy("mend the links, or name another file in the source's settings")
}

pub(super) fn too_large(path: &Path, bytes: u64) -> Failure {
    let most = crate::limits::MAX_DOCUMENT_BYTES >> 20;
    Failure::new(
        FailureCode::Invalid,
        format!("the file {} would be or is {bytes} bytes long; the most is {most} MiB", path.display()),
    )
    .with_remedy("keep large data in a file of its own, and its path in the configuration")
}

pub(super) fn busy(path: &Path) -> Failure {
    Failure::new(FailureCode::Unavailable, format!("the file {} changes faster than it can be read", path.display()))
        .with_remedy("try again when the program that writes it is done")
}

pub(super) fn locked(path: &Path) -> Failure {
    Failure::new(
        FailureCode::Unavailable,
        format!("the file {} is being written by another program, and stays locked", path.display()),
    )
    .with_remedy("try again; if it stays so, see which program holds a lock on the file's folder")
}

pub(super) fn changed(path: &Path) -> Failure {
    Failure::new(FailureCode::Conflict, format!("the file {} is not what it was when it was read", path.display()))
        .with_remedy("read it again, and repeat the change if it is still wanted")
}

pub(super) fn leads_out(path: &Path, folder: &Path) -> Failure {
    Failure::new(
        FailureCode::Denied,
        format!("{} is reached through a link that leads out of {}", path.display(), folder.display()),
    )
    .with_remedy("name the file itself in the source's settings, with its whole path")
}

#[cfg(unix)]
pub(super) fn readable_by_others(path: &Path) -> Failure {
    Failure::new(FailureCode::Denied, format!("others on this machine can read the file {}", path.display()))
        .with_remedy(format!("chmod 600 {}", path.display()))
}
