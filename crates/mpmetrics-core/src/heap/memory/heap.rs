//! A heap: the words of a region, and which of its slots live.

use crate::error::Result;
use crate::layout::{header, lock, Words, MAX_SLOTS};
use crate::region::Region;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::sync::Arc;

/// A segment's heap, open for reading, and for writing through [`Heap::writer`].
#[derive(Clone)]
pub struct Heap {
    region: Arc<dyn Region>,
}

impl Heap {
    /// Returns the heap in a region that has been checked.
    pub(in crate::heap) fn over(region: Arc<dyn Region>) -> Self {
        Self { region }
    }

    /// Returns the words that have memory now.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words(self.region.words())
    }

    /// Returns whether the segment is marked as removed.
    #[must_use]
    pub fn retired(&self) -> bool {
        self.words().header(header::RETIRED) != 0
    }

    /// Returns for each slot whether it lives: whether its writer holds the lock of the slot's byte.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system does not tell which bytes are locked.
    pub fn living(&self) -> Result<Vec<bool>> {
        let slots = self.words().header(header::SLOTS).min(u64::from(MAX_SLOTS));
        let mut living = vec![false; slots as usize];
        let mut from = lock::SLOTS;
        while let Some(byte) = self.region.first_locked(from, lock::SLOTS + slots)? {
            if let Some(slot) = living.get_mut(byte.saturating_sub(lock::SLOTS) as usize) {
                *slot = true;
            }
            from = byte.max(from) + 1;
        }
        Ok(living)
    }

    /// Returns a number that identifies this segment and all of its copies, and no other segment.
    #[must_use]
    pub fn origin(&self) -> u64 {
        origin_of(self.words())
    }

    pub(crate) fn region(&self) -> &dyn Region {
        &*self.region
    }

    pub(in crate::heap) fn hash_key(&self) -> (u64, u64) {
        hash_key_of(self.words())
    }
}

/// Returns [`Heap::origin`] of the heap with these words.
#[must_use]
pub fn origin_of(words: Words<'_>) -> u64 {
    let (k0, k1) = hash_key_of(words);
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(b"origin");
    hasher.finish()
}

fn hash_key_of(words: Words<'_>) -> (u64, u64) {
    (words.header(header::HASH_KEY), words.header(header::HASH_KEY + 1))
}
