//! Series. A series is one label set of a family; it has a record and a generation word.

use super::family;
use super::generation::{self, lives};
use super::index::{self, Target};
use super::label_text::{check_values, lengths, Labels};
use crate::error::{Error, Refusal, Result};
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::{FAMILIES, GENERATIONS, SERIES};
use crate::heap::memory::text;
use crate::labels;
use crate::layout::{family as fam, header, series, BlockKey, SeriesState, Words};
use crate::sync::{fence, Ordering};

/// How many free places are left unused, so that a place is not reused soon after it was freed.
const PLACES_KEPT: u64 = 32;

/// Whether the place of the record at `at` is taken.
pub fn taken(words: Words<'_>, at: u64) -> Result<bool> {
    Ok(SeriesState(words.load(at + series::STATE)?).is_taken())
}

/// Marks the place of the record at `at` as taken or free. The rest of the word, which is the generation that expired
/// there last, is kept.
pub fn take(words: Words<'_>, at: u64, taken: bool) -> Result<()> {
    let state = SeriesState(words.load(at + series::STATE)?);
    words.store(at + series::STATE, state.with_taken(taken).0)
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
                || !lives(generation::of(words, id)?)
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

/// Makes a series. The caller has checked that the family has no such series yet. `most` is the caller's own limit on
/// the family's series, in addition to the segment's.
pub fn create(
    locked: &Locked<'_>,
    family: u32,
    most: u64,
    hash: u64,
    given: Labels<'_>,
) -> Result<u32> {
    let words = locked.words();
    let limit = words.header(header::LIMIT_SERIES);
    if words.header(header::LIVE_SERIES) >= limit {
        return Err(Error::Quota { refusal: Refusal::Series, limit });
    }
    let limit = words.header(header::LIMIT_FAMILY_SERIES).min(most);
    let family_at = FAMILIES.find(words, family)?;
    if words.load(family_at + fam::SERIES)? >= limit {
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
    words.store(at + series::NEXT, words.load(family_at + fam::LATEST)?)?;
    take(words, at, true)?;
    let generation = generation::of(words, id)?;
    if lives(generation) {
        // `what` names what was expected: the generation of a free place is even.
        return Err(Error::Corrupt { what: "an even generation of a free place", at: at * 8 });
    }
    kill_point!("register.record");
    // SYNC POINT: a reader that sees the odd generation sees the record.
    generation::advance(words, id, generation)?;
    kill_point!("register.published");
    index::insert(words, hash, Target::Series(id))?;
    kill_point!("register.indexed");
    words.add_header(header::LIVE_SERIES, 1);
    family::count_series(words, family, 1)?;
    // SYNC POINT with `label_values::of`: a reader that sees this word sees the record and its generation.
    let made = BlockKey { series: id, generation: generation.wrapping_add(1) };
    words.store(family_at + fam::LATEST, made.pack())?;
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
        // There is no memory for a fresh place, so one of the [`PLACES_KEPT`] is reused.
        return if words.header(header::FREE_HEAD) != 0 { take_free(words) } else { Err(error) };
    }
    locked.words().set_header(header::SERIES, u64::from(id) + 1);
    Ok(id)
}

fn take_free(words: Words<'_>) -> Result<u32> {
    let id = (words.header(header::FREE_HEAD) as u32).wrapping_sub(1);
    let next = words.load(SERIES.find(words, id)? + series::NEXT)?;
    words.set_header(header::FREE_HEAD, next);
    if next == 0 {
        words.set_header(header::FREE_TAIL, 0);
    }
    let count = words.header(header::FREE_COUNT);
    words.set_header(header::FREE_COUNT, count.saturating_sub(1));
    Ok(id)
}

/// Appends a place to the queue of free ones.
pub fn push_free(words: Words<'_>, id: u32) -> Result<()> {
    words.store(SERIES.find(words, id)? + series::NEXT, 0)?;
    let tail = words.header(header::FREE_TAIL) as u32;
    if tail == 0 {
        words.set_header(header::FREE_HEAD, u64::from(id) + 1);
    } else {
        words.store(SERIES.find(words, tail - 1)? + series::NEXT, u64::from(id) + 1)?;
    }
    words.set_header(header::FREE_TAIL, u64::from(id) + 1);
    words.add_header(header::FREE_COUNT, 1);
    Ok(())
}

/// Whether this generation of a series ended because the series expired.
pub fn expired(words: Words<'_>, id: u32, generation: u32) -> Result<bool> {
    let state = words.load(SERIES.find(words, id)? + series::STATE)?;
    Ok(SeriesState(state).expired() == generation)
}

/// Appends text and types of a series' labels to a buffer. Returns where the types begin, or `None` if the series was
/// removed meanwhile.
#[inline]
pub fn read(words: Words<'_>, id: u32, generation: u32, to: &mut Vec<u8>) -> Result<Option<usize>> {
    let at = SERIES.find(words, id)?;
    let start = to.len();
    let (text, types) = lengths(words.load(at + series::LENGTHS)?);
    let length = text.saturating_add(types);
    let whole = text::append(words, words.load(at + series::TEXT)?, length, to);
    // Pairs with `advance`: if the text's place was reused, the generation has changed.
    fence(Ordering::Acquire);
    if generation::of(words, id)? != generation {
        to.truncate(start);
        return Ok(None);
    }
    whole.map(|()| Some(start + text))
}

/// Adds one to the number of a series' blocks.
pub fn add_block(words: Words<'_>, id: u32) -> Result<()> {
    words.at(SERIES.find(words, id)? + series::BLOCKS)?.fetch_add(1, Ordering::AcqRel);
    Ok(())
}
