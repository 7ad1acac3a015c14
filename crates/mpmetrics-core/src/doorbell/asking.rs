//! Scrapes that have rung and not yet read: what others keep as it is until then.
//!
//! Each holds the lock of its ring's byte, which the kernel frees when its process dies. Who ran callbacks for a ring
//! asks for that byte before it changes what the callbacks have computed.

use super::words;
use crate::error::Result;
use crate::heap::Heap;
use crate::layout::lock;
use crate::region::Locks;

/// Rings before the latest one that are asked about, at most.
const KNOWN: u32 = 4096;
/// How often a byte is tried that another ring holds for the moment.
const TRIES: u32 = 64;

/// The scrapes of one process that go on.
#[derive(Default)]
pub(super) struct Asking {
    /// Made at the first ring.
    locks: Option<Box<dyn Locks>>,
    /// Who asks, and which ring is its own.
    rings: Vec<(u64, u32)>,
}

impl Asking {
    /// Rings by `ring`, which returns what the bell then stands at, for a scrape that goes on until it is [`Asking::over`].
    ///
    /// A process that can have no further descriptor rings all the same: its scrape may show what was changed since.
    pub fn ring(&mut self, heap: &Heap, owner: u64, ring: impl FnOnce() -> u32) -> u32 {
        if self.locks.is_none() {
            self.locks = heap.region().holder().ok();
        }
        let next = words::bell(heap).wrapping_add(1);
        // SYNC POINT: held before anybody can hear the ring, who would else find that nobody asks.
        let held = self.hold(next, 1);
        let rung = ring();
        if rung != next && held {
            self.free(next);
        }
        // RACE: of two that ring at the same time one has the other's byte until this moment.
        if rung == next && held || self.hold(rung, TRIES) {
            self.rings.push((owner, rung));
        }
        rung
    }

    /// A scrape has read.
    pub fn over(&mut self, ring: u32) {
        if let Some(index) = self.rings.iter().position(|(_, rung)| *rung == ring) {
            self.rings.swap_remove(index);
            self.free(ring);
        }
    }

    /// All scrapes of an owner are over.
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
            // What cannot be freed is free at the end of this process; others wait for it with a bound.
            let _ = locks.unlock(byte_of(ring));
        }
    }
}

/// Whether a scrape goes on whose ring comes behind `from` and not behind `to`.
///
/// # Errors
/// [`crate::Error::Io`] if the system refuses the question.
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
