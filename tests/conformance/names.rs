//! Names over the whole grammar, and that no two coordinates are one place.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Came, Checked, INTERACTIVE, NOTHING_TO_READ, Subject, ensure, place, read, request};

/// Keys and instances that a store may trip over.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "a",
        "A",
        "_z",
        "z9",
        "Key",
        "key",
        "KEY",
        "K_e_y",
        "k-e-y",
        "con",
        "CON",
        "nul",
        "aux",
        "com1",
        "json",
        "config",
        "config_scoped",
        "select",
        "table",
        "null",
        "true",
        "default",
        "AT",
        "AT_x",
        "data",
        "metadata",
        "_leading",
        "index",
        "lock",
        "tmp",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(128));
    names.push("X".repeat(127));
    names
}

pub(super) async fn every_name_of_the_grammar_works(subject: &impl Subject) -> Checked {
    if subject.source().features().interactive {
        return Ok(INTERACTIVE);
    }
    let mut spellings = BTreeSet::new();
    let mut placed = Vec::new();
    let plain = names();
    // A key with an instance of each name, too: `K@a` is not `K-a`, nor `K_a`.
    let instances = names().into_iter().map(|name| format!("Key@{name}"));
    for at in plain.into_iter().chain(instances) {
        if subject.tells_apart(&at) && spellings.insert(subject.spelled(&at)) {
            let value = json!({ "at": at });
            if !place(subject, &request(subject.default_namespace(), &at)?, &value).await? {
                return Ok(NOTHING_TO_READ);
            }
            placed.push((at, value));
        }
    }
    for (at, value) in placed {
        let entry = read(subject, &request(subject.default_namespace(), &at)?).await?;
        let entry = entry.ok_or_else(|| format!("{at} is not found"))?;
        ensure!(entry.value == value, "{at} reads as {}", entry.value);
    }
    Ok(Came::Kept)
}

pub(super) async fn instances_never_fall_back(subject: &impl Subject) -> Checked {
    if subject.source().features().interactive {
        return Ok(INTERACTIVE);
    }
    let namespace = subject.default_namespace();
    let (plain, one, two) = (request(namespace, "Fw")?, request(namespace, "Fw@one")?, request(namespace, "Fw@two")?);
    if !place(subject, &plain, &json!({ "is": "plain" })).await? {
        return Ok(NOTHING_TO_READ);
    }
    ensure!(read(subject, &one).await?.is_none(), "an instance fell back to the plain key");
    place(subject, &one, &json!({ "is": "one" })).await?;
    ensure!(read(subject, &two).await?.is_none(), "an instance fell back to another one");
    for (request, is) in [(&plain, "plain"), (&one, "one")] {
        let entry = read(subject, request).await?.ok_or_else(|| format!("{} is not found", request.at))?;
        ensure!(entry.value == json!({ "is": is }), "{} reads as {}", request.at, entry.value);
        ensure!(!entry.partial, "{} is said to be partial", request.at);
    }
    Ok(Came::Kept)
}

pub(super) async fn namespaces_do_not_collide(subject: &impl Subject) -> Checked {
    let interactive = subject.source().features().interactive;
    if interactive || !subject.has_namespaces() {
        return Ok(Came::NotForIt("it has no namespaces"));
    }
    let default = subject.default_namespace();
    // What is joined by the usual separators must not be mistaken for each other; nor case, nor the store's own names.
    let places = [
        (default, "Key"),
        ("other", "Key"),
        ("Other", "Key"),
        ("other", "Key@one"),
        ("other", "Key-one"),
        ("other-Key", "one"),
        ("other_Key", "one"),
        ("a", "b_c"),
        ("a_b", "c"),
        ("a-b", "c"),
        ("Key", "Key"),
        ("json", "json"),
        ("config", "config"),
        (default, "other"),
    ];
    // On a system that tells no case apart, `Other` is `other`.
    let mut spellings = BTreeSet::new();
    let places: Vec<_> = places
        .into_iter()
        .filter(|(namespace, at)| spellings.insert((subject.spelled(namespace), subject.spelled(at))))
        .collect();
    for &(namespace, at) in &places {
        if !place(subject, &request(namespace, at)?, &json!({ "in": namespace, "at": at })).await? {
            return Ok(NOTHING_TO_READ);
        }
    }
    for (namespace, at) in places {
        let entry = read(subject, &request(namespace, at)?).await?;
        let entry = entry.ok_or_else(|| format!("{namespace}/{at} is not found"))?;
        ensure!(entry.value == json!({ "in": namespace, "at": at }), "{namespace}/{at} reads as {}", entry.value);
    }
    Ok(Came::Kept)
}
