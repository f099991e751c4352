//! A folder, the stores in it, and the other process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    time::Duration,
};

use harmony_config_core::{ConfigSource, Coordinate, Request};
use harmony_config_host::{ComponentSource, Host, Places, Plugin};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

/// The table as the program of before made it.
pub(crate) const TODAYS_TABLE: &str = "CREATE TABLE IF NOT EXISTS config (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL DEFAULT (datetime('now')))";

pub(crate) fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("storage")
}

/// Where the key is that seals secrets: one for all tests of a run, and for the processes that they start.
pub(crate) fn keys() -> &'static Path {
    static KEYS: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("storage-keys");
        // What an earlier run left would only grow.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    });
    &KEYS
}

/// The store of a plugin below a folder: a file or a directory.
pub(crate) fn store(plugin: &str, folder: &Path) -> PathBuf {
    folder.join(match plugin {
        "sqlite" => "values.db",
        "file" => "values.toml",
        _ => "values",
    })
}

/// A source of this process over a store.
pub(crate) fn source(plugin: &str, path: &Path) -> ComponentSource {
    build(plugin, path, true)
}

/// The same, where the person said `seal = false`: what is written is what the program of before reads.
pub(crate) fn plain_source(plugin: &str, path: &Path) -> ComponentSource {
    build(plugin, path, false)
}

fn build(plugin: &str, path: &Path, seal: bool) -> ComponentSource {
    let places = Places { cache: Some(cache()), config: Some(keys().to_owned()), ..Places::default() };
    let host = Host::builder().places(places).build();
    let setting = if plugin == "local-file" { "dir" } else { "path" };
    let settings = Map::from_iter([(setting.to_owned(), Value::from(path.to_str().unwrap()))]);
    let bundled = Plugin::bundled(plugin).unwrap_or_else(|| panic!("the plugin `{plugin}` is not bundled"));
    let source = host.source(plugin, bundled).grant_what_it_wants().settings(settings);
    source.timeout(Duration::from_secs(20)).seal(seal).build().unwrap()
}

pub(crate) fn request(at: &str) -> Request {
    Request::new(Coordinate::parse("harmony", at).unwrap())
}

/// The value, which is whole.
pub(crate) async fn whole(source: &ComponentSource, at: &str) -> Option<Value> {
    let entry = source.read(&request(at)).await.unwrap_or_else(|failure| panic!("{at}: {failure}"))?;
    assert_eq!(entry.value["head"], entry.value["tail"], "{at} is torn");
    assert_eq!(entry.value["body"].as_str().unwrap().len(), 6_000, "{at} is torn");
    Some(entry.value)
}

/// The other process.
pub(crate) fn writer(plugin: &str, path: &Path, deed: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storage_writer"));
    command.arg(plugin).arg(path).arg(cache()).args(deed).env("KEYS", keys());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for all of them, each of which must have done its work.
pub(crate) fn succeed(children: Vec<Child>) {
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What a process that ended well said.
pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

/// What the other process says of a deed, with little patience.
pub(crate) fn answer(plugin: &str, path: &Path, deed: &[&str]) -> String {
    said(&writer(plugin, path, deed).env("SHORT_TIMEOUT", "1").output().unwrap())
}

/// The same as somebody who owns nothing here. Where the tests run as root, that is `nobody`; else it is who runs them,
/// and the modes of the files do the rest.
#[cfg(unix)]
pub(crate) fn answer_unprivileged(plugin: &str, path: &Path, deed: &[&str]) -> String {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    // Where it stands, that user may not even look.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = place.path().join("storage_writer");
    fs::copy(env!("CARGO_BIN_EXE_storage_writer"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.arg(plugin).arg(path).arg("").args(deed).current_dir("/").env("SHORT_TIMEOUT", "1").stdin(Stdio::null());
    // A key of its own: it may not even look at ours.
    let keys = place.path().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o777)).unwrap();
    command.env("KEYS", keys);
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    said(&command.output().unwrap())
}

#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let probe = tempfile::NamedTempFile::new().unwrap();
    fs::metadata(probe.path()).unwrap().uid() == 0
}

/// A database as SQLite itself sees it.
pub(crate) async fn database(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap()
}

pub(crate) async fn sql(path: &Path, text: &str) {
    let mut connection = database(path).await;
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A database of the program of before, with a row for each number.
pub(crate) async fn todays(path: &Path, rows: usize) {
    let mut connection = database(path).await;
    sqlx::raw_sql(TODAYS_TABLE).execute(&mut connection).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for number in 0..rows {
        let value = json!({ "number": number, "body": "x".repeat(500) }).to_string();
        sqlx::query("INSERT INTO config (key, value, updated_at) VALUES (?, ?, datetime('now'))")
            .bind(format!("Key{number}"))
            .bind(value)
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    connection.close().await.unwrap();
}
