//! What an error of the file system means to the caller. No content of a file is in the words.

use std::io::{Error, ErrorKind};

use harmony_config_sdk::Failure;

/// Translates an error; `shown` is the place, `what` the sentence about it: `cannot be read`.
pub(crate) fn translate(shown: &str, what: &str, error: &Error) -> Failure {
    let said = error.to_string();
    // The number is WASI's, not the system's: it would lead astray.
    let said = said.split(" (os error").next().unwrap_or(&said);
    let message = format!("{shown} {what}: {said}");
    match error.kind() {
        ErrorKind::PermissionDenied => Failure::denied(message)
            .remedy(format!("see that you may read and write {shown}, and that it is no link out of its directory")),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Failure::unavailable(message).remedy("make room on that disk and try again")
        }
        ErrorKind::ReadOnlyFilesystem => Failure::unavailable(message)
            .remedy("name a directory on a disk that can be written, or tell the source to be `read-only`"),
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => not_a_file(shown),
        _ => Failure::unavailable(message).remedy(format!("see that {shown} can be read and written")),
    }
}

/// Something that is there and is no directory that could be used.
pub(crate) fn not_a_directory(shown: &str) -> Failure {
    Failure::invalid(format!("{shown} is not a directory that can be used"))
        .remedy("move it away, or use another namespace; a link out of the directory of the source is not followed")
}

/// Something that is there and is no file.
pub(crate) fn not_a_file(shown: &str) -> Failure {
    Failure::invalid(format!("{shown} is not a file")).remedy("move it away, or name another directory")
}
