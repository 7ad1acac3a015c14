//! The value of a shared gauge, in three cells: the value, the value when it was sealed, and whether it was ever set. A
//! process that copies a segment first seals it, so that no update is made after the copy, however long its thread was
//! stopped.

use crate::sync::{AtomicU64, Ordering};

/// Cells of a value.
pub const CELLS: usize = 3;
/// What a sealed value's first cell holds: a NaN that no arithmetic makes.
pub(crate) const SEALED: u64 = 0x7ff4_5345_414c_4544;

/// In the last cell: the value was set, not only added to.
const SET: u64 = 1;
/// In the last cell, too: the sealed value was taken to another segment.
const TAKEN: u64 = 2;

/// Changes the value, which other writers may change at the same time; what it became, or `None` if it is sealed.
pub fn change([value, ..]: &[AtomicU64; CELLS], change: impl Fn(f64) -> f64) -> Option<f64> {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        let next = change(f64::from_bits(seen));
        let bits = if next.is_nan() { f64::NAN.to_bits() } else { next.to_bits() };
        // A try fails only if another writer's succeeded, or if the value was sealed.
        match value.compare_exchange(seen, bits, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(next),
            Err(now) => seen = now,
        }
    }
    None
}

/// Replaces the value; `false` if it is sealed.
pub fn set(cells: &[AtomicU64; CELLS], by: f64) -> bool {
    let [value, _, how] = cells;
    // The mark is stored before the value, so that a value that is taken has its mark.
    if value.load(Ordering::Acquire) != SEALED {
        how.fetch_or(SET, Ordering::AcqRel);
    }
    change(cells, |_| by).is_some()
}

/// Takes a sealed value away; only the first caller gets it: the value, and whether it was ever set.
pub fn take(cells: &[AtomicU64; CELLS]) -> Option<(f64, bool)> {
    let [value, _, how] = cells;
    if value.load(Ordering::Acquire) != SEALED {
        return None;
    }
    let before = how.fetch_or(TAKEN, Ordering::AcqRel);
    (before & TAKEN == 0).then(|| (get(cells), before & SET != 0))
}

/// The value, sealed or not.
pub fn get([value, kept, _]: &[AtomicU64; CELLS]) -> f64 {
    match value.load(Ordering::Acquire) {
        SEALED => f64::from_bits(kept.load(Ordering::Acquire)),
        bits => f64::from_bits(bits),
    }
}

/// Seals the value, which cannot be changed any more. It is kept in the second cell first, so that it is not lost if
/// the caller dies. One caller at a time.
pub fn seal([value, kept, _]: &[AtomicU64; CELLS]) {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        // SYNC POINT: a thread that finds it sealed finds the kept value.
        kept.store(seen, Ordering::Release);
        kill_point!("shared.kept");
        match value.compare_exchange(seen, SEALED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Unseals the value.
pub fn unseal(cells: &[AtomicU64; CELLS]) {
    let [value, _, how] = cells;
    if value.load(Ordering::Acquire) == SEALED {
        how.fetch_and(!TAKEN, Ordering::AcqRel);
        value.store(get(cells).to_bits(), Ordering::Release);
    }
}
