//! The memory of guests: one budget for all instances of a process, and a cap for each. What a guest makes the host
//! allocate on its behalf is bounded where it is allocated.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmtime::ResourceLimiter;

use crate::limits;

/// The memory that all instances share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    total: usize,
}

impl Budget {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        Arc::new(Budget { used: AtomicUsize::new(0), total })
    }

    /// What instances hold now, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// What the idle instances of one source may hold.
    pub(crate) fn idle_part(&self) -> usize {
        self.total / limits::IDLE_PART
    }

    /// What one source may hold of it.
    fn part(&self) -> Arc<Budget> {
        Budget::new(self.total / limits::WORKING_PART)
    }

    fn take(&self, bytes: usize) -> bool {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.total)
            })
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What the instances of one source share of the budget.
#[derive(Clone, Debug)]
pub(crate) struct SourceBudget {
    total: Arc<Budget>,
    own: Arc<Budget>,
}

impl SourceBudget {
    pub(crate) fn of(total: &Arc<Budget>) -> Self {
        SourceBudget { total: Arc::clone(total), own: total.part() }
    }

    fn take(&self, bytes: usize) -> Result<(), Refused> {
        if !self.own.take(bytes) {
            return Err(Refused::Source);
        }
        if !self.total.take(bytes) {
            self.own.give_back(bytes);
            return Err(Refused::Total);
        }
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.total.give_back(bytes);
        self.own.give_back(bytes);
    }
}

/// One instance's part of the budget. Dropped, it gives everything back.
#[derive(Debug)]
pub(crate) struct Share {
    budget: SourceBudget,
    cap: usize,
    held: usize,
    last_growth: usize,
    /// Set when a growth was refused, so that the trap that follows can be explained.
    pub(crate) refused: Option<Refused>,
}

/// Why memory was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The instance has what one instance may have.
    Instance,
    /// The instances of one source have what one source may have.
    Source,
    /// All instances together have what they may have.
    Total,
}

impl Share {
    pub(crate) fn new(budget: &SourceBudget, cap: usize) -> Self {
        Share { budget: budget.clone(), cap, held: 0, last_growth: 0, refused: None }
    }

    /// What the instance holds, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.held
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.give_back(self.held);
    }
}

impl ResourceLimiter for Share {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        self.last_growth = 0;
        if self.held.saturating_add(growth) > self.cap {
            self.refused = Some(Refused::Instance);
            return Ok(false);
        }
        if let Err(refused) = self.budget.take(growth) {
            self.refused = Some(refused);
            return Ok(false);
        }
        self.held += growth;
        self.last_growth = growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        // Called for a growth that was refused above as well: then there is nothing to undo.
        let growth = std::mem::take(&mut self.last_growth);
        self.held -= growth;
        self.budget.give_back(growth);
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= limits::MAX_TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        64
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_a_source_and_all_of_them_stop_at_what_they_may_have() {
        let budget = Budget::new(200);
        let source = SourceBudget::of(&budget);
        let mut first = Share::new(&source, 60);
        assert!(first.memory_growing(0, 60, None).unwrap());
        assert!(!first.memory_growing(60, 61, None).unwrap());
        assert_eq!(first.refused, Some(Refused::Instance));
        let mut second = Share::new(&source, 60);
        assert!(!second.memory_growing(0, 41, None).unwrap());
        assert_eq!(second.refused, Some(Refused::Source));
        assert!(second.memory_growing(0, 40, None).unwrap());
        let other = SourceBudget::of(&budget);
        let mut third = Share::new(&other, 100);
        assert!(third.memory_growing(0, 90, None).unwrap());
        let mut fourth = Share::new(&SourceBudget::of(&budget), 100);
        assert!(!fourth.memory_growing(0, 20, None).unwrap());
        assert_eq!(fourth.refused, Some(Refused::Total));
        drop((first, second, third));
        assert_eq!((budget.used(), source.own.used(), fourth.budget.own.used()), (0, 0, 0));
        assert!(fourth.memory_growing(0, 20, None).unwrap());
    }

    #[test]
    fn memory_that_the_system_refused_is_given_back() {
        let budget = Budget::new(100);
        let mut share = Share::new(&SourceBudget::of(&budget), 60);
        assert!(share.memory_growing(0, 10, None).unwrap());
        share.memory_grow_failed(wasmtime::Error::msg("no memory")).unwrap();
        assert_eq!(budget.used(), 0);
    }
}
