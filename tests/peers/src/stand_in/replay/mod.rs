//! Every recording, asked again of the stand-in: the same requests in the same order have to get the same answers.

mod session;
mod shape;
mod sources;

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use self::session::Session;

/// What cannot be asked of one stand-in, and why. An entry that is no recording, or that could be replayed, is stale.
const NOT_REPLAYED: [(&str, &str, &str); 1] = [(
    "standby",
    "second node joins",
    "a second node of the stand-in shares the state of the first from its start: there is nothing to join",
)];

#[derive(Debug, Deserialize)]
struct Exchange {
    name: String,
    request: Request,
    response: Response,
}

#[derive(Debug, Deserialize)]
struct Request {
    method: String,
    path: String,
    #[serde(default)]
    node: Option<String>,
    token: Option<String>,
    headers: Map<String, Value>,
    body: Value,
}

#[derive(Debug, Deserialize)]
struct Response {
    status: u16,
    headers: Map<String, Value>,
    body: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("wire")
}

fn recording(file: &str) -> Vec<Exchange> {
    let text = fs::read_to_string(folder().join(format!("{file}.json"))).expect("the recording is there");
    serde_json::from_str(&text).expect("the recording is readable")
}

/// Asks what the files hold, and gives what differs.
fn replay(mut session: Session, files: &[&str]) -> Vec<String> {
    let mut differences = Vec::new();
    for file in files {
        session.begin();
        for exchange in recording(file) {
            let place = format!("{file}: {}", exchange.name);
            let listed = NOT_REPLAYED.iter().any(|(f, name, _)| f == file && *name == exchange.name);
            match session.ask(file, &exchange) {
                Ok(()) if listed => differences.push(format!("{place}: is listed as not replayed, but it can be")),
                Err(_) if listed => {}
                Err(found) => differences.push(format!("{place}: {found}")),
                Ok(()) => {}
            }
        }
    }
    println!("{}", session.report());
    differences
}

/// The recordings are of two servers, each from its start: files in the order of their times.
const DEV: [&str; 8] = ["status", "mounts", "kv2", "policies", "token", "userpass", "jwt", "sealed"];
const RAFT: [&str; 5] = ["init", "standby", "namespaces", "limits", "approle"];

#[test]
fn a_dev_server_answers_as_recorded() {
    let differences = replay(Session::dev(), &DEV);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_server_from_before_its_initialisation_to_a_standby_answers_as_recorded() {
    let differences = replay(Session::uninitialised(), &RAFT);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn no_recording_is_left_out() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("the recordings are there")
        .filter_map(|entry| entry.expect("a file").file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    let replayed: BTreeSet<String> = DEV.iter().chain(&RAFT).map(|file| (*file).to_owned()).collect();
    assert_eq!(files, replayed);
    for (file, name, why) in NOT_REPLAYED {
        assert!(recording(file).iter().any(|exchange| exchange.name == name), "{file}: {name} ({why}) is no recording");
    }
}
