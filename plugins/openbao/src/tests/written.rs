//! Writing and deleting values.

use super::*;

fn version(version: &str) -> Expected {
    Expected::Version(version.into())
}

#[test]
fn a_first_write_is_in_harmonys_form_and_answers_its_version() {
    let (fake, instance) = team();
    fake.plays("kv2", "read what was never written").plays("mounts", "mount facts as seen by a client");
    fake.plays("kv2", "first write");
    let answer = instance.write("harmony", "AppConfig", STORED, Expected::Anything).unwrap();
    assert_eq!(answer.as_deref(), Some("1"));
    fake.answers(absent()).plays("token", "write inside the policy");
    assert_eq!(instance.write("harmony", "AppConfig", STORED, Expected::Anything).unwrap().as_deref(), Some("1"));
    assert_eq!(fake.sent().len(), 5, "the mount is looked at once");
}

#[test]
fn a_write_over_a_version_says_so_to_the_server() {
    let (fake, instance) = team();
    fake.plays("kv2", "read").plays("kv2", "write with the right cas");
    let answer = instance.write("harmony", "AppConfig", STORED, version("1")).unwrap();
    assert_eq!(answer.as_deref(), Some("2"));
    // Somebody wrote between the read and the write.
    fake.plays("kv2", "read").plays("kv2", "write with a stale cas");
    let words = words(instance.write("harmony", "AppConfig", STORED, version("1")), "conflict");
    has(&words, &["team/data/harmony/AppConfig", "read it again"]);
    assert_eq!(fake.sent().len(), 4);
    // And before the read: nothing is sent.
    fake.plays("kv2", "read");
    super::words(instance.write("harmony", "AppConfig", STORED, version("7")), "conflict");
    fake.plays("kv2", "read after a soft delete");
    super::words(instance.write("harmony", "AppConfig", STORED, version("3")), "conflict");
    assert_eq!(fake.sent().len(), 2);
}

#[test]
fn what_must_not_exist_is_made_only_where_nothing_is() {
    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team")).plays("kv2", "create only (cas 0) when it does not");
    assert_eq!(instance.write("harmony", "Other", STORED, Expected::Nothing).unwrap().as_deref(), Some("1"));
    fake.plays("kv2", "read what was never written").plays("kv2", "create only (cas 0) when it exists");
    words(instance.write("harmony", "AppConfig", STORED, Expected::Nothing), "conflict");
    fake.plays("kv2", "read");
    words(instance.write("harmony", "AppConfig", STORED, Expected::Nothing), "conflict");
    fake.sent();
}

#[test]
fn after_a_soft_delete_the_next_version_follows_the_deleted_one() {
    let (fake, instance) = team();
    fake.plays("kv2", "read after a soft delete").answers(status(200, &json!({ "data": { "version": 4 } })));
    assert_eq!(instance.write("harmony", "AppConfig", "1", Expected::Nothing).unwrap().as_deref(), Some("4"));
    let body = fake.sent().pop().unwrap().body.unwrap();
    assert_eq!(body, json!({ "data": { "value": "1" }, "options": { "cas": 3 } }));
}

#[test]
fn where_a_key_wants_a_check_the_version_that_was_read_is_named() {
    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team"));
    fake.plays("kv2", "write to it without cas").answers(status(200, &json!({ "data": { "version": 1 } })));
    assert_eq!(instance.write("harmony", "Strict", STORED, Expected::Anything).unwrap().as_deref(), Some("1"));
    assert_eq!(fake.sent().pop().unwrap().body.unwrap()["options"], json!({ "cas": 0 }));
}

