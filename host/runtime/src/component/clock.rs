//! The deadline of one call: it covers all waiting, and stands still while a person is being asked.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

/// What a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Without the time that a person takes.
    pub(crate) call: Duration,
    /// The time that a person may take.
    pub(crate) person: Duration,
}

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expired {
    /// The source took too long.
    Call,
    /// The person took too long.
    Person,
}

/// The clock of one call.
pub(crate) struct Clock {
    person: Duration,
    state: Mutex<State>,
    changed: Notify,
    /// Whoever waits for this call with a clock of their own, and has it stand still too.
    watched: Option<Watch>,
}

/// What those who wait for a call are told of it, and what it is told of them.
#[derive(Clone)]
pub(crate) struct Watch {
    /// Whether nobody's time runs at the moment.
    still: watch::Sender<bool>,
    /// Whether a person was asked.
    attended: Arc<AtomicBool>,
}

impl Watch {
    /// Of a call that is about to be made: nobody's time runs. Also the first of those who wait.
    pub(crate) fn new() -> (Self, watch::Receiver<bool>) {
        let (still, waiting) = watch::channel(true);
        (Watch { still, attended: Arc::default() }, waiting)
    }

    /// One more who waits.
    pub(crate) fn join(&self) -> watch::Receiver<bool> {
        self.still.subscribe()
    }

    /// Whether a person was asked.
    pub(crate) fn attended(&self) -> bool {
        self.attended.load(Ordering::Acquire)
    }
}

struct State {
    ends: Instant,
    /// Since when a person is being asked.
    asked: Option<Instant>,
    /// By how many at once: an answer to one of them does not start the clock for another.
    askers: usize,
}

/// A person is being asked: the deadline stands still until this is dropped.
pub(crate) struct Attention(Arc<Clock>);

impl Drop for Attention {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.askers = state.askers.saturating_sub(1);
        if state.askers > 0 {
            return;
        }
        if let Some(asked) = state.asked.take() {
            state.ends += asked.elapsed();
        }
        drop(state);
        self.0.stands_still(false);
    }
}

impl Clock {
    /// Runs from now.
    pub(crate) fn start(times: Times) -> Arc<Self> {
        Clock::watched(times, None)
    }

    /// The same, for a call that somebody waits for: they are told when it stands still.
    pub(crate) fn watched(times: Times, watched: Option<Watch>) -> Arc<Self> {
        let state = State { ends: Instant::now() + times.call, asked: None, askers: 0 };
        if let Some(watched) = &watched {
            // What was made ready until now was nobody's time.
            watched.still.send_replace(false);
        }
        Arc::new(Clock { person: times.person, state: Mutex::new(state), changed: Notify::new(), watched })
    }

    fn stands_still(&self, still: bool) {
        self.changed.notify_one();
        if let Some(watched) = &self.watched {
            watched.still.send_replace(still);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the source has left.
    pub(crate) fn time_left(&self) -> Duration {
        let state = self.state();
        state.ends.saturating_duration_since(state.asked.unwrap_or_else(Instant::now))
    }

    /// Waits until nobody waits for the call any more; for ever, where it is nobody's but its own.
    pub(crate) async fn abandoned(&self) {
        match &self.watched {
            Some(watched) => watched.still.closed().await,
            None => std::future::pending().await,
        }
    }

    /// Stops the clock while a person is being asked.
    pub(crate) fn attend(self: &Arc<Self>) -> Attention {
        let mut state = self.state();
        state.askers += 1;
        if let Some(watched) = &self.watched {
            watched.attended.store(true, Ordering::Release);
        }
        state.asked.get_or_insert_with(Instant::now);
        drop(state);
        self.stands_still(true);
        Attention(Arc::clone(self))
    }

    fn next(&self) -> (Instant, Expired) {
        let state = self.state();
        match state.asked {
            Some(asked) => (asked + self.person, Expired::Person),
            None => (state.ends, Expired::Call),
        }
    }

    /// Runs a call until its end or the clock's. A timer is made only if the call does not answer at once: most do.
    pub(crate) async fn run<T>(&self, call: impl Future<Output = T>) -> Result<T, Expired> {
        let mut call = pin!(call);
        let first = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = first {
            return Ok(answer);
        }
        Box::pin(self.wait(call)).await
    }

    async fn wait<T>(&self, mut call: Pin<&mut impl Future<Output = T>>) -> Result<T, Expired> {
        loop {
            let (until, expired) = self.next();
            if until <= Instant::now() {
                return Err(expired);
            }
            tokio::select! {
                biased;
                answer = &mut call => return Ok(answer),
                () = tokio::time::sleep_until(until.into()) => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { call: Duration::from_millis(60), person: Duration::from_millis(400) };

    #[tokio::test]
    async fn a_call_that_waits_too_long_is_ended() {
        let clock = Clock::start(TIMES);
        assert_eq!(clock.run(std::future::pending::<()>()).await, Err(Expired::Call));
    }

    #[tokio::test]
    async fn the_deadline_stands_still_while_a_person_is_asked() {
        let clock = Clock::start(TIMES);
        let asking = async {
            let attention = clock.attend();
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(attention);
            assert!(clock.time_left() > Duration::from_millis(20));
            7
        };
        assert_eq!(clock.run(asking).await, Ok(7));
        assert_eq!(clock.run(std::future::pending::<()>()).await, Err(Expired::Call));
    }

    #[tokio::test]
    async fn of_two_who_ask_the_first_to_be_answered_does_not_start_the_clock() {
        let clock = Clock::start(TIMES);
        let asking = async {
            let first = clock.attend();
            let second = clock.attend();
            drop(first);
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(second);
            7
        };
        assert_eq!(clock.run(asking).await, Ok(7));
        assert_eq!(clock.run(std::future::pending::<()>()).await, Err(Expired::Call));
    }

    #[tokio::test]
    async fn a_person_has_a_deadline_too() {
        let clock = Clock::start(TIMES);
        let asking = async {
            let _attention = clock.attend();
            std::future::pending::<()>().await;
        };
        assert_eq!(clock.run(asking).await, Err(Expired::Person));
    }
}
