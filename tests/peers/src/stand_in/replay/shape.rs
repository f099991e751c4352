//! Whether an answer is like the recorded one: the same names and types, and the same values where they do not differ
//! from run to run.

use std::collections::HashMap;

use serde_json::Value;

/// Names of values that are made anew, or tell the time.
const OF_THE_RUN: [&str; 22] = [
    "accessor",
    "client_token",
    "cluster_id",
    "cluster_name",
    "created_time",
    "creation_time",
    "deletion_time",
    "entity_id",
    "expire_time",
    "id",
    "issue_time",
    "leader_address",
    "leader_cluster_address",
    "modified",
    "nonce",
    "raft_applied_index",
    "raft_committed_index",
    "request_id",
    "secret_id_accessor",
    "server_time_utc",
    "updated_time",
    "uuid",
];

/// Says what differs; binds the words in angle brackets that the recording has.
pub(super) fn same(
    recorded: &Value,
    found: &Value,
    at: &str,
    bound: &mut HashMap<String, String>,
) -> Result<(), String> {
    let differs = || Err(format!("at {at:?}: {found} instead of {recorded}"));
    match (recorded, found) {
        (Value::Object(recorded), Value::Object(found)) => {
            let mut names: Vec<_> = recorded.keys().chain(found.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let at = format!("{at}/{name}");
                match (recorded.get(name), found.get(name)) {
                    (Some(recorded), Some(found)) => same(recorded, found, &at, bound)?,
                    (Some(_), None) => return Err(format!("{at} is missing")),
                    _ => return Err(format!("{at} is not in the recording")),
                }
            }
            Ok(())
        }
        (Value::Array(recorded), Value::Array(found)) if recorded.len() == found.len() => recorded
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(index, (recorded, found))| same(recorded, found, &format!("{at}/{index}"), bound)),
        (Value::String(word), Value::String(found)) if word.starts_with('<') && word.ends_with('>') => {
            bound.insert(word.clone(), found.clone());
            if found.is_empty() { differs() } else { Ok(()) }
        }
        (Value::String(recorded), Value::String(found)) if of_the_run(at) => {
            // A time that is not set, a nonce that is not begun: empty here as there.
            if recorded.is_empty() == found.is_empty() { Ok(()) } else { differs() }
        }
        (Value::Number(_), Value::Number(_)) if of_the_run(at) => Ok(()),
        (recorded, found) if recorded == found => Ok(()),
        _ => differs(),
    }
}

fn of_the_run(at: &str) -> bool {
    at.rsplit('/').next().is_some_and(|name| OF_THE_RUN.contains(&name))
}

#[test]
fn a_missing_a_further_and_another_value_are_found_and_a_new_id_is_none() {
    use serde_json::json;
    let recorded = json!({ "id": "one", "list": [1], "text": "<word>", "null": null });
    let mut bound = HashMap::new();
    let mut check = |found: Value| same(&recorded, &found, "", &mut bound);
    assert_eq!(check(json!({ "id": "two", "list": [1], "text": "new", "null": null })), Ok(()));
    for wrong in [
        json!({ "id": "two", "list": [1], "text": "new" }),
        json!({ "id": "two", "list": [1], "text": "new", "null": null, "more": 1 }),
        json!({ "id": 2, "list": [1], "text": "new", "null": null }),
        json!({ "id": "two", "list": [2], "text": "new", "null": null }),
        json!({ "id": "two", "list": [1, 1], "text": "new", "null": null }),
        json!({ "id": "two", "list": [1], "text": "", "null": null }),
        json!({ "id": "two", "list": [1], "text": "new", "null": "" }),
    ] {
        assert!(check(wrong.clone()).is_err(), "{wrong}");
    }
    assert_eq!(bound.get("<word>").map(String::as_str), Some(""));
}
