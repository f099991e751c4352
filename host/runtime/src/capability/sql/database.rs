//! One SQLite file and the connection to it. A read never makes it; the first write does, for this user alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use harmony_config_core::{Failure, FailureCode};
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::Mutex;

use super::{
    failure::{SqlFailure, no_database, translate},
    guard::{Guard, Mode},
    statement::{Outcome, RunError, Statement, run},
};
use crate::{
    limits,
    paths::private::{self, Identity},
    policy::{Pass, Use},
};

/// How many steps of SQLite's machine lie between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 4_000;

/// The database of a source.
pub(crate) struct Database {
    path: PathBuf,
    /// Below the source's deadline, so that a lock is reported as such.
    busy: Duration,
    read_only: bool,
    opened: Mutex<Option<Opened>>,
}

struct Opened {
    connection: SqliteConnection,
    guard: Guard,
    identity: Identity,
    /// Microseconds after `since` when a statement is stopped.
    deadline: Arc<AtomicU64>,
    since: Instant,
    ready_to_write: bool,
}

impl Database {
    pub(crate) fn new(path: PathBuf, timeout: Duration, read_only: bool) -> Arc<Self> {
        Arc::new(Database { path, busy: timeout * 3 / 4, read_only, opened: Mutex::default() })
    }

    /// The place, for people.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one statement that reads.
    pub(crate) async fn query(
        self: &Arc<Self>,
        pass: &Pass<'_>,
        statement: Statement,
        time_left: Duration,
    ) -> Result<Outcome, SqlFailure> {
        let database = self.for_use(pass)?;
        // On a task of its own: the caller stands on a guest's small stack, and may be dropped half-way.
        let work = async move {
            let mut opened = database.opened.lock().await;
            let Some(opened) = database.open(&mut opened, false, time_left).await? else {
                return Err(no_database(&database.path));
            };
            opened.guard.set(Mode::Read);
            // Only statements that were prepared for reading are kept prepared: the guard looks at them once.
            let outcome = run(&mut opened.connection, statement, true).await;
            opened.guard.set(Mode::Host);
            outcome.map_err(|error| error.translate(&database.path))
        };
        tokio::spawn(work).await.unwrap_or_else(|panic| Err(broken(&panic)))
    }

    /// Runs statements in one transaction that has the write lock from its beginning.
    pub(crate) async fn transaction(
        self: &Arc<Self>,
        pass: &Pass<'_>,
        statements: Vec<Statement>,
        time_left: Duration,
    ) -> Result<Vec<Outcome>, SqlFailure> {
        let database = self.for_use(pass)?;
        if database.read_only {
            let message = format!("the source may only read the database {}", database.path.display());
            return Err(Failure::new(FailureCode::Denied, message).into());
        }
        if statements.len() > limits::MAX_STATEMENTS {
            let message = format!("a transaction has {} statements at most", limits::MAX_STATEMENTS);
            return Err(Failure::new(FailureCode::Invalid, message).into());
        }
        let work = async move {
            let mut opened = database.opened.lock().await;
            let Some(opened) = database.open(&mut opened, true, time_left).await? else {
                return Err(no_database(&database.path));
            };
            opened.transaction(statements).await.map_err(|error| error.translate(&database.path))
        };
        tokio::spawn(work).await.unwrap_or_else(|panic| Err(broken(&panic)))
    }

