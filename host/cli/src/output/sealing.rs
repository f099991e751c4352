//! What `rekey` and `seal` did, in words and as JSON.

use harmony_config_host::{KeyPlace, Rekeyed, SealedNow};
use serde_json::{Value, json};

/// For the person.
pub(super) fn rekeyed(done: &Rekeyed) -> Vec<String> {
    let place = match done.place {
        KeyPlace::Keyring => "in the keyring of the operating system",
        KeyPlace::File => "in a file that only you can read",
    };
    let mut words = vec![match done.is_new {
        true => format!("a new key is kept {place}"),
        false => format!("the change of keys that was begun is gone on with; the new key is kept {place}"),
    }];
    for (source, count) in &done.resealed {
        words.push(format!("{} in `{source}` sealed anew", values(*count)));
    }
    for (store, count) in &done.elsewhere {
        words.push(format!(
            "{} in {store} sealed with an old key: give the command in the project that uses it, too",
            values(*count)
        ));
    }
    words.push(match (done.removed_keys, done.kept_keys) {
        (0, 0) => "there was no other key".to_owned(),
        (1, 0) => "the old key is removed".to_owned(),
        (removed, 0) => format!("{removed} old keys are removed"),
        _ => "the old key is kept until then".to_owned(),
    });
    words
}

/// The same as JSON.
pub(super) fn rekeyed_json(version: u32, done: &Rekeyed) -> Value {
    json!({
        "version": version,
        "key": done.key,
        "place": done.place.as_str(),
        "new": done.is_new,
        "resealed": done.resealed,
        "elsewhere": done.elsewhere,
        "removed_keys": done.removed_keys,
        "kept_keys": done.kept_keys,
    })
}

/// For the person.
pub(super) fn sealed(done: &SealedNow) -> Vec<String> {
    if done.sealed.is_empty() {
        return vec!["no secret lies in plain".to_owned()];
    }
    let line = |(source, at): &(String, harmony_config_core::Coordinate)| {
        format!("{at} is sealed in `{source}` (namespace {})", at.namespace())
    };
    done.sealed.iter().map(line).collect()
}

/// The same as JSON.
pub(super) fn sealed_json(version: u32, done: &SealedNow) -> Value {
    let sealed: Vec<Value> = done
        .sealed
        .iter()
        .map(|(source, at)| {
            json!({ "source": source, "namespace": at.namespace(), "key": at.key(), "instance": at.instance() })
        })
        .collect();
    json!({ "version": version, "sealed": sealed })
}

fn values(count: usize) -> String {
    match count {
        1 => "1 value".to_owned(),
        count => format!("{count} values"),
    }
}
