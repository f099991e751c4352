//! What is stored, listed.

use std::collections::BTreeMap;

use super::*;

fn keys(keys: &[&str]) -> Result<Answer, Fault> {
    status(200, &json!({ "data": { "keys": keys } }))
}

fn metadata(current: u64, latest: &Value) -> Result<Answer, Fault> {
    status(200, &json!({ "data": { "current_version": current, "versions": { current.to_string(): latest } } }))
}

fn alive() -> Result<Answer, Fault> {
    metadata(1, &json!({ "deletion_time": "", "destroyed": false }))
}

/// Lists in the default namespace: names, and what the next page begins behind.
fn list(instance: &Instance, prefix: &str, after: Option<&str>) -> (Vec<String>, Option<String>) {
    let page = crate::Call::begin(instance).unwrap().list("harmony", prefix, after).unwrap();
    let names = page.entries.iter().map(|(at, sensitivity)| {
        assert_eq!((at.namespace.as_str(), *sensitivity), ("harmony", Sensitivity::Secret));
        harmony_config_plugin_shared::names::of(at)
    });
    (names.collect(), page.next)
}

/// A server with these folders, in which everything lives.
fn folders(folders: &[(&str, &[&str])]) -> (Rc<Fake>, Instance) {
    let (fake, instance) = team();
    let folders: BTreeMap<String, Vec<String>> = folders
        .iter()
        .map(|(folder, keys)| {
            (format!("LIST /v1/team/metadata/{folder}"), keys.iter().map(|key| (*key).to_owned()).collect())
        })
        .collect();
    fake.always(move |sent| match folders.get(&sent.line) {
        Some(there) => keys(&there.iter().map(String::as_str).collect::<Vec<_>>()),
        None if sent.line.starts_with("LIST") => absent(),
        None if sent.line.contains("/ui/mounts/") => kv2("team"),
        None => alive(),
    });
    (fake, instance)
}

#[test]
fn keys_are_listed_and_what_is_gone_meanwhile_is_left_out() {
    let (fake, instance) = team();
    fake.plays("kv2", "list").plays("kv2", "metadata").answers_as("kv2", "metadata of nothing");
    assert_eq!(list(&instance, "", None), (vec!["AppConfig".to_owned()], None));
    fake.answers(keys(&["Never"])).plays("kv2", "metadata of nothing");
    assert_eq!(list(&instance, "", None).0, Vec::<String>::new());
    fake.sent();
}

#[test]
fn an_empty_namespace_is_an_empty_page_if_the_mount_is_as_it_should_be() {
    let (fake, instance) = team();
    fake.plays("kv2", "list an empty folder").plays("mounts", "mount facts as seen by a client");
    let page = crate::Call::begin(&instance).unwrap().list("empty", "", None).unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
    let (fake, instance) = with_token(json!({ "mount": "old" }));
    fake.answers(absent()).plays("mounts", "mount facts of a KV v1 mount");
    words(crate::Call::begin(&instance).unwrap().list("harmony", "", None), "invalid");
}

#[test]
fn instances_stand_behind_their_key_and_other_names_are_left_out() {
    let (_, instance) = folders(&[
        ("harmony", &["Fw", "Fw/", "Fwx", "a b", "Ap", "Old/", "1st", ".hidden/"]),
        ("harmony/Fw", &["@fw-b", "@fw-a", "@", "no-instance", "@deep/"]),
        ("harmony/Old", &["@x"]),
    ]);
    let (names, next) = list(&instance, "", None);
    assert_eq!(names, ["Ap", "Fw", "Fw@fw-a", "Fw@fw-b", "Fwx", "Old@x"]);
    assert_eq!(next, None);
    assert_eq!(list(&instance, "Fw", None).0, ["Fw", "Fw@fw-a", "Fw@fw-b", "Fwx"]);
    assert_eq!(list(&instance, "", Some("Fw@fw-a")).0, ["Fw@fw-b", "Fwx", "Old@x"]);
}

#[test]
fn what_was_deleted_or_destroyed_is_left_out() {
    let (fake, instance) = team();
    let time = |moment: &str| json!({ "deletion_time": moment, "destroyed": false });
    fake.answers(keys(&["A", "B", "C", "D", "E"]));
    fake.answers(metadata(3, &time("2026-11-23T22:47:54.775478669Z")));
    fake.answers(metadata(1, &json!({ "deletion_time": "", "destroyed": true })));
    // To be deleted some day.
    fake.answers(metadata(1, &time("2099-01-01T00:00:00Z")));
    fake.answers(status(200, &json!({ "data": { "current_version": 0, "versions": {} } })));
    fake.answers(alive());
    assert_eq!(list(&instance, "", None).0, ["C", "E"]);
}

#[test]
fn where_the_policies_hide_the_metadata_keys_stay_in() {
    let (fake, instance) = team();
    fake.answers(keys(&["A", "B"])).answers(refused()).answers(alive());
    fake.answers(lookup(&json!({ "policies": ["x"] })));
    assert_eq!(list(&instance, "", None).0, ["A", "B"]);
}

#[test]
fn pages_meet_without_gap_or_overlap() {
    let many: Vec<String> = (0..250).map(|index| format!("K{index:03}")).collect();
    let instances: Vec<String> = (0..120).map(|index| format!("@i{index:03}")).collect();
    let mut root: Vec<&str> = many.iter().map(String::as_str).collect();
    root.push("K100/");
    let inner: Vec<&str> = instances.iter().map(String::as_str).collect();
    let (fake, instance) = folders(&[("harmony", &root), ("harmony/K100", &inner)]);
    let (mut all, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let (names, next) = list(&instance, "", after.as_deref());
        assert!(names.len() <= 100);
        pages += 1;
        all.extend(names);
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut expected = many.clone();
    expected.splice(101..101, instances.iter().map(|instance| format!("K100{instance}")));
    assert_eq!((all, pages), (expected, 4));
    assert!(fake.sent().iter().filter(|sent| sent.line.starts_with("GET")).count() <= 370);
}

#[test]
fn many_folders_of_others_hide_none_of_ours() {
    let mut root: Vec<String> = (0..150).map(|index| format!("F{index:03}/")).collect();
    root.push("Z".to_owned());
    root.push("F140".to_owned());
    let root: Vec<&str> = root.iter().map(String::as_str).collect();
    let (_, instance) = folders(&[("harmony", &root), ("harmony/F149", &["@a"])]);
    assert_eq!(list(&instance, "", None), (vec!["F140".to_owned(), "F149@a".to_owned(), "Z".to_owned()], None));
}
