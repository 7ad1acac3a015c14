//! The value that all writers change, in two cells: the value, and what it was when it was sealed. Who copies a
//! segment seals it first, so that no update is made behind the copy, however long its thread was stopped for.

use crate::sync::{AtomicU64, Ordering};

/// Cells of a value.
pub const CELLS: usize = 2;
/// What a sealed value's first cell holds: a NaN that no arithmetic makes.
pub(crate) const SEALED: u64 = 0x7ff4_5345_414c_4544;

/// Changes the value, whoever else does at the same time; what it became, or `None` of a sealed one.
pub fn change([value, _]: &[AtomicU64; CELLS], change: impl Fn(f64) -> f64) -> Option<f64> {
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

/// The value, sealed or not.
pub fn get([value, kept]: &[AtomicU64; CELLS]) -> f64 {
    match value.load(Ordering::Acquire) {
        SEALED => f64::from_bits(kept.load(Ordering::Acquire)),
        bits => f64::from_bits(bits),
    }
}

/// Lets nobody change the value any more. It is kept before it is sealed, so that it is there at whatever point the
/// caller dies. One caller at a time.
pub fn seal([value, kept]: &[AtomicU64; CELLS]) {
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
    let [value, _] = cells;
    if value.load(Ordering::Acquire) == SEALED {
        value.store(get(cells).to_bits(), Ordering::Release);
    }
}
