//! Writing and removing, and the conditions of it.

use harmony_config_core::FailureCode;
use serde_json::json;

use super::{Came, Checked, NOT_WRITABLE, Subject, ensure, read, reading::values, request};

pub(super) async fn what_was_written_is_read_back(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Written")?;
    for value in values().into_iter().filter(|value| subject.can_hold(value)) {
        // One value over the other: nothing of the one before may be left.
        let written = source.write(&request, &value, None).await;
        let version = written.map_err(|failure| format!("writing {value} failed: {failure}"))?;
        let entry = read(subject, &request).await?.ok_or_else(|| format!("{value} was written and not found"))?;
        ensure!(entry.value == value, "{value} was written, and {} is read", entry.value);
        ensure!(!entry.partial, "{value} is whole and is said to be partial");
        ensure!(entry.version == version, "written as {version:?}, read as {:?}", entry.version);
    }
    Ok(Came::Kept)
}

pub(super) async fn a_large_value_is_kept_and_a_larger_one_refused(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Large")?;
    let large = json!({ "text": "x".repeat(1 << 20) });
    source.write(&request, &large, None).await.map_err(|failure| format!("1 MiB was not written: {failure}"))?;
    let entry = read(subject, &request).await?.ok_or("1 MiB was written and not found")?;
    ensure!(entry.value == large, "1 MiB was written and something else is read");
    if source.plugin() == "test" || source.plugin() == "native" {
        // The bound is that of what passes into a plugin.
        return Ok(Came::Kept);
    }
    match source.write(&request, &json!("y".repeat(20 << 20)), None).await {
        Ok(_) => return Err("20 MiB were written".to_owned()),
        Err(failure) => {
            ensure!(failure.code == FailureCode::Invalid, "20 MiB failed with {failure}");
            ensure!(failure.message.contains("the most is"), "the bound is not named: {failure}");
        }
    }
    let entry = read(subject, &request).await?.ok_or("a refused write removed the value")?;
    ensure!(entry.value == large, "a refused write changed the value");
    Ok(Came::Kept)
}

pub(super) async fn an_expected_version_must_hold(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Versioned")?;
    let write =
        async |value: i64, expected: Option<&str>| source.write(&request, &json!({ "v": value }), expected).await;
    let Some(first) = write(1, None).await.map_err(|failure| failure.to_string())? else {
        return Ok(Came::NotForIt("it has no versions"));
    };
    let second = write(2, Some(&first)).await.map_err(|failure| format!("the right version: {failure}"))?;
    let second = second.ok_or("the second write has no version")?;
    for wrong in [first.as_str(), "", "no-such-version"] {
        let failure = write(3, Some(wrong))
            .await
            .err()
            .ok_or_else(|| format!("written over version {second}, expecting `{wrong}`"))?;
        ensure!(failure.code == FailureCode::Conflict, "expecting `{wrong}`: {failure}");
        let entry = read(subject, &request).await?.ok_or("the value is gone")?;
        ensure!(entry.value == json!({ "v": 2 }), "a conflict wrote {}", entry.value);
        ensure!(entry.version.as_ref() == Some(&second), "a conflict changed the version");
        let failure =
            source.remove(&request, Some(wrong)).await.err().ok_or_else(|| format!("removed, expecting `{wrong}`"))?;
        ensure!(failure.code == FailureCode::Conflict, "removing, expecting `{wrong}`: {failure}");
        ensure!(read(subject, &request).await?.is_some(), "a conflict removed the value");
    }
    write(4, None).await.map_err(|failure| format!("without a condition: {failure}"))?;
    let read = read(subject, &request).await?.ok_or("not found")?;
    ensure!(read.value == json!({ "v": 4 }), "a write without a condition was not done");
    source
        .remove(&request, read.version.as_deref())
        .await
        .map_err(|failure| format!("removing the right version: {failure}"))?;
    Ok(Came::Kept)
}

