//! The heap lock, its deadline and its intent word.

use super::heap::Heap;
use crate::error::{Error, Result};
use crate::layout::{header, lock, Words};
use crate::os;
use crate::region::Locks;
use std::cell::Cell;

/// How long the heap lock is waited for, in microseconds. Robustness of the lock covers death and
/// not SIGSTOP, a debugger or a frozen cgroup: those must not freeze every other event loop.
pub const LOCK_DEADLINE_US: u64 = 20_000;

/// Microseconds that a thread may wait beyond [`LOCK_DEADLINE_US`], in all. On a crowded machine a holder may lose its
/// processor for longer than the deadline; with this a process that has just started has its series in the heap all the
/// same, where SIGKILL costs none of their updates. A holder that is stopped costs each thread this once.
const GRACE_US: u64 = 250_000;

thread_local! {
    /// What is left of [`GRACE_US`].
    static GRACE_LEFT_US: Cell<u64> = const { Cell::new(GRACE_US) };
}

/// The heap lock, held. Derived structures are changed only through it.
pub struct Locked<'a> {
    heap: &'a Heap,
    locks: &'a dyn Locks,
    /// Whether all derived structures are whole again whenever this is dropped.
    whole: bool,
}

impl<'a> Locked<'a> {
    /// Takes the lock within [`LOCK_DEADLINE_US`], or what is left of the thread's grace above it; and whether its last
    /// holder died while it changed something. Derived structures are not to be trusted before [`Locked::made_whole`].
    ///
    /// # Errors
    /// [`Error::Busy`] after the deadline, [`Error::Retired`] unless `wanted` says so of what [`header::RETIRED`] has.
    pub(in crate::heap) fn take(
        heap: &'a Heap,
        locks: &'a dyn Locks,
        wanted: impl Fn(u64) -> bool,
    ) -> Result<(Self, bool)> {
        if !wait(locks)? {
            heap.words().add_header(header::LOCK_TIMEOUTS, 1);
            return Err(Error::Busy);
        }
        let locked = Self { heap, locks, whole: false };
        kill_point!("lock.taken");
        let words = locked.words();
        if !wanted(words.header(header::RETIRED)) {
            return Err(Error::Retired);
        }
        let interrupted = words.header(header::INTENT) != 0;
        words.set_header(header::INTENT, 1);
        kill_point!("lock.intent");
        Ok((locked, interrupted))
    }

    /// All derived structures are whole now, and again whenever this is dropped.
    pub(in crate::heap) fn made_whole(&mut self) {
        self.whole = true;
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

/// Takes the lock if it is free by the deadline, or within what is left of the thread's grace after it.
fn wait(locks: &dyn Locks) -> Result<bool> {
    if locks.try_lock(lock::HEAP)? {
        return Ok(true);
    }
    let grace = GRACE_LEFT_US.get();
    let began = os::monotonic_us();
    let taken = poll(locks, began + LOCK_DEADLINE_US + grace)?;
    let beyond = (os::monotonic_us() - began).saturating_sub(LOCK_DEADLINE_US);
    GRACE_LEFT_US.set(grace.saturating_sub(beyond));
    Ok(taken)
}

/// Tries the lock until that time, first between yields, then between naps: a file lock has no wait with a deadline.
fn poll(locks: &dyn Locks, until: u64) -> Result<bool> {
    let mut nap = 20;
    for round in 0u32.. {
        if locks.try_lock(lock::HEAP)? {
            return Ok(true);
        }
        if os::monotonic_us() >= until {
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
