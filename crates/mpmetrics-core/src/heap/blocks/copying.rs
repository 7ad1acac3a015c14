//! Copies of blocks whose cells belong together: the cells between the two sequence words of a block
//! ([`crate::cells::sequence`]), and the octave buckets of a summary. A reader of a copy, too, must not see half of an
//! update.

use super::{block, octave_buckets};
use crate::error::Result;
use crate::form::{Form, Protocol};
use crate::layout::{block as blk, BlockHead, Words, EXTENT_HEADER};
use crate::os;
use crate::sync::{fence, AtomicU64, Ordering};

/// A slab, by its reference and its length in words.
pub type Slab = (u64, u64);

/// Copies words from the first to the last, the order in which a reader loads the cells between two sequence words.
pub fn copy_up(old: &[AtomicU64], new: &[AtomicU64]) {
    for (from, to) in old.iter().zip(new) {
        to.store(from.load(Ordering::Acquire), Ordering::Release);
    }
}

/// How long the copying process waits for writers that are in the middle of an update. One that is stopped there makes
/// every try fail.
pub struct Patience {
    /// Number of tries for a block before each pause.
    tries: u32,
    /// Number of pauses that are left, for all blocks together.
    pauses: u32,
}

/// Microseconds of a pause. It gives a writer that only lost its processor the time to go on.
const PAUSE_US: u32 = 100;

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 1_000, pauses: 2_000 }
    }
}

impl Patience {
    /// For each block of a slab: if its cells belong together, copies them again, until no update was under way during
    /// a copy. No process reads the copy yet, and the heap lock of the old segment is held, so that no octave buckets
    /// are added.
    ///
    /// If each try for a block fails, the copy has cells of several moments, and unequal sequence words.
    pub fn copy_again(&mut self, old: Words<'_>, new: Words<'_>, slab: Slab) -> Result<()> {
        for_each_sequenced(new, slab, |at, head| loop {
            for _ in 0..self.tries {
                if copy_whole(old, new, at, head)? {
                    return Ok(());
                }
            }
            if self.pauses == 0 {
                return Ok(());
            }
            self.pauses -= 1;
            os::sleep_us(PAUSE_US);
        })
    }
}

/// Copies the cells of a block and its octave buckets once. Returns whether no update was under way meanwhile.
fn copy_whole(old: Words<'_>, new: Words<'_>, at: u64, head: BlockHead) -> Result<bool> {
    let (from, to) = (cells(old, at, head)?, cells(new, at, head)?);
    let ([.., from_last], [to_first, .., to_last]) = (from, to) else { return Ok(true) };
    copy_up(from, to);
    copy_octaves(old, new, at, head)?;
    fence(Ordering::Acquire);
    // If this word is equal to the first sequence word of the copy, no update has begun since that one was loaded.
    to_last.store(from_last.load(Ordering::Relaxed), Ordering::Relaxed);
    Ok(to_first.load(Ordering::Relaxed) == to_last.load(Ordering::Relaxed))
}

/// Copies the blocks of a writer's slabs to a copy of the segment that others read. The writer makes no update
/// meanwhile, or is dead.
pub fn copy_slabs(old: Words<'_>, new: Words<'_>, slabs: &[Slab]) -> Result<()> {
    // One block after the other, so that a reader waits for one block at most, however many the writer has.
    let mut sequenced = Vec::new();
    for slab in slabs {
        for_each_sequenced(new, *slab, |at, head| {
            sequenced.extend([at + blk::CELLS, at + u64::from(head.words) - 1]);
            copy_as_an_update(old, new, at, head)
        })?;
    }
    // The rest: heads, keys and all other cells. The cells between sequence words, and the octave buckets, are stored
    // once more, with the same values.
    sequenced.sort_unstable();
    for &(at, len) in slabs {
        let mut from = at + EXTENT_HEADER;
        let end = (at + len).max(from);
        let inside = sequenced.partition_point(|&one| one < from)
            ..sequenced.partition_point(|&one| one < end);
        for &one in sequenced.get(inside).unwrap_or_default().iter().chain([&end]) {
            copy_up(old.run(from, one - from)?, new.run(from, one - from)?);
            from = one + 1;
        }
    }
    Ok(())
}

/// Copies the cells of a block and its octave buckets in the way in which a writer updates them.
fn copy_as_an_update(old: Words<'_>, new: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let (from, to) = (cells(old, at, head)?, cells(new, at, head)?);
    let ([from_first, from_middle @ .., from_last], [to_first, to_middle @ .., to_last]) =
        (from, to)
    else {
        return Ok(());
    };
    // As if an update had begun: with a number that neither sequence word has had.
    let begun = f64::from_bits(from_last.load(Ordering::Relaxed)) + 1.0;
    to_last.store(begun.to_bits(), Ordering::Relaxed);
    // Pairs with the fence in `sequence::read`: a reader that sees one of the next stores sees the number in `to_last`.
    fence(Ordering::Release);
    copy_up(from_middle, to_middle);
    // The buckets of a damaged chain are copied with the rest. Scrapes report the damage.
    let _ = copy_octaves(old, new, at, head);
    // Release stores: a reader that sees the numbers sees all cells from above.
    to_first.store(from_first.load(Ordering::Relaxed), Ordering::Release);
    to_last.store(from_last.load(Ordering::Relaxed), Ordering::Release);
    Ok(())
}

/// Copies the octave buckets of a block, if it has any.
fn copy_octaves(old: Words<'_>, new: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    octave_buckets::for_each(new, at, head, |octave| {
        let len = octave.cells.len() as u64;
        copy_up(old.run(octave.at + blk::CELLS, len)?, octave.cells);
        Ok(())
    })
}

fn cells<'a>(words: Words<'a>, at: u64, head: BlockHead) -> Result<&'a [AtomicU64]> {
    words.run(at + blk::CELLS, u64::from(head.words).saturating_sub(blk::CELLS))
}

fn for_each_sequenced(
    words: Words<'_>,
    (slab, len): Slab,
    mut visit: impl FnMut(u64, BlockHead) -> Result<()>,
) -> Result<()> {
    block::for_each_block(words, slab, len, |at, head| {
        let protocol = Form::of_block(head.kind).map(|form| form.protocol);
        match protocol {
            Some(Protocol::Sequenced | Protocol::Sketched)
                if u64::from(head.words) >= blk::CELLS + 2 =>
            {
                visit(at, head)
            }
            _ => Ok(()),
        }
    })?;
    Ok(())
}
