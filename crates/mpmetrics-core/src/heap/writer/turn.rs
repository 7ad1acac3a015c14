//! A turn of the heap lock: the work under it before other writers have theirs.

use crate::os;
use std::iter::Peekable;

/// Microseconds for which the heap lock is kept for further items, while other writers wait for it.
pub const KEPT_US: u64 = 200;

/// As many items as there is time for: the first two, and then until the time is over.
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
        // A single item is taken without reading the clock.
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
