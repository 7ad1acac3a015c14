//! The heap lock, its deadline and its intent word.

use super::{recover, series, Heap, LOCK_DEADLINE_US};
use crate::error::{Error, Result};
use crate::layout::{header, lock, retired, Words};
use crate::os;
use crate::region::Locks;

/// The heap lock, held. Derived structures are changed only through it.
pub struct Locked<'a> {
    heap: &'a Heap,
    locks: &'a dyn Locks,
    /// Whether all derived structures are whole again whenever this is dropped.
    whole: bool,
}

impl<'a> Locked<'a> {
    /// Takes the lock within [`LOCK_DEADLINE_US`] and finishes what a dead holder left.
    ///
    /// # Errors
    /// [`Error::Busy`] after the deadline, [`Error::Retired`] if the segment was removed,
    /// [`Error::Corrupt`] if what a dead holder left cannot be made whole.
    pub fn acquire(heap: &'a Heap, locks: &'a dyn Locks) -> Result<Self> {
        Self::acquire_if(heap, locks, |state| state == retired::NO)
    }

    /// The same, also of a segment that was removed if `wanted` says so of what [`header::RETIRED`] has.
    ///
    /// # Errors
    /// As [`Locked::acquire`].
    pub fn acquire_if(
        heap: &'a Heap,
        locks: &'a dyn Locks,
        wanted: impl Fn(u64) -> bool,
    ) -> Result<Self> {
        if !wait(locks)? {
            heap.words().add_header(header::LOCK_TIMEOUTS, 1);
            return Err(Error::Busy);
        }
        let mut locked = Self { heap, locks, whole: false };
        kill_point!("lock.taken");
        let words = locked.words();
        if !wanted(words.header(header::RETIRED)) {
            return Err(Error::Retired);
        }
        let interrupted = words.header(header::INTENT) != 0;
        words.set_header(header::INTENT, 1);
        kill_point!("lock.intent");
        if interrupted {
            recover::rebuild(&locked)?;
            words.add_header(header::RECOVERIES, 1);
        }
        locked.whole = true;
        if words.header(header::DIRTY) != 0 {
            words.set_header(header::DIRTY, 0);
            series::reclaim_removed(&locked)?;
        }
        Ok(locked)
    }

    /// The words that are there now: ask again after anything that may have grown the heap.
    pub fn words(&self) -> Words<'a> {
        self.heap.words()
    }

    /// The heap.
    pub fn heap(&self) -> &'a Heap {
        self.heap
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // A panic in between, or a recovery that failed, leaves the intent word set: the next holder
        // derives everything anew.
        if self.whole && !std::thread::panicking() {
            self.words().set_header(header::INTENT, 0);
            kill_point!("lock.whole");
        }
        let _ = self.locks.unlock(lock::HEAP);
    }
}

/// Tries the lock until the deadline: first at once, then between yields, then between naps.
/// A file lock has no wait with a deadline, so this polls.
fn wait(locks: &dyn Locks) -> Result<bool> {
    let mut until = None;
    let mut nap = 20;
    for round in 0u32.. {
        if locks.try_lock(lock::HEAP)? {
            return Ok(true);
        }
        let now = os::monotonic_us();
        if now >= *until.get_or_insert(now + LOCK_DEADLINE_US) {
            break;
        }
        if round < 8 {
            std::thread::yield_now();
        } else {
            os::sleep_us(nap);
            nap = (nap * 2).min(500);
        }
    }
    Ok(false)
}
