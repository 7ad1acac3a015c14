//! Checked access to the words of a heap.

use crate::error::{Error, Result};
use crate::sync::{AtomicU64, Ordering};

/// The words of a heap that have memory. Every access is checked.
#[derive(Clone, Copy)]
pub struct Words<'a>(pub &'a [AtomicU64]);

/// Makes the error of an access outside the heap. Not inlined into the accesses, of which a scrape makes millions.
#[cold]
fn outside(what: &'static str, word: u64) -> Error {
    Error::Corrupt { what, at: word.saturating_mul(8) }
}

impl<'a> Words<'a> {
    /// Returns the word at an index.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the index leaves the heap.
    #[inline]
    pub fn at(self, word: u64) -> Result<&'a AtomicU64> {
        match self.0.get(usize::try_from(word).unwrap_or(usize::MAX)) {
            Some(found) => Ok(found),
            None => Err(outside("a reference inside the segment", word)),
        }
    }

    /// Returns `len` words from an index on.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the range leaves the heap.
    #[inline]
    pub fn run(self, word: u64, len: u64) -> Result<&'a [AtomicU64]> {
        let end = word.checked_add(len).and_then(|end| usize::try_from(end).ok());
        match end.and_then(|end| self.0.get(word as usize..end)) {
            Some(found) => Ok(found),
            None => Err(outside("a range inside the segment", word)),
        }
    }

    /// Returns the value of a header word. Needs no error, because the header always has memory.
    #[inline]
    #[must_use]
    pub fn header(self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Stores a header word.
    #[inline]
    pub fn set_header(self, index: usize, value: u64) {
        if let Some(word) = self.0.get(index) {
            word.store(value, Ordering::Release);
        }
    }

    /// Adds to a header word. Returns the value before.
    #[inline]
    pub fn add_header(self, index: usize, value: u64) -> u64 {
        self.0.get(index).map_or(0, |word| word.fetch_add(value, Ordering::AcqRel))
    }

    /// Loads the word at an index.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the index leaves the heap.
    #[inline]
    pub fn load(self, word: u64) -> Result<u64> {
        Ok(self.at(word)?.load(Ordering::Acquire))
    }

    /// Stores a value to the word at an index. Pairs with [`Words::load`].
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the index leaves the heap.
    #[inline]
    pub fn store(self, word: u64, value: u64) -> Result<()> {
        self.at(word)?.store(value, Ordering::Release);
        Ok(())
    }

    /// Returns the number of words.
    #[must_use]
    pub fn len(self) -> u64 {
        self.0.len() as u64
    }

    /// Returns whether there are no words.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}
