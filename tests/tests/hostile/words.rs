//! Guests whose words are dangerous: what is shown to a person, written to a log or stored by the host.

use harmony_config_core::{Blame, ConfigManager, ConfigSource, Failure, FailureCode, Interaction, Sensitivity, Shape};
use harmony_config_host::Grants;
use serde_json::json;
use std::sync::Arc;

use crate::world::{CANARY, Log, PREFIX, World, answers, bad, blames_the_plugin, good};

fn environment() -> Grants {
    Grants { environment: Some(PREFIX.to_owned()), ..Grants::default() }
}

/// No control character, and none that hides or turns the text.
fn is_harmless(text: &str) -> bool {
    let hidden = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{9b}'];
    !text.chars().any(|character| character.is_control() || hidden.contains(&character))
}

fn words(failure: &Failure) -> String {
    format!("{} {}", failure.message, failure.remedy.as_deref().unwrap_or_default())
}

#[tokio::test]
pub(crate) async fn terminal_escape() {
    let log = Log::capture();
    let failure = World::new().fails_in_get("terminal_escape", Grants::default()).await;
    assert!(is_harmless(&words(&failure)), "{failure:?}");
    assert!(failure.message.starts_with("message ") && failure.message.ends_with(" end"), "{failure}");
    let lines = log.of_guest();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| is_harmless(line) && line.contains("end")), "{lines:?}");
}

/// A version is handed back to the source as it is, so it is refused rather than changed.
#[tokio::test]
pub(crate) async fn hostile_version() {
    let failure = World::new().fails_in_get("hostile_version", Grants::default()).await;
    blames_the_plugin(&failure, "does not keep the contract: a version");
    assert!(is_harmless(&words(&failure)));
}

#[tokio::test]
pub(crate) async fn bad_json() {
    let failure = World::new().fails_in_get("bad_json", Grants::default()).await;
    assert_eq!((failure.code, failure.blame), (FailureCode::Invalid, Blame::Store), "{failure}");
    assert!(failure.message.starts_with("the place is not JSON: ") && failure.message.contains("line 1"), "{failure}");
    assert!(!words(&failure).contains("canary"), "{failure:?}");
}

#[tokio::test]
pub(crate) async fn deep_json() {
    let failure = World::new().fails_in_get("deep_json", Grants::default()).await;
    assert_eq!(failure.code, FailureCode::Invalid, "{failure}");
    assert!(failure.message.contains("the place is not JSON: recursion limit"), "{failure}");
}

#[tokio::test]
pub(crate) async fn unknown_code() {
    let failure = World::new().fails_in_get("unknown_code", Grants::default()).await;
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert_eq!(failure.message, "a kind of failure that nobody knows yet");
}

#[tokio::test]
pub(crate) async fn leak_secret() {
    let log = Log::capture();
    let failure = World::new().fails_in_get("leak_secret", environment()).await;
    assert_eq!(failure.message, "could not use *** of ***");
    assert!(!log.text().contains(CANARY), "{}", log.text());
    assert!(!format!("{failure:?}").contains(CANARY));
    assert!(log.text().contains("the password is ***"), "the messages were seen");
}

#[tokio::test]
pub(crate) async fn leak_at_the_edge() {
    let log = Log::capture();
    World::new().fails_in_get("leak_at_the_edge", environment()).await;
    assert!(!log.text().contains("canary"), "not a part of it either");
    assert!(log.of_guest().iter().any(|line| line.contains("wwww")), "the messages were seen");
}

#[tokio::test]
pub(crate) async fn leak_in_set() {
    let log = Log::capture();
    let world = World::new();
    let case = world.case("leak_in_set", Grants::default()).await;
    let mut request = bad();
    request.sensitivity = Sensitivity::Secret;
    let value = json!({ "user": "admin", "nested": { "password": "canary-set" } });
    let failure = case.fails(case.source.write(&request, &value, None)).await;
    assert_eq!(failure.message, "cannot store ***");
    assert!(!words(&failure).contains("canary-set") && !log.text().contains("canary-set"), "{failure:?}");
    case.goes_on(&failure).await;
}

/// Whoever writes through the chain learns no more.
#[tokio::test]
async fn a_value_that_could_not_be_kept_is_in_no_error() {
    let log = Log::capture();
    let world = World::new();
    let source = world.guest("leak_in_set").build().unwrap();
    let manager = ConfigManager::new(vec![Arc::new(source)]);
    let value = json!({ "password": "canary-set" });
    let error = manager.set_value(&bad().at, &Shape::undeclared(), &value, None).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary-set"), "{error:?}");
    assert!(!log.text().contains("canary-set"));
    let read = manager.resolve_value(&good().at, &Shape::undeclared(), Interaction::Forbidden).await.unwrap();
    assert_eq!(read.value["from"], "guest");
}

#[tokio::test]
pub(crate) async fn foreign_keys() {
    let world = World::new();
    let source = world.guest("foreign_keys").build().unwrap();
    let page = source.list("harmony", "", None).await.unwrap();
    assert!(page.entries.iter().any(|(at, _)| at.key() == "Own"));
    let manager = ConfigManager::builder().source(Arc::new(source.clone())).build().unwrap();
    let listed = manager.list().await.unwrap();
    let keys: Vec<&str> = listed.iter().map(|listed| listed.at.key()).collect();
    assert_eq!(keys, ["Own"], "neither names that are none nor those of another namespace");
    answers(&source, &good(), "guest").await;
}

#[tokio::test]
pub(crate) async fn wrong_count() {
    let world = World::new();
    let case = world.case("wrong_count", Grants::default()).await;
    let requests = [good(), bad()];
    let failure = case
        .fails(async {
            let answers = case.source.read_many(&requests).await;
            assert_eq!(answers.len(), 2);
            assert!(answers.iter().all(Result::is_err), "which answer is whose is not known");
            answers.into_iter().next().unwrap()
        })
        .await;
    blames_the_plugin(&failure, "1 answers to 2 requests");
    case.goes_on(&failure).await;
}