#[test]
fn a_plain_object_stays_one_where_the_new_value_is_an_object_too() {
    let (fake, instance) = team();
    let written = |value: &str| {
        fake.answers(lies(&json!({ "host": "old" }), 1)).answers(status(200, &json!({ "data": { "version": 2 } })));
        instance.write("harmony", "AppConfig", value, Expected::Anything).unwrap();
        fake.sent().pop().unwrap().body.unwrap()
    };
    assert_eq!(written(r#"{"host":"new","n":1.10}"#), json!({ "data": { "host": "new", "n": 1.10 } }));
    assert_eq!(written("[1]"), json!({ "data": { "value": "[1]" } }));
    // It would be read as Harmony's form.
    assert_eq!(written(r#"{"value":"x"}"#), json!({ "data": { "value": r#"{"value":"x"}"# } }));
}

#[test]
fn a_large_value_is_written_whole() {
    let (fake, instance) = team();
    let value = format!("\"{}\"", "x".repeat(2_000_000));
    fake.answers(absent()).answers(kv2("team")).answers_as("kv2", "a value of 2 MiB");
    assert_eq!(instance.write("harmony", "Big", &value, Expected::Anything).unwrap().as_deref(), Some("1"));
    assert_eq!(fake.sent().pop().unwrap().body.unwrap()["data"]["value"], value);
    fake.answers(absent()).answers_as("limits", "request of 40 MiB");
    let words = words(instance.write("harmony", "Huge", &value, Expected::Anything), "invalid");
    has(&words, &["team/data/harmony/Huge", "as large as this", "max_request_size"]);
}

#[test]
fn a_write_goes_through_a_standby_and_into_a_namespace() {
    let (fake, instance) = with_token(json!({}));
    fake.answers(absent()).answers(kv2("secret")).plays("standby", "write through a standby");
    assert_eq!(instance.write("harmony", "B", "1", Expected::Anything).unwrap().as_deref(), Some("1"));
    fake.answers(absent()).plays("standby", "write on the active node");
    assert_eq!(instance.write("harmony", "A", "1", Expected::Anything).unwrap().as_deref(), Some("1"));
    let instance = fake.instance(json!({ "openbao-namespace": "team-a" }));
    fake.answers(absent()).answers(kv2("secret")).plays("namespaces", "write in it, by header");
    assert_eq!(instance.write("harmony", "A", "ns", Expected::Anything).unwrap().as_deref(), Some("1"));
}

#[test]
fn a_deletion_is_a_soft_one_and_of_nothing_none() {
    let (fake, instance) = team();
    fake.plays("mounts", "mount facts as seen by a client").plays("kv2", "soft delete of the latest version");
    instance.delete(&request("harmony", "AppConfig"), &Expected::Anything).unwrap();
    fake.plays("kv2", "delete what is not there");
    instance.delete(&request("harmony", "Never"), &Expected::Anything).unwrap();
    fake.plays("kv2", "read").plays("kv2", "soft delete of the latest version");
    instance.delete(&request("harmony", "AppConfig"), &version("1")).unwrap();
    fake.plays("kv2", "read");
    words(instance.delete(&request("harmony", "AppConfig"), &version("2")), "conflict");
    fake.plays("kv2", "read after a soft delete");
    words(instance.delete(&request("harmony", "AppConfig"), &version("3")), "conflict");
    fake.plays("kv2", "read after a soft delete");
    instance.delete(&request("harmony", "AppConfig"), &Expected::Nothing).unwrap();
    assert_eq!(fake.sent().len(), 8);
}

#[test]
fn nothing_is_deleted_on_a_mount_of_version_1() {
    let (fake, instance) = with_token(json!({ "mount": "old" }));
    fake.plays("mounts", "mount facts of a KV v1 mount");
    let words = words(instance.delete(&request("harmony", "AppConfig"), &Expected::Anything), "invalid");
    has(&words, &["version 1", "old/data/harmony/AppConfig"]);
}

#[test]
fn a_source_that_is_read_only_asks_nobody() {
    let (fake, instance) = with_token(json!({ "read-only": true }));
    words(instance.write("harmony", "A", "1", Expected::Anything), "unsupported");
    words(instance.delete(&request("harmony", "A"), &Expected::Anything), "unsupported");
    assert_eq!(fake.sent(), []);
}

/// Writes over an absent value; the write ends in this way.
fn written(ends: &[Result<Answer, Fault>]) -> (Failure, usize) {
    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team"));
    for end in ends {
        fake.answers(end.clone());
    }
    let failure = instance.write("harmony", "A", "\"canary\"", Expected::Anything).unwrap_err();
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    assert!(failure.message.contains("writing team/data/harmony/A"), "{failure:?}");
    (failure, fake.sent().len() - 2)
}

#[test]
fn a_write_that_may_have_happened_says_so_and_is_not_made_again() {
    for end in [
        Err(Fault::Lost),
        Err(Fault::TimedOut),
        Err(Fault::TooLarge),
        Err(Fault::Protocol),
        status(500, &json!({ "errors": ["canary"] })),
        status(502, &json!({})),
        status(504, &json!({})),
        Ok(Answer { status: 200, body: b"{\"data\":".to_vec(), ..Answer::default() }),
        Ok(Answer { status: 200, body: b"<html>canary".to_vec(), ..Answer::default() }),
    ] {
        let (failure, tries) = written(&[end]);
        assert!(failure.is_unknown_outcome() && tries == 1, "{tries}: {failure:?}");
        assert_eq!(failure.retry_after_ms, None, "the host is to read again");
    }
}

#[test]
fn a_write_that_has_certainly_not_happened_is_made_again_and_never_called_unknown() {
    let busy = || status(429, &json!({ "errors": ["rate limit quota exceeded"] }));
    for end in [|| Err(Fault::Unreachable), busy] {
        let (failure, tries) = written(&[end(), end(), end()]);
        assert!(!failure.is_unknown_outcome() && tries == 3, "{tries}: {failure:?}");
        assert_eq!((failure.code.as_str(), failure.retry_after_ms), ("unavailable", Some(1_000)));
    }
    for end in [Err(Fault::Tls), Err(Fault::Denied), status(307, &json!({})), status(400, &json!({ "errors": ["x"] }))]
    {
        let (failure, tries) = written(&[end]);
        assert!(!failure.is_unknown_outcome() && tries == 1, "{tries}: {failure:?}");
    }
    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team")).answers(Err(Fault::Unreachable));
    fake.answers(status(200, &json!({ "data": { "version": 1 } })));
    assert_eq!(instance.write("harmony", "A", "1", Expected::Anything).unwrap().as_deref(), Some("1"));
}

#[test]
fn a_sealed_server_wrote_nothing() {
    let (fake, instance) = team();
    fake.answers(absent()).answers(kv2("team")).answers(status(503, &json!({ "errors": ["Vault is sealed"] })));
    fake.plays("sealed", "health while sealed");
    let failure = instance.write("harmony", "A", "1", Expected::Anything).unwrap_err();
    assert!(!failure.is_unknown_outcome() && failure.message.contains("is sealed"), "{failure:?}");
}
