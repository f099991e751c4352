//! The clock that stops a guest that computes without end: one thread for the process, asleep while no guest runs.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
};

use wasmtime::{Engine, EngineWeak};

use crate::limits;

/// Ticks without a call before the thread goes to sleep: waking it costs more than a call does.
const IDLE_TICKS: u32 = 50;

/// Moves the engine's epoch on while calls are under way.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: OnceLock<Option<Thread>>,
    engine: EngineWeak,
}

#[derive(Default)]
struct Shared {
    calls: AtomicUsize,
    asleep: AtomicBool,
}

/// A call under way.
pub(crate) struct Ticking<'a>(&'a Shared);

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ticker {
    pub(crate) fn new(engine: &Engine) -> Self {
        Ticker { shared: Arc::default(), thread: OnceLock::new(), engine: engine.weak() }
    }

    /// The clock ticks at least until what this answers is dropped. False where no thread could be started: then no
    /// guest may run.
    pub(crate) fn start(&self) -> Option<Ticking<'_>> {
        self.shared.calls.fetch_add(1, Ordering::SeqCst);
        let ticking = Ticking(&self.shared);
        let thread = self.thread.get_or_init(|| spawn(Arc::clone(&self.shared), self.engine.clone())).as_ref()?;
        if self.shared.asleep.load(Ordering::SeqCst) {
            thread.unpark();
        }
        Some(ticking)
    }
}

fn spawn(shared: Arc<Shared>, engine: EngineWeak) -> Option<Thread> {
    let run = move || {
        let mut idle = 0;
        loop {
            thread::sleep(limits::TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
            idle = if shared.calls.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle < IDLE_TICKS {
                continue;
            }
            // A call that starts from here on either sees `asleep` and wakes this thread, or is seen here.
            shared.asleep.store(true, Ordering::SeqCst);
            while shared.calls.load(Ordering::SeqCst) == 0 {
                // With a time limit, so that the thread ends some time after its engine.
                thread::park_timeout(std::time::Duration::from_secs(60));
                if engine.upgrade().is_none() {
                    return;
                }
            }
            shared.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
    };
    thread::Builder::new().name("harmony-config-clock".to_owned()).spawn(run).ok().map(|handle| handle.thread().clone())
}
