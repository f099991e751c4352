//! The opt-in cache of typed values. Nothing else in the chain caches values.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

#[derive(Default)]
pub(super) struct Cache {
    values: RwLock<HashMap<TypeId, Kept>>,
}

struct Kept {
    value: Arc<dyn Any + Send + Sync>,
    at: Instant,
    generation: u64,
}

impl Cache {
    /// The value, if it is young enough and nothing was written since.
    pub(super) fn get<T: Send + Sync + 'static>(&self, max_age: Duration, generation: u64) -> Option<Arc<T>> {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        let kept = values.get(&TypeId::of::<T>())?;
        if kept.generation != generation || kept.at.elapsed() > max_age {
            return None;
        }
        Arc::clone(&kept.value).downcast().ok()
    }

    /// Keeps a value that was read in this generation.
    pub(super) fn put<T: Send + Sync + 'static>(&self, value: Arc<T>, generation: u64) {
        let kept = Kept { value, at: Instant::now(), generation };
        self.values.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), kept);
    }
}
