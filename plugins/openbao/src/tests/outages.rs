//! Servers that do not answer, answer something else, or are not ready; and what `doctor` says.

use std::time::Duration;

use super::*;
use harmony_config_plugin_shared::http::Head;

fn app(instance: &Instance) -> Result<Option<Entry>, Failure> {
    instance.get(&request("harmony", "AppConfig"))
}

/// Reads while the server does nothing but this.
fn reading(end: impl Fn() -> Result<Answer, Fault> + 'static) -> (Failure, usize, Vec<Duration>) {
    let (fake, instance) = team();
    fake.always(move |_| end());
    let failure = app(&instance).unwrap_err();
    let words = format!("{failure:?}");
    assert!(words.contains("reading team/data/harmony/AppConfig") && words.contains("bao.example.com"), "{words}");
    assert!(!words.contains("canary") && failure.remedy.is_some() && !failure.is_unknown_outcome(), "{words}");
    (failure, fake.sent().len(), fake.rests.take())
}

fn with_head(status: u16, body: &str, head: Head) -> Result<Answer, Fault> {
    Ok(Answer { status, body: body.as_bytes().to_vec(), head })
}

#[test]
fn every_fault_of_the_network_has_its_code_and_its_words() {
    for (fault, code, tries, part) in [
        (Fault::Denied, "denied", 1, "may not be reached"),
        (Fault::Unreachable, "unavailable", 3, "cannot be reached"),
        (Fault::Tls, "unavailable", 1, "no secure connection"),
        (Fault::Lost, "unavailable", 3, "was lost"),
        (Fault::TimedOut, "unavailable", 1, "in time"),
        (Fault::TooLarge, "invalid", 1, "too large"),
        (Fault::Protocol, "unavailable", 1, "does not speak HTTP"),
    ] {
        let (failure, made, _) = reading(move || Err(fault));
        assert_eq!((failure.code.as_str(), made), (code, tries), "{failure:?}");
        has(&failure.message, &[part]);
        assert_eq!(failure.retry_after_ms, (code == "unavailable").then_some(1_000), "{failure:?}");
    }
}

#[test]
fn between_two_tries_it_waits_longer_each_time_and_not_past_two_thirds_of_the_call() {
    let (_, _, rests) = reading(|| Err(Fault::Unreachable));
    assert_eq!(rests.len(), 2);
    assert!((50..=100).contains(&rests[0].as_millis()) && (100..=200).contains(&rests[1].as_millis()), "{rests:?}");
    let (fake, mut instance) = team();
    instance.set_timeout(Duration::from_millis(90));
    fake.always(|_| Err(Fault::Unreachable));
    app(&instance).unwrap_err();
    assert_eq!(fake.sent().len(), 2, "the second rest would end too late");
}

#[test]
fn what_passes_by_itself_is_not_seen_by_anybody() {
    for end in [Err(Fault::Lost), Err(Fault::Unreachable), status(502, &json!({})), status(429, &json!({}))] {
        let (fake, instance) = team();
        fake.answers(end).answers(lies(&json!({ "value": "1" }), 1));
        assert_eq!(app(&instance).unwrap().unwrap().value, "1");
    }
    let (fake, instance) = with_token(json!({}));
    fake.plays("limits", "first read").plays("limits", "second read in the same second").plays("limits", "first read");
    instance.get(&request("harmony", "A")).unwrap();
    instance.get(&request("harmony", "A")).unwrap();
}

