//! Signals that would end the program while somebody else than the shell has the terminal: a form, an editor. They are
//! held, so that what was changed can be put back first, and then have their effect.
//!
//! A signal that the program handles itself is left to it: only what would end the program is held, and only for as long as
//! the terminal is taken. Afterwards everything is as it was before. `unsafe`, because no library gives a signal its
//! default effect back without delivering it; one that is never given back would take from a server, which asked one
//! question when it was started, its own way of ending (decision 60).

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The signal that came while it was held; 0 where none did.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// How many hold signals at the moment.
static HOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Holds the signals that would end the program (hang-up, interrupt, quit, terminate), until it is dropped.
///
/// One that came meanwhile is said by [`HeldSignals::received`], and has its effect when [`HeldSignals::release`] is
/// called. Where there are no such signals (Windows) nothing is held.
#[must_use]
pub struct HeldSignals {
    #[cfg(unix)]
    held: Vec<unix::Held>,
}

impl HeldSignals {
    /// Holds them from now on.
    pub fn hold() -> Self {
        if HOLDERS.fetch_add(1, Ordering::AcqRel) == 0 {
            RECEIVED.store(0, Ordering::Release);
        }
        HeldSignals {
            #[cfg(unix)]
            held: unix::ENDING.iter().filter_map(|signal| unix::Held::hold(*signal)).collect(),
        }
    }

    /// The number of the signal that came, if one did.
    pub fn received(&self) -> Option<i32> {
        received()
    }

    /// Lets the signals go, and the one that came have its effect: usually the program ends here.
    pub fn release(self) {
        let came = self.received();
        drop(self);
        if let Some(signal) = came {
            deliver(signal);
        }
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.held.clear();
        HOLDERS.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The signal that came while somebody held it.
pub(super) fn received() -> Option<i32> {
    let signal = RECEIVED.load(Ordering::Acquire);
    (signal != 0 && HOLDERS.load(Ordering::Acquire) > 0).then_some(signal)
}

/// Sends this process a signal.
pub(super) fn deliver(signal: i32) {
    #[cfg(unix)]
    unix::deliver(signal);
    let _ = signal;
}

#[cfg(unix)]
mod unix {
    #![allow(unsafe_code, reason = "see the head of the file")]

    use std::{mem, ptr, sync::atomic::Ordering};

    use libc::c_int;

    use super::RECEIVED;

    pub(super) const ENDING: [c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

    /// All that may be done in a handler: write down which signal it was.
    extern "C" fn note(signal: c_int) {
        RECEIVED.store(signal, Ordering::Release);
    }

    fn ours() -> libc::sighandler_t {
        note as *const () as libc::sighandler_t
    }

    /// One signal that is held, and what it did before.
    pub(super) struct Held {
        signal: c_int,
        before: libc::sigaction,
    }

    impl Held {
        /// Holds it where it would end the program, and nobody else has taken it.
        pub(super) fn hold(signal: c_int) -> Option<Self> {
            let before = now(signal)?;
            if before.sa_sigaction != libc::SIG_DFL {
                return None;
            }
            // SAFETY: a zeroed sigaction is a valid one, with no flags and an empty mask; the handler only stores a
            // number, which is async-signal-safe.
            let held = unsafe {
                let mut action: libc::sigaction = mem::zeroed();
                action.sa_sigaction = ours();
                action.sa_flags = libc::SA_RESTART;
                libc::sigaction(signal, &action, ptr::null_mut())
            };
            (held == 0).then_some(Held { signal, before })
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            // Somebody who took it meanwhile keeps it.
            if now(self.signal).is_some_and(|now| now.sa_sigaction == ours()) {
                // SAFETY: what is put back is what the system itself gave.
                unsafe { libc::sigaction(self.signal, &self.before, ptr::null_mut()) };
            }
        }
    }

    /// What a signal does now.
    fn now(signal: c_int) -> Option<libc::sigaction> {
        // SAFETY: a zeroed sigaction is a valid one, and is only written to.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            (libc::sigaction(signal, ptr::null(), &mut action) == 0).then_some(action)
        }
    }

    pub(super) fn deliver(signal: c_int) {
        // SAFETY: it takes a number, and does to this process what that signal does.
        unsafe { libc::raise(signal) };
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::terminal::signals::{HOLDERS, received};

        // One test: signals are the whole process's.
        #[test]
        fn a_signal_is_held_noted_and_given_back_and_one_that_is_taken_is_left_alone() {
            let signal = libc::SIGUSR1;
            let before = now(signal).unwrap().sa_sigaction;
            HOLDERS.fetch_add(1, Ordering::AcqRel);
            let held = Held::hold(signal).unwrap();
            assert!(Held::hold(signal).is_none(), "it is held already");
            // Without a holder this would end the tests.
            deliver(signal);
            assert_eq!(received(), Some(signal));
            drop(held);
            HOLDERS.fetch_sub(1, Ordering::AcqRel);
            assert_eq!(received(), None);
            assert_eq!(now(signal).unwrap().sa_sigaction, before, "it does what it did before");

            let held = Held::hold(signal).unwrap();
            // SAFETY: as in `hold`.
            unsafe {
                let mut action: libc::sigaction = mem::zeroed();
                action.sa_sigaction = libc::SIG_IGN;
                libc::sigaction(signal, &action, ptr::null_mut());
            }
            assert!(Held::hold(signal).is_none(), "the program took it");
            drop(held);
            assert_eq!(now(signal).unwrap().sa_sigaction, libc::SIG_IGN, "who took it meanwhile keeps it");
        }
    }
}
