//! The database of the program of before: read, listed and overwritten as it is, and still readable for that program.

use std::fs;

use harmony_config_core::{ConfigSource, Coordinate, Request};
use serde_json::json;
use sqlx::Row;

use crate::world::{database, plain_source, request, source, sql, todays};

#[tokio::test]
async fn a_database_of_the_program_of_before_is_read_listed_and_written_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 3).await;
    sql(&path, "UPDATE config SET updated_at = '2020-01-01 00:00:00'").await;
    let source = plain_source("sqlite", &path);

    let entry = source.read(&request("Key1")).await.unwrap().unwrap();
    assert_eq!(entry.value["number"], 1);
    assert!(entry.location.contains("config.db") && entry.location.contains("Key1"), "{}", entry.location);
    assert!(source.read(&request("Key9")).await.unwrap().is_none());
    let keys: Vec<String> =
        source.list("harmony", "", None).await.unwrap().entries.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(keys, ["Key0", "Key1", "Key2"]);

    source.write(&request("Key1"), &json!({ "number": "one" }), entry.version.as_deref()).await.unwrap();
    source.write(&request("New"), &json!([1, 2]), Some("")).await.unwrap();
    source.remove(&request("Key2"), None).await.unwrap();

    // That program's own statements.
    let mut connection = database(&path).await;
    let rows =
        sqlx::query("SELECT key, value, updated_at FROM config ORDER BY key").fetch_all(&mut connection).await.unwrap();
    let keys: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(keys, ["Key0", "Key1", "New"]);
    let value: String = rows[1].get(1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&value).unwrap(), json!({ "number": "one" }));
    let (old, new): (String, String) = (rows[0].get(2), rows[1].get(2));
    assert_eq!(old, "2020-01-01 00:00:00", "a row that nobody wrote is as it was");
    assert!(new > old && new.len() == old.len(), "the time of a write, as that program writes it: {new}");
    let upsert = "INSERT INTO config (key, value, updated_at) VALUES (?, ?, datetime('now'))
        ON CONFLICT(key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    sqlx::query(upsert).bind("New").bind("\"theirs\"").execute(&mut connection).await.unwrap();
    assert_eq!(source.read(&request("New")).await.unwrap().unwrap().value, json!("theirs"));
}

/// They would collide in the table of before, whose primary key is the key alone.
#[tokio::test]
async fn other_namespaces_and_instances_are_in_a_table_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 1).await;
    let source = source("sqlite", &path);
    let other = Request::new(Coordinate::new("my-project", "Key0", None).unwrap());
    for (number, request) in [&other, &request("Key0@fw-a")].into_iter().enumerate() {
        assert!(source.read(request).await.unwrap().is_none(), "{:?}", request.at);
        source.write(request, &json!(number), None).await.unwrap();
    }
    let mut connection = database(&path).await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT key, value FROM config").fetch_all(&mut connection).await.unwrap();
    assert_eq!(rows.len(), 1, "nothing was added to the table of before: {rows:?}");
    assert!(rows[0].1.contains("\"number\":0"), "nor changed in it");
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('config')").fetch_all(&mut connection).await.unwrap();
    assert_eq!(columns, ["key", "value", "updated_at"], "nor was the table altered");
    assert_eq!(source.read(&other).await.unwrap().unwrap().value, json!(0));
    assert_eq!(source.read(&request("Key0@fw-a")).await.unwrap().unwrap().value, json!(1));
}

/// Rows whose key is no name of today's grammar are the old program's; they are neither listed nor in the way.
#[tokio::test]
async fn rows_with_names_that_are_no_keys_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 1).await;
    sql(
        &path,
        "INSERT INTO config (key, value) VALUES ('a/b', '1'), ('x@y', '2'), ('', '3'), ('1st', '4'), ('a__b', '5')",
    )
    .await;
    let source = source("sqlite", &path);
    let listed = source.list("harmony", "", None).await.unwrap();
    let keys: Vec<String> = listed.entries.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(keys, ["Key0"]);
    assert!(source.read(&request("x@y")).await.unwrap().is_none(), "a key of before is not an instance");
    source.write(&request("Key0"), &json!(1), None).await.unwrap();
    let mut connection = database(&path).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM config").fetch_one(&mut connection).await.unwrap();
    assert_eq!(count, 6);
}

/// A read makes no file; the first write makes it, and the folder above it, for this user alone.
#[tokio::test]
async fn a_read_makes_nothing_and_the_first_write_makes_what_only_this_user_can_read() {
    for plugin in ["sqlite", "local-file"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er").join(if plugin == "sqlite" { "values.db" } else { "values" });
        let source = source(plugin, &path);
        assert!(source.read(&request("Key")).await.unwrap().is_none());
        assert!(source.list("harmony", "", None).await.unwrap().entries.is_empty());
        source.remove(&request("Key"), None).await.unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{plugin}: something was made by reading");
        source.write(&request("Key"), &json!(1), None).await.unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.path().join("deep")), 0o700);
            assert_eq!(mode(&path), if plugin == "sqlite" { 0o600 } else { 0o700 });
        }
        // Deleted under the source's feet: absent again, and written anew.
        fs::remove_dir_all(folder.path().join("deep")).unwrap();
        assert!(source.read(&request("Key")).await.unwrap().is_none(), "{plugin}");
        source.write(&request("Key"), &json!(2), None).await.unwrap();
        assert_eq!(source.read(&request("Key")).await.unwrap().unwrap().value, json!(2), "{plugin}");
    }
}
