//! What SQLite says, in the words of the contract and of a person.

use std::path::Path;

use harmony_config_core::{Failure, FailureCode};
use libsqlite3_sys as ffi;

/// Why a statement did not run.
#[derive(Debug)]
pub(crate) struct SqlFailure {
    /// A table is not there: a code of its own, because for most plugins that means "no value".
    pub(crate) missing_table: bool,
    pub(crate) failure: Failure,
}

impl From<Failure> for SqlFailure {
    fn from(failure: Failure) -> Self {
        SqlFailure { missing_table: false, failure }
    }
}

/// A database that is not there reads as one without tables.
pub(super) fn no_database(path: &Path) -> SqlFailure {
    let message = format!("there is no database {} yet", path.display());
    SqlFailure { missing_table: true, failure: Failure::new(FailureCode::Unavailable, message) }
}

/// Translates an error. `writing` says whether the outcome of a write hangs on it.
pub(super) fn translate(path: &Path, error: &sqlx::Error) -> SqlFailure {
    let place = path.display();
    let sqlx::Error::Database(said) = error else {
        let message = format!("the database {place} could not be used: {error}");
        return Failure::new(FailureCode::Unavailable, message).into();
    };
    let text = said.message();
    let code = said.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
    let (code, message, remedy) = match code & 0xff {
        ffi::SQLITE_ERROR if text.starts_with("no such table") => {
            let failure = Failure::new(FailureCode::Unavailable, format!("{text} in {place}"));
            return SqlFailure { missing_table: true, failure };
        }
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => (
            FailureCode::Unavailable,
            format!("the database {place} is locked by another program"),
            "try again when that program has finished".to_owned(),
        ),
        ffi::SQLITE_READONLY => (
            FailureCode::Denied,
            format!("the database {place} can only be read"),
            format!("make the file and its folder writable for you: chmod u+w {place}"),
        ),
        ffi::SQLITE_CORRUPT => (
            FailureCode::Invalid,
            format!("the database {place} is damaged"),
            format!(
                "put a copy back in its place, or move it away to start anew; sqlite3 {place} .recover may save what is in it"
            ),
        ),
        ffi::SQLITE_NOTADB => (
            FailureCode::Invalid,
            format!("{place} is not an SQLite database"),
            "name another file, or move this one away".to_owned(),
        ),
        ffi::SQLITE_CANTOPEN => (
            FailureCode::Unavailable,
            format!("the database {place} cannot be opened"),
            "see that its folder exists and that you may read and write there".to_owned(),
        ),
        ffi::SQLITE_PERM => (
            FailureCode::Denied,
            format!("the database {place} may not be used"),
            format!("see who owns it: ls -l {place}"),
        ),
        ffi::SQLITE_FULL => (
            FailureCode::Unavailable,
            format!("the disk under the database {place} is full"),
            "make room and try again".to_owned(),
        ),
        ffi::SQLITE_IOERR => (
            FailureCode::Unavailable,
            format!("the disk under the database {place} failed: {text}"),
            "see that the disk is well, and not full".to_owned(),
        ),
        ffi::SQLITE_INTERRUPT => (
            FailureCode::Unavailable,
            format!("the database {place} did not answer within the source's deadline"),
            "try again, or give the source a longer `timeout`".to_owned(),
        ),
        ffi::SQLITE_AUTH => (
            FailureCode::Denied,
            format!("a plugin may not do that with the database {place}: {text}"),
            "tell the author of the plugin".to_owned(),
        ),
        ffi::SQLITE_TOOBIG => (
            FailureCode::Invalid,
            format!("a statement or value is too large for the database {place}"),
            "store less under one key".to_owned(),
        ),
        _ => (
            FailureCode::Invalid,
            format!("the database {place} refused a statement: {text}"),
            "see that the file is this program's database".to_owned(),
        ),
    };
    Failure::new(code, message).with_remedy(remedy).into()
}
