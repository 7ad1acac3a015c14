//! Slots of a copy whose owners still have to follow from the old segment.

use crate::error::Result;
use crate::heap::memory::heap::Heap;
use crate::heap::memory::table::SLOTS;
use crate::layout::{header, slot as slt, Words, MAX_SLOTS};
use crate::os;

/// Milliseconds after which a slot in a copy is not awaited any longer: its owner was stopped, or its event loop was
/// blocked, for that time. The owner's updates in the old file since the copy are lost then.
const AWAITED_MS: u64 = 60 * 60 * 1000;

/// Returns whether a slot's owner still has to follow from another segment.
pub fn is_awaited(words: Words<'_>, id: u32) -> Result<bool> {
    let at = SLOTS.find(words, id)?;
    let made = words.header(header::MADE);
    Ok(words.load(at + slt::AWAITED)? != 0 && os::unix_ms().saturating_sub(made) < AWAITED_MS)
}

impl Heap {
    /// Returns for each slot whether its writer lives: in this segment, or in the one of which this is a copy, from
    /// which it still has to follow.
    ///
    /// # Errors
    /// As [`Heap::living`]; [`crate::Error::Corrupt`] if a slot has no record.
    pub fn present(&self) -> Result<Vec<bool>> {
        // Read before the locks: a writer that follows locks its byte first, and then it is no longer awaited.
        let slots = self.words().header(header::SLOTS).min(u64::from(MAX_SLOTS)) as u32;
        let awaited: Vec<_> =
            (0..slots).map(|slot| is_awaited(self.words(), slot)).collect::<Result<_>>()?;
        let mut present = self.living()?;
        present.iter_mut().zip(awaited).for_each(|(present, awaited)| *present |= awaited);
        Ok(present)
    }
}
