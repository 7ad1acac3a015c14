//! The value of a shared gauge, in three cells: the value, the value when it was sealed, and a cell with two marks (the
//! value was ever set; the sealed value was taken). A process that copies a segment first seals the values in it, so
//! that no update changes them after the copy, not even an update whose thread was stopped in the middle.

use crate::sync::{AtomicU64, Ordering};

/// Number of cells of a value.
pub const CELLS: usize = 3;
/// The first cell of a sealed value: a NaN that no arithmetic makes.
pub(crate) const SEALED: u64 = 0x7ff4_5345_414c_4544;

/// Mark in the last cell: the value was set, not only added to.
const SET: u64 = 1;
/// Mark in the last cell: the sealed value was taken to another segment.
const TAKEN: u64 = 2;

/// Changes the value, which other writers may change at the same time. Returns the new value, or `None` if the value is
/// sealed.
pub fn change([value, ..]: &[AtomicU64; CELLS], change: impl Fn(f64) -> f64) -> Option<f64> {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        let next = change(f64::from_bits(seen));
        let bits = if next.is_nan() { f64::NAN.to_bits() } else { next.to_bits() };
        // A compare-exchange fails only if that of another writer succeeded, or if the value was sealed.
        match value.compare_exchange(seen, bits, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(next),
            Err(now) => seen = now,
        }
    }
    None
}

/// Replaces the value. Returns `false` if the value is sealed.
pub fn set(cells: &[AtomicU64; CELLS], by: f64) -> bool {
    let [value, _, how] = cells;
    // The mark is stored before the value, so that `take` finds the mark of every value that was set.
    if value.load(Ordering::Acquire) != SEALED {
        how.fetch_or(SET, Ordering::AcqRel);
    }
    change(cells, |_| by).is_some()
}

/// Takes a sealed value, to move it to another segment. The first caller gets the value, and whether it was ever set.
/// All later callers get `None`. So does every caller while the value is not sealed.
pub fn take(cells: &[AtomicU64; CELLS]) -> Option<(f64, bool)> {
    let [value, _, how] = cells;
    if value.load(Ordering::Acquire) != SEALED {
        return None;
    }
    let before = how.fetch_or(TAKEN, Ordering::AcqRel);
    (before & TAKEN == 0).then(|| (get(cells), before & SET != 0))
}

/// Whether the value is sealed.
pub fn sealed([value, ..]: &[AtomicU64; CELLS]) -> bool {
    value.load(Ordering::Acquire) == SEALED
}

/// Notes that the sealed value was taken to another segment, so that [`take`] returns it to no caller.
pub fn give([.., how]: &[AtomicU64; CELLS]) {
    how.fetch_or(TAKEN, Ordering::AcqRel);
}

/// Returns the value, sealed or not.
pub fn get([value, kept, _]: &[AtomicU64; CELLS]) -> f64 {
    match value.load(Ordering::Acquire) {
        SEALED => f64::from_bits(kept.load(Ordering::Acquire)),
        bits => f64::from_bits(bits),
    }
}

/// Seals the value, so that no update changes it any more. First stores it in the second cell, so that it is not lost
/// if the caller dies. To be called by one thread at a time.
pub fn seal([value, kept, _]: &[AtomicU64; CELLS]) {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        // SYNC POINT: a thread that reads `SEALED` in the first cell finds the value in the second cell.
        kept.store(seen, Ordering::Release);
        kill_point!("shared.kept");
        match value.compare_exchange(seen, SEALED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Unseals the value, so that updates change it again.
pub fn unseal(cells: &[AtomicU64; CELLS]) {
    let [value, _, how] = cells;
    if value.load(Ordering::Acquire) == SEALED {
        how.fetch_and(!TAKEN, Ordering::AcqRel);
        value.store(get(cells).to_bits(), Ordering::Release);
    }
}
