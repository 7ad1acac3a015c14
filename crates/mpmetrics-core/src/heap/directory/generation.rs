//! Generation words: each has the generations of two places of series.
//!
//! A generation is odd while a series lives in the place, and even otherwise; it only grows. A handle or block is stale
//! if its generation is not the one in the word.

use crate::error::Result;
use crate::heap::memory::table::GENERATIONS;
use crate::layout::{GenerationPair, Words};
use crate::sync::Ordering;

/// The generation of a series' place.
pub fn of(words: Words<'_>, id: u32) -> Result<u32> {
    Ok(GenerationPair(words.load(GENERATIONS.find(words, id / 2)?)?).of(id))
}

/// Adds one to a place's generation if it still is `from`; returns whether it was. SYNC POINT with the comparison that
/// every handle makes before it stores, and with scrapes.
pub fn advance(words: Words<'_>, id: u32, from: u32) -> Result<bool> {
    let word = words.at(GENERATIONS.find(words, id / 2)?)?;
    let mut seen = word.load(Ordering::Acquire);
    loop {
        if GenerationPair(seen).of(id) != from {
            return Ok(false);
        }
        let next = GenerationPair(seen).with(id, from.wrapping_add(1)).0;
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
