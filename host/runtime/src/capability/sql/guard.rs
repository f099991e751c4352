//! What SQLite itself refuses, through the raw handle: `unsafe`, because neither sqlx nor anything that links with it
//! has an authorizer or limits.
//!
//! Stops: ATTACH and DETACH (another file), VACUUM INTO (a copy elsewhere), extensions, PRAGMAs but `table_info`,
//! writing in a read, transactions of the plugin's own, statements and rows beyond their bounds, schemas that call
//! functions. Does not stop: a plugin that fills its own database.

#![allow(unsafe_code, reason = "SQLite's authorizer and limits can only be set through its raw handle")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    sync::atomic::{AtomicU8, Ordering},
};

use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;

use crate::limits;

/// What may be done with the database at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Mode {
    /// The plugin reads.
    Read = 0,
    /// The plugin writes, inside the host's transaction.
    Write = 1,
    /// The host begins or ends a transaction, or sets the database up.
    Host = 2,
}

/// The guard of one connection.
pub(super) struct Guard {
    mode: &'static AtomicU8,
}

impl Guard {
    /// Puts the guard before a connection, for as long as the connection lives.
    pub(super) fn install(handle: &mut LockedSqliteHandle<'_>) -> Result<Self, String> {
        // sqlx closes a connection on a thread of its own, some time after it was dropped here, and the authorizer may
        // be called until then: so the byte that it reads is never freed. Connections are few.
        let mode: &'static AtomicU8 = Box::leak(Box::new(AtomicU8::new(Mode::Host as u8)));
        let database = handle.as_raw_handle().as_ptr();
        let length = c_int::try_from(2 * limits::MAX_VALUE_BYTES).unwrap_or(c_int::MAX);
        let sql = c_int::try_from(limits::MAX_SQL_BYTES).unwrap_or(c_int::MAX);
        // SAFETY: the handle is locked, so its worker does not use it, and `database` is open while the lock is held.
        // The authorizer's data is 'static, and it is only read through shared references to an atomic.
        let answers = unsafe {
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_LENGTH, length);
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_SQL_LENGTH, sql);
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_ATTACHED, 0);
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_EXPR_DEPTH, 100);
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_COMPOUND_SELECT, 10);
            ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_WORKER_THREADS, 0);
            let off: c_int = 0;
            let on: c_int = 1;
            let none = std::ptr::null_mut::<c_int>();
            [
                ffi::sqlite3_db_config(database, ffi::SQLITE_DBCONFIG_DEFENSIVE, on, none),
                ffi::sqlite3_db_config(database, ffi::SQLITE_DBCONFIG_TRUSTED_SCHEMA, off, none),
                ffi::sqlite3_db_config(database, ffi::SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, off, none),
                ffi::sqlite3_set_authorizer(database, Some(authorize), std::ptr::from_ref(mode).cast_mut().cast()),
            ]
        };
        match answers.iter().find(|answer| **answer != ffi::SQLITE_OK) {
            None => Ok(Guard { mode }),
            Some(code) => Err(format!("SQLite would not be guarded (code {code})")),
        }
    }

    pub(super) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::Release);
    }
}

/// SQLite asks this about every part of every statement, when it is prepared.
unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: `data` is what `install` handed over: a 'static atomic. The texts are SQLite's, valid during this call.
    let (mode, first, second) = unsafe { (&*data.cast::<AtomicU8>(), text(first), text(second)) };
    match allowed(mode.load(Ordering::Acquire), action, first, second) {
        true => ffi::SQLITE_OK,
        false => ffi::SQLITE_DENY,
    }
}

/// # Safety
/// `pointer` is null or a C string that outlives the answer.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: as the caller says.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// The rule.
fn allowed(mode: u8, action: c_int, first: Option<&[u8]>, second: Option<&[u8]>) -> bool {
    if mode == Mode::Host as u8 {
        return true;
    }
    let function_is = |name: &[u8]| second.is_some_and(|second| second.eq_ignore_ascii_case(name));
    match action {
        ffi::SQLITE_SELECT | ffi::SQLITE_READ | ffi::SQLITE_RECURSIVE => true,
        // The second one answers with an address in the host's memory.
        ffi::SQLITE_FUNCTION => !function_is(b"load_extension") && !function_is(b"fts3_tokenizer"),
        ffi::SQLITE_PRAGMA => first.is_some_and(|name| name.eq_ignore_ascii_case(b"table_info")),
        ffi::SQLITE_INSERT
        | ffi::SQLITE_UPDATE
        | ffi::SQLITE_DELETE
        | ffi::SQLITE_CREATE_TABLE
        | ffi::SQLITE_CREATE_INDEX
        | ffi::SQLITE_DROP_TABLE
        | ffi::SQLITE_DROP_INDEX
        | ffi::SQLITE_ALTER_TABLE
        | ffi::SQLITE_REINDEX => mode == Mode::Write as u8,
        // ATTACH (VACUUM INTO is one), DETACH, transactions, savepoints, triggers, views, virtual and temporary
        // tables, ANALYZE, and whatever SQLite may learn one day.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_cannot_leave_its_database_nor_write_in_a_read() {
        let (read, write) = (Mode::Read as u8, Mode::Write as u8);
        for mode in [read, write] {
            for action in [
                ffi::SQLITE_ATTACH,
                ffi::SQLITE_DETACH,
                ffi::SQLITE_TRANSACTION,
                ffi::SQLITE_SAVEPOINT,
                ffi::SQLITE_CREATE_TRIGGER,
                ffi::SQLITE_CREATE_VTABLE,
                ffi::SQLITE_CREATE_TEMP_TABLE,
            ] {
                assert!(!allowed(mode, action, None, None), "{action}");
            }
            assert!(!allowed(mode, ffi::SQLITE_FUNCTION, None, Some(b"Load_Extension")));
            assert!(!allowed(mode, ffi::SQLITE_FUNCTION, None, Some(b"FTS3_tokenizer")));
            assert!(allowed(mode, ffi::SQLITE_FUNCTION, None, Some(b"substr")));
            assert!(!allowed(mode, ffi::SQLITE_PRAGMA, Some(b"journal_mode"), None));
            assert!(allowed(mode, ffi::SQLITE_PRAGMA, Some(b"table_info"), Some(b"config")));
            assert!(allowed(mode, ffi::SQLITE_SELECT, None, None));
        }
        assert!(!allowed(read, ffi::SQLITE_INSERT, Some(b"config"), None));
        assert!(allowed(write, ffi::SQLITE_INSERT, Some(b"config"), None));
    }
}
