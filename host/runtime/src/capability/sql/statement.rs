//! One statement: its values, running it, its bounds.

use std::path::Path;

use harmony_config_core::{Failure, FailureCode};
use sqlx::{
    AssertSqlSafe, Column, Row, SqliteConnection, TypeInfo, ValueRef,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::failure::{SqlFailure, translate};
use crate::limits;

/// A value of SQLite.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// One statement with its parameters.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) params: Vec<Value>,
}

/// What a statement gave back.
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) changes: u64,
}

/// Why one statement failed: SQLite said so, or it was outside its bounds.
pub(super) enum RunError {
    Sqlite(sqlx::Error),
    Bounds(String),
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        RunError::Sqlite(error)
    }
}

impl RunError {
    pub(super) fn translate(self, path: &Path) -> SqlFailure {
        match self {
            RunError::Sqlite(error) => translate(path, &error),
            RunError::Bounds(message) => Failure::new(FailureCode::Invalid, message).into(),
        }
    }
}

/// Runs one statement; `keep` keeps it prepared.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    statement: Statement,
    keep: bool,
) -> Result<Outcome, RunError> {
    use futures_util::TryStreamExt;
    use sqlx::Executor;

    let Statement { sql, params } = statement;
    if !is_single(&sql) {
        return Err(RunError::Bounds("more than one SQL statement at once".to_owned()));
    }
    let mut arguments = SqliteArguments::default();
    for param in params {
        bind(&mut arguments, param).map_err(|error| RunError::Sqlite(sqlx::Error::Encode(error)))?;
    }
    let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep);
    let mut stream = connection.fetch_many(query);
    let mut outcome = Outcome { rows: Vec::new(), changes: 0 };
    let mut bytes = 0_usize;
    while let Some(step) = stream.try_next().await? {
        match step {
            sqlx::Either::Left(result) => outcome.changes += result.rows_affected(),
            sqlx::Either::Right(row) => {
                let row = values(&row)?;
                bytes = row.iter().fold(bytes, |sum, value| sum.saturating_add(value.bytes()));
                if outcome.rows.len() >= limits::MAX_ROWS || bytes > limits::MAX_CALL_BYTES {
                    return Err(RunError::Bounds("more rows than a plugin may read at once".to_owned()));
                }
                outcome.rows.push(row);
            }
        }
    }
    Ok(outcome)
}

impl Value {
    fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Real(_) => 8,
        }
    }
}

fn bind(arguments: &mut SqliteArguments, value: Value) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments;
    match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Integer(value) => arguments.add(value),
        Value::Real(value) => arguments.add(value),
        Value::Text(value) => arguments.add(value),
        Value::Blob(value) => arguments.add(value),
    }
}

fn values(row: &SqliteRow) -> Result<Vec<Value>, sqlx::Error> {
    row.columns()
        .iter()
        .map(|column| {
            let index = column.ordinal();
            let raw = row.try_get_raw(index)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            // The type of the value itself, whatever the column was declared as.
            Ok(match raw.type_info().name() {
                "TEXT" => Value::Text(row.try_get_unchecked(index)?),
                "BLOB" => Value::Blob(row.try_get_unchecked(index)?),
                "REAL" => Value::Real(row.try_get_unchecked(index)?),
                _ => Value::Integer(row.try_get_unchecked(index)?),
            })
        })
        .collect()
}

/// Whether a text is one statement: nothing but blanks and comments after its first semicolon.
fn is_single(sql: &str) -> bool {
    let mut rest = sql;
    let mut ended = false;
    while let Some(first) = rest.chars().next() {
        let skip_past = |text: &str, end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
        let length = if rest.starts_with("--") {
            skip_past(rest, "\n")
        } else if rest.starts_with("/*") {
            2 + rest.get(2..).map_or(0, |inner| skip_past(inner, "*/"))
        } else if first.is_whitespace() {
            first.len_utf8()
        } else if ended {
            return false;
        } else if let Some(close) = [('\'', "'"), ('"', "\""), ('`', "`"), ('[', "]")]
            .into_iter()
            .find_map(|(open, close)| (open == first).then_some(close))
        {
            1 + rest.get(1..).map_or(0, |inner| skip_past(inner, close))
        } else {
            ended = first == ';';
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_is_told_from_several() {
        for one in ["SELECT 1", "SELECT ';'; -- x;\n", "SELECT \"a;b\" /* ; */ ;  ", "", "SELECT 'it''s;'"] {
            assert!(is_single(one), "{one}");
        }
        for several in ["SELECT 1; SELECT 2", ";;", "SELECT 1; /* x */ DROP TABLE t", "SELECT 1;\0"] {
            assert!(!is_single(several), "{several}");
        }
    }
}
