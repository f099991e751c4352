//! Guests that ask for, or hand over, more than the host wants to carry.

use std::time::Instant;

use harmony_config_core::{ConfigSource, FailureCode};
use harmony_config_host::Grants;

use crate::world::{Log, PREFIX, World, bad, blames_the_plugin};

fn environment() -> Grants {
    Grants { environment: Some(PREFIX.to_owned()), ..Grants::default() }
}

/// 64 messages, and one that says that there were more, for each call.
#[tokio::test]
pub(crate) async fn flood_log() {
    let log = Log::capture();
    let world = World::new();
    let case = world.case("flood_log", Grants::default()).await;
    let failure = case.fails(case.source.read(&bad())).await;
    assert_eq!(failure.code, FailureCode::Unavailable, "{failure}");
    let lines = log.of_guest();
    assert_eq!(lines.len(), 65, "{lines:#?}");
    assert!(lines[64].contains("source `guest` wrote more than 64 log messages"), "{}", lines[64]);
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn flood_log_at_once() {
    let log = Log::capture();
    let failure = World::new().fails_in_get("flood_log_at_once", Grants::default()).await;
    blames_the_plugin(&failure, "the plugin ");
    assert!(log.text().len() < 64 << 10, "{} bytes were logged", log.text().len());
}

/// 20,000 times 120 kB: what the host remembers, to blot it out, has a bound.
#[cfg(target_os = "linux")]
#[tokio::test]
pub(crate) async fn flood_reads() {
    let before = peak_memory();
    World::new().fails_in_get("flood_reads", environment()).await;
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 400 << 20, "the process grew by {} MiB", grown >> 20);
}

/// Elsewhere the size of the process cannot be read as easily; that it goes on can.
#[cfg(not(target_os = "linux"))]
#[tokio::test]
pub(crate) async fn flood_reads() {
    World::new().fails_in_get("flood_reads", environment()).await;
}

#[cfg(target_os = "linux")]
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// The thread is not held while thousands of secrets are looked for in megabytes.
#[tokio::test]
pub(crate) async fn blot_flood() {
    let log = Log::capture();
    let start = Instant::now();
    let failure = World::new().fails_in_get("blot_flood", environment()).await;
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert!(log.text().lines().all(|line| line.len() < 2_000));
}

#[tokio::test]
pub(crate) async fn huge_value() {
    let failure = World::new().fails_in_get("huge_value", Grants::default()).await;
    blames_the_plugin(&failure, "the plugin ");
}

#[tokio::test]
pub(crate) async fn huge_list() {
    let world = World::new();
    let case = world.case("huge_list", Grants::default()).await;
    let failure = case.fails(case.source.list("harmony", "", None)).await;
    blames_the_plugin(&failure, "the plugin ");
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn many_handles() {
    let failure = World::new().fails_in_get("many_handles", Grants::default()).await;
    blames_the_plugin(&failure, "the plugin was stopped");
}

#[tokio::test]
pub(crate) async fn random_flood() {
    let failure = World::new().fails_in_get("random_flood", Grants::default()).await;
    blames_the_plugin(&failure, "the plugin was stopped");
}