    /// Whether a transaction would have a chance, found out without writing.
    pub(crate) async fn can_write(&self, time_left: Duration) -> Result<(), Failure> {
        if self.read_only {
            let message = format!("the source may only read the database {}", self.path.display());
            return Err(Failure::new(FailureCode::Denied, message));
        }
        let mut opened = self.opened.lock().await;
        let Some(opened) = self.open(&mut opened, false, time_left).await.map_err(|error| error.failure)? else {
            let folder = self.path.parent().unwrap_or(&self.path);
            return private::can_make(folder).map_err(|error| self.unusable("cannot be made", &error).failure);
        };
        // The write lock says more than any look at modes: locked, read-only, damaged.
        let begun = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut opened.connection).await;
        let ended = match &begun {
            Ok(_) => sqlx::raw_sql("ROLLBACK").execute(&mut opened.connection).await.err(),
            Err(_) => None,
        };
        match begun.err().or(ended) {
            None => Ok(()),
            Some(error) => Err(translate(&self.path, &error).failure),
        }
    }

    /// Brings what was written into the file itself, and empties the log beside it, in which older states of it may be. It
    /// is left as it is where others are using it.
    pub(crate) async fn settle(&self) {
        let mut opened = self.opened.lock().await;
        if let Some(opened) = opened.as_mut()
            && let Err(error) = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut opened.connection).await
        {
            tracing::debug!("the log of the database {} stays as it is: {error}", self.path.display());
        }
    }

    fn for_use(self: &Arc<Self>, pass: &Pass<'_>) -> Result<Arc<Self>, SqlFailure> {
        match pass.what() {
            Use::Sql => Ok(Arc::clone(self)),
            _ => Err(Failure::new(FailureCode::Denied, "this leave is not for a database").into()),
        }
    }

    /// The connection: the one at hand if the file is still the same, else a new one. None where there is no file, and
    /// none is to be made.
    async fn open<'a>(
        &self,
        slot: &'a mut Option<Opened>,
        make: bool,
        time_left: Duration,
    ) -> Result<Option<&'a mut Opened>, SqlFailure> {
        let unreadable = |error: io::Error| self.unusable("cannot be looked at", &error);
        let mut there = private::identity(&self.path).map_err(unreadable)?;
        if slot.as_ref().is_some_and(|opened| Some(opened.identity) != there) {
            // It was deleted or replaced: what is written to the old one would be lost.
            *slot = None;
        }
        if there.is_none() && make {
            self.make_file()?;
            there = private::identity(&self.path).map_err(unreadable)?;
        }
        let Some(identity) = there else { return Ok(None) };
        let opened = match slot {
            Some(opened) => opened,
            None => slot.insert(self.connect(identity).await?),
        };
        let end = opened.since.elapsed().saturating_add(time_left);
        opened.deadline.store(u64::try_from(end.as_micros()).unwrap_or(u64::MAX), Ordering::Release);
        if make && !opened.ready_to_write {
            opened.prepare_to_write(&self.path, self.busy).await;
        }
        Ok(Some(opened))
    }

    async fn connect(&self, identity: Identity) -> Result<Opened, SqlFailure> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .read_only(self.read_only)
            .busy_timeout(self.busy)
            .disable_statement_logging();
        let fault = |error: sqlx::Error| translate(&self.path, &error);
        let mut connection = options.connect().await.map_err(fault)?;
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let since = Instant::now();
        let guard = {
            let mut handle = connection.lock_handle().await.map_err(fault)?;
            let watched = Arc::clone(&deadline);
            handle.set_progress_handler(STEPS_BETWEEN_LOOKS, move || {
                since.elapsed().as_micros() < u128::from(watched.load(Ordering::Acquire))
            });
            Guard::install(&mut handle).map_err(|message| Failure::new(FailureCode::Unavailable, message))?
        };
        Ok(Opened { connection, guard, identity, deadline, since, ready_to_write: false })
    }

    /// Makes the file and its folder for this user alone. SQLite's own files beside it take over its mode.
    fn make_file(&self) -> Result<(), SqlFailure> {
        if let Some(folder) = self.path.parent() {
            private::make_folder(folder).map_err(|error| self.unusable("cannot be made", &error))?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.path) {
            Ok(_) => Ok(()),
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(self.unusable("cannot be made", &error)),
        }
    }

    fn unusable(&self, what: &str, error: &io::Error) -> SqlFailure {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FailureCode::Denied,
            // Waiting does not help: the path leads through a file, or to a folder.
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => FailureCode::Invalid,
            _ => FailureCode::Unavailable,
        };
        Failure::new(code, format!("the database {} {what}: {error}", self.path.display()))
            .with_remedy("see that its folder exists and that you may write there, or name another file")
            .into()
    }
}

fn broken(panic: &tokio::task::JoinError) -> SqlFailure {
    let message = format!("the database's task ended unexpectedly: {panic}");
    Failure::new(FailureCode::Unavailable, message).with_unknown_outcome().into()
}

impl Opened {
    /// Once for each connection that writes: readers and a writer at the same moment, and nobody else at the file.
    async fn prepare_to_write(&mut self, path: &Path, busy: Duration) {
        // Without waiting for a lock: the transaction that follows waits, and twice is more than the source's deadline.
        // What is overwritten is overwritten on the disk as well: a value that was plain and is sealed now is gone.
        let without_waiting = "PRAGMA busy_timeout = 0; PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL";
        if let Err(error) = sqlx::raw_sql(without_waiting).execute(&mut self.connection).await {
            tracing::debug!("the database {} stays without a write-ahead log: {error}", path.display());
        }
        let waiting = format!("PRAGMA busy_timeout = {}", busy.as_millis());
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(waiting)).execute(&mut self.connection).await {
            tracing::debug!("writers of the database {} do not wait for each other: {error}", path.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The program of before made it readable for others. Only its owner can change that, and need not.
            let narrow = fs::metadata(path).and_then(|metadata| {
                match private::is_open_to_others(metadata.permissions().mode()) {
                    true => fs::set_permissions(path, fs::Permissions::from_mode(0o600)),
                    false => Ok(()),
                }
            });
            if let Err(error) = narrow {
                tracing::debug!("the database {} stays readable for others: {error}", path.display());
            }
        }
        self.ready_to_write = true;
    }

    async fn transaction(&mut self, statements: Vec<Statement>) -> Result<Vec<Outcome>, RunError> {
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        self.guard.set(Mode::Write);
        let mut outcomes = Vec::with_capacity(statements.len());
        let mut failed = None;
        for statement in statements {
            match run(&mut self.connection, statement, false).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        self.guard.set(Mode::Host);
        let end = if failed.is_some() { "ROLLBACK" } else { "COMMIT" };
        // The end of a transaction is not cut short by the deadline: it would leave the lock.
        self.deadline.store(u64::MAX, Ordering::Release);
        let ended = sqlx::raw_sql(end).execute(&mut self.connection).await;
        match (failed, ended) {
            (None, Ok(_)) => Ok(outcomes),
            (Some(error), _) => Err(error),
            (None, Err(error)) => {
                // A commit that failed leaves its transaction open.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await;
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
