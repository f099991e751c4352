//! One value: read, written, removed, under the condition that the caller states. A version is a hash of the stored
//! text: `updated_at` counts only seconds.

use harmony_config_sdk::{
    Coordinate, Entry, Expected, Failure,
    sql::{MISSING_TABLE, Statement, Value},
    version_of,
};

use crate::{
    Database,
    tables::{Place, explain, present},
};

pub(crate) fn get(database: &impl Database, default: &str, at: &Coordinate) -> Result<Option<Entry>, Failure> {
    let place = Place::of(at, default);
    let Some(text) = read(database, &place)? else { return Ok(None) };
    let version = version_of(&text);
    // Not parsed here: the host does, and names this location where it is not JSON.
    Ok(Some(Entry::new(text, place.location(database)).version(version)))
}

pub(crate) fn set(
    database: &impl Database,
    default: &str,
    at: &Coordinate,
    value: &str,
    expected: &Expected,
) -> Result<String, Failure> {
    let place = Place::of(at, default);
    let write = match expected {
        Expected::Anything => insert(&place, value, Existing::Replaced),
        Expected::Nothing => insert(&place, value, Existing::Kept),
        Expected::Version(version) => {
            let stored = read_version(database, &place, version)?;
            let update = place.statement(
                "UPDATE config SET value = ?, updated_at = datetime('now') WHERE key = ? AND value = ?",
                "UPDATE config_scoped SET value = ?, updated_at = datetime('now') \
                 WHERE namespace = ? AND key = ? AND instance = ? AND value = ?",
            );
            place.bind(update.bind(value)).bind(stored)
        }
    };
    match changes(database, &[place.create(), write])? {
        0 => Err(changed(database, &place)),
        _ => Ok(version_of(value)),
    }
}

pub(crate) fn delete(
    database: &impl Database,
    default: &str,
    at: &Coordinate,
    expected: &Expected,
) -> Result<(), Failure> {
    let place = Place::of(at, default);
    // Read first in any case: a transaction would make a database only to remove nothing from it.
    let stored = match expected {
        Expected::Version(version) => Some(read_version(database, &place, version)?),
        Expected::Anything | Expected::Nothing => read(database, &place)?,
    };
    let Some(stored) = stored else { return Ok(()) };
    let remove = match expected {
        Expected::Nothing => return Err(changed(database, &place)),
        Expected::Anything => place.bind(place.statement(
            "DELETE FROM config WHERE key = ?",
            "DELETE FROM config_scoped WHERE namespace = ? AND key = ? AND instance = ?",
        )),
        Expected::Version(_) => place
            .bind(place.statement(
                "DELETE FROM config WHERE key = ? AND value = ?",
                "DELETE FROM config_scoped WHERE namespace = ? AND key = ? AND instance = ? AND value = ?",
            ))
            .bind(stored),
    };
    match (changes(database, &[remove]), expected) {
        (Ok(0), Expected::Version(_)) => Err(changed(database, &place)),
        (Ok(_), _) => Ok(()),
        (Err(failure), Expected::Anything) if failure.code == MISSING_TABLE => Ok(()),
        (Err(failure), _) => Err(failure),
    }
}

/// The stored text.
fn read(database: &impl Database, place: &Place<'_>) -> Result<Option<String>, Failure> {
    let select = place.statement(
        "SELECT value FROM config WHERE key = ?",
        "SELECT value FROM config_scoped WHERE namespace = ? AND key = ? AND instance = ?",
    );
    let outcome = present(database, database.query(&place.bind(select)))?;
    match outcome.and_then(|outcome| outcome.rows.into_iter().flatten().next()) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Failure::invalid(format!("{} is not a text", place.location(database)))
            .remedy("remove that row, or set the value anew")),
    }
}

/// The stored text, if it has this version.
fn read_version(database: &impl Database, place: &Place<'_>, version: &str) -> Result<String, Failure> {
    match read(database, place)? {
        Some(text) if version_of(&text) == *version => Ok(text),
        _ => Err(changed(database, place)),
    }
}

#[derive(Clone, Copy)]
enum Existing {
    Replaced,
    Kept,
}

fn insert(place: &Place<'_>, value: &str, existing: Existing) -> Statement {
    let (columns, key, marks) = match place {
        Place::Plain { .. } => ("config (key, value, updated_at)", "key", "?"),
        Place::Scoped(_) => {
            ("config_scoped (namespace, key, instance, value, updated_at)", "namespace, key, instance", "?, ?, ?")
        }
    };
    let then = match existing {
        Existing::Replaced => "UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        Existing::Kept => "NOTHING",
    };
    let text = format!("INSERT INTO {columns} VALUES ({marks}, ?, datetime('now')) ON CONFLICT ({key}) DO {then}");
    place.bind(Statement::new(text)).bind(value)
}

/// Runs the statements, and says how many rows the last one changed.
fn changes(database: &impl Database, statements: &[Statement]) -> Result<u64, Failure> {
    let outcomes = database.transaction(statements).map_err(|failure| explain(database, failure))?;
    Ok(outcomes.last().map_or(0, |outcome| outcome.changes))
}

fn changed(database: &impl Database, place: &Place<'_>) -> Failure {
    Failure::conflict(format!("{} is not what it was when it was read", place.location(database)))
        .remedy("read it again, and repeat the change if it is still wanted")
}
