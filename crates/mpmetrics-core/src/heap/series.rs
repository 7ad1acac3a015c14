//! Series: a family and a set of labels, a place in the directory, and a generation word.
//!
//! The generation is odd while the series lives and even while its place is free; it only grows.
//! A handle or block that remembers another generation than the word's is stale. Removal is that
//! one store; the rest (index, text, place) is reclaimed under the heap lock, by the remover or,
//! where it did not get the lock, by whoever gets it next.

use super::guard::Locked;
use super::index::{self, Target};
use super::{family, shared, text, GENERATIONS, SERIES};
use crate::collect::labels;
use crate::error::{Error, Refusal, Result};
use crate::layout::{header, series, Words};
use crate::sync::{fence, Ordering};

/// Free places that are kept back, so that a place freed just now is not used at once.
const PLACES_KEPT: u64 = 32;

/// The labels of a series, as text and types (see [`crate::collect::model::LabelSpan`]).
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// `a="1",b="x"`.
    pub text: &'a [u8],
    /// One letter a label, or empty.
    pub types: &'a [u8],
}

impl Labels<'_> {
    pub(super) fn lengths_packed(self) -> u64 {
        self.text.len() as u64 | (self.types.len() as u64) << 32
    }
}

/// Splits the two lengths of a label text.
pub fn lengths(packed: u64) -> (usize, usize) {
    (packed as u32 as usize, (packed >> 32) as usize)
}

/// The word and the shift of a series' generation.
fn generation_at(words: Words<'_>, id: u32) -> Result<(u64, u32)> {
    Ok((GENERATIONS.find(words, id / 2)?, id % 2 * 32))
}

/// The generation of a series' place.
pub fn generation(words: Words<'_>, id: u32) -> Result<u32> {
    let (at, shift) = generation_at(words, id)?;
    Ok((words.load(at)? >> shift) as u32)
}

