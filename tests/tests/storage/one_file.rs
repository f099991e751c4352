//! One file that a project keeps, while everybody reads it and somebody replaces it.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use harmony_config_core::{Coordinate, Interaction, Shape};
use harmony_config_host::{Loaded, Loader, Places, Variables};
use serde_json::{Value, json};

use crate::world::{cache, keys};

const TASKS: usize = 8;
const GETS: usize = 10_000;

/// So many gets of all tasks lie between two replacements: there is no moment at which only one side is at work.
const GETS_A_ROUND: usize = 250;

/// A value whose parts must agree: the sum is over its text.
fn value(key: usize, round: usize) -> Value {
    let body = format!("{key}-{round}-").repeat(40 + round % 400);
    json!({ "round": round, "sum": sum(&body), "body": body })
}

fn sum(text: &str) -> u32 {
    text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) & 0x7fff_ffff
}

/// The round that a whole value is of.
fn round_of(value: &Value) -> usize {
    let body = value["body"].as_str().expect("it has a body");
    assert_eq!(value["sum"], sum(body), "a torn value");
    value["round"].as_u64().unwrap() as usize
}

fn text(round: usize) -> String {
    let table = |key| {
        let value = value(key, round);
        format!("# of round {round}\n[Key{key}]\nround = {round}\nsum = {}\nbody = {}\n\n", value["sum"], value["body"])
    };
    (0..TASKS).map(table).collect()
}

fn replace(path: &Path, round: usize) {
    let beside = path.with_extension("new");
    fs::write(&beside, text(round)).unwrap();
    fs::rename(beside, path).unwrap();
}

/// 8 tasks with 10,000 gets each, every one another key of one file, which an editor and a source replace meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_tasks_that_get_while_the_file_is_replaced_see_whole_values_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let manifest = folder.path().join("harmony-config.toml");
    fs::write(
        &manifest,
        "version = 1\nchain = [\"file\"]\n[source.file]\ntimeout = \"60s\"\nsettings.path = \"config.toml\"\n",
    )
    .unwrap();
    replace(&path, 0);
    let load = || {
        let places = Places { cache: Some(cache()), config: Some(keys().to_owned()), ..Places::default() };
        let variables = Variables::fixed(Vec::<(String, String)>::new());
        Loader::new().manifest_file(&manifest).places(places).variables(variables).load().unwrap()
    };
    // What else was loaded holds the sources too, and goes here.
    let apart = |loaded: Loaded| (Arc::new(loaded.manager), loaded.host);
    let (manager, host) = apart(load());
    let writing = load();
    let done = Arc::new(AtomicBool::new(false));
    let most = Arc::new(AtomicUsize::new(0));
    let gets = Arc::new(AtomicUsize::new(0));

    let editor = {
        let (path, done, gets) = (path.clone(), Arc::clone(&done), Arc::clone(&gets));
        std::thread::spawn(move || {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                if gets.load(Ordering::Relaxed) / GETS_A_ROUND > round {
                    round += 1;
                    replace(&path, round);
                }
                std::thread::yield_now();
            }
            round
        })
    };
    let watch = {
        let (host, done, most) = (host.clone(), Arc::clone(&done), Arc::clone(&most));
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(host.memory_in_use(), Ordering::Relaxed);
                std::thread::yield_now();
            }
        })
    };
    let tasks: Vec<_> = (0..TASKS)
        .map(|key| {
            let (manager, gets) = (Arc::clone(&manager), Arc::clone(&gets));
            tokio::spawn(async move {
                let at = Coordinate::parse("harmony", &format!("Key{key}")).unwrap();
                let shape = Shape::undeclared();
                let mut rounds = std::collections::BTreeSet::new();
                for _ in 0..GETS {
                    let found = manager.resolve_value(&at, &shape, Interaction::Forbidden).await.unwrap();
                    rounds.insert(round_of(&found.value));
                    gets.fetch_add(1, Ordering::Relaxed);
                }
                rounds.len()
            })
        })
        .collect();
    // And through the source, which must lose nothing of what it does not change.
    let writer = tokio::spawn(async move {
        let own = Coordinate::parse("harmony", "Own").unwrap();
        let mut written = 0;
        for round in 0..50 {
            written += usize::from(
                writing.manager.set_value(&own, &Shape::undeclared(), &json!({ "round": round }), None).await.is_ok(),
            );
        }
        written
    });
    let all = async {
        let mut seen = Vec::new();
        for task in tasks {
            seen.push(task.await.unwrap());
        }
        (seen, writer.await.unwrap())
    };
    let (seen, written) = tokio::time::timeout(Duration::from_secs(240), all).await.expect("somebody waits for ever");
    done.store(true, Ordering::Relaxed);
    let rounds = editor.join().unwrap();
    watch.join().unwrap();
    assert!(rounds > 100, "it was replaced {rounds} times");
    assert!(seen.iter().all(|rounds| *rounds > 10), "the tasks saw {seen:?} different texts");
    assert!(written > 0, "the source wrote nothing");
    let most = most.load(Ordering::Relaxed);
    assert!(most > 0 && most <= 16 << 20, "the instances held {most} bytes");
    drop(manager);
    assert_eq!(host.memory_in_use(), 0, "what is dropped holds nothing");
}

/// Where answers go is known without asking the file: it was told to be read only, so the next one keeps them.
#[tokio::test]
async fn a_committed_file_that_is_read_only_is_passed_over_when_something_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("harmony-config.toml");
    let text = "version = 1\nchain = [\"file\", \"local-file\"]\n[source.file.settings]\npath = \"config.yaml\"\nread-only = true\n\
        [source.local-file]\nsettings.dir = \"kept\"\n";
    fs::write(&manifest, text).unwrap();
    fs::write(folder.path().join("config.yaml"), "Other: 1\n").unwrap();
    let places = Places { cache: Some(cache()), config: Some(keys().to_owned()), ..Places::default() };
    let variables = Variables::fixed(Vec::<(String, String)>::new());
    let manager = Loader::new().manifest_file(&manifest).places(places).variables(variables).load().unwrap().manager;
    let at = Coordinate::parse("harmony", "App").unwrap();
    let written = manager.set_value(&at, &Shape::undeclared(), &json!({ "a": 1 }), None).await.unwrap();
    assert_eq!(&*written.source, "local-file");
    assert_eq!(fs::read_to_string(folder.path().join("config.yaml")).unwrap(), "Other: 1\n");
}
