//! Removing series. Removal is one store to the generation word; the rest (index, text, place, a shared gauge's
//! block) is reclaimed under the heap lock, by the remover or, where it did not get the lock, by whoever gets it next.

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
use crate::layout::{header, series, Words};

/// Removes a living series for everybody.
pub fn remove(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    // An even generation is that of a series which somebody removed without the lock meanwhile: moving
    // it on would bring it back to life.
    if lives(generation) && advance(locked.words(), id, generation)? {
        kill_point!("remove.stale");
        locked.words().add_header(header::REMOVED, 1);
        reclaim(locked.words(), id)?;
    }
    Ok(())
}

/// Removes a living series that nobody updates any more. Unlike [`remove`] it leaves a note for whoever
/// updates it at this very moment, see [`expired`].
pub fn expire(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    // SYNC POINT: who finds the generation moved on finds this too, because `advance` releases it.
    let at = SERIES.find(words, id)? + series::STATE;
    words.store(at, words.load(at)? & 0xffff_ffff | u64::from(generation) << 32)?;
    remove(locked, id, generation)
}

/// Removes a living series without the lock: stale at once, reclaimed by the lock's next holder.
pub fn remove_unlocked(words: Words<'_>, id: u32, generation: u32) -> Result<()> {
    // Before the removal too: who dies behind it must not leave it to nobody.
    words.set_header(header::DIRTY, 1);
    kill_point!("remove.dirty");
    if advance(words, id, generation)? {
        kill_point!("remove.unlocked");
        words.add_header(header::REMOVED, 1);
        // SYNC POINT with the next holder, who clears this word before it looks.
        words.set_header(header::DIRTY, 1);
    }
    Ok(())
}

/// Gives back what a removed series had in the directory.
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

/// Takes back a series that has no block, because there was no room for its first one.
pub fn remove_unused(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    if words.load(SERIES.find(words, id)? + series::BLOCKS)? == 0 {
        remove(locked, id, generation)?;
    }
    Ok(())
}

/// Counts one block less; a series without any is removed.
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
