//! The laws of resolving a value, one file a law: random chains against a naive model (`model`), and sentences for what a
//! model would only repeat. Sources are the doubles of `harmony-config-test`; time is paused, so nothing here waits.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod chains;
mod law1_asking;
mod law2_one_place;
mod law3_overrides;
mod law4_failed_writes;
mod law5_failures;
mod law6_time;
mod law7_origin;
mod model;
mod routes;
mod secrets;
mod types;

use std::future::Future;

/// Runs a test's future, with the clock going on by itself whenever everybody waits.
fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test)
}
