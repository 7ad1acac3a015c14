//! A turn with the heap lock: the items that a writer handles before it releases the lock for other writers.

use crate::os;
use std::iter::Peekable;

/// Microseconds for which a writer keeps the heap lock for further items, while other writers may wait for it.
pub const KEPT_US: u64 = 200;

/// An iterator over the items of one turn: the first two, and further items until [`KEPT_US`] after the second.
pub struct Turn<I: Iterator> {
    items: Peekable<I>,
    begun: bool,
    until: Option<u64>,
}

impl<I: Iterator> Turn<I> {
    pub fn new(items: impl IntoIterator<IntoIter = I>) -> Self {
        Self { items: items.into_iter().peekable(), begun: false, until: None }
    }
}

impl<I: Iterator> Iterator for Turn<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        // Does not read the clock for a single item.
        if self.begun && self.items.peek().is_some() {
            let now = os::monotonic_us();
            if now >= *self.until.get_or_insert(now.saturating_add(KEPT_US)) {
                return None;
            }
        }
        self.begun = true;
        self.items.next()
    }
}
