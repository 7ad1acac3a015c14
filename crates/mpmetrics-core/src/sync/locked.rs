//! 64-bit words for targets without 64-bit atomics: two halves, which change together under a lock.
//!
//! Mutexes in the segment guard the segment's words: the region implements [`Guard`] with them. They are robust,
//! because a holder may be killed, and have a deadline, because a holder may be stopped. One lock of this process
//! guards all words that belong only to this process. Every access takes the lock, so orderings are ignored here.
//!
//! Before the first half of a word is stored, the new value is noted beside the mutex. A process that finds the holder
//! dead stores the noted value. So a death between the stores of the halves leaves no half-changed word.

use super::atomics::{AtomicU32, Ordering};
use std::cell::Cell;
use std::sync::{Arc, PoisonError, RwLock};

/// A word of two halves, in the byte order of the layout.
#[repr(C, align(8))]
pub struct AtomicU64 {
    low: AtomicU32,
    high: AtomicU32,
}

/// The lock of the words of one mapping.
pub trait Guard: Send + Sync {
    /// Runs `work` under the lock of an address. If the lock is not free within a bounded time, runs `work` without the
    /// lock and without a note.
    fn with(&self, address: usize, work: &mut dyn FnMut(Option<&Note<'_>>));
}

/// The words in which a store is noted before it is made.
pub struct Note<'a> {
    /// Number of the word + 1; 0 for none.
    pub word: &'a AtomicU64,
    /// The new value of the word.
    pub value: &'a AtomicU64,
    /// The number of the word that the store changes.
    pub index: u64,
}

struct Range {
    start: usize,
    end: usize,
    guard: Arc<dyn Guard>,
}

/// The mappings of this process. Only mapping and unmapping write here.
static RANGES: RwLock<Vec<Range>> = RwLock::new(Vec::new());
/// The lock of all other words: 1 while it is held.
static PRIVATE: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Whether this thread is inside a guard. The guard's own words are not guarded.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A mapping whose words are guarded until this is dropped.
pub struct Guarded(usize);

/// Guards the words of a mapping.
pub fn guard(start: usize, len: usize, guard: Arc<dyn Guard>) -> Guarded {
    let mut ranges = RANGES.write().unwrap_or_else(PoisonError::into_inner);
    ranges.push(Range { start, end: start + len, guard });
    Guarded(start)
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let mut ranges = RANGES.write().unwrap_or_else(PoisonError::into_inner);
        ranges.retain(|range| range.start != self.0);
    }
}

/// Marks this thread as inside a guard.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(true);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

impl AtomicU64 {
    /// Makes a word with this value.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self { low: AtomicU32::new(value as u32), high: AtomicU32::new((value >> 32) as u32) }
    }

    /// Reads the halves without the lock. Only the holder of the lock knows that they belong together.
    #[must_use]
    pub fn halves(&self) -> u64 {
        // Acquire: pairs with the stores in `put`, for readers that did not get the lock.
        let low = self.low.load(Ordering::Acquire);
        u64::from(self.high.load(Ordering::Acquire)) << 32 | u64::from(low)
    }

    fn put(&self, value: u64) {
        self.high.store((value >> 32) as u32, Ordering::Release);
        self.low.store(value as u32, Ordering::Release);
    }

    fn apply(&self, change: impl Fn(u64) -> Option<u64>, note: Option<&Note<'_>>) -> u64 {
        let seen = self.halves();
        if let Some(value) = change(seen) {
            if let Some(note) = note {
                note.value.put(value);
                note.word.put(note.index + 1);
            }
            self.put(value);
            if let Some(note) = note {
                note.word.put(0);
            }
        }
        seen
    }

    fn update(&self, change: impl Fn(u64) -> Option<u64>) -> u64 {
        if INSIDE.get() {
            return self.apply(change, None);
        }
        let _inside = Inside::enter();
        let mut seen = 0;
        let mut work = |note: Option<&Note<'_>>| seen = self.apply(&change, note);
        let address = core::ptr::from_ref(self).addr();
        let ranges = RANGES.read().unwrap_or_else(PoisonError::into_inner);
        match ranges.iter().rev().find(|range| (range.start..range.end).contains(&address)) {
            Some(range) => range.guard.with(address, &mut work),
            None => privately(&mut work),
        }
        seen
    }

    /// The value.
    pub fn load(&self, _: Ordering) -> u64 {
        self.update(|_| None)
    }

    /// Replaces the value.
    pub fn store(&self, value: u64, _: Ordering) {
        self.update(|_| Some(value));
    }

    /// Replaces the value if it is `current`.
    ///
    /// # Errors
    /// The present value, if it is not `current`.
    pub fn compare_exchange(
        &self,
        current: u64,
        new: u64,
        _: Ordering,
        _: Ordering,
    ) -> Result<u64, u64> {
        let seen = self.update(|seen| (seen == current).then_some(new));
        if seen == current {
            Ok(seen)
        } else {
            Err(seen)
        }
    }

    /// Adds, and returns the previous value.
    pub fn fetch_add(&self, by: u64, _: Ordering) -> u64 {
        self.update(|seen| Some(seen.wrapping_add(by)))
    }

    /// Stores the larger value, and returns the previous one.
    pub fn fetch_max(&self, other: u64, _: Ordering) -> u64 {
        self.update(|seen| Some(seen.max(other)))
    }

    /// Sets bits, and returns the previous value.
    pub fn fetch_or(&self, bits: u64, _: Ordering) -> u64 {
        self.update(|seen| Some(seen | bits))
    }

    /// Keeps only these bits, and returns the previous value.
    pub fn fetch_and(&self, bits: u64, _: Ordering) -> u64 {
        self.update(|seen| Some(seen & bits))
    }

    /// Toggles bits, and returns the previous value.
    pub fn fetch_xor(&self, bits: u64, _: Ordering) -> u64 {
        self.update(|seen| Some(seen ^ bits))
    }
}

