//! The heap lock, its deadline and its intent word.

use super::heap::Heap;
use crate::error::{Error, Result};
use crate::layout::{header, lock, Words};
use crate::os;
use crate::region::Locks;
use std::cell::Cell;

/// How long a thread waits for the heap lock, in microseconds. The kernel frees the lock of a dead holder, but not that
/// of a holder that SIGSTOP, a debugger or a frozen cgroup has stopped. A stopped holder must not block the event loops
/// of all other processes.
pub const LOCK_DEADLINE_US: u64 = 20_000;

/// Microseconds that a thread may wait beyond [`LOCK_DEADLINE_US`], in all its waits together. On a crowded machine a
/// holder may lose its processor for longer than the deadline. With this grace, a process that has just started still
/// gets its series into the heap, where SIGKILL loses none of their updates. A stopped holder costs each thread this
/// time only once.
const GRACE_US: u64 = 250_000;

thread_local! {
    /// The part of [`GRACE_US`] that this thread has not used.
    static GRACE_LEFT_US: Cell<u64> = const { Cell::new(GRACE_US) };
}

/// The heap lock while it is held. Only its holder changes derived words.
pub struct Locked<'a> {
    heap: &'a Heap,
    locks: &'a dyn Locks,
    /// Whether all derived words are consistent when this is dropped.
    whole: bool,
}

impl<'a> Locked<'a> {
    /// Takes the lock within [`LOCK_DEADLINE_US`] and the rest of the thread's grace. Also returns whether the last
    /// holder died in the middle of a change: then derived words must not be trusted before [`Locked::recovered`].
    ///
    /// # Errors
    /// [`Error::Busy`] after the deadline, [`Error::Retired`] unless `wanted` accepts the value of [`header::RETIRED`],
    /// [`Error::Io`] if the system refuses to lock the byte.
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

    /// Notes that all derived words are consistent now, and that they will be when this is dropped.
    pub(in crate::heap) fn recovered(&mut self) {
        self.whole = true;
    }

    /// Returns the words that have memory now. To be called again after any call that may have grown the heap.
    pub fn words(&self) -> Words<'a> {
        self.heap.words()
    }

    /// Returns the heap.
    pub fn heap(&self) -> &'a Heap {
        self.heap
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // A panic, or a recovery that failed, leaves the intent word set: the next holder recovers the heap.
        if self.whole && !std::thread::panicking() {
            self.words().set_header(header::INTENT, 0);
            kill_point!("lock.whole");
        }
        let _ = self.locks.unlock(lock::HEAP);
    }
}

/// Takes the lock if it becomes free before the deadline and the rest of the thread's grace are over. Returns whether
/// it was taken.
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

/// Tries to take the lock until the time `until`. Yields after the first tries and sleeps after later ones, because the
/// kernel has no wait for a file lock with a deadline. Returns whether the lock was taken.
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
