//! Scrapes that have rung and have not read the heap yet. Other processes keep resets back until these scrapes have
//! read.
//!
//! Each such scrape holds the lock of its ring's byte, which the kernel frees when the scrape's process dies. A process
//! that ran callbacks for a ring checks the lock of that byte before it resets values that the callbacks set.

use super::words;
use crate::error::Result;
use crate::heap::Heap;
use crate::layout::lock;
use crate::region::Locks;

/// Largest number of rings whose bytes [`goes_on`] checks, from the latest ring back.
const KNOWN: u32 = 4096;
/// Number of attempts to lock a byte that another ring holds for a moment.
const TRIES: u32 = 64;

/// The scrapes of one process that are under way.
#[derive(Default)]
pub(super) struct Asking {
    /// The holder of the rings' locks. It is made at the first ring.
    locks: Option<Box<dyn Locks>>,
    /// For each scrape, the isolate that scrapes and the number of its ring.
    rings: Vec<(u64, u32)>,
}

impl Asking {
    /// Rings for a scrape, and holds the lock of the ring's byte until [`Asking::over`]. The function `ring` rings and
    /// returns the new value of the bell.
    ///
    /// A process that has no file descriptor left rings without the lock. Then other processes do not keep resets back,
    /// and the scrape may show values after a reset.
    pub fn ring(&mut self, heap: &Heap, owner: u64, ring: impl FnOnce() -> u32) -> u32 {
        if self.locks.is_none() {
            self.locks = heap.region().holder().ok();
        }
        let next = words::bell(heap).wrapping_add(1);
        // SYNC POINT: the lock is held before any process can see the ring, so none finds the ring's byte free. Only if
        // two processes ring at the same time (see below) may a byte be free for a moment after its ring.
        let held = self.hold(next, 1);
        let rung = ring();
        if rung != next && held {
            self.free(next);
        }
        // RACE: two processes that ring at the same time expect the same number, and try to lock the same byte. Only
        // one of them gets that number, but the other one may hold the byte, and frees it only after it has rung. So
        // the process that got the number may have to try again.
        if rung == next && held || self.hold(rung, TRIES) {
            self.rings.push((owner, rung));
        }
        rung
    }

    /// Frees the byte of a ring whose scrape has read.
    pub fn over(&mut self, ring: u32) {
        if let Some(index) = self.rings.iter().position(|(_, rung)| *rung == ring) {
            self.rings.swap_remove(index);
            self.free(ring);
        }
    }

    /// Frees the bytes of all rings of an isolate.
    pub fn forget(&mut self, owner: u64) {
        let of = |(who, ring): &(u64, u32)| (*who == owner).then_some(*ring);
        for ring in self.rings.iter().filter_map(of).collect::<Vec<_>>() {
            self.over(ring);
        }
    }

    fn hold(&self, ring: u32, tries: u32) -> bool {
        let Some(locks) = &self.locks else {
            return false;
        };
        (0..tries).any(|attempt| {
            if attempt > 0 {
                std::thread::yield_now();
            }
            locks.try_lock(byte_of(ring)).unwrap_or(false)
        })
    }

    fn free(&self, ring: u32) {
        if let Some(locks) = &self.locks {
            // A byte that cannot be freed here is freed when this process ends; other processes wait for a limited
            // time.
            let _ = locks.unlock(byte_of(ring));
        }
    }
}

/// Whether a scrape is under way whose ring comes after `from` and not after `to`.
///
/// # Errors
/// [`crate::Error::Io`] if the system refuses the call.
pub(super) fn goes_on(heap: &Heap, from: u32, to: u32) -> Result<bool> {
    let rings = to.wrapping_sub(from).min(KNOWN);
    if rings == 0 {
        return Ok(false);
    }
    let (first, last) = (byte_of(to.wrapping_sub(rings - 1)), byte_of(to));
    let region = heap.region();
    if first <= last {
        return Ok(region.first_locked(first, last + 1)?.is_some());
    }
    let end = lock::ASKERS + u64::from(lock::RINGS);
    Ok(region.first_locked(first, end)?.is_some()
        || region.first_locked(lock::ASKERS, last + 1)?.is_some())
}

fn byte_of(ring: u32) -> u64 {
    lock::ASKERS + u64::from(ring % lock::RINGS)
}
