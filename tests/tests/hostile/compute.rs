//! Guests that compute, recurse, trap, allocate or wait without end.

use std::time::Duration;

use harmony_config_core::{Blame, ConfigSource, FailureCode};
use harmony_config_host::Grants;
use serde_json::json;

use crate::world::{Case, World, answers, bad, blames_the_plugin, good};

#[tokio::test]
pub(crate) async fn spin() {
    let failure = World::new().fails_in_get("spin", Grants::default()).await;
    blames_the_plugin(&failure, "computed for 1s without an answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_guests_that_spin_than_threads_do_not_stop_another_source() {
    let world = World::new();
    let case = world.case("spin", Grants::default()).await;
    let request = bad();
    let spinning = futures_util::future::join_all((0..12).map(|_| case.source.read(&request)));
    let failure = case
        .fails(async {
            let failures = spinning.await;
            for failure in failures.iter().map(|answer| answer.as_ref().unwrap_err()) {
                assert_eq!(failure.code, FailureCode::Unavailable);
                // Those that shared a thread had less than half of it.
                let words = ["computed for 1s", "no answer within 1s", "busy: 4 calls were under way"];
                assert!(words.iter().any(|words| failure.message.contains(words)), "{failure}");
            }
            failures.into_iter().next().unwrap()
        })
        .await;
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn spin_in_configure() {
    let world = World::new();
    let case = world.case("spin_in_configure", Grants::default()).await;
    let failure = case.fails(case.source.read(&bad())).await;
    blames_the_plugin(&failure, "computed for 1s without an answer");
    case.goes_on_for_others(&failure).await;
}

#[tokio::test]
pub(crate) async fn spin_in_set() {
    let world = World::new();
    let case = world.case("spin_in_set", Grants::default()).await;
    let failure = case.fails(case.source.write(&bad(), &json!({}), None)).await;
    blames_the_plugin(&failure, "computed for 1s");
    assert!(failure.outcome_unknown, "it may have written");
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn trap() {
    let failure = World::new().fails_in_get("trap", Grants::default()).await;
    blames_the_plugin(&failure, "the plugin trapped");
}

#[tokio::test]
pub(crate) async fn trap_in_configure() {
    let world = World::new();
    let case = world.case("trap_in_configure", Grants::default()).await;
    let failure = case.fails(case.source.read(&bad())).await;
    blames_the_plugin(&failure, "the plugin trapped");
    case.goes_on_for_others(&failure).await;
}

#[tokio::test]
pub(crate) async fn trap_in_set() {
    let world = World::new();
    let case = world.case("trap_in_set", Grants::default()).await;
    let failure = case.fails(case.source.write(&bad(), &json!({ "password": "canary-set" }), None)).await;
    blames_the_plugin(&failure, "the plugin trapped");
    assert!(failure.outcome_unknown, "it may have written");
    assert!(!format!("{failure:?}").contains("canary-set"));
    case.goes_on(&failure).await;
}

#[tokio::test]
pub(crate) async fn recurse() {
    let failure = World::new().fails_in_get("recurse", Grants::default()).await;
    blames_the_plugin(&failure, "ran out of stack");
}

#[tokio::test]
pub(crate) async fn recurse_in_memory() {
    let failure = World::new().fails_in_get("recurse_in_memory", Grants::default()).await;
    blames_the_plugin(&failure, "out of bounds memory access");
}

#[tokio::test]
pub(crate) async fn allocate() {
    let failure = World::new().fails_in_get("allocate", Grants::default()).await;
    blames_the_plugin(&failure, "more memory than the 64 MiB of one instance");
}

/// Four instances that want 40 MiB each, of 64 that one source may have; and what they took is not kept from others.
#[tokio::test]
pub(crate) async fn allocate_many() {
    let world = World::with(|builder| builder.total_memory(128 << 20));
    let case = world.case("allocate_many", Grants::default()).await;
    let request = bad();
    let failure = case
        .fails(async {
            let calls = (0..4).map(|_| case.source.read(&request));
            let answers = futures_util::future::join_all(calls).await;
            answers.into_iter().find(Result::is_err).expect("four times 40 MiB do not fit")
        })
        .await;
    blames_the_plugin(&failure, "the instances of the source wanted more memory than one source may have");
    assert!(world.host.memory_in_use() < 32 << 20, "{} bytes are held by idle instances", world.host.memory_in_use());
    let other = world.guest("none").build().unwrap();
    answers(&other, &good(), "guest").await;
}

/// No source has more than its part, and together they want more than there is.
#[tokio::test]
async fn sources_together_stop_at_what_there_is() {
    let world = World::with(|builder| builder.total_memory(128 << 20));
    let sources: Vec<_> = (0..4).map(|_| world.guest("allocate_many").build().unwrap()).collect();
    let request = bad();
    let answers = futures_util::future::join_all(sources.iter().map(|source| source.read(&request))).await;
    let failures: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!failures.is_empty(), "four times 40 MiB do not fit into 128");
    for failure in failures {
        blames_the_plugin(failure, "the plugins together wanted more memory than they may have");
    }
    answers_all(&sources).await;
}

async fn answers_all(sources: &[harmony_config_host::ComponentSource]) {
    for source in sources {
        answers(source, &good(), "guest").await;
    }
}

/// One source cannot take the memory of all of them, not even while it is at work.
#[tokio::test]
async fn the_instances_of_one_source_leave_memory_for_another() {
    let world = World::with(|builder| builder.total_memory(128 << 20));
    let case = world.case("allocate_many", Grants::default()).await;
    let other = world.guest("none").build().unwrap();
    let request = bad();
    let at_work = futures_util::future::join_all((0..4).map(|_| case.source.read(&request)));
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(80)).await;
        for _ in 0..4 {
            answers(&other, &good(), "guest").await;
        }
    };
    tokio::join!(at_work, meanwhile);
}

#[tokio::test]
pub(crate) async fn fill() {
    let failure = World::new().fails_in_get("fill", Grants::default()).await;
    blames_the_plugin(&failure, "computed for 1s without an answer");
}

/// It waits for nothing: nobody is to blame but whom it waits for.
#[tokio::test]
pub(crate) async fn sleep_forever() {
    let failure = World::new().fails_in_get("sleep_forever", Grants::default()).await;
    assert_eq!((failure.code, failure.blame), (FailureCode::Unavailable, Blame::Store));
    assert_eq!(failure.message, "no answer within 1s");
    assert!(failure.remedy.unwrap().contains("timeout"));
}

#[tokio::test]
pub(crate) async fn exit() {
    let failure = World::new().fails_in_get("exit", Grants::default()).await;
    blames_the_plugin(&failure, "tried to end the process");
}

/// One who stops waiting leaves nothing behind.
#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_gone() {
    let world = World::new();
    let source = world.guest("spin").build().unwrap();
    let case = Case::of(&world, source).await;
    let given_up = tokio::time::timeout(Duration::from_millis(100), case.source.read(&bad())).await;
    assert!(given_up.is_err());
    answers(&case.source, &good(), "guest").await;
    let failure = case.fails(case.source.read(&bad())).await;
    case.goes_on(&failure).await;
}
