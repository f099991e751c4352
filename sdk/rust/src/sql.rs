//! One SQLite database that the host opened for this source. For a plugin that wants `sql`.

use crate::{Failure, bindings::harmony::config::sql as contract};

pub use contract::{Outcome, Statement, Value};

/// The code of a failure that says that a table does not exist.
pub const MISSING_TABLE: &str = "missing-table";

/// Runs one statement that reads. A database that does not exist reads as one without tables.
///
/// # Errors
/// [`MISSING_TABLE`] where a table does not exist, and the codes of every failure.
pub fn query(statement: &Statement) -> Result<Outcome, Failure> {
    contract::query(statement)
}

/// Runs statements in one transaction that has the write lock from its beginning: all of them take effect, or none.
/// Makes the database where it does not exist.
///
/// # Errors
/// As [`query`]; then nothing was changed.
pub fn transaction(statements: &[Statement]) -> Result<Vec<Outcome>, Failure> {
    contract::transaction(statements)
}

/// The place of the database, for people.
pub fn location() -> String {
    contract::location()
}

impl Statement {
    /// One statement without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Statement { sql: sql.into(), params: Vec::new() }
    }

    /// Binds the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.params.push(value.into());
        self
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Value::Integer(integer)
    }
}
