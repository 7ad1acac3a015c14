//! Generation words: one for the place of each series.
//!
//! A generation is odd while the series lives, even while it does not, and only grows. A handle or block with another
//! generation than the word's is stale.

use crate::error::Result;
use crate::heap::memory::table::GENERATIONS;
use crate::layout::Words;
use crate::sync::Ordering;

/// The word and the shift of a series' generation.
fn generation_at(words: Words<'_>, id: u32) -> Result<(u64, u32)> {
    Ok((GENERATIONS.find(words, id / 2)?, id % 2 * 32))
}

/// The generation of a series' place.
pub fn of(words: Words<'_>, id: u32) -> Result<u32> {
    let (at, shift) = generation_at(words, id)?;
    Ok((words.load(at)? >> shift) as u32)
}

/// Adds one to a generation, if it still is the given one. SYNC POINT with the comparison of every handle before its
/// store, and with scrapes.
pub fn advance(words: Words<'_>, id: u32, from: u32) -> Result<bool> {
    let (at, shift) = generation_at(words, id)?;
    let word = words.at(at)?;
    let mut seen = word.load(Ordering::Acquire);
    loop {
        if (seen >> shift) as u32 != from {
            return Ok(false);
        }
        let next = seen & !(0xffff_ffff << shift) | u64::from(from.wrapping_add(1)) << shift;
        match word.compare_exchange(seen, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Ok(true),
            Err(now) => seen = now,
        }
    }
}

/// Whether a series lives.
pub fn lives(generation: u32) -> bool {
    generation % 2 == 1
}