impl Default for AtomicU64 {
    fn default() -> Self {
        Self::new(0)
    }
}

impl From<u64> for AtomicU64 {
    fn from(value: u64) -> Self {
        Self::new(value)
    }
}

impl core::fmt::Debug for AtomicU64 {
    fn fmt(&self, to: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.load(Ordering::Relaxed).fmt(to)
    }
}

/// Runs `work` under this process's own lock. The lock needs no deadline, because its holder dies and stops together
/// with all threads that wait for it.
fn privately(work: &mut dyn FnMut(Option<&Note<'_>>)) {
    while PRIVATE.swap(1, Ordering::Acquire) != 0 {
        std::thread::yield_now();
    }
    work(None);
    // Pairs with the swap above.
    PRIVATE.store(0, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};

    const fn twice(n: u64) -> u64 {
        n << 32 | n
    }

    /// Reads a word whose halves are always stored equal. Returns the number of reads with
    /// different halves, in the first round that has any.
    fn torn(patience: Duration, read: impl Fn(&AtomicU64) -> u64) -> u64 {
        let (word, over) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut n = 0;
                while !over.load(Ordering::Relaxed) {
                    n = (n + 1) & 0xffff_ffff;
                    word.store(twice(n), Ordering::Relaxed);
                }
            });
            let mut torn = 0;
            // Both threads have to run at the same time for a while, for which a busy machine may need some time.
            let begun = Instant::now();
            while begun.elapsed() < patience && torn == 0 {
                for _ in 0..1000 {
                    let seen = read(&word);
                    torn += u64::from(seen >> 32 != seen & 0xffff_ffff);
                }
            }
            over.store(true, Ordering::Relaxed);
            torn
        })
    }

    #[test]
    fn halves_belong_together_under_the_lock_and_do_not_without() {
        assert_eq!(torn(Duration::from_secs(1), |word| word.load(Ordering::Relaxed)), 0);
        assert!(
            torn(Duration::from_secs(30), AtomicU64::halves) > 0,
            "else the first assertion shows nothing"
        );
    }

    #[test]
    fn each_operation_has_the_results_of_the_standard_library() {
        use core::sync::atomic::AtomicU64 as Real;
        let (ours, real) = (AtomicU64::new(u64::MAX - 2), Real::new(u64::MAX - 2));
        let order = Ordering::SeqCst;
        assert_eq!(ours.fetch_add(7, order), real.fetch_add(7, order));
        assert_eq!(ours.fetch_max(1 << 40, order), real.fetch_max(1 << 40, order));
        assert_eq!(ours.fetch_or(0xff, order), real.fetch_or(0xff, order));
        assert_eq!(ours.fetch_and(!0xf, order), real.fetch_and(!0xf, order));
        assert_eq!(ours.fetch_xor(3 << 33, order), real.fetch_xor(3 << 33, order));
        for current in [0, real.load(order)] {
            let theirs = real.compare_exchange(current, 5 << 35, order, order);
            assert_eq!(ours.compare_exchange(current, 5 << 35, order, order), theirs);
        }
        assert_eq!(ours.load(order), real.load(order));
        assert_eq!(size_of::<AtomicU64>(), size_of::<Real>());
        assert_eq!(align_of::<AtomicU64>(), 8);
    }
}
