//! Merging a block of a dead writer into another block of the same series. Every cell counts exactly once, also if the
//! adopter dies in the middle, and for a scrape that reads meanwhile.
//!
//! A writer can have two blocks of one series under the same default labels: it adopted one block with these labels,
//! and later gave the same labels to the block that it had made itself. When that writer has ended, its adopter merges
//! the two blocks, cell by cell:
//!
//! 1. The header notes both cells and their sum.
//! 2. `MERGES` becomes odd.
//! 3. One cell becomes the sum, and the other 0.
//! 4. `MERGES` becomes even.
//!
//! If the adopter dies, the next holder of the heap lock completes the noted addition.
//!
//! Before and after each noted addition, the two blocks together have the same sums. So a scrape reads right numbers if
//! `MERGES` is the same before and after its read, and if it applies the note when `MERGES` is odd. This holds after
//! each of the adopter's stores, also if the adopter dies or is stopped there.

use super::moving;
use super::octave_buckets::{self, all, find, for_each, sub_windows_of, words_of};
use crate::cells::sketch::{self, buckets};
use crate::cells::{scalar, sequence};
use crate::error::Result;
use crate::form::{Form, Protocol};
use crate::layout::{
    block as blk, header, sub_window, summary, BlockHead, OctaveLink, Words, LINK,
};
use crate::quantile::octave::{Octave, CELLS, KEPT};
use crate::sync::Ordering;
use std::collections::HashSet;

/// Adds the cells of one block to those of another block of the same shape, and sets the former to 0. Neither block has
/// a living writer, and the sequence words of each block are equal.
pub fn blocks(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let end = u64::from(head.words);
    let protocol = Form::of_block(head.kind).map(|form| form.protocol);
    let added = match protocol {
        Some(Protocol::Sequenced) => blk::CELLS + 1..end.saturating_sub(1),
        Some(Protocol::Sketched) => blk::CELLS + summary::COUNT..blk::CELLS + summary::OCTAVES,
        Some(Protocol::Plain | Protocol::Exchanged) | None => blk::CELLS..end,
    };
    for word in added {
        moving::cell(words, from + word, to + word)?;
    }
    if protocol == Some(Protocol::Sketched) {
        sub_windows(words, from, to, head)?;
    }
    Ok(())
}

/// Adds the sub-windows and octave buckets of one block to those of another block of the same series: see [`blocks`].
fn sub_windows(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let sub_windows: Vec<(usize, bool)> = (0..sub_windows_of(head) as usize)
        .map(|index| Ok((index, merge_sub_window(words, from, to, head, index)?)))
        .collect::<Result<_>>()?;
    let there: HashSet<u64> = all(words, to, head)?.into_iter().collect();
    let mut before = from + blk::CELLS + summary::OCTAVES;
    // The octaves of `to`, and those whose buckets are handed over whole: together at most as many as one writer keeps.
    let mut kept: Vec<(Octave, u64)> = Vec::new();
    for_each(words, to, head, |buckets| {
        kept.push((buckets.octave, buckets.at));
        Ok(())
    })?;
    for at in all(words, from, head)? {
        if there.contains(&at) {
            // These octave buckets are in both chains. That happens only in a damaged heap. In a sound one, `hand_over`
            // stores twice: it appends them to one chain, and removes them from the other. If an adopter died between
            // the two stores, the next holder of the heap lock has already completed them.
            break;
        }
        let link = OctaveLink::unpack(words.load(at + LINK)?);
        let octave = Octave::unpack(link.octave);
        let other = octave.map(|octave| find(words, to, head, octave)).transpose()?.flatten();
        clear_sub_windows(words, at, head, &sub_windows)?;
        if let (None, Some(octave)) = (&other, octave.filter(|_| kept.len() < KEPT)) {
            kept.push((octave, at));
            before = at + LINK;
            continue;
        }
        let sub_windows = sub_windows.iter().filter(|(_, adds)| *adds).map(|(index, _)| *index);
        let zeros = to + blk::CELLS + summary::SUB_WINDOWS + sub_window::ZEROS;
        match (other, octave) {
            (Some(other), _) => merge_octave(words, at, other.at, sub_windows)?,
            (None, Some(octave)) => {
                clamp_octave(words, at, octave, &kept, zeros, sub_windows)?;
            }
            (None, None) => {}
        }
        // These octave buckets are empty now. Once unlinked, they are freed like all octave buckets without reference.
        unlink(words, before, link.next)?;
        kill_point!("octave.unlinked");
    }
    hand_over(words, from, to, head)
}

