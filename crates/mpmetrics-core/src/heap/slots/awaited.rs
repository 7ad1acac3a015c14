//! Slots of a copy whose owners still have to follow from the old segment.

use crate::error::Result;
use crate::heap::memory::table::SLOTS;
use crate::layout::{header, slot as slt, Words};
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
