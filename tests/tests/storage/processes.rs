//! Several processes at one store, and processes that are killed.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader},
    time::Duration,
};

use harmony_config_core::ConfigSource;

use crate::world::{source, store, succeed, whole, writer};

async fn two_processes_lose_none(plugin: &str, keys: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = store(plugin, folder.path());
    let processes = ["Left", "Right"];
    succeed(
        processes.map(|prefix| writer(plugin, &path, &["write", prefix, &keys.to_string()]).spawn().unwrap()).into(),
    );
    let source = source(plugin, &path);
    for prefix in processes {
        for number in 0..keys {
            let value = whole(&source, &format!("{prefix}{number}")).await;
            assert!(value.is_some_and(|value| value["head"][1] == number), "{prefix}{number} is lost");
        }
    }
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = source.list("harmony", "", after.as_deref()).await.unwrap();
        listed.extend(page.entries);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed.len(), 2 * keys);
}

#[tokio::test]
async fn two_processes_that_write_500_keys_each_to_a_database_lose_none() {
    two_processes_lose_none("sqlite", 500).await;
}

#[tokio::test]
async fn two_processes_that_write_500_keys_each_to_files_lose_none() {
    two_processes_lose_none("local-file", 500).await;
}

/// Into one file, which each write replaces.
#[tokio::test]
async fn two_processes_that_write_60_keys_each_to_one_file_lose_none() {
    two_processes_lose_none("file", 60).await;
}

/// While others replace it, a value is there, and it is whole; in the end it is one that somebody wrote.
async fn the_same_key_is_one_whole_value(plugin: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = store(plugin, folder.path());
    succeed(vec![writer(plugin, &path, &["same", "Shared", "1"]).spawn().unwrap()]);
    let mut children: Vec<_> =
        (0..2).map(|_| writer(plugin, &path, &["same", "Shared", "150"]).spawn().unwrap()).collect();
    let ids: Vec<u32> = children.iter().map(std::process::Child::id).collect();
    let source = source(plugin, &path);
    let mut reads = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        assert!(whole(&source, "Shared").await.is_some(), "absent while it was replaced");
        reads += 1;
    }
    assert!(reads > 10, "only {reads} reads while two processes wrote");
    succeed(children);
    let last = whole(&source, "Shared").await.unwrap();
    assert!(ids.iter().any(|id| last["head"][0] == *id) && last["head"][1] == 149, "{}", last["head"]);
}

#[tokio::test]
async fn of_two_processes_that_write_one_key_to_a_database_one_whole_value_wins() {
    the_same_key_is_one_whole_value("sqlite").await;
}

#[tokio::test]
async fn of_two_processes_that_write_one_key_to_files_one_whole_value_wins() {
    the_same_key_is_one_whole_value("local-file").await;
}

#[tokio::test]
async fn of_two_processes_that_write_one_key_to_one_file_one_whole_value_wins() {
    the_same_key_is_one_whole_value("file").await;
}

/// A writer is killed at a random moment, twenty times: what it was told is written is there, and everything is whole.
async fn a_killed_writer_leaves_whole_values(plugin: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = store(plugin, folder.path());
    let mut written: HashMap<String, u64> = HashMap::new();
    // Different in every run: no seed is worth keeping, as the moment of a kill cannot be repeated.
    let mut random = std::process::id();
    for round in 0..20 {
        let mut child = writer(plugin, &path, &["forever"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it wrote nothing").unwrap();
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_micros(u64::from(random >> 16)));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut last = 0;
        for line in std::iter::once(first).chain(lines.map_while(Result::ok)) {
            let (key, number) = line.split_once(' ').unwrap();
            last = number.parse().unwrap();
            written.insert(key.to_owned(), last);
        }
        // The write that was under way when it was killed: it happened or it did not.
        let under_way = last + 1;
        let source = source(plugin, &path);
        for number in 0..20 {
            let key = format!("Key{number}");
            let read = whole(&source, &key).await.and_then(|value| value["head"][1].as_u64());
            if number == under_way % 20 && read == Some(under_way) {
                written.insert(key, under_way);
                continue;
            }
            assert_eq!(read, written.get(&key).copied(), "round {round}: {key}, with {under_way} under way");
        }
        // And it can be written on.
        source.write(&crate::world::request("After"), &serde_json::json!(round), None).await.unwrap();
    }
    assert!(!written.is_empty());
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_a_database_that_reads_whole() {
    a_killed_writer_leaves_whole_values("sqlite").await;
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_files_that_read_whole() {
    a_killed_writer_leaves_whole_values("local-file").await;
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_one_file_that_reads_whole() {
    a_killed_writer_leaves_whole_values("file").await;
}

/// SQLite's own word on a database after twenty kills in a row, and no half-written file is taken for a key.
#[tokio::test]
async fn what_killed_writers_leave_behind_is_no_value() {
    for plugin in ["sqlite", "local-file", "file"] {
        let folder = tempfile::tempdir().unwrap();
        let path = store(plugin, folder.path());
        for _ in 0..5 {
            let mut child = writer(plugin, &path, &["forever"]).spawn().unwrap();
            let mut first = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let source = source(plugin, &path);
        for (at, _) in source.list("harmony", "", None).await.unwrap().entries {
            assert!(at.key().starts_with("Key"), "{at}");
            whole(&source, &at.to_string()).await.unwrap();
        }
        if plugin == "sqlite" {
            let mut connection = crate::world::database(&path).await;
            let verdict: String =
                sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
            assert_eq!(verdict, "ok");
        } else if plugin == "file" {
            source.write(&crate::world::request("Last"), &serde_json::json!({}), None).await.unwrap();
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a half-written file is left beside it");
        } else {
            assert!(fs::read_dir(&path).unwrap().count() > 0);
        }
    }
}
