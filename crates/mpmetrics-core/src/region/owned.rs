//! A region in process memory: for tests, model checkers and copies of a segment.

use super::contract::{Locks, Region};
use crate::error::{Error, Result};
use crate::sync::{AtomicU64, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Held = Arc<Mutex<HashMap<u64, u64>>>;

/// Words in this process's memory, and locks between the writers in this process.
pub struct Owned {
    words: Box<[AtomicU64]>,
    backed: AtomicU64,
    held: Held,
    holders: AtomicU64,
}

impl Owned {
    /// Returns an empty region that can grow to this many words.
    #[must_use]
    pub fn new(words: usize) -> Self {
        Self::from_words((0..words).map(|_| AtomicU64::new(0)).collect(), 0)
    }

    /// Returns a region with the words of a copy of a segment, all of them backed.
    #[must_use]
    pub fn copy_of(words: Vec<u64>) -> Self {
        let backed = words.len() as u64;
        Self::from_words(words.into_iter().map(AtomicU64::new).collect(), backed)
    }

    fn from_words(words: Box<[AtomicU64]>, backed: u64) -> Self {
        Self {
            words,
            backed: AtomicU64::new(backed),
            held: Held::default(),
            holders: AtomicU64::new(1),
        }
    }
}

impl Region for Owned {
    fn words(&self) -> &[AtomicU64] {
        let backed = self.backed.load(Ordering::Acquire) as usize;
        self.words.get(..backed).unwrap_or(&self.words)
    }

    fn grow(&self, words: u64) -> Result<()> {
        if words > self.words.len() as u64 {
            return Err(Error::Full { what: "the region cannot grow" });
        }
        self.backed.fetch_max(words, Ordering::AcqRel);
        Ok(())
    }

    fn holder(&self) -> Result<Box<dyn Locks>> {
        let id = self.holders.fetch_add(1, Ordering::AcqRel);
        Ok(Box::new(Holder { id, held: Arc::clone(&self.held) }))
    }

    fn first_locked(&self, from: u64, to: u64) -> Result<Option<u64>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.keys().copied().filter(|byte| (from..to).contains(byte)).min())
    }
}

struct Holder {
    id: u64,
    held: Held,
}

impl Locks for Holder {
    fn try_lock(&self, byte: u64) -> Result<bool> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(*held.entry(byte).or_insert(self.id) == self.id)
    }

    fn unlock(&self, byte: u64) -> Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&byte) == Some(&self.id) {
            held.remove(&byte);
        }
        Ok(())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, holder| *holder != self.id);
    }
}
