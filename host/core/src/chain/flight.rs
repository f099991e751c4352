//! Equal calls at the same moment are one call: one read serves all who wait, one form is shown once. One who stops
//! waiting does not cancel the others.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::future::{BoxFuture, FutureExt, Shared};

use super::lock;

type Call<V> = Shared<BoxFuture<'static, V>>;
type UnderWay<K, V> = Arc<Mutex<HashMap<K, (u64, Call<V>)>>>;

/// Calls under way.
pub(crate) struct Flights<K: Hash + Eq, V: Clone> {
    under_way: UnderWay<K, V>,
    count: AtomicU64,
}

impl<K: Hash + Eq, V: Clone> Default for Flights<K, V> {
    fn default() -> Self {
        Flights { under_way: Arc::default(), count: AtomicU64::new(0) }
    }
}

impl<K, V> Flights<K, V>
where
    K: Hash + Eq + Clone + Send + Unpin + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the call of this key, or makes it.
    pub(crate) async fn join<F>(&self, key: K, call: impl FnOnce() -> F) -> V
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut waiter = {
            let mut under_way = lock(&self.under_way);
            let (id, call) = match under_way.get(&key) {
                Some((id, call)) => (*id, call.clone()),
                None => {
                    let id = self.count.fetch_add(1, Ordering::Relaxed);
                    let call = call().boxed().shared();
                    under_way.insert(key.clone(), (id, call.clone()));
                    (id, call)
                }
            };
            Waiter { under_way: Arc::clone(&self.under_way), key, id, call: Some(call) }
        };
        match waiter.call.as_mut() {
            Some(call) => call.await,
            // It is there until the waiter is dropped.
            None => std::future::pending().await,
        }
    }
}

/// One who waits for a call. The last one to go takes it off the list: whether it ended or was abandoned.
struct Waiter<K: Hash + Eq, V: Clone> {
    under_way: UnderWay<K, V>,
    key: K,
    id: u64,
    call: Option<Call<V>>,
}

impl<K: Hash + Eq, V: Clone> Drop for Waiter<K, V> {
    fn drop(&mut self) {
        let call = self.call.take();
        let ended = call.as_ref().is_some_and(|call| call.peek().is_some());
        // Dropping a call may run anything, so it is done outside the lock.
        drop(call);
        let taken = {
            let mut under_way = lock(&self.under_way);
            let mine = under_way.get(&self.key).is_some_and(|(id, call)| {
                *id == self.id && (ended || call.strong_count().is_none_or(|count| count <= 1))
            });
            mine.then(|| under_way.remove(&self.key)).flatten()
        };
        drop(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn equal_calls_are_one_call_and_a_later_one_is_a_new_one() {
        let flights = Arc::new(Flights::<u8, usize>::default());
        let calls = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Semaphore::new(0));
        let one = |flights: Arc<Flights<u8, usize>>, calls: Arc<AtomicUsize>, gate: Arc<Semaphore>| async move {
            let join = flights.join(1, move || async move {
                let _ = gate.acquire().await;
                calls.fetch_add(1, Ordering::SeqCst) + 1
            });
            join.await
        };
        let waiting: Vec<_> = (0..5).map(|_| tokio::spawn(one(flights.clone(), calls.clone(), gate.clone()))).collect();
        tokio::task::yield_now().await;
        gate.add_permits(100);
        for task in waiting {
            assert_eq!(task.await.unwrap(), 1);
        }
        assert_eq!(one(flights.clone(), calls.clone(), gate).await, 2);
        assert!(lock(&flights.under_way).is_empty());
    }

    #[tokio::test]
    async fn one_who_stops_waiting_does_not_cancel_the_others() {
        let flights = Arc::new(Flights::<u8, usize>::default());
        let gate = Arc::new(Semaphore::new(0));
        let mut first = Box::pin(flights.join(1, {
            let gate = gate.clone();
            move || async move {
                let _ = gate.acquire().await;
                7
            }
        }));
        assert!((&mut first).now_or_never().is_none());
        let second = flights.join(1, || async { 8 });
        let mut second = Box::pin(second);
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        gate.add_permits(1);
        assert_eq!(second.await, 7);
    }

    #[tokio::test]
    async fn a_call_that_everybody_abandoned_is_made_anew() {
        let flights = Arc::new(Flights::<u8, usize>::default());
        let never = flights.join(1, std::future::pending::<usize>);
        assert!(never.now_or_never().is_none());
        assert_eq!(flights.join(1, || async { 9 }).await, 9);
    }
}
