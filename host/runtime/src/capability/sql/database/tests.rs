use super::{super::Value, *};
use crate::policy::{Grants, Phase, Policy};
use harmony_config_core::Interaction;

const TIME: Duration = Duration::from_secs(2);

fn statement(sql: &str, params: &[&str]) -> Statement {
    Statement { sql: sql.to_owned(), params: params.iter().map(|text| Value::Text((*text).to_owned())).collect() }
}

struct World {
    _folder: tempfile::TempDir,
    database: Arc<Database>,
    policy: Policy,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path().join("sub/config.db"), TIME, false);
        World { _folder: folder, database, policy: Policy::new(Grants { sql: true, ..Grants::default() }) }
    }

    fn pass(&self) -> Pass<'static> {
        self.policy.decide(Phase::Call(Interaction::Forbidden), Use::Sql).unwrap()
    }

    async fn query(&self, sql: &str) -> Result<Outcome, SqlFailure> {
        self.database.query(&self.pass(), statement(sql, &[]), TIME).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, SqlFailure> {
        self.database.transaction(&self.pass(), statements, TIME).await
    }
}

async fn with_table() -> World {
    let world = World::new();
    world.write(vec![statement("CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT)", &[])]).await.unwrap();
    world.write(vec![statement("INSERT INTO t VALUES(?, ?)", &["a", "1"])]).await.unwrap();
    world
}

#[tokio::test]
async fn a_read_makes_no_database() {
    let world = World::new();
    assert!(world.query("SELECT 1 FROM t").await.err().unwrap().missing_table);
    assert!(!world.database.path().exists());
}

#[tokio::test]
async fn what_was_written_is_read_and_the_file_is_private() {
    let world = with_table().await;
    let outcome = world.query("SELECT v, 1, 1.5, NULL, x'00ff' FROM t").await.unwrap();
    let expected =
        [Value::Text("1".to_owned()), Value::Integer(1), Value::Real(1.5), Value::Null, Value::Blob(vec![0, 255])];
    assert!(outcome.rows == [expected]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(world.database.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_nothing() {
    let world = with_table().await;
    let failed = world
        .write(vec![statement("INSERT INTO t VALUES('b', '2')", &[]), statement("INSERT INTO t VALUES('a', '2')", &[])])
        .await;
    assert!(failed.is_err());
    assert_eq!(world.query("SELECT * FROM t").await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_plugin_is_refused_what_would_lead_out_of_its_database() {
    let world = with_table().await;
    for sql in [
        "ATTACH DATABASE '/tmp/other.db' AS other",
        "DETACH DATABASE main",
        "VACUUM INTO '/tmp/copy.db'",
        "VACUUM",
        "SELECT load_extension('/tmp/x.so')",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "SAVEPOINT s",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END",
        "CREATE TEMP TABLE x(a)",
        "CREATE VIRTUAL TABLE x USING fts5(a)",
        "SELECT 1; SELECT 2",
    ] {
        assert!(world.query(sql).await.is_err(), "read: {sql}");
        assert!(world.write(vec![statement(sql, &[])]).await.is_err(), "write: {sql}");
    }
    assert_eq!(world.query("PRAGMA table_info(t)").await.unwrap().rows.len(), 2);
    assert_eq!(world.query("SELECT * FROM t").await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_read_does_not_write_even_a_statement_that_was_written_before() {
    let world = with_table().await;
    let sql = "INSERT INTO t VALUES('b', '2')";
    world.write(vec![statement(sql, &[]), statement("DELETE FROM t WHERE k = 'b'", &[])]).await.unwrap();
    let refused = world.query(sql).await.err().unwrap();
    assert_eq!(refused.failure.code, FailureCode::Denied);
    assert_eq!(world.query("SELECT * FROM t").await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_statement_without_end_stops_at_the_deadline() {
    let world = with_table().await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let pass = world.pass();
    let stopped = world.database.query(&pass, statement(endless, &[]), Duration::from_millis(50)).await.err().unwrap();
    assert!(stopped.failure.message.contains("deadline"), "{}", stopped.failure);
    assert_eq!(world.query("SELECT * FROM t").await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_database_that_was_deleted_is_not_written_into_the_void() {
    let world = with_table().await;
    fs::remove_dir_all(world.database.path().parent().unwrap()).unwrap();
    assert!(world.query("SELECT * FROM t").await.err().unwrap().missing_table);
    world.write(vec![statement("CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT)", &[])]).await.unwrap();
    assert!(world.database.path().exists());
    assert_eq!(world.query("SELECT * FROM t").await.unwrap().rows.len(), 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_says_so() {
    let world = World::new();
    fs::create_dir_all(world.database.path().parent().unwrap()).unwrap();
    fs::write(world.database.path(), "this is a text and not a database at all, whatever its name").unwrap();
    let failure = world.query("SELECT 1 FROM t").await.err().unwrap().failure;
    assert_eq!(failure.code, FailureCode::Invalid);
    assert!(failure.message.contains("is not an SQLite database"), "{failure}");
}
