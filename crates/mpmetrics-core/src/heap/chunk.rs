//! Chunks: the buckets of the octaves that a summary's block has met. A block of its own each, chained
//! from the summary's block, of the same key and by the same slot; it goes when that goes.

use super::block;
use super::guard::Locked;
use super::merge::{self, Moving};
use super::slot::Claimed;
use crate::cells::sketch::{self, buckets};
use crate::cells::{scalar, sequence};
use crate::error::{Error, Result};
use crate::layout::{
    block as blk, header, part, summary, BlockHead, BlockKind, ChunkLink, Words, LINK,
};
use crate::octave::{Octave, CELLS, KEPT, OCTAVES};
use crate::sync::{AtomicU64, Ordering};
use std::collections::HashSet;

/// More chunks than a block can have: each octave of both signs is there once. No writer makes more than
/// [`KEPT`] of them, but for those of segments that earlier releases made.
const MOST: usize = 4 * OCTAVES as usize;

/// One chunk.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// Reference of its block.
    pub at: u64,
    /// Its octave.
    pub octave: Octave,
    /// Its buckets, [`CELLS`] for each part.
    pub cells: &'a [AtomicU64],
}

/// Words of a chunk.
pub fn words_of(parts: u32) -> u16 {
    blk::CELLS as u16 + CELLS as u16 * parts as u16
}

/// Parts of a summary's block, by its length.
pub fn parts_of(head: BlockHead) -> u32 {
    (u64::from(head.words).saturating_sub(blk::CELLS + summary::CELLS) / part::WORDS) as u32
}

/// Calls `visit` with every chunk of a summary's block. A chain that leads elsewhere, or back to
/// itself, is corrupt; or the block was given to another series meanwhile.
pub fn for_each<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    visit: impl FnMut(Chunk<'a>) -> Result<()>,
) -> Result<()> {
    for_each_settled(words, at, head, None, visit)
}

/// The same, with a link that somebody died or was stopped in the middle of storing as it will be.
pub fn for_each_settled<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    moving: Option<Moving>,
    mut visit: impl FnMut(Chunk<'a>) -> Result<()>,
) -> Result<()> {
    if head.kind != BlockKind::Summary {
        return Ok(());
    }
    let settled = |at: u64, read: u64| moving.map_or(read, |moving| moving.settled(at, read));
    let key = words.load(at + blk::KEY)?;
    let length = words_of(parts_of(head));
    let first = at + blk::CELLS + summary::CHUNKS;
    let mut next = settled(first, words.load(first)?);
    for _ in 0..MOST {
        if next == 0 {
            return Ok(());
        }
        let corrupt = Error::Corrupt { what: "a chunk of a summary", at: next.saturating_mul(8) };
        let run = words.run(next, u64::from(length))?;
        // Pairs with the store of the head in `publish`.
        let found = BlockHead::unpack(run[blk::HEAD as usize].load(Ordering::Acquire));
        let fits = found.is_ok_and(|found| {
            found.is_some_and(|found| found.kind == BlockKind::Chunk && found.words == length)
        });
        let link = run[LINK as usize].load(Ordering::Acquire);
        let link = ChunkLink::unpack(settled(next + LINK, link));
        let octave = Octave::unpack(link.octave);
        let Some(octave) = octave.filter(|_| fits) else {
            return Err(corrupt);
        };
        if run[blk::KEY as usize].load(Ordering::Acquire) != key {
            return Err(corrupt);
        }
        visit(Chunk { at: next, octave, cells: &run[blk::CELLS as usize..] })?;
        next = link.next;
    }
    Err(Error::Corrupt { what: "the end of a chain of chunks", at: at.saturating_mul(8) })
}

