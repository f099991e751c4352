//! What a guest holds by a handle and must not hold longer than a call: the turn to sign in, the person's attention. A
//! guest that never lets go loses it with the call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that a guest has a handle of, until the call ends.
#[allow(unreachable_pub, reason = "the generated bindings name it as public")]
pub struct Held<T>(Arc<Mutex<Option<T>>>);

impl<T> Held<T> {
    fn inner(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at it; none where the call that it was of is over.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.inner().as_ref().map(look)
    }

    /// Lets go of it.
    pub(crate) fn end(&self) {
        // Not under the lock: what it is may take a moment to end.
        let held = self.inner().take();
        drop(held);
    }
}

/// All that a guest holds for the length of a call.
#[derive(Default)]
pub(crate) struct Holds(Vec<Box<dyn Hold>>);

/// Something that is held, whatever it is.
trait Hold: Send + Sync {
    fn is_held(&self) -> bool;
    fn let_go(&self);
}

impl<T: Send> Hold for Held<T> {
    fn is_held(&self) -> bool {
        self.inner().is_some()
    }

    fn let_go(&self) {
        self.end();
    }
}

impl Holds {
    /// What a handle can be made of.
    pub(super) fn hold<T: Send + 'static>(&mut self, something: T) -> Held<T> {
        // A guest may hold and let go without end while a person takes their time.
        self.0.retain(|held| held.is_held());
        let held = Arc::new(Mutex::new(Some(something)));
        self.0.push(Box::new(Held(Arc::clone(&held))));
        Held(held)
    }

    pub(super) fn end(&mut self) {
        for held in self.0.drain(..) {
            held.let_go();
        }
    }
}

impl Drop for Holds {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_never_lets_go_of_ends_with_the_call() {
        let counted = Arc::new(());
        let mut holds = Holds::default();
        let (first, second) = (holds.hold(Arc::clone(&counted)), holds.hold(Arc::clone(&counted)));
        first.end();
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(holds);
        assert_eq!(Arc::strong_count(&counted), 1);
        assert!(second.with(|_| ()).is_none());
    }
}
