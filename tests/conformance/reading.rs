//! What a source says of what it has and has not.

use serde_json::{Value, json};

use super::{Came, Checked, INTERACTIVE, NOTHING_TO_READ, Subject, ensure, place, read, request};

/// All that JSON can say, by kinds.
pub(super) fn values() -> Vec<Value> {
    let mut deep = json!("the innermost");
    for level in 0..60 {
        deep = if level % 2 == 0 { json!([deep]) } else { json!({ "in": deep }) };
    }
    vec![
        json!({}),
        json!({ "host": "switch-1", "port": 8080, "tls": true, "note": null, "tags": ["a", "b"], "in": { "n": 1 } }),
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(0.5),
        json!(1e300),
        json!([]),
        json!([1, "two", [3], { "four": 4 }]),
        json!(""),
        json!("plain text"),
        json!("42"),
        json!("null"),
        json!("quotes \" and \\ and / and '"),
        json!("line\nbreak, tab\t, bell\u{7}, nul \u{0}, end"),
        json!("ä ß € 漢字 😀 \u{202e}turned\u{feff}"),
        json!({ "ä": 1, "with space": 2, "": 3, "a.b": 4, "__": 5 }),
        deep,
    ]
}

pub(super) async fn absent_is_none(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if source.features().interactive {
        return Ok(INTERACTIVE);
    }
    for at in ["Absent", "Absent@one", "absent", "_z"] {
        let found = read(subject, &request(subject.default_namespace(), at)?).await?;
        ensure!(found.is_none(), "{at} was found in an empty source");
    }
    if subject.has_namespaces() {
        let found = read(subject, &request("some-other", "Absent")?).await?;
        ensure!(found.is_none(), "a key of a namespace that nothing was written to was found");
    }
    Ok(Came::Kept)
}

pub(super) async fn what_was_put_is_read_back(subject: &impl Subject) -> Checked {
    if subject.source().features().interactive {
        return Ok(INTERACTIVE);
    }
    for (number, value) in values().into_iter().filter(|value| subject.can_hold(value)).enumerate() {
        let request = request(subject.default_namespace(), &format!("Key{number}"))?;
        if !subject.put(&request.at, &value.to_string()).await {
            return Ok(Came::NotForIt("nothing can be put there from outside"));
        }
        let entry = read(subject, &request).await?;
        let entry = entry.ok_or_else(|| format!("{value} was put there and not found"))?;
        ensure!(entry.value == value, "{value} was put there, and {} is read", entry.value);
        ensure!(!entry.partial, "{value} is whole and is said to be partial");
    }
    Ok(Came::Kept)
}

pub(super) async fn some_fields_are_marked_partial(subject: &impl Subject) -> Checked {
    let request = request(subject.default_namespace(), "Parts")?;
    if !subject.put_field(&request.at, "port", "8080").await {
        return Ok(Came::NotForIt("it has no single fields"));
    }
    let entry = read(subject, &request).await?.ok_or("a field was put there and nothing is found")?;
    ensure!(entry.partial, "one field of several is said to be the whole value");
    ensure!(entry.value.get("port").is_some(), "the field is not in the value");
    Ok(Came::Kept)
}

pub(super) async fn many_are_answered_in_order(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if source.features().interactive {
        return Ok(INTERACTIVE);
    }
    let names = ["Delta", "Alpha", "Absent", "Charlie", "Alpha"];
    for name in ["Alpha", "Charlie", "Delta"] {
        if !place(subject, &request(subject.default_namespace(), name)?, &json!({ "name": name })).await? {
            return Ok(NOTHING_TO_READ);
        }
    }
    let requests =
        names.iter().map(|name| request(subject.default_namespace(), name)).collect::<Result<Vec<_>, _>>()?;
    let answers = subject.source().read_many(&requests).await;
    ensure!(answers.len() == names.len(), "{} answers to {} requests", answers.len(), names.len());
    for (name, answer) in names.iter().zip(answers) {
        let entry = answer.map_err(|failure| failure.to_string())?;
        let said = entry.as_ref().and_then(|entry| entry.value.get("name")).and_then(Value::as_str);
        let expected = Some(*name).filter(|name| *name != "Absent");
        ensure!(said == expected, "where {name} was asked for, {said:?} is answered");
    }
    ensure!(subject.source().read_many(&[]).await.is_empty(), "no requests have no answers");
    Ok(Came::Kept)
}

pub(super) async fn a_value_says_where_it_is(subject: &impl Subject) -> Checked {
    if subject.source().features().interactive {
        return Ok(INTERACTIVE);
    }
    let request = request(subject.default_namespace(), "Located")?;
    let canary = "canary-of-a-location";
    if !place(subject, &request, &json!({ "password": canary })).await? {
        return Ok(NOTHING_TO_READ);
    }
    let entry = read(subject, &request).await?.ok_or("not found")?;
    ensure!(entry.location.contains("Located"), "`{}` does not name the key", entry.location);
    ensure!(!entry.location.contains(canary), "the location has the value in it");
    ensure!(!entry.version.unwrap_or_default().contains(canary), "the version has the value in it");
    Ok(Came::Kept)
}
