//! The value that all writers change, in three cells: the value, what it was when it was sealed, and whether it was
//! ever set. Who copies a segment seals it first, so that no update is made behind the copy, however long its thread
//! was stopped for.

use crate::sync::{AtomicU64, Ordering};

/// Cells of a value.
pub const CELLS: usize = 3;
/// What a sealed value's first cell holds: a NaN that no arithmetic makes.
pub(crate) const SEALED: u64 = 0x7ff4_5345_414c_4544;

/// In the last cell: the value was set, not only added to.
const SET: u64 = 1;
/// There, too: the sealed value was taken elsewhere.
const TAKEN: u64 = 2;

/// Changes the value, whoever else does at the same time; what it became, or `None` of a sealed one.
pub fn change([value, ..]: &[AtomicU64; CELLS], change: impl Fn(f64) -> f64) -> Option<f64> {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        let next = change(f64::from_bits(seen));
        let bits = if next.is_nan() { f64::NAN.to_bits() } else { next.to_bits() };
        // Each try fails only because another writer's succeeded, or the value was sealed.
        match value.compare_exchange(seen, bits, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(next),
            Err(now) => seen = now,
        }
    }
    None
}

/// Replaces the value; `false` of a sealed one.
pub fn set(cells: &[AtomicU64; CELLS], by: f64) -> bool {
    let [value, _, how] = cells;
    // Marked before: what is taken elsewhere has the mark if it has the value.
    if value.load(Ordering::Acquire) != SEALED {
        how.fetch_or(SET, Ordering::AcqRel);
    }
    change(cells, |_| by).is_some()
}

/// Takes a sealed value away, once, whoever asks: the value, and whether it was ever set.
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

/// Lets nobody change the value any more. It is kept before it is sealed, so that it is there at whatever point the
/// caller dies. One caller at a time.
pub fn seal([value, kept, _]: &[AtomicU64; CELLS]) {
    let mut seen = value.load(Ordering::Acquire);
    while seen != SEALED {
        // SYNC POINT: who finds it sealed finds what was kept.
        kept.store(seen, Ordering::Release);
        kill_point!("shared.kept");
        match value.compare_exchange(seen, SEALED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Lets it be changed again.
pub fn unseal(cells: &[AtomicU64; CELLS]) {
    let [value, _, how] = cells;
    if value.load(Ordering::Acquire) == SEALED {
        how.fetch_and(!TAKEN, Ordering::AcqRel);
        value.store(get(cells).to_bits(), Ordering::Release);
    }
}