pub(super) async fn an_expected_absence_must_hold(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Once")?;
    let first = source.write(&request, &json!(1), Some("")).await;
    if first.as_ref().is_ok_and(Option::is_none) {
        return Ok(Came::NotForIt("it has no versions"));
    }
    first.map_err(|failure| format!("expecting nothing where there is nothing: {failure}"))?;
    let failure = source.write(&request, &json!(2), Some("")).await.err().ok_or("written twice, expecting nothing")?;
    ensure!(failure.code == FailureCode::Conflict, "{failure}");
    let entry = read(subject, &request).await?.ok_or("not found")?;
    ensure!(entry.value == json!(1), "a conflict wrote {}", entry.value);
    let nowhere = super::request(subject.default_namespace(), "Nowhere")?;
    let failure = source.write(&nowhere, &json!(1), Some("some-version")).await.err();
    let failure = failure.ok_or("written where there is nothing, expecting a version")?;
    ensure!(failure.code == FailureCode::Conflict, "{failure}");
    ensure!(read(subject, &nowhere).await?.is_none(), "a conflict made the value");
    Ok(Came::Kept)
}

pub(super) async fn a_version_changes_with_the_value(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let request = request(subject.default_namespace(), "Changing")?;
    let mut versions = Vec::new();
    for value in ["a", "b", "ab", "ba"] {
        let version = source.write(&request, &json!(value), None).await.map_err(|failure| failure.to_string())?;
        let Some(version) = version else { return Ok(Came::NotForIt("it has no versions")) };
        ensure!(!versions.contains(&version), "two values have the version {version}");
        ensure!(!version.is_empty(), "an empty version means that there is no value");
        let again = read(subject, &request).await?.and_then(|entry| entry.version);
        ensure!(again.as_ref() == Some(&version), "the version is not the same when it is read");
        versions.push(version);
    }
    Ok(Came::Kept)
}

pub(super) async fn what_was_removed_is_absent(subject: &impl Subject) -> Checked {
    let source = subject.source();
    if !source.features().writable {
        return Ok(NOT_WRITABLE);
    }
    let (gone, kept) =
        (request(subject.default_namespace(), "Gone")?, request(subject.default_namespace(), "Gone@kept")?);
    let nothing = source.remove(&gone, None).await;
    nothing.map_err(|failure| format!("removing what is not there failed: {failure}"))?;
    for at in [&gone, &kept] {
        source.write(at, &json!(1), None).await.map_err(|failure| failure.to_string())?;
    }
    source.remove(&gone, None).await.map_err(|failure| failure.to_string())?;
    ensure!(read(subject, &gone).await?.is_none(), "it is still there");
    ensure!(read(subject, &kept).await?.is_some(), "its instance went too");
    source.remove(&gone, None).await.map_err(|failure| format!("removing twice failed: {failure}"))?;
    source.write(&gone, &json!(2), None).await.map_err(|failure| failure.to_string())?;
    let entry = read(subject, &gone).await?.ok_or("what is written after a removal is not found")?;
    ensure!(entry.value == json!(2), "an old value came back");
    Ok(Came::Kept)
}

pub(super) async fn what_only_reads_refuses_to_write(subject: &impl Subject) -> Checked {
    let source = subject.source();
    let request = request(subject.default_namespace(), "Refused")?;
    if source.features().writable {
        return Ok(Came::NotForIt("it can be written"));
    }
    ensure!(!source.features().persists, "it cannot be written and says that it keeps answers");
    let refusals = [
        source.write(&request, &json!("canary-of-a-refusal"), None).await.err(),
        source.remove(&request, None).await.err(),
        source.can_write(&request).await.err(),
    ];
    for refusal in refusals {
        let failure = refusal.ok_or("it cannot be written and says that it was")?;
        ensure!(failure.code == FailureCode::Unsupported, "{failure}");
        ensure!(!failure.message.is_empty() && !failure.message.contains("canary"), "{failure}");
    }
    Ok(Came::Kept)
}
