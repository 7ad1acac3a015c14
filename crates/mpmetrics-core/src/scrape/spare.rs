//! Buffers that a scrape leaves for the next scrape of its process. Allocating them again costs a page
//! fault for every 4 KiB, which is a fifth of the time that a scrape takes.

use super::part::{Known, Part};
use super::snapshot::{Series, Snapshot};
use std::sync::Mutex;

/// Number of bytes of the largest buffer that is kept: that of some 100,000 series.
const KEPT: usize = 8 << 20;

/// Empty buffers for a scrape.
#[derive(Default)]
pub(super) struct Spare {
    pub known: Vec<Known>,
    pub parts: Vec<Part>,
    pub cells: Vec<f64>,
    pub text: Vec<u8>,
    pub series: Vec<Series>,
}

/// One set for all threads: scrapes at the same time are rare, and none waits here for another.
static SPARE: Mutex<Spare> = Mutex::new(Spare {
    known: Vec::new(),
    parts: Vec::new(),
    cells: Vec::new(),
    text: Vec::new(),
    series: Vec::new(),
});

/// Takes the buffers that the last scrape left.
pub(super) fn take() -> Spare {
    SPARE.try_lock().map(|mut spare| std::mem::take(&mut *spare)).unwrap_or_default()
}

/// Leaves the buffers of a walk for the next one.
pub(super) fn leave(mut known: Vec<Known>, mut parts: Vec<Part>) {
    if let Ok(mut spare) = SPARE.try_lock() {
        keep(&mut known, &mut spare.known);
        keep(&mut parts, &mut spare.parts);
    }
}

/// Leaves the buffers of a printed snapshot for the next scrape of this process.
pub fn recycle(mut snapshot: Snapshot) {
    if let Ok(mut spare) = SPARE.try_lock() {
        keep(&mut snapshot.cells, &mut spare.cells);
        keep(&mut snapshot.text, &mut spare.text);
        for family in &mut snapshot.families {
            keep(&mut family.series, &mut spare.series);
        }
    }
}

/// Keeps the larger of two buffers, if it is not too large.
fn keep<T>(from: &mut Vec<T>, to: &mut Vec<T>) {
    if from.capacity() > to.capacity() && from.capacity() * size_of::<T>() <= KEPT {
        from.clear();
        std::mem::swap(from, to);
    }
}
