//! Several numbers that a reader never sees half-updated: histograms and summaries.
//!
//! The protocol, for cells `first, middle…, last`: the writer stores the next number to `last`, changes the middle, and
//! stores the same number to `first`. A reader reads `first`, the middle, `last`, in this order. If it finds `first`
//! and `last` equal, then the update with that number was complete before the reader read `first`, and no other update
//! had begun before it read `last`.
//!
//! Why no other protocol: a single version word, which the writer changes and the reader reads both before and after
//! the cells, lets far fewer reads succeed against a busy writer. With a lock, a stopped process could keep all others
//! waiting.

use super::scalar;
use crate::sync::{fence, AtomicU64, Ordering};

fn split(cells: &[AtomicU64]) -> Option<(&AtomicU64, &[AtomicU64], &AtomicU64)> {
    let (first, rest) = cells.split_first()?;
    let (last, middle) = rest.split_last()?;
    Some((first, middle, last))
}

/// Changes the middle cells as one update. For the cells' only writer.
#[inline]
pub fn update(cells: &[AtomicU64], change: impl FnOnce(&[AtomicU64])) {
    if let Some((first, middle, last)) = split(cells) {
        let next = (scalar::get(first) + 1.0).to_bits();
        last.store(next, Ordering::Relaxed);
        // Pairs with the fence in `read`: a reader that sees a change of the middle sees the number in `last`.
        fence(Ordering::Release);
        change(middle);
        // Pairs with the load of `first` in `read`: a reader that sees this number sees the whole change.
        first.store(next, Ordering::Release);
    }
}

/// Reads the middle cells once. Returns whether they belong together: whether no update was under way.
#[inline]
pub fn read(cells: &[AtomicU64], middle: &mut Vec<f64>) -> bool {
    middle.clear();
    let Some((first, inner, last)) = split(cells) else {
        return true;
    };
    // Pairs with the store to `first` in `update`.
    let before = first.load(Ordering::Acquire);
    middle.extend(inner.iter().map(scalar::get));
    // Pairs with the fence in `update`.
    fence(Ordering::Acquire);
    last.load(Ordering::Relaxed) == before
}

/// Returns the index of a value's bucket: the index of the first bound that is not below the value (`bounds` may be in
/// any order), or `bounds.len()` if the value is above all bounds.
#[inline]
#[must_use]
pub fn bucket(bounds: &[f64], value: f64) -> usize {
    bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
}

/// Counts a value in a bucket and in the sum, `times` times at once.
#[inline]
pub fn observe(cells: &[AtomicU64], bucket: usize, value: f64, times: f64) {
    update(cells, |middle| {
        if let (Some(count), Some(sum)) = (middle.get(bucket), middle.last()) {
            scalar::add(count, times);
            scalar::add(sum, value * times);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    fn cells(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn counts_in_the_first_bound_that_fits() {
        let cells = cells(6);
        for value in [1.0, 5.0, 0.5, 7.0] {
            observe(&cells, bucket(&[5.0, 1.0], value), value, 1.0);
        }
        let mut middle = Vec::new();
        assert!(read(&cells, &mut middle));
        assert_eq!(middle, [3.0, 0.0, 1.0, 13.5]);
    }

    /// Reads with `read` while a writer updates at full speed. Returns how many reads `read` accepted, and how many of
    /// these were torn.
    fn race(read: impl Fn(&[AtomicU64], &mut Vec<f64>) -> bool) -> (u64, u64) {
        let (cells, stop) = (cells(5), AtomicBool::new(false));
        let (mut torn, mut whole) = (0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    observe(&cells, 0, 1.0, 1.0);
                }
            });
            let mut middle = Vec::new();
            let until = std::time::Instant::now() + std::time::Duration::from_millis(400);
            while std::time::Instant::now() < until {
                if read(&cells, &mut middle) {
                    whole += 1;
                    torn += u64::from(middle[0] + middle[1] != middle[2]);
                }
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        (whole, torn)
    }

    #[test]
    fn a_read_is_never_torn_and_one_that_ignores_the_sequence_is() {
        let (whole, torn) = race(read);
        assert!(whole > 0, "no read was accepted");
        assert_eq!(torn, 0);
        let careless = |cells: &[AtomicU64], middle: &mut Vec<f64>| {
            read(cells, middle);
            true
        };
        // Several tries: on a busy machine, reader and writer may run in turn on one processor, and no read is torn.
        let torn = (0..100).any(|_| race(careless).1 > 0);
        assert!(torn, "the control must see torn reads, or the test above shows nothing");
    }
}
