//! A source that was not reachable is left alone for a little while, so that twenty keys do not wait twenty times for it.
//! How long, its failure says; one after the other makes it longer.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use harmony_config_core::{Failure, FailureCode};

use crate::limits;

/// Whether a source is left alone now.
#[derive(Default)]
pub(super) struct Rest(Mutex<Option<Outage>>);

struct Outage {
    failure: Failure,
    until: Instant,
    in_a_row: u32,
}

impl Rest {
    /// Fails as it failed the last time, while it is left alone.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outage) = outage.as_ref() else { return Ok(()) };
        let left = outage.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let mut failure = outage.failure.clone();
        failure.message = format!("{} (a moment ago; it is left alone for now)", failure.message);
        failure.retry_after = Some(left);
        Err(failure)
    }

    /// Takes note of how a call ended: in this failure, or well.
    pub(super) fn note(&self, failure: Option<&Failure>) {
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(failure) if failure.code == FailureCode::Unavailable && failure.retry_after.is_some() => {
                let in_a_row = outage.as_ref().map_or(0, |outage| outage.in_a_row.saturating_add(1));
                let until = Instant::now() + how_long(failure.retry_after.unwrap_or_default(), in_a_row);
                let mut failure = failure.clone();
                // Nothing is written by a call that is not made.
                failure.outcome_unknown = false;
                *outage = Some(Outage { failure, until, in_a_row });
            }
            _ if outage.is_some() => *outage = None,
            _ => {}
        }
    }
}

/// What it asks for, doubled for each failure in a row, within a bound.
fn how_long(asked: Duration, in_a_row: u32) -> Duration {
    asked.saturating_mul(1 << in_a_row.min(4)).min(limits::MAX_LEFT_ALONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(milliseconds: u64) -> Failure {
        let mut failure = Failure::new(FailureCode::Unavailable, "nobody listens").with_unknown_outcome();
        failure.retry_after = Some(Duration::from_millis(milliseconds));
        failure
    }

    #[test]
    fn it_fails_at_once_while_it_is_left_alone_and_writes_nothing_then() {
        let rest = Rest::default();
        rest.check().unwrap();
        rest.note(Some(&outage(10_000)));
        let failure = rest.check().unwrap_err();
        assert!(failure.message.starts_with("nobody listens (a moment ago"), "{failure}");
        assert!(!failure.outcome_unknown);
    }

    #[test]
    fn an_answer_ends_it_and_a_refusal_is_an_answer() {
        for answer in [None, Some(Failure::new(FailureCode::Denied, "no"))] {
            let rest = Rest::default();
            rest.note(Some(&outage(10_000)));
            rest.note(answer.as_ref());
            rest.check().unwrap();
        }
    }

    #[test]
    fn it_is_asked_again_after_the_time() {
        let rest = Rest::default();
        rest.note(Some(&outage(0)));
        rest.check().unwrap();
    }

    #[test]
    fn failures_in_a_row_make_it_longer_up_to_a_bound() {
        let second = Duration::from_secs(1);
        assert_eq!([0, 1, 2].map(|row| how_long(second, row)), [second, 2 * second, 4 * second]);
        assert_eq!(how_long(second, 99), 16 * second);
        assert_eq!(how_long(Duration::from_secs(3600), 0), limits::MAX_LEFT_ALONE);
    }
}
