//! Stores that cannot be used: locked, read-only, damaged, another program's, in the way. Each is a failure that names
//! the file and says what to do, and never absence.

use std::{fs, path::Path};

use harmony_config_core::{ConfigSource, Failure, FailureCode};
use serde_json::json;

use crate::world::{answer, database, request, source, sql, todays};

/// Names the file, and says what to do.
fn helps(failure: &Failure, path: &Path, code: FailureCode, words: &str) {
    assert_eq!(failure.code, code, "{failure}");
    assert!(failure.message.contains(&path.display().to_string()), "the file is not named: {failure}");
    assert!(failure.message.contains(words), "{failure}");
    assert!(failure.remedy.as_ref().is_some_and(|remedy| remedy.len() > 10), "nothing says what to do: {failure:?}");
}

/// The three parts of what another process says of a failure.
fn told(answer: &str) -> (&str, &str, &str) {
    let mut parts = answer.splitn(3, " | ");
    let mut next = || parts.next().unwrap_or_else(|| panic!("that is no failure: {answer}"));
    (next(), next(), next())
}

#[tokio::test]
async fn a_database_that_another_process_locks_is_unavailable_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 2).await;
    let mut holder = database(&path).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut holder).await.unwrap();
    for deed in ["get", "set"] {
        let answer = answer("sqlite", &path, &[deed, "Key1"]);
        let (code, message, remedy) = told(&answer);
        assert_eq!(code, "unavailable", "{answer}");
        assert!(message.contains(&path.display().to_string()) && message.contains("locked"), "{answer}");
        assert!(remedy.contains("again"), "{answer}");
        assert!(!answer.contains("canary"), "{answer}");
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    let answer = answer("sqlite", &path, &["get", "Key1"]);
    assert!(answer.starts_with("value "), "{answer}");
}

/// A reader goes on while another process writes for a long time: the log of a database that we wrote allows it.
#[tokio::test]
async fn a_long_write_of_another_process_does_not_stop_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.db");
    source("sqlite", &path).write(&request("Key1"), &json!(1), None).await.unwrap();
    let mut holder = database(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE; UPDATE config SET value = '2'").execute(&mut holder).await.unwrap();
    assert_eq!(answer("sqlite", &path, &["get", "Key1"]), "value 1");
    let answer = answer("sqlite", &path, &["set", "Key1"]);
    assert_eq!(told(&answer).0, "unavailable", "{answer}");
}

#[cfg(unix)]
mod modes {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::world::answer_unprivileged;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[tokio::test]
    async fn a_database_that_can_only_be_read_is_read_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.db");
        todays(&path, 2).await;
        mode(&path, 0o444);
        mode(folder.path(), 0o555);
        let read = answer_unprivileged("sqlite", &path, &["get", "Key1"]);
        assert!(read.starts_with("value ") && read.contains("\"number\":1"), "{read}");
        let written = answer_unprivileged("sqlite", &path, &["set", "Key1"]);
        let (code, message, remedy) = told(&written);
        assert_eq!(code, "denied", "{written}");
        assert!(message.contains(&path.display().to_string()) && message.contains("only be read"), "{written}");
        assert!(remedy.contains("chmod u+w"), "{written}");
        mode(folder.path(), 0o755);
    }

    #[tokio::test]
    async fn a_database_that_may_not_be_opened_is_a_failure_and_no_absence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.db");
        todays(&path, 2).await;
        mode(&path, 0o000);
        mode(folder.path(), 0o755);
        for deed in ["get", "set"] {
            let answer = answer_unprivileged("sqlite", &path, &[deed, "Key1"]);
            let (code, message, remedy) = told(&answer);
            assert!(["denied", "unavailable"].contains(&code), "{answer}");
            assert!(message.contains(&path.display().to_string()) && !remedy.is_empty(), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_named() {
        for plugin in ["sqlite", "local-file"] {
            let folder = tempfile::tempdir().unwrap();
            mode(folder.path(), 0o555);
            let path = folder.path().join("sub").join(if plugin == "sqlite" { "values.db" } else { "values" });
            assert_eq!(answer_unprivileged(plugin, &path, &["get", "Key1"]), "absent", "{plugin}");
            let written = answer_unprivileged(plugin, &path, &["set", "Key1"]);
            let (code, message, remedy) = told(&written);
            assert_eq!(code, "denied", "{plugin}: {written}");
            assert!(message.contains(&folder.path().display().to_string()), "{plugin}: {written}");
            assert!(!remedy.is_empty(), "{plugin}: {written}");
            mode(folder.path(), 0o755);
        }
    }

    #[tokio::test]
    async fn a_file_that_may_not_be_read_is_denied_and_no_absence() {
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o755);
        let file = folder.path().join("Key1.json");
        fs::write(&file, "1").unwrap();
        mode(&file, 0o000);
        let answer = answer_unprivileged("local-file", folder.path(), &["get", "Key1"]);
        let (code, message, _) = told(&answer);
        assert_eq!(code, "denied", "{answer}");
        assert!(message.contains("Key1.json"), "{answer}");
    }

    /// A secret is not put where others can read it.
    #[tokio::test]
    async fn a_secret_is_not_written_into_a_directory_that_others_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values");
        fs::create_dir(&path).unwrap();
        mode(&path, 0o755);
        let source = source("local-file", &path);
        let failure = source.write(&request("Key"), &json!("canary"), None).await.unwrap_err();
        helps(&failure, &path, FailureCode::Denied, "others on this machine can read");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        mode(&path, 0o700);
        source.write(&request("Key"), &json!("canary"), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_with_garbage_in_its_middle_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 400).await;
    let mut bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 100_000);
    bytes[4_096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let source = source("sqlite", &path);
    let read = source.read(&request("Key300")).await.unwrap_err();
    helps(&read, &path, FailureCode::Invalid, "damaged");
    let written = source.write(&request("Key300"), &json!("canary"), None).await.unwrap_err();
    helps(&written, &path, FailureCode::Invalid, "damaged");
    assert!(!format!("{written:?}").contains("canary"));
}