/// Moves a generation on by one, unless it is not what it was thought to be.
/// SYNC POINT with every handle's comparison before its store, and with scrapes.
pub(super) fn advance(words: Words<'_>, id: u32, from: u32) -> Result<bool> {
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

/// Whether a place is taken, by the reference of its record.
fn taken(words: Words<'_>, at: u64) -> Result<bool> {
    Ok(words.load(at + series::STATE)? as u32 == 1)
}

/// Takes a place or gives it back; what is noted of the generation that expired there stays.
pub fn take(words: Words<'_>, at: u64, taken: bool) -> Result<()> {
    let expired = words.load(at + series::STATE)? >> 32;
    words.store(at + series::STATE, expired << 32 | u64::from(taken))
}

/// Hash of a family and a set of labels, independent of the labels' order.
pub fn hash(locked: &Locked<'_>, family: u32, given: Labels<'_>) -> u64 {
    let (k0, k1) = locked.heap().hash_key();
    labels::identity_hash(given.text, given.types, (k0 ^ u64::from(family), k1))
}

/// Finds a living series.
pub fn find(locked: &Locked<'_>, family: u32, hash: u64, given: Labels<'_>) -> Result<Option<u32>> {
    let words = locked.words();
    let mut stored = Vec::new();
    let found = index::find(words, hash, |target| match target {
        Target::Family(_) => Ok(false),
        Target::Series(id) => {
            let at = SERIES.find(words, id)?;
            if words.load(at + series::HASH)? != hash
                || words.load(at + series::FAMILY)? != u64::from(family)
                || !lives(generation(words, id)?)
            {
                return Ok(false);
            }
            stored.clear();
            let (text, types) = lengths(words.load(at + series::LENGTHS)?);
            let length = text.saturating_add(types);
            text::append(words, words.load(at + series::TEXT)?, length, &mut stored)?;
            let (text, types) = stored.split_at(text.min(stored.len()));
            Ok((text == given.text && types == given.types)
                || labels::same_set((text, types), (given.text, given.types)))
        }
    })?;
    Ok(found.map(|target| match target {
        Target::Series(id) | Target::Family(id) => id,
    }))
}

/// Refuses a label value that is longer than the segment allows.
pub fn check_values(words: Words<'_>, given: Labels<'_>) -> Result<()> {
    let limit = words.header(header::LIMIT_LABEL_BYTES);
    if limit == 0 || given.text.len() as u64 <= limit {
        return Ok(());
    }
    let too_long = labels::pairs(given.text, given.types)
        .flatten()
        .any(|pair| labels::unescape(pair.escaped).len() as u64 > limit);
    if too_long {
        return Err(Error::Quota { refusal: Refusal::LabelValue, limit });
    }
    Ok(())
}

/// Makes a series that is not there yet.
pub fn create(locked: &Locked<'_>, family: u32, hash: u64, given: Labels<'_>) -> Result<u32> {
    let words = locked.words();
    let limit = words.header(header::LIMIT_SERIES);
    if words.header(header::LIVE_SERIES) >= limit {
        return Err(Error::Quota { refusal: Refusal::Series, limit });
    }
    let limit = words.header(header::LIMIT_FAMILY_SERIES);
    let family_at = super::FAMILIES.find(words, family)?;
    if words.load(family_at + crate::layout::family::SERIES)? >= limit {
        return Err(Error::Quota { refusal: Refusal::FamilySeries, limit });
    }
    check_values(words, given)?;
    index::reserve(locked)?;
    let text = text::store_labels(locked, &[given.text, given.types])?;
    kill_point!("register.text");
    let id = match take_place(locked) {
        Ok(id) => id,
        Err(error) => {
            text::free(locked.words(), text, given.text.len() + given.types.len())?;
            return Err(error);
        }
    };
    kill_point!("register.place");
    let words = locked.words();
    let at = SERIES.find(words, id)?;
    words.store(at + series::HASH, hash)?;
    words.store(at + series::FAMILY, u64::from(family))?;
    words.store(at + series::TEXT, text)?;
    words.store(at + series::LENGTHS, given.lengths_packed())?;
    words.store(at + series::BLOCKS, 0)?;
    words.store(at + series::SHARED, 0)?;
    take(words, at, true)?;
    let generation = generation(words, id)?;
    if lives(generation) {
        return Err(Error::Corrupt { what: "an even generation of a free place", at: at * 8 });
    }
    kill_point!("register.record");
    // SYNC POINT: whoever sees the odd generation sees the record.
    advance(words, id, generation)?;
    kill_point!("register.published");
    index::insert(words, hash, Target::Series(id))?;
    kill_point!("register.indexed");
    words.add_header(header::LIVE_SERIES, 1);
    family::count_series(words, family, 1)?;
    Ok(id)
}

/// A place for a new series: the one that was freed longest ago, or a fresh one.
fn take_place(locked: &Locked<'_>) -> Result<u32> {
    let words = locked.words();
    if words.header(header::FREE_COUNT) > PLACES_KEPT {
        return take_free(words);
    }
    let id = words.header(header::SERIES) as u32;
    let made = SERIES.ensure(locked, id).and_then(|_| GENERATIONS.ensure(locked, id / 2));
    if let Err(error) = made {
        // No memory for a fresh place: one that was kept back serves as well.
        return if words.header(header::FREE_HEAD) != 0 { take_free(words) } else { Err(error) };
    }
    locked.words().set_header(header::SERIES, u64::from(id) + 1);
    Ok(id)
}

fn take_free(words: Words<'_>) -> Result<u32> {
    let id = (words.header(header::FREE_HEAD) as u32).wrapping_sub(1);
    let next = words.load(SERIES.find(words, id)? + series::NEXT_FREE)?;
    words.set_header(header::FREE_HEAD, next);
    if next == 0 {
        words.set_header(header::FREE_TAIL, 0);
    }
    let count = words.header(header::FREE_COUNT);
    words.set_header(header::FREE_COUNT, count.saturating_sub(1));
    Ok(id)
}

/// Puts a place at the end of the queue of free ones.
pub fn push_free(words: Words<'_>, id: u32) -> Result<()> {
    words.store(SERIES.find(words, id)? + series::NEXT_FREE, 0)?;
    let tail = words.header(header::FREE_TAIL) as u32;
    if tail == 0 {
        words.set_header(header::FREE_HEAD, u64::from(id) + 1);
    } else {
        words.store(SERIES.find(words, tail - 1)? + series::NEXT_FREE, u64::from(id) + 1)?;
    }
    words.set_header(header::FREE_TAIL, u64::from(id) + 1);
    words.add_header(header::FREE_COUNT, 1);
    Ok(())
}

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

/// Whether that generation of a series ended by [`expire`].
pub fn expired(words: Words<'_>, id: u32, generation: u32) -> Result<bool> {
    let state = words.load(SERIES.find(words, id)? + series::STATE)?;
    Ok(state >> 32 == u64::from(generation))
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

/// Ends a series' life without reclaiming anything: for who derives everything anew.
pub fn retire(words: Words<'_>, id: u32, generation: u32) -> Result<()> {
    advance(words, id, generation).map(drop)
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
        if !lives(generation(words, id)?) && taken(words, SERIES.find(words, id)?)? {
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

/// Appends the labels of a series to a buffer, text and types; where the types begin. `None` if
/// the series was removed meanwhile.
#[inline]
pub fn read(words: Words<'_>, id: u32, generation: u32, to: &mut Vec<u8>) -> Result<Option<usize>> {
    let at = SERIES.find(words, id)?;
    let start = to.len();
    let (text, types) = lengths(words.load(at + series::LENGTHS)?);
    let length = text.saturating_add(types);
    let whole = text::append(words, words.load(at + series::TEXT)?, length, to);
    // Pairs with `advance`: a text that was given away was read under another generation.
    fence(Ordering::Acquire);
    if self::generation(words, id)? != generation {
        to.truncate(start);
        return Ok(None);
    }
    whole.map(|()| Some(start + text))
}

/// Counts one more block of a series.
pub fn add_block(words: Words<'_>, id: u32) -> Result<()> {
    words.at(SERIES.find(words, id)? + series::BLOCKS)?.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// Counts one block less; a series without any is removed.
pub fn drop_block(locked: &Locked<'_>, id: u32, generation: u32) -> Result<()> {
    let words = locked.words();
    if self::generation(words, id)? != generation {
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
