//! One number in one word: counters and gauges.

use crate::sync::{AtomicU64, Ordering};

/// Returns the number in a cell.
#[inline]
#[must_use]
pub fn get(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

/// Replaces the number. For the cell's only writer.
#[inline]
pub fn set(cell: &AtomicU64, value: f64) {
    cell.store(value.to_bits(), Ordering::Relaxed);
}

/// Adds to the number. For the cell's only writer.
#[inline]
pub fn add(cell: &AtomicU64, by: f64) {
    set(cell, get(cell) + by);
}
