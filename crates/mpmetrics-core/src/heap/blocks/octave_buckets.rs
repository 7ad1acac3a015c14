//! Octave buckets. Each octave in which a summary has observed a value has a block with its buckets. These blocks are
//! chained to the summary's block, have the same key, belong to the same slot, and are freed with it.

use super::block;
use super::moving::Moving;
use crate::error::{Error, Result};
use crate::layout::{
    block as blk, sub_window, summary, BlockHead, BlockKind, OctaveLink, Words, LINK,
};
use crate::quantile::octave::{Octave, CELLS, OCTAVES};
use crate::sync::{AtomicU64, Ordering};

/// An upper limit for the length of a chain, which is larger than the number of octaves of both signs. Writers of this
/// release make at most [`KEPT`](crate::quantile::octave::KEPT) octaves for a block; earlier releases made more.
const MOST: usize = 4 * OCTAVES as usize;

/// The buckets of one octave.
#[derive(Clone, Copy)]
pub struct OctaveBuckets<'a> {
    /// Reference of the block.
    pub at: u64,
    /// The octave.
    pub octave: Octave,
    /// The buckets, [`CELLS`] for each sub-window.
    pub cells: &'a [AtomicU64],
}

/// Length of a block of octave buckets, in words.
pub fn words_of(sub_windows: u32) -> u16 {
    blk::CELLS as u16 + CELLS as u16 * sub_windows as u16
}

/// How many sub-windows a summary's block has, which follows from its length.
pub fn sub_windows_of(head: BlockHead) -> u32 {
    (u64::from(head.words).saturating_sub(blk::CELLS + summary::CELLS) / sub_window::WORDS) as u32
}

/// Calls `visit` with the buckets of every octave of a summary's block. Fails if the chain leads to another kind of
/// block or back to itself: it is corrupt, or the summary's block was given to another series meanwhile.
pub fn for_each<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    visit: impl FnMut(OctaveBuckets<'a>) -> Result<()>,
) -> Result<()> {
    for_each_moved(words, at, head, None, visit)
}

/// As [`for_each`], for a block that is being adopted: if the adopter died or was stopped while it stored a link, the
/// chain is followed as if the link was stored.
pub fn for_each_moved<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    moving: Option<Moving>,
    mut visit: impl FnMut(OctaveBuckets<'a>) -> Result<()>,
) -> Result<()> {
    if head.kind != BlockKind::Summary {
        return Ok(());
    }
    let after = |at: u64, read: u64| moving.map_or(read, |moving| moving.after(at, read));
    let key = words.load(at + blk::KEY)?;
    let length = words_of(sub_windows_of(head));
    let first = at + blk::CELLS + summary::OCTAVES;
    let mut next = after(first, words.load(first)?);
    for _ in 0..MOST {
        if next == 0 {
            return Ok(());
        }
        let corrupt =
            Error::Corrupt { what: "octave buckets of a summary", at: next.saturating_mul(8) };
        let run = words.run(next, u64::from(length))?;
        // Pairs with the store of the head in `publish`.
        let found = BlockHead::unpack(run[blk::HEAD as usize].load(Ordering::Acquire));
        let fits = found.is_ok_and(|found| {
            found.is_some_and(|found| {
                found.kind == BlockKind::OctaveBuckets && found.words == length
            })
        });
        let link = run[LINK as usize].load(Ordering::Acquire);
        let link = OctaveLink::unpack(after(next + LINK, link));
        let octave = Octave::unpack(link.octave);
        let Some(octave) = octave.filter(|_| fits) else {
            return Err(corrupt);
        };
        if run[blk::KEY as usize].load(Ordering::Acquire) != key {
            return Err(corrupt);
        }
        visit(OctaveBuckets { at: next, octave, cells: &run[blk::CELLS as usize..] })?;
        next = link.next;
    }
    Err(Error::Corrupt { what: "the end of a chain of octave buckets", at: at.saturating_mul(8) })
}

/// The buckets of an octave.
pub fn find<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<Option<OctaveBuckets<'a>>> {
    let mut found = None;
    for_each(words, at, head, |buckets| {
        if buckets.octave == octave {
            found = Some(buckets);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The octaves for which a summary's block has buckets.
pub fn octaves(words: Words<'_>, at: u64, head: BlockHead) -> Result<Vec<Octave>> {
    let mut found = Vec::new();
    for_each(words, at, head, |buckets| {
        found.push(buckets.octave);
        Ok(())
    })?;
    Ok(found)
}

/// Makes octave buckets, all 0, in the block `made`, and puts it at the beginning of the chain of the summary's block.
pub fn publish(
    words: Words<'_>,
    at: u64,
    made: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<()> {
    let first = words.at(at + blk::CELLS + summary::OCTAVES)?;
    let run = words.run(made, u64::from(head.words))?;
    for cell in &run[blk::CELLS as usize..] {
        // Release: a reader that sees the new value of a cell also sees that the block was freed before.
        cell.store(0, Ordering::Release);
    }
    let link = OctaveLink { next: first.load(Ordering::Acquire), octave: octave.pack() };
    run[blk::KEY as usize].store(words.load(at + blk::KEY)?, Ordering::Release);
    run[LINK as usize].store(link.pack(), Ordering::Release);
    run[blk::HEAD as usize].store(head.pack(), Ordering::Release);
    kill_point!("octave.made");
    // SYNC POINT with `for_each`: a reader that sees the reference sees the octave buckets, which are empty.
    first.store(made, Ordering::Release);
    kill_point!("octave.linked");
    Ok(())
}

/// Sets all octave buckets of a summary's block to 0.
pub fn clear(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    for_each(words, at, head, |buckets| {
        buckets.cells.iter().for_each(|cell| cell.store(0, Ordering::Release));
        Ok(())
    })
}

/// Appends the cells of all octave buckets of a block to a list. If the chain is broken, appends the cells before the
/// break, and then fails.
pub fn cells<'a>(
    words: Words<'a>,
    at: u64,
    head: BlockHead,
    to: &mut Vec<&'a [AtomicU64]>,
) -> Result<()> {
    for_each(words, at, head, |buckets| {
        to.push(buckets.cells);
        Ok(())
    })
}

/// References of the octave buckets of a block.
pub fn all(words: Words<'_>, at: u64, head: BlockHead) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for_each(words, at, head, |buckets| {
        found.push(buckets.at);
        Ok(())
    })?;
    Ok(found)
}

/// Gives all cells of a block the values that they have in a new one, and sets all octave buckets to 0. A summary keeps
/// the blocks of its octave buckets.
pub fn zero(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    clear(words, at, head)?;
    let octaves = (head.kind == BlockKind::Summary).then_some(summary::OCTAVES);
    let cells = words.run(at + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
    for (index, cell) in (0..).zip(cells).filter(|(index, _)| Some(*index) != octaves) {
        cell.store(block::initial(head, index), Ordering::Release);
    }
    Ok(())
}
