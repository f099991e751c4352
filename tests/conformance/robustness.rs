//! Damaged content, failures, and several callers at once.

use futures_util::future::join_all;
use harmony_config_core::FailureCode;
use serde_json::{Value, json};

use super::{Came, Checked, INTERACTIVE, NOT_WRITABLE, Subject, ensure, place, read, request};

const CANARY: &str = "canary-of-a-broken-value";

pub(super) async fn unreadable_content_is_invalid(subject: &impl Subject) -> Checked {
    if subject.source().features().interactive {
        return Ok(INTERACTIVE);
    }
    let texts = [
        format!("{{\"password\": \"{CANARY}\""),
        CANARY.to_owned(),
        format!("{{}} {CANARY}"),
        format!("'{CANARY}'"),
        "{\"a\":1,}".to_owned(),
        "NaN".to_owned(),
    ];
    for (number, text) in texts.iter().enumerate() {
        let request = request(subject.default_namespace(), &format!("Broken{number}"))?;
        if !subject.put(&request.at, text).await {
            return Ok(Came::NotForIt("nothing can be put there from outside"));
        }
        let failure = match subject.source().read(&request).await {
            Err(failure) => failure,
            Ok(found) => {
                return Err(format!("what is no JSON is {}", if found.is_some() { "a value" } else { "absent" }));
            }
        };
        ensure!(failure.code == FailureCode::Invalid, "{failure}");
        ensure!(failure.message.contains(&format!("Broken{number}")), "it does not say where: {failure}");
        ensure!(failure.remedy.is_some(), "it does not say what to do: {failure}");
        ensure!(!format!("{failure:?}").contains(CANARY), "the failure quotes the content");
    }
    Ok(Came::Kept)
}

pub(super) async fn calls_after_a_failure_work(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if source.features().interactive {
        return Ok(INTERACTIVE);
    }
    let (good, broken) =
        (request(subject.default_namespace(), "Good")?, request(subject.default_namespace(), "Broken")?);
    if !place(subject, &good, &json!(1)).await? || !subject.put(&broken.at, "{").await {
        return Ok(Came::NotForIt("nothing can be put there from outside"));
    }
    let source = subject.source();
    for _ in 0..3 {
        ensure!(source.read(&broken).await.is_err(), "what is no JSON is a value");
        let entry = source.read(&good).await.map_err(|failure| failure.to_string())?;
        ensure!(entry.is_some_and(|entry| entry.value == json!(1)), "another value is gone");
    }
    if source.features().writable {
        source.write(&broken, &json!(2), None).await.map_err(|failure| format!("it cannot be mended: {failure}"))?;
        let entry = read(subject, &broken).await?;
        ensure!(entry.is_some_and(|entry| entry.value == json!(2)), "it was mended and reads otherwise");
    }
    Ok(Came::Kept)
}

/// Values whose parts must agree: a torn one is seen.
fn whole(number: usize) -> Value {
    json!({ "head": number, "body": "x".repeat(2_000 + number), "tail": number })
}

fn is_whole(value: &Value) -> bool {
    value.get("head").and_then(Value::as_u64).is_some_and(|number| *value == whole(number as usize))
}

pub(super) async fn readers_and_writers_at_once_see_whole_values(subject: &impl Subject) -> Checked {
    if !subject.source().features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Shared")?;
    place(subject, &request, &whole(0)).await?;
    let sources = [subject.source(), subject.source()];
    let tasks = (1..40).map(|number| {
        let (request, source) = (&request, sources.get(number % 2).cloned());
        async move {
            let Some(source) = source else { return Ok(()) };
            if number % 3 == 0 {
                let written = source.write(request, &whole(number), None).await;
                return written.map(|_| ()).map_err(|failure| format!("a write among others failed: {failure}"));
            }
            let entry =
                source.read(request).await.map_err(|failure| format!("a read among writes failed: {failure}"))?;
            match entry {
                Some(entry) if is_whole(&entry.value) => Ok(()),
                Some(_) => Err("a value was read that nobody wrote".to_owned()),
                None => Err("a value was absent while it was replaced".to_owned()),
            }
        }
    });
    for came in join_all(tasks).await {
        came?;
    }
    let last = read(subject, &request).await?.ok_or("nothing is left")?;
    ensure!(is_whole(&last.value), "what is left is no value that was written");
    Ok(Came::Kept)
}

pub(super) async fn writers_of_different_keys_lose_none(subject: &impl Subject) -> Checked {
    if !subject.source().features().writable {
        return Ok(NOT_WRITABLE);
    }
    let requests = (0..30)
        .map(|number| request(subject.default_namespace(), &format!("Key{number}")))
        .collect::<Result<Vec<_>, _>>()?;
    let sources = [subject.source(), subject.source(), subject.source()];
    let writes = requests.iter().enumerate().map(|(number, request)| {
        let source = sources.get(number % 3).cloned();
        async move {
            let Some(source) = source else { return Ok(()) };
            source.write(request, &json!(number), Some("")).await.map(|_| ()).map_err(|failure| failure.to_string())
        }
    });
    for came in join_all(writes).await {
        came?;
    }
    for (number, request) in requests.iter().enumerate() {
        let entry = read(subject, request).await?.ok_or_else(|| format!("{} is lost", request.at))?;
        ensure!(entry.value == json!(number), "{} reads as {}", request.at, entry.value);
    }
    Ok(Came::Kept)
}

pub(super) async fn unknown_settings_are_refused(subject: &impl Subject) -> Checked {
    let Some(made) = subject.with_unknown_setting() else { return Ok(Came::NotForIt("it has no settings")) };
    // Refused when it is made, before anything runs; else, at the latest, when it is asked.
    let said = match made {
        Err(error) => error.to_string(),
        Ok(source) => match source.read(&request(subject.default_namespace(), "Key")?).await {
            Err(failure) => failure.to_string(),
            Ok(_) => return Err("an unknown setting is not noticed".to_owned()),
        },
    };
    ensure!(said.contains("no-such-setting"), "the setting is not named: {said}");
    ensure!(!said.contains("canary"), "the setting's value is quoted: {said}");
    Ok(Came::Kept)
}
