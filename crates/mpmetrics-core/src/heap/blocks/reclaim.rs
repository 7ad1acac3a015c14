//! Removes and reclaims series. A removal is one compare-exchange on the generation word. After that, the series' entry
//! in the index, its text, its place and the block of a shared gauge are reclaimed under the heap lock: by the process
//! that removed the series or, if that did not get the lock, by the next holder.

use super::shared;
use crate::error::Result;
use crate::heap::directory::family;
use crate::heap::directory::generation::{self, advance, lives};
use crate::heap::directory::index::{self, Target};
use crate::heap::directory::label_text::lengths;
use crate::heap::directory::series::{push_free, take, taken};
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::SERIES;
use crate::heap::memory::text;
use crate::layout::{header, series, SeriesState, Words};

/// Removes a living series for all processes.
pub fn remove(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    // If the generation is even, another process has removed the series without the lock. To advance the generation
    // once more would make the series live again.
    if lives(generation) && advance(locked.words(), id, generation)? {
        kill_point!("remove.stale");
        locked.words().add_header(header::REMOVED, 1);
        reclaim(locked.words(), id)?;
    }
    Ok(())
}

/// Removes a living series that no process updates any more. Unlike [`remove`] it notes the generation in the series'
/// record, for a process that updates the series at the same moment: see `directory::series::expired`.
pub fn expire(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    // SYNC POINT: a process that sees the next generation sees this note, too, because `advance` is a release store.
    let at = SERIES.find(words, id)? + series::STATE;
    words.store(at, SeriesState(words.load(at)?).with_expired(generation).0)?;
    remove(locked, id, generation)
}

/// Removes a living series without the lock: it is stale at once, and the next holder of the lock reclaims it.
pub fn remove_unlocked(words: Words<'_>, id: u32, generation: u32) -> Result<()> {
    // Set before the removal, too: if the caller dies right after the removal, the series must still be reclaimed.
    words.set_header(header::DIRTY, 1);
    kill_point!("remove.dirty");
    if advance(words, id, generation)? {
        kill_point!("remove.unlocked");
        words.add_header(header::REMOVED, 1);
        // SYNC POINT with the next holder, which clears this word before it reads the generations.
        words.set_header(header::DIRTY, 1);
    }
    Ok(())
}

/// Frees a removed series' entry in the index, its text, the block of a shared gauge, and its place.
fn reclaim(words: Words<'_>, id: u32) -> Result<()> {
    let at = SERIES.find(words, id)?;
    index::remove(words, words.load(at + series::HASH)?, Target::Series(id))?;
    kill_point!("remove.unindexed");
    let (text, types) = lengths(words.load(at + series::LENGTHS)?);
    text::free(words, words.load(at + series::TEXT)?, text.saturating_add(types))?;
    kill_point!("remove.text");
    shared::free(words, id)?;
    let family = words.load(at + series::FAMILY)? as u32;
    take(words, at, false)?;
    family::count_series(words, family, -1)?;
    let live = words.header(header::LIVE_SERIES);
    words.set_header(header::LIVE_SERIES, live.saturating_sub(1));
    push_free(words, id)?;
    kill_point!("remove.free");
    Ok(())
}

/// Reclaims all series that were removed without the lock.
pub fn reclaim_removed(locked: &Locked<'_>) -> Result<()> {
    kill_point!("reclaim.begun");
    let words = locked.words();
    for id in 0..words.header(header::SERIES) as u32 {
        if !lives(generation::of(words, id)?) && taken(words, SERIES.find(words, id)?)? {
            reclaim(words, id)?;
        }
    }
    Ok(())
}

/// Removes a series if it has no block, because there was no room for its first one.
pub fn remove_unused(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    if words.load(SERIES.find(words, id)? + series::BLOCKS)? == 0 {
        remove(locked, id, generation)?;
    }
    Ok(())
}

/// Subtracts one from the number of a series' blocks, and removes the series if that was the last.
pub fn drop_block(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    if generation::of(words, id)? != generation {
        return Ok(());
    }
    let at = SERIES.find(words, id)? + series::BLOCKS;
    let left = words.load(at)?.saturating_sub(1);
    words.store(at, left)?;
    if left == 0 {
        remove(locked, id, generation)?;
    }
    Ok(())
}
