//! The two tables, which of them a coordinate is in, and how a database of another program is told.

use harmony_config_sdk::{
    Coordinate, Failure,
    sql::{MISSING_TABLE, Outcome, Statement, Value},
};

use crate::Database;

/// The table that `harmony_config` has always used: never altered, so that older programs go on reading it.
pub(crate) const CREATE_PLAIN: &str = "CREATE TABLE IF NOT EXISTS config (\
     key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL DEFAULT (datetime('now')))";

/// Other namespaces, and instances. An instance of `''` is none: NULL would not be unique.
pub(crate) const CREATE_SCOPED: &str = "CREATE TABLE IF NOT EXISTS config_scoped (\
     namespace TEXT NOT NULL, key TEXT NOT NULL, instance TEXT NOT NULL DEFAULT '', value TEXT NOT NULL, \
     updated_at TEXT NOT NULL DEFAULT (datetime('now')), PRIMARY KEY (namespace, key, instance)) WITHOUT ROWID";

/// Where a coordinate lives.
pub(crate) enum Place<'a> {
    /// In `config`, under its key.
    Plain { key: &'a str },
    /// In `config_scoped`.
    Scoped(&'a Coordinate),
}

impl<'a> Place<'a> {
    pub(crate) fn of(at: &'a Coordinate, default_namespace: &str) -> Self {
        match at.namespace == default_namespace && at.instance.is_none() {
            true => Place::Plain { key: &at.key },
            false => Place::Scoped(at),
        }
    }

    /// The statement that makes its table.
    pub(crate) fn create(&self) -> Statement {
        match self {
            Place::Plain { .. } => Statement::new(CREATE_PLAIN),
            Place::Scoped(_) => Statement::new(CREATE_SCOPED),
        }
    }

    /// The text for this table, of two; to which [`Place::bind`] binds the key.
    pub(crate) fn statement(&self, plain: &str, scoped: &str) -> Statement {
        Statement::new(match self {
            Place::Plain { .. } => plain,
            Place::Scoped(_) => scoped,
        })
    }

    /// Binds what the table's primary key is made of.
    pub(crate) fn bind(&self, statement: Statement) -> Statement {
        match self {
            Place::Plain { key } => statement.bind(*key),
            Place::Scoped(at) => statement
                .bind(at.namespace.as_str())
                .bind(at.key.as_str())
                .bind(at.instance.as_deref().unwrap_or_default()),
        }
    }

    /// The place for a person.
    pub(crate) fn location(&self, database: &impl Database) -> String {
        let file = database.location();
        match self {
            Place::Plain { key } => format!("{file} (table config, key {key})"),
            Place::Scoped(Coordinate { namespace, key, instance: None }) => {
                format!("{file} (table config_scoped, namespace {namespace}, key {key})")
            }
            Place::Scoped(Coordinate { namespace, key, instance: Some(instance) }) => {
                format!("{file} (table config_scoped, namespace {namespace}, key {key}, instance {instance})")
            }
        }
    }
}

/// What was found, or none where the table does not exist: then nothing is in it.
pub(crate) fn present(database: &impl Database, outcome: Result<Outcome, Failure>) -> Result<Option<Outcome>, Failure> {
    match outcome {
        Ok(outcome) => Ok(Some(outcome)),
        Err(failure) if failure.code == MISSING_TABLE => Ok(None),
        Err(failure) => Err(explain(database, failure)),
    }
}

/// SQLite's word on a table of another program is "no such column": says what that means.
pub(crate) fn explain(database: &impl Database, failure: Failure) -> Failure {
    match failure.code == "invalid" {
        true => foreign(database).ok().flatten().unwrap_or(failure),
        false => failure,
    }
}

/// Findings for `doctor`.
pub(crate) fn check(database: &impl Database) -> Result<Vec<String>, Failure> {
    if let Some(failure) = foreign(database)? {
        return Err(failure);
    }
    let mut findings = Vec::new();
    for table in ["config", "config_scoped"] {
        let count = database.query(&Statement::new(format!("SELECT count(*) FROM {table}")));
        let count = present(database, count)?.and_then(|outcome| outcome.rows.into_iter().flatten().next());
        if let Some(Value::Integer(count)) = count {
            let values = if count == 1 { "value" } else { "values" };
            findings.push(format!("{}: {count} {values} in table {table}", database.location()));
        }
    }
    if findings.is_empty() {
        findings.push(format!("{}: nothing is stored yet; the first write makes it", database.location()));
    }
    Ok(findings)
}

/// The failure for a database whose tables have our names and other columns.
fn foreign(database: &impl Database) -> Result<Option<Failure>, Failure> {
    let wanted: [(&str, &[&str]); 2] = [
        ("config", &["key", "value", "updated_at"]),
        ("config_scoped", &["namespace", "key", "instance", "value", "updated_at"]),
    ];
    for (table, columns) in wanted {
        let outcome = match database.query(&Statement::new(format!("PRAGMA table_info({table})"))) {
            Ok(outcome) => outcome,
            Err(failure) if failure.code == MISSING_TABLE => continue,
            Err(failure) => return Err(failure),
        };
        // A row of `table_info`: number, name, type, …; no row where there is no table.
        let names: Vec<&Value> = outcome.rows.iter().filter_map(|row| row.get(1)).collect();
        let lacking = columns.iter().find(|column| !names.contains(&&Value::Text((**column).to_owned())));
        if let (false, Some(column)) = (names.is_empty(), lacking) {
            let message = format!(
                "{} is not a database of this program: its table `{table}` has no column `{column}`",
                database.location()
            );
            return Ok(Some(Failure::invalid(message).remedy("name another file in the setting `path`")));
        }
    }
    Ok(None)
}