/// The chunk of an octave.
pub fn find<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<Option<Chunk<'a>>> {
    let mut found = None;
    for_each(words, at, head, |chunk| {
        if chunk.octave == octave {
            found = Some(chunk);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The octaves that a block has chunks of.
pub fn octaves(words: Words<'_>, at: u64, head: BlockHead) -> Result<Vec<Octave>> {
    let mut found = Vec::new();
    for_each(words, at, head, |chunk| {
        found.push(chunk.octave);
        Ok(())
    })?;
    Ok(found)
}

/// Makes a chunk for an octave that a block has none of; its reference.
///
/// # Errors
/// [`Error::Invalid`] if the series was removed meanwhile, [`Error::Limit`] where it has [`KEPT`].
pub fn add(
    locked: &Locked<'_>,
    mine: &mut Claimed,
    at: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<u64> {
    if all(locked.words(), at, head)?.len() >= KEPT {
        return Err(Error::Limit { what: "octaves of a summary's series", limit: KEPT as u64 });
    }
    let key = locked.words().load(at + blk::KEY)?;
    let length = words_of(parts_of(head));
    let made = mine.room(locked, length)?;
    kill_point!("chunk.room");
    let words = locked.words();
    let incarnation = mine.incarnation;
    let chunk = BlockHead { kind: BlockKind::Chunk, absent: false, words: length, incarnation };
    // Who looks for room takes the blocks of removed series for it: this one's may be among them.
    if block::head(words, at)? != head || words.load(at + blk::KEY)? != key {
        block::free(words, made, chunk)?;
        mine.free.entry(length).or_default().push(made);
        return Err(Error::Invalid { what: "a block of this series", value: at.to_string() });
    }
    publish(words, at, made, chunk, octave)?;
    Ok(made)
}

/// Fills a chunk and puts it before the others of a block.
pub fn publish(
    words: Words<'_>,
    at: u64,
    made: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<()> {
    let first = words.at(at + blk::CELLS + summary::CHUNKS)?;
    let run = words.run(made, u64::from(head.words))?;
    for cell in &run[blk::CELLS as usize..] {
        // Release: a reader that sees a fresh cell also sees that the block was free before.
        cell.store(0, Ordering::Release);
    }
    let link = ChunkLink { next: first.load(Ordering::Acquire), octave: octave.pack() };
    run[blk::KEY as usize].store(words.load(at + blk::KEY)?, Ordering::Release);
    run[LINK as usize].store(link.pack(), Ordering::Release);
    run[blk::HEAD as usize].store(head.pack(), Ordering::Release);
    kill_point!("chunk.made");
    // SYNC POINT with `for_each`: whoever sees the reference sees the chunk, which is empty.
    first.store(made, Ordering::Release);
    kill_point!("chunk.linked");
    Ok(())
}

/// Sets all buckets of a block to 0.
pub fn clear(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    for_each(words, at, head, |chunk| {
        chunk.cells.iter().for_each(|cell| cell.store(0, Ordering::Release));
        Ok(())
    })
}

/// Adds the cells of the chunks of a block to a list; of a broken chain those before the break.
pub fn cells<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    to: &mut Vec<&'a [AtomicU64]>,
) -> Result<()> {
    for_each(words, at, head, |chunk| {
        to.push(chunk.cells);
        Ok(())
    })
}

/// References of the chunks of a block.
pub fn all(words: Words<'_>, at: u64, head: BlockHead) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for_each(words, at, head, |chunk| {
        found.push(chunk.at);
        Ok(())
    })?;
    Ok(found)
}

/// Gives chunks back to their slot, once nothing refers to them any more.
pub fn give_back(words: Words<'_>, mine: &mut Claimed, chunks: Vec<u64>) -> Result<()> {
    for at in chunks {
        let head = block::head(words, at)?;
        block::free(words, at, head)?;
        kill_point!("chunk.freed");
        mine.free.entry(head.words).or_default().push(at);
    }
    Ok(())
}

/// Adds the parts and buckets of one block to those of another of the same series, neither of which has
/// a living writer: see [`merge::blocks`].
pub fn merge(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let parts: Vec<(usize, bool)> = (0..parts_of(head) as usize)
        .map(|index| Ok((index, merge_part(words, from, to, head, index)?)))
        .collect::<Result<_>>()?;
    let there: HashSet<u64> = all(words, to, head)?.into_iter().collect();
    let mut before = from + blk::CELLS + summary::CHUNKS;
    // Those that stay as they are come to the others, which are never more for it than one writer keeps.
    let mut kept = octaves(words, to, head)?;
    for at in all(words, from, head)? {
        if there.contains(&at) {
            // Already both's: an earlier adopter died behind the store that made it so.
            break;
        }
        let link = ChunkLink::unpack(words.load(at + LINK)?);
        let octave = Octave::unpack(link.octave);
        let other = octave.map(|octave| find(words, to, head, octave)).transpose()?.flatten();
        clear_parts(words, at, head, &parts)?;
        if let (None, Some(octave)) = (&other, octave.filter(|_| kept.len() < KEPT)) {
            kept.push(octave);
            before = at + LINK;
            continue;
        }
        let parts = parts.iter().filter(|(_, adds)| *adds).map(|(index, _)| *index);
        match (other, octave) {
            (Some(other), _) => merge_chunk(words, at, other.at, parts)?,
            (None, Some(octave)) => clamp_chunk(words, at, to, octave, parts)?,
            (None, None) => {}
        }
        // Empty now: taken out, it is freed with what nothing refers to.
        unlink(words, before, link.next)?;
        kill_point!("chunk.unlinked");
    }
    hand_over(words, from, to, head)
}

/// Adds the buckets of a chunk to those of another of the same octave.
fn merge_chunk(
    words: Words<'_>,
    at: u64,
    other: u64,
    parts: impl Iterator<Item = usize>,
) -> Result<()> {
    for index in parts {
        for cell in 0..CELLS as u64 {
            let cell = blk::CELLS + (index * CELLS) as u64 + cell;
            merge::cell(words, at + cell, other + cell)?;
        }
    }
    Ok(())
}

/// Adds the buckets of a chunk for which a block has no place to the nearest that it has.
fn clamp_chunk(
    words: Words<'_>,
    at: u64,
    to: u64,
    octave: Octave,
    parts: impl Iterator<Item = usize>,
) -> Result<()> {
    let head = block::head(words, to)?;
    let nearest = match octave.nearest(octaves(words, to, head)?) {
        Some((octave, number)) => find(words, to, head, octave)?.map(|chunk| (chunk.at, number)),
        None => None,
    };
    for index in parts {
        let bucket = match nearest {
            Some((chunk, number)) => chunk + blk::CELLS + (index * CELLS + number) as u64,
            None => to + blk::CELLS + summary::PARTS + part::WORDS * index as u64 + part::ZEROS,
        };
        for cell in 0..CELLS as u64 {
            let cell = at + blk::CELLS + (index * CELLS) as u64 + cell;
            let count = scalar::get(words.at(cell)?);
            merge::cell(words, cell, bucket)?;
            words.add_header(header::CLAMPED, count as u64);
        }
    }
    Ok(())
}

/// Stores to a block's first reference, or to that in a chunk's link.
fn unlink(words: Words<'_>, at: u64, next: u64) -> Result<()> {
    let before = ChunkLink::unpack(words.load(at)?);
    words.store(at, ChunkLink { next, ..before }.pack())
}

/// Puts all chunks that are left behind those of the other block, in one step.
fn hand_over(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let first = from + blk::CELLS + summary::CHUNKS;
    let next = words.load(first)?;
    let there = all(words, to, head)?;
    if next == 0 {
        return Ok(());
    }
    if there.contains(&next) {
        return words.store(first, 0);
    }
    let (place, octave) = match there.last() {
        Some(last) => {
            let at = last + LINK;
            (at, ChunkLink::unpack(words.load(at)?).octave)
        }
        None => (to + blk::CELLS + summary::CHUNKS, 0),
    };
    merge::note(words, first, place, ChunkLink { next, octave }.pack())?;
    kill_point!("chunk.handed");
    Ok(())
}

/// Adds one part's own cells; whether its buckets are to be added too. Where the two are of different
/// times the later one stays.
fn merge_part(words: Words<'_>, from: u64, to: u64, head: BlockHead, index: usize) -> Result<bool> {
    let start = blk::CELLS + summary::PARTS + part::WORDS * index as u64;
    let number = |block: u64, cell: u64| Ok(scalar::get(words.at(block + start + cell)?));
    let (past, present) = (number(from, part::EPOCH)?, number(to, part::EPOCH)?);
    if past < present || past.is_nan() {
        return Ok(false);
    }
    if past > present || present.is_nan() {
        let cells = words.run(to + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
        let mut chunks = Vec::new();
        self::cells(words, to, head, &mut chunks)?;
        // As its writer would: who reads it meanwhile does so again.
        sequence::update(cells, |_| {
            sketch::begin(cells, index, past, &chunks);
            kill_point!("chunk.cleared");
        });
    }
    let (min, max) = (number(from, part::MIN)?, number(from, part::MAX)?);
    scalar::set(words.at(to + start + part::MIN)?, number(to, part::MIN)?.min(min));
    scalar::set(words.at(to + start + part::MAX)?, number(to, part::MAX)?.max(max));
    merge::cell(words, from + start + part::ZEROS, to + start + part::ZEROS)?;
    Ok(true)
}

/// Clears the buckets of those parts of a chunk that are not added.
fn clear_parts(words: Words<'_>, at: u64, head: BlockHead, parts: &[(usize, bool)]) -> Result<()> {
    let run = words.run(at + blk::CELLS, u64::from(words_of(parts_of(head))) - blk::CELLS)?;
    for (index, _) in parts.iter().filter(|(_, adds)| !adds) {
        buckets(run, *index).iter().for_each(|cell| cell.store(0, Ordering::Release));
    }
    Ok(())
}
