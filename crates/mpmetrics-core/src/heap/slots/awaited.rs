//! Slots of a copy whose owners are still to come from the segment that it is of.

use crate::error::Result;
use crate::heap::memory::table::SLOTS;
use crate::layout::{header, slot as slt, Words};
use crate::os;

/// Milliseconds after which a slot in a copy is awaited no longer: its owner has been stopped, or has run
/// without a pause, for as long. What it counted in the old file since is lost then.
const AWAITED_MS: u64 = 60 * 60 * 1000;

/// Whether a slot's owner is to come from another segment.
pub fn is_awaited(words: Words<'_>, id: u32) -> Result<bool> {
    let at = SLOTS.find(words, id)?;
    let made = words.header(header::MADE);
    Ok(words.load(at + slt::AWAITED)? != 0 && os::unix_ms().saturating_sub(made) < AWAITED_MS)
}