#[tokio::test]
async fn a_database_cut_short_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 400).await;
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let source = source("sqlite", &path);
    let mut failures = 0;
    for number in 0..400 {
        match source.read(&request(&format!("Key{number}"))).await {
            Ok(Some(entry)) => assert_eq!(entry.value["number"], number),
            Ok(None) => panic!("Key{number} is damaged and is said to be absent"),
            Err(failure) => {
                helps(&failure, &path, FailureCode::Invalid, "damaged");
                failures += 1;
            }
        }
    }
    assert!(failures > 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_from_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "These are my notes, and nothing of a database.\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let source = source("sqlite", &path);
    let read = source.read(&request("Key")).await.unwrap_err();
    helps(&read, &path, FailureCode::Invalid, "is not an SQLite database");
    let written = source.write(&request("Key"), &json!(1), None).await.unwrap_err();
    helps(&written, &path, FailureCode::Invalid, "is not an SQLite database");
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "and it was not touched");
}

#[tokio::test]
async fn a_database_of_another_program_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    sql(&path, "CREATE TABLE config (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO config (name) VALUES ('theirs')")
        .await;
    let source = source("sqlite", &path);
    let read = source.read(&request("Key")).await.unwrap_err();
    helps(&read, &path, FailureCode::Invalid, "is not a database of this program");
    let written = source.write(&request("Key"), &json!(1), None).await.unwrap_err();
    helps(&written, &path, FailureCode::Invalid, "is not a database of this program");
    let mut connection = database(&path).await;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM config").fetch_all(&mut connection).await.unwrap();
    assert_eq!(names, ["theirs"]);
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables, 1);
}

/// Works for root too, whom no mode stops: below a regular file nothing can be.
#[tokio::test]
async fn a_path_below_a_regular_file_is_refused_and_the_file_named() {
    for plugin in ["sqlite", "local-file"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "a file").unwrap();
        let path = file.join("values");
        let source = source(plugin, &path);
        let failure = source.write(&request("Key"), &json!(1), None).await.unwrap_err();
        assert!([FailureCode::Invalid, FailureCode::Unavailable].contains(&failure.code), "{plugin}: {failure}");
        helps(&failure, &file, failure.code, "");
        let outlook = source.can_write(&request("Key")).await.unwrap_err();
        assert_ne!(outlook.code, FailureCode::Unsupported, "{plugin}: {outlook}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "a file");
    }
}

#[tokio::test]
async fn a_row_that_is_no_json_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.db");
    todays(&path, 2).await;
    sql(&path, "INSERT INTO config (key, value) VALUES ('Text', 'canary, no JSON'), ('Blob', x'00ff00ff')").await;
    let source = source("sqlite", &path);
    for key in ["Text", "Blob"] {
        let failure = source.read(&request(key)).await.unwrap_err();
        helps(&failure, &path, FailureCode::Invalid, key);
        assert!(!format!("{failure:?}").contains("canary"));
    }
    assert_eq!(source.read(&request("Key1")).await.unwrap().unwrap().value["number"], 1);
}

#[tokio::test]
async fn what_stands_where_a_file_should_be_is_a_failure_and_no_absence() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("values/Key.json")).unwrap();
    let source = source("local-file", &folder.path().join("values"));
    let failure = source.read(&request("Key")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid, "{failure}");
    assert!(failure.message.contains("Key.json"), "{failure}");
    // A directory where the database should be.
    let database = folder.path().join("values.db");
    fs::create_dir(&database).unwrap();
    let failure = crate::world::source("sqlite", &database).read(&request("Key")).await.unwrap_err();
    helps(&failure, &database, FailureCode::Unavailable, "cannot be opened");
}
