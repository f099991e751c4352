//! A server that goes away during a run, and comes back: nothing hangs past its deadline, nothing is lost, and the source
//! recovers by itself.

use std::time::{Duration, Instant};

use harmony_config_core::FailureCode;
use harmony_config_peers::{
    Kind,
    proxy::{Fault, Proxy},
};
use serde_json::json;

use crate::world::{DEADLINE, World, fails, is, read, recovers, value};

/// A source that works, through a proxy that is then in fault, and out of it again.
async fn through(fault: Fault) -> harmony_config_core::Failure {
    let world = World::new();
    world.keep("AppConfig", &json!({ "long": "x".repeat(2000) }));
    let proxy = Proxy::to(world.peer.socket()).unwrap();
    let source = world.source_at(&proxy.in_front_of(&world.peer.address()));
    value(&source, "AppConfig").await;
    proxy.set(fault).unwrap();
    let failure = fails(&source, "AppConfig").await;
    proxy.set(Fault::Pass).unwrap();
    recovers(&source, "AppConfig").await;
    failure
}

#[tokio::test(flavor = "multi_thread")]
async fn refused() {
    is(&through(Fault::Refuse).await, FailureCode::Unavailable, &["127.0.0.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn blackholed() {
    is(&through(Fault::Blackhole).await, FailureCode::Unavailable, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_in_the_middle_of_a_body() {
    is(&through(Fault::Reset { after: 600 }).await, FailureCode::Unavailable, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_short() {
    is(&through(Fault::Cut { after: 600 }).await, FailureCode::Unavailable, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dripping_slowly() {
    is(&through(Fault::Drip { every: Duration::from_millis(50) }).await, FailureCode::Unavailable, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_during_a_run_and_opened_again() {
    let world = World::of(Kind::Initialised);
    world.keep("AppConfig", &json!(1));
    let source = world.source();
    value(&source, "AppConfig").await;
    world.peer.seal().unwrap();
    is(&fails(&source, "AppConfig").await, FailureCode::Unavailable, &["sealed"]);
    world.peer.unseal().unwrap();
    recovers(&source, "AppConfig").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_and_started_again() {
    let mut world = World::of(Kind::Initialised);
    world.keep("AppConfig", &json!(1));
    let source = world.source();
    value(&source, "AppConfig").await;
    world.peer.stop();
    is(&fails(&source, "AppConfig").await, FailureCode::Unavailable, &[]);
    world.peer.restart().unwrap();
    world.peer.unseal().unwrap();
    recovers(&source, "AppConfig").await;
}

/// A dev server forgets everything, the login too: the source signs in again, or says that it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_the_login_gets_a_new_one() {
    let mut world = World::new();
    world.keep("AppConfig", &json!(1));
    let source = world.source();
    value(&source, "AppConfig").await;
    world.peer.restart().unwrap();
    world.admin().policy("app", crate::world::POLICY).unwrap();
    world.admin().userpass_user("me", crate::world::CANARY, &["app"]).unwrap();
    world.keep("AppConfig", &json!(2));
    recovers(&source, "AppConfig").await;
    assert_eq!(value(&source, "AppConfig").await, json!(2));
}

/// Twenty keys do not wait twenty times.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_the_source_is_left_alone_a_little_while() {
    let world = World::new();
    let proxy = Proxy::to(world.peer.socket()).unwrap();
    let source = world.source_at(&proxy.in_front_of(&world.peer.address()));
    proxy.set(Fault::Blackhole).unwrap();
    let start = Instant::now();
    for key in 0..20 {
        is(&read(&source, &format!("Key{key}")).await.unwrap_err(), FailureCode::Unavailable, &[]);
    }
    // Twenty deadlines would be 40 s.
    assert!(start.elapsed() < DEADLINE * 5, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_waited_out_within_the_deadline_and_left_alone_beyond_it() {
    let world = World::stand_in();
    world.keep("AppConfig", &json!(1));
    let (source, stand_in) = (world.source(), world.peer.as_stand_in().unwrap());
    value(&source, "AppConfig").await;
    stand_in.throttle(1, None);
    assert_eq!(value(&source, "AppConfig").await, json!(1), "tried again");
    stand_in.throttle(1000, Some(30));
    let failure = fails(&source, "AppConfig").await;
    is(&failure, FailureCode::Unavailable, &["429"]);
    assert!(failure.retry_after.is_some_and(|time| time >= Duration::from_secs(20)), "{failure:?}");
    let before = stand_in.requests().len();
    is(&fails(&source, "AppConfig").await, FailureCode::Unavailable, &["left alone"]);
    assert_eq!(stand_in.requests().len(), before, "it was left alone");
}