/// Adds octave buckets to other buckets of the same octave.
fn merge_octave(
    words: Words<'_>,
    at: u64,
    other: u64,
    sub_windows: impl Iterator<Item = usize>,
) -> Result<()> {
    for index in sub_windows {
        for cell in 0..CELLS as u64 {
            let cell = blk::CELLS + (index * CELLS) as u64 + cell;
            moving::cell(words, at + cell, other + cell)?;
        }
    }
    Ok(())
}

/// Adds all buckets of an octave to the nearest bucket of the kept octaves, of which there are as many as a writer keeps.
///
/// `zeros` is the reference of the cell with the zeros of the first sub-window: they are nearest if no kept octave has
/// the same sign.
fn clamp_octave(
    words: Words<'_>,
    at: u64,
    octave: Octave,
    kept: &[(Octave, u64)],
    zeros: u64,
    sub_windows: impl Iterator<Item = usize>,
) -> Result<()> {
    let nearest =
        octave.nearest(kept.iter().map(|(octave, _)| *octave)).and_then(|(of, number)| {
            kept.iter().find(|(octave, _)| *octave == of).map(|(_, buckets)| (*buckets, number))
        });
    for index in sub_windows {
        let bucket = match nearest {
            Some((buckets, number)) => buckets + blk::CELLS + (index * CELLS + number) as u64,
            None => zeros + sub_window::WORDS * index as u64,
        };
        for cell in 0..CELLS as u64 {
            let cell = at + blk::CELLS + (index * CELLS) as u64 + cell;
            let count = scalar::get(words.at(cell)?);
            moving::cell(words, cell, bucket)?;
            words.add_header(header::CLAMPED, count as u64);
        }
    }
    Ok(())
}

/// Unlinks octave buckets: stores `next` to the reference at `at`, in the block or in the previous octave buckets.
fn unlink(words: Words<'_>, at: u64, next: u64) -> Result<()> {
    let before = OctaveLink::unpack(words.load(at)?);
    words.store(at, OctaveLink { next, ..before }.pack())
}

/// Appends all remaining octave buckets of block `from` to the chain of block `to`, in one step.
fn hand_over(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let first = from + blk::CELLS + summary::OCTAVES;
    let next = words.load(first)?;
    let there = all(words, to, head)?;
    if next == 0 {
        return Ok(());
    }
    if there.contains(&next) {
        return words.store(first, 0);
    }
    let (end, octave) = match there.last() {
        Some(last) => {
            let at = last + LINK;
            (at, OctaveLink::unpack(words.load(at)?).octave)
        }
        None => (to + blk::CELLS + summary::OCTAVES, 0),
    };
    moving::note(words, first, end, OctaveLink { next, octave }.pack())?;
    kill_point!("octave.handed");
    Ok(())
}

/// Adds the cells of one sub-window. If the cells of the two blocks are of different times, only the later are kept.
/// Returns whether the octave buckets of the sub-window are to be added, too.
fn merge_sub_window(
    words: Words<'_>,
    from: u64,
    to: u64,
    head: BlockHead,
    index: usize,
) -> Result<bool> {
    let start = blk::CELLS + summary::SUB_WINDOWS + sub_window::WORDS * index as u64;
    let number = |block: u64, cell: u64| Ok(scalar::get(words.at(block + start + cell)?));
    let (past, present) = (number(from, sub_window::NUMBER)?, number(to, sub_window::NUMBER)?);
    if past < present || past.is_nan() {
        return Ok(false);
    }
    if past > present || present.is_nan() {
        let cells = words.run(to + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
        let mut octaves = Vec::new();
        octave_buckets::cells(words, to, head, &mut octaves)?;
        // Changes the sequence words as the block's writer does, so that a scrape that reads meanwhile reads again.
        sequence::update(cells, |_| {
            sketch::begin(cells, index, past, &octaves);
            kill_point!("octave.cleared");
        });
    }
    let (min, max) = (number(from, sub_window::MIN)?, number(from, sub_window::MAX)?);
    scalar::set(words.at(to + start + sub_window::MIN)?, number(to, sub_window::MIN)?.min(min));
    scalar::set(words.at(to + start + sub_window::MAX)?, number(to, sub_window::MAX)?.max(max));
    moving::cell(words, from + start + sub_window::ZEROS, to + start + sub_window::ZEROS)?;
    Ok(true)
}

/// Clears the octave buckets of the sub-windows that are not added.
fn clear_sub_windows(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    sub_windows: &[(usize, bool)],
) -> Result<()> {
    let run = words.run(at + blk::CELLS, u64::from(words_of(sub_windows_of(head))) - blk::CELLS)?;
    for (index, _) in sub_windows.iter().filter(|(_, adds)| !adds) {
        buckets(run, *index).iter().for_each(|cell| cell.store(0, Ordering::Release));
    }
    Ok(())
}
