//! The source over the real SQLite, natively: the statements, and what they leave in the tables.

use std::cell::RefCell;

use harmony_config_sdk::{
    Coordinate, Sensitivity,
    sql::{MISSING_TABLE, Value},
    version_of,
};
use rusqlite::{Connection, TransactionBehavior, types::ValueRef};
use serde_json::json;

use super::*;

/// A database in memory that fails as the host's does.
struct Memory {
    connection: RefCell<Connection>,
    /// Run once, before the next transaction: what another program does between a read and a write.
    between: RefCell<Option<String>>,
}

impl Memory {
    fn new() -> Self {
        Memory { connection: RefCell::new(Connection::open_in_memory().unwrap()), between: RefCell::new(None) }
    }

    fn with(sql: &str) -> Self {
        let memory = Memory::new();
        memory.connection.borrow().execute_batch(sql).unwrap();
        memory
    }

    fn one(&self, sql: &str) -> String {
        self.connection.borrow().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn failure(error: &rusqlite::Error) -> Failure {
    let text = error.to_string();
    match text.contains("no such table") {
        true => Failure::new(MISSING_TABLE, text),
        false => Failure::invalid(format!("the database refused a statement: {text}")),
    }
}

fn run(connection: &Connection, statement: &Statement) -> Result<Outcome, Failure> {
    let mut prepared = connection.prepare(&statement.sql).map_err(|error| failure(&error))?;
    assert_eq!(prepared.parameter_count(), statement.params.len(), "{}", statement.sql);
    for (index, param) in statement.params.iter().enumerate() {
        match param {
            Value::Text(text) => prepared.raw_bind_parameter(index + 1, text),
            Value::Integer(integer) => prepared.raw_bind_parameter(index + 1, integer),
            other => panic!("{other:?} is never bound"),
        }
        .unwrap();
    }
    let columns = prepared.column_count();
    let mut rows = Vec::new();
    let mut found = prepared.raw_query();
    while let Some(row) = found.next().map_err(|error| failure(&error))? {
        let value = |column| match row.get_ref(column).unwrap() {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => Value::Integer(integer),
            ValueRef::Real(real) => Value::Real(real),
            ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
            ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
        };
        rows.push((0..columns).map(value).collect());
    }
    drop(found);
    drop(prepared);
    let writes = !statement.sql.starts_with("SELECT") && !statement.sql.starts_with("CREATE");
    Ok(Outcome { rows, changes: if writes { connection.changes() } else { 0 } })
}

impl Database for Memory {
    fn query(&self, statement: &Statement) -> Result<Outcome, Failure> {
        assert!(statement.sql.starts_with("SELECT") || statement.sql.starts_with("PRAGMA table_info"));
        run(&self.connection.borrow(), statement)
    }

    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Outcome>, Failure> {
        let mut connection = self.connection.borrow_mut();
        if let Some(sql) = self.between.borrow_mut().take() {
            connection.execute_batch(&sql).unwrap();
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let outcomes = statements.iter().map(|statement| run(&transaction, statement)).collect::<Result<_, _>>()?;
        transaction.commit().unwrap();
        Ok(outcomes)
    }

    fn location(&self) -> String {
        "/db".to_owned()
    }
}

fn at(namespace: &str, key: &str, instance: Option<&str>) -> Coordinate {
    Coordinate { namespace: namespace.into(), key: key.into(), instance: instance.map(str::to_owned) }
}

fn plain(key: &str) -> Coordinate {
    at("harmony", key, None)
}

fn places() -> [Coordinate; 3] {
    [plain("App"), at("harmony", "App", Some("a")), at("other", "App", None)]
}

fn get(memory: &Memory, at: &Coordinate) -> Result<Option<Entry>, Failure> {
    store::get(memory, "harmony", at)
}

fn set(memory: &Memory, at: &Coordinate, value: &str, expected: Expected) -> Result<String, Failure> {
    store::set(memory, "harmony", at, value, &expected)
}

fn delete(memory: &Memory, at: &Coordinate, expected: Expected) -> Result<(), Failure> {
    store::delete(memory, "harmony", at, &expected)
}

fn value(memory: &Memory, at: &Coordinate) -> Option<String> {
    get(memory, at).unwrap().map(|entry| entry.value)
}

#[test]
fn a_database_without_tables_has_no_value() {
    let memory = Memory::new();
    for at in places() {
        assert_eq!(get(&memory, &at).unwrap(), None);
        delete(&memory, &at, Expected::Anything).unwrap();
        delete(&memory, &at, Expected::Nothing).unwrap();
        assert_eq!(delete(&memory, &at, Expected::Version("1".into())).unwrap_err().code, "conflict");
    }
    assert!(listing::list(&memory, "harmony", "harmony", "", None).unwrap().entries.is_empty());
    assert_eq!(tables::check(&memory).unwrap(), ["/db: nothing is stored yet; the first write makes it"]);
    assert_eq!(memory.one("SELECT count(*) || '' FROM sqlite_master"), "0");
}

#[test]
fn the_database_of_todays_program_is_read_and_written_as_it_is() {
    let memory = Memory::with(
        "CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT NOT NULL, \
         updated_at TEXT NOT NULL DEFAULT (datetime('now')));\
         INSERT INTO config (key, value, updated_at) VALUES ('App', '{\"a\":1}', '2020-01-01 00:00:00');",
    );
    let before = memory.one("SELECT sql FROM sqlite_master WHERE name = 'config'");
    let entry = get(&memory, &plain("App")).unwrap().unwrap();
    assert_eq!((entry.value.as_str(), entry.location.as_str()), ("{\"a\":1}", "/db (table config, key App)"));
    set(&memory, &plain("App"), "{}", Expected::Anything).unwrap();
    set(&memory, &plain("New"), "[]", Expected::Anything).unwrap();
    assert_eq!(memory.one("SELECT sql FROM sqlite_master WHERE name = 'config'"), before);
    assert_eq!(memory.one("SELECT count(*) || '' FROM config WHERE updated_at > '2026'"), "2");
    assert_eq!(memory.one("SELECT count(*) || '' FROM sqlite_master WHERE name = 'config_scoped'"), "0");
}

#[test]
fn a_new_database_has_the_table_of_todays_program_to_the_letter() {
    let memory = Memory::new();
    set(&memory, &plain("App"), "1", Expected::Anything).unwrap();
    assert_eq!(
        memory.one("SELECT sql FROM sqlite_master WHERE name = 'config'"),
        "CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT NOT NULL, \
         updated_at TEXT NOT NULL DEFAULT (datetime('now')))"
    );
}

#[test]
fn namespaces_and_instances_do_not_meet() {
    let memory = Memory::new();
    for (index, at) in places().iter().enumerate() {
        set(&memory, at, &index.to_string(), Expected::Nothing).unwrap();
    }
    let values: Vec<_> = places().iter().map(|at| value(&memory, at)).collect();
    assert_eq!(values, [Some("0".into()), Some("1".into()), Some("2".into())]);
    assert_eq!(value(&memory, &at("other", "App", Some("a"))), None);
    let places = places().map(|at| get(&memory, &at).unwrap().unwrap().location);
    assert_eq!(places[1], "/db (table config_scoped, namespace harmony, key App, instance a)");
    assert_eq!(places[2], "/db (table config_scoped, namespace other, key App)");
}

#[test]
fn a_condition_that_does_not_hold_writes_nothing() {
    for at in places() {
        let memory = Memory::new();
        let first = set(&memory, &at, "1", Expected::Nothing).unwrap();
        assert_eq!(get(&memory, &at).unwrap().unwrap().version.as_ref(), Some(&first));
        assert_eq!(set(&memory, &at, "2", Expected::Nothing).unwrap_err().code, "conflict");
        let second = set(&memory, &at, "2", Expected::Version(first.clone())).unwrap();
        assert_eq!(second, version_of("2"));
        assert_eq!(set(&memory, &at, "3", Expected::Version(first.clone())).unwrap_err().code, "conflict");
        assert_eq!(value(&memory, &at).as_deref(), Some("2"));
        assert_eq!(delete(&memory, &at, Expected::Version(first)).unwrap_err().code, "conflict");
        assert_eq!(delete(&memory, &at, Expected::Nothing).unwrap_err().code, "conflict");
        delete(&memory, &at, Expected::Version(second)).unwrap();
        assert_eq!(value(&memory, &at), None);
        assert_eq!(set(&memory, &at, "4", Expected::Version("x".into())).unwrap_err().code, "conflict");
        set(&memory, &at, "5", Expected::Anything).unwrap();
        delete(&memory, &at, Expected::Anything).unwrap();
        assert_eq!(value(&memory, &at), None);
    }
}

#[test]
fn a_change_between_the_read_and_the_write_is_a_conflict() {
    for (at, table) in places().iter().zip(["config", "config_scoped", "config_scoped"]) {
        let memory = Memory::new();
        let version = set(&memory, at, "1", Expected::Nothing).unwrap();
        let theirs = format!("UPDATE {table} SET value = '9'");
        memory.between.replace(Some(theirs.clone()));
        let failure = set(&memory, at, "2", Expected::Version(version.clone())).unwrap_err();
        assert_eq!(failure.code, "conflict");
        assert!(failure.message.contains("key App") && failure.remedy.is_some());
        assert_eq!(value(&memory, at).as_deref(), Some("9"));
        set(&memory, at, "1", Expected::Anything).unwrap();
        memory.between.replace(Some(theirs));
        assert_eq!(delete(&memory, at, Expected::Version(version)).unwrap_err().code, "conflict");
        assert_eq!(value(&memory, at).as_deref(), Some("9"));
    }
}

#[test]
fn a_table_of_another_program_is_named_as_such() {
    for table in ["CREATE TABLE config (id INTEGER, setting TEXT)", "CREATE TABLE config (key TEXT, value TEXT)"] {
        let memory = Memory::with(table);
        for failure in
            [set(&memory, &plain("App"), "1", Expected::Anything).unwrap_err(), tables::check(&memory).unwrap_err()]
        {
            assert_eq!(failure.code, "invalid");
            assert!(failure.message.starts_with("/db is not a database of this program: "), "{}", failure.message);
            assert!(failure.remedy.unwrap().contains("`path`"));
        }
    }
    let memory = Memory::with("CREATE TABLE config (id INTEGER); CREATE TABLE config_scoped (id INTEGER)");
    for at in places() {
        let failure = get(&memory, &at).unwrap_err();
        assert!(failure.message.contains("has no column `key`"), "{}", failure.message);
    }
    assert!(listing::list(&memory, "harmony", "harmony", "", None).unwrap_err().message.contains("not a database"));
}

#[test]
fn a_value_that_is_no_text_is_named() {
    let memory = Memory::new();
    set(&memory, &plain("App"), "1", Expected::Anything).unwrap();
    memory.connection.borrow().execute("UPDATE config SET value = x'00ff'", []).unwrap();
    let failure = get(&memory, &plain("App")).unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("invalid", "/db (table config, key App) is not a text")
    );
}

#[test]
fn a_listing_is_of_one_namespace_in_order_and_in_pages() {
    let memory = Memory::new();
    for number in 0..400 {
        set(&memory, &plain(&format!("K{number:03}")), "1", Expected::Anything).unwrap();
        set(&memory, &at("harmony", &format!("K{number:03}"), Some("i")), "1", Expected::Anything).unwrap();
    }
    set(&memory, &plain("k_small"), "1", Expected::Anything).unwrap();
    set(&memory, &at("other", "K000", None), "1", Expected::Anything).unwrap();
    memory.connection.borrow().execute("INSERT INTO config (key, value) VALUES ('K@odd', '1'), ('', '1')", []).unwrap();
    let first = listing::list(&memory, "harmony", "harmony", "K", None).unwrap();
    let second = listing::list(&memory, "harmony", "harmony", "K", first.next.as_deref()).unwrap();
    assert_eq!((first.entries.len(), second.entries.len(), &second.next), (500, 300, &None));
    let listed: Vec<&Coordinate> = first.entries.iter().chain(&second.entries).map(|(at, _)| at).collect();
    assert!(listed.is_sorted_by_key(|at| (&at.key, &at.instance)));
    assert_eq!((listed[0], listed[1]), (&plain("K000"), &at("harmony", "K000", Some("i"))));
    assert!(first.entries.iter().all(|(_, sensitivity)| *sensitivity == Sensitivity::Secret));
    let behind = listing::list(&memory, "harmony", "harmony", "K000", Some("K000")).unwrap();
    assert_eq!(behind.entries.len(), 1);
    let other = listing::list(&memory, "harmony", "other", "", None).unwrap();
    assert_eq!(other.entries.len(), 1);
    assert_eq!(other.entries[0].0, at("other", "K000", None));
    assert!(listing::list(&memory, "harmony", "harmony", "k_%", None).unwrap().entries.is_empty());
}

#[test]
fn a_check_counts_what_is_stored() {
    let memory = Memory::new();
    for at in places() {
        set(&memory, &at, "1", Expected::Anything).unwrap();
    }
    assert_eq!(
        tables::check(&memory).unwrap(),
        ["/db: 1 value in table config", "/db: 2 values in table config_scoped"]
    );
}

#[test]
fn a_source_that_may_only_read_says_so_and_refuses_to_write() {
    let settings = serde_json::from_str(r#"{"path":"x","read-only":true}"#).unwrap();
    let source = SqliteSource::configure(settings, Host::of("harmony")).unwrap();
    assert_eq!(source.features(), [Feature::Lists]);
    assert_eq!(source.may_write().unwrap_err().code, "unsupported");
}

#[test]
fn the_facts_are_json() {
    let facts: serde_json::Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["wants"], json!({ "sql": { "setting": "path" } }));
    assert_eq!(facts["features"], json!(["persists", "writable", "lists"]));
}
