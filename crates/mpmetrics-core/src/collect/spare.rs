//! Buffers that one scrape leaves to the next one on its thread. Allocating them anew costs a page
//! fault for every 4 KiB, which is a fifth of the time that a scrape of 10,000 series takes.

use super::gather::Place;
use super::model::{Series, Snapshot};
use super::part::Part;
use std::cell::RefCell;

/// Most bytes of one buffer that are kept.
const KEPT: usize = 1 << 20;

/// Buffers of a scrape, empty.
#[derive(Default)]
pub(super) struct Spare {
    pub places: Vec<Place>,
    pub parts: Vec<Part>,
    pub cells: Vec<f64>,
    pub text: Vec<u8>,
    pub series: Vec<Series>,
}

thread_local! {
    static SPARE: RefCell<Spare> = RefCell::default();
}

/// Takes what the last scrape left.
pub(super) fn take() -> Spare {
    SPARE.with_borrow_mut(std::mem::take)
}

/// Leaves the buffers of the walk to the next one.
pub(super) fn leave(mut places: Vec<Place>, mut parts: Vec<Part>) {
    SPARE.with_borrow_mut(|spare| {
        keep(&mut places, &mut spare.places);
        keep(&mut parts, &mut spare.parts);
    });
}

/// Leaves the buffers of a snapshot that was printed to the next scrape of this thread.
pub fn recycle(mut snapshot: Snapshot) {
    SPARE.with_borrow_mut(|spare| {
        keep(&mut snapshot.cells, &mut spare.cells);
        keep(&mut snapshot.text, &mut spare.text);
        for family in &mut snapshot.families {
            keep(&mut family.series, &mut spare.series);
        }
    });
}

/// Keeps the larger of two buffers, if it is not too large.
fn keep<T>(from: &mut Vec<T>, to: &mut Vec<T>) {
    if from.capacity() > to.capacity() && from.capacity() * size_of::<T>() <= KEPT {
        from.clear();
        std::mem::swap(from, to);
    }
}