#[test]
fn a_server_that_wants_to_be_left_alone_is() {
    let limited = |after: Option<&str>| {
        let head = Head { retry_after: after.map(str::to_owned), ..Head::default() };
        reading(move || with_head(429, r#"{"errors":["canary"]}"#, head.clone()))
    };
    let (failure, tries, _) = limited(None);
    assert_eq!((failure.retry_after_ms, tries), (Some(1_000), 3));
    has(&failure.message, &["no more requests"]);
    let (failure, tries, rests) = limited(Some("7"));
    assert_eq!((failure.retry_after_ms, tries, rests.len()), (Some(7_000), 1, 0), "a call has no seven seconds");
    let (failure, tries, rests) = limited(Some("1"));
    assert_eq!((failure.retry_after_ms, tries, rests), (Some(1_000), 2, vec![Duration::from_secs(1)]));
    assert_eq!(limited(Some("86400")).0.retry_after_ms, Some(30_000));
    assert_eq!(limited(Some("Wed, 21 Oct 2026 07:28:00 GMT")).0.retry_after_ms, Some(1_000));
}

#[test]
fn a_sealed_server_is_called_so_and_asked_once() {
    let (fake, instance) = team();
    fake.plays("sealed", "read while sealed").plays("sealed", "health while sealed");
    let words = words(app(&instance), "unavailable");
    has(&words, &[AT, "is sealed", "team/data/harmony/AppConfig", "bao operator unseal"]);
    fake.plays("sealed", "read while sealed").plays("init", "health, sealed");
    has(&super::words(app(&instance), "unavailable"), &["is sealed"]);
    assert_eq!(fake.sent().len(), 4);
    // Unsealed again, it is used again.
    fake.plays("kv2", "read");
    app(&instance).unwrap();
}

#[test]
fn a_login_at_a_sealed_server_is_no_refusal() {
    let fake = Fake::new();
    fake.set("OPENBAO_USERNAME", "harmony");
    fake.set("OPENBAO_PASSWORD", "pw");
    let instance = fake.instance(json!({ "mount": "team" }));
    fake.plays("sealed", "log in while sealed").plays("sealed", "health while sealed");
    has(&words(app(&instance), "unavailable"), &["is sealed", "auth/userpass/login/harmony"]);
    assert!(fake.sessions.borrow().is_empty());
}

#[test]
fn a_server_that_is_not_initialised_is_told_from_a_sealed_one() {
    let (fake, instance) = with_token(json!({}));
    fake.plays("init", "read before initialisation").plays("init", "health before initialisation");
    let words = words(instance.get(&reference(&[(&[], "x")])), "unavailable");
    has(&words, &["is not initialised", "bao operator init"]);
}

#[test]
fn a_standby_without_an_active_node_is_called_so() {
    let (fake, instance) = team();
    for _ in 0..3 {
        fake.answers(status(503, &json!({ "errors": ["local node not active but active cluster node not found"] })));
    }
    fake.plays("standby", "health of a standby");
    has(&words(app(&instance), "unavailable"), &["standby", "no active node"]);
}

#[test]
fn a_gateway_without_a_server_behind_it_is_not_ready() {
    let (failure, _, _) = reading(|| with_head(503, "<html>canary", Head::default()));
    assert_eq!((failure.code.as_str(), failure.retry_after_ms), ("unavailable", Some(1_000)));
    has(&failure.message, &["not ready (503)"]);
}

#[test]
fn a_redirect_is_not_followed_and_where_it_points_is_said() {
    for (status, location, to) in [
        (307, "http://169.254.169.254/canary?canary", "http://169.254.169.254"),
        (302, "https://canary@login.example.com/canary", "https://login.example.com"),
        (308, "/ui/canary", "another path"),
    ] {
        let (failure, tries, _) =
            reading(move || with_head(status, "", Head { location: Some(location.to_owned()), ..Head::default() }));
        assert_eq!((failure.code.as_str(), tries), ("unavailable", 1));
        has(&format!("{failure:?}"), &[&format!("points to {to}"), "not followed", "name that address"]);
    }
}

#[test]
fn what_is_not_openbaos_json_is_told_apart() {
    let packed = Head { content_encoding: Some("gzip".to_owned()), ..Head::default() };
    for (status, body, head, code, part) in [
        (200, "<html>canary</html>", Head::default(), "invalid", "is not OpenBao"),
        (404, "<html>canary</html>", Head::default(), "invalid", "is not OpenBao"),
        (200, "", Head::default(), "invalid", "is not OpenBao"),
        (200, r#"{"canary":1}"#, Head::default(), "invalid", "is not OpenBao"),
        (200, r#"{"data":{"data":{"value":"canary"#, Head::default(), "unavailable", "cut short"),
        (200, "\u{1f}canary", packed, "invalid", "packed (gzip)"),
        (418, r#"{"errors":["canary"]}"#, Head::default(), "invalid", "(418)"),
    ] {
        let (failure, tries, _) = reading(move || with_head(status, body, head.clone()));
        assert_eq!((failure.code.as_str(), tries), (code, 1), "{failure:?}");
        has(&failure.message, &[part]);
    }
    let (fake, instance) = with_token(json!({}));
    fake.answers_as("limits", "wrapped read");
    words(instance.get(&request("harmony", "A")), "invalid");
}

#[test]
fn a_server_that_fails_is_asked_three_times_and_not_quoted() {
    let (failure, tries, _) = reading(|| status(500, &json!({ "errors": ["canary"] })));
    assert_eq!((failure.code.as_str(), tries, failure.retry_after_ms), ("unavailable", 3, Some(1_000)));
    has(&failure.message, &["failed (500)"]);
}

fn check(instance: &Instance) -> Result<Vec<String>, Failure> {
    crate::Call::begin(instance).unwrap().check()
}

#[test]
fn doctor_says_how_the_server_is_reached_who_is_signed_in_and_what_the_mount_is() {
    let (fake, instance) = team();
    fake.plays("status", "health, unsealed and active").plays("token", "lookup-self");
    fake.plays("mounts", "mount facts as seen by a client");
    assert_eq!(
        check(&instance).unwrap(),
        [
            "https://bao.example.com:8200 is reached over TLS",
            "OpenBao 2.0.0-HEAD is unsealed",
            "the token is that of OPENBAO_TOKEN",
            "the token's policies: default, harmony-dev; it ends in 59 min and can be renewed",
            "the mount `team` is of KV version 2",
        ]
    );
    fake.sent();
    let instance = fake.instance(json!({ "address": "http://bao.example.com", "mount": "none" }));
    fake.plays("standby", "health of a standby").answers(lookup(&json!({ "policies": ["p"], "num_uses": 3 })));
    fake.plays("mounts", "mount facts of no mount");
    let findings = check(&instance).unwrap().join("\n");
    has(&findings, &["without TLS", "https://", "a standby", "does not end", "3 uses left", "`none/`"]);
    fake.sent();
    let instance = fake.instance(json!({ "address": "http://127.0.0.1:8200", "mount": "old" }));
    fake.set("OPENBAO_TOKEN", "another");
    fake.plays("init", "health, active").plays("token", "lookup-self").plays("mounts", "mount facts of a KV v1 mount");
    has(&words(check(&instance), "invalid"), &["version 1", "enable-versioning"]);
}

#[test]
fn doctor_fails_where_the_source_cannot_be_used() {
    let (fake, instance) = team();
    fake.plays("sealed", "health while sealed");
    has(&words(check(&instance), "unavailable"), &["is sealed", "unseal"]);
    fake.plays("init", "health before initialisation");
    has(&words(check(&instance), "unavailable"), &["is not initialised"]);
    fake.plays("status", "health, unsealed and active").plays("token", "use after revocation");
    has(&words(check(&instance), "denied"), &["does not accept the token", "OPENBAO_TOKEN"]);
    fake.answers(Err(Fault::Unreachable));
    has(&words(check(&instance), "unavailable"), &["cannot be reached"]);
    fake.answers(with_head(200, "<html>", Head::default()));
    has(&words(check(&instance), "invalid"), &["is not OpenBao"]);
}
