//! Merging a block of a dead writer into another of the same series. Neither a death in the middle nor a scrape
//! meanwhile may count it twice or not at all.
//!
//! A writer that adopted a series under a set of default labels, and then renames its own block of the series to that
//! set, has two blocks. Its adopter merges them, cell by cell: the header notes both cells and their sum, `MERGES`
//! becomes odd, one cell becomes the sum and the other 0, `MERGES` becomes even. If the adopter dies, the next holder
//! of the heap lock completes what is noted.
//!
//! Between two notes, both blocks together have what they had before. So a scrape is right that finds the same `MERGES`
//! before and after it reads, and that applies the note if `MERGES` is odd: the adopter may be at any of its stores, or
//! dead, or stopped.

use super::octave_buckets::{self, all, find, octaves, sub_windows_of, words_of};
use super::{block, moving};
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

/// Adds the cells of one block to another of the same shape and leaves zeros. Neither block has a living writer, and
/// the sequence words of each are equal.
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

/// Adds the sub-windows and buckets of one block to those of another of the same series, neither of which has a living
/// writer: see [`blocks`].
fn sub_windows(words: Words<'_>, from: u64, to: u64, head: BlockHead) -> Result<()> {
    let sub_windows: Vec<(usize, bool)> = (0..sub_windows_of(head) as usize)
        .map(|index| Ok((index, merge_sub_window(words, from, to, head, index)?)))
        .collect::<Result<_>>()?;
    let there: HashSet<u64> = all(words, to, head)?.into_iter().collect();
    let mut before = from + blk::CELLS + summary::OCTAVES;
    // Octave buckets that are handed over as they are. With the others they are never more than one writer keeps.
    let mut kept = octaves(words, to, head)?;
    for at in all(words, from, head)? {
        if there.contains(&at) {
            // It is in both chains: an earlier adopter died just after it had linked them.
            break;
        }
        let link = OctaveLink::unpack(words.load(at + LINK)?);
        let octave = Octave::unpack(link.octave);
        let other = octave.map(|octave| find(words, to, head, octave)).transpose()?.flatten();
        clear_sub_windows(words, at, head, &sub_windows)?;
        if let (None, Some(octave)) = (&other, octave.filter(|_| kept.len() < KEPT)) {
            kept.push(octave);
            before = at + LINK;
            continue;
        }
        let sub_windows = sub_windows.iter().filter(|(_, adds)| *adds).map(|(index, _)| *index);
        match (other, octave) {
            (Some(other), _) => merge_octave(words, at, other.at, sub_windows)?,
            (None, Some(octave)) => clamp_octave(words, at, to, octave, sub_windows)?,
            (None, None) => {}
        }
        // They are empty now. Unlinked, they are freed with all octave buckets that nothing refers to.
        unlink(words, before, link.next)?;
        kill_point!("octave.unlinked");
    }
    hand_over(words, from, to, head)
}

/// Adds octave buckets to others of the same octave.
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

/// Adds octave buckets that a block cannot keep to the nearest bucket that it has.
fn clamp_octave(
    words: Words<'_>,
    at: u64,
    to: u64,
    octave: Octave,
    sub_windows: impl Iterator<Item = usize>,
) -> Result<()> {
    let head = block::head(words, to)?;
    let nearest = match octave.nearest(octaves(words, to, head)?) {
        Some((octave, number)) => {
            find(words, to, head, octave)?.map(|buckets| (buckets.at, number))
        }
        None => None,
    };
    for index in sub_windows {
        let bucket = match nearest {
            Some((buckets, number)) => buckets + blk::CELLS + (index * CELLS + number) as u64,
            None => {
                to + blk::CELLS
                    + summary::SUB_WINDOWS
                    + sub_window::WORDS * index as u64
                    + sub_window::ZEROS
            }
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

/// Stores a reference to a block's first octave buckets, or to those after others.
fn unlink(words: Words<'_>, at: u64, next: u64) -> Result<()> {
    let before = OctaveLink::unpack(words.load(at)?);
    words.store(at, OctaveLink { next, ..before }.pack())
}

/// Appends all remaining octave buckets to those of the other block, in one step.
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

/// Adds the cells of one sub-window; whether its buckets are to be added, too. If the two are of different times, the
/// later one is kept.
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
        // As its writer would do it: a scrape that reads meanwhile tries again.
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

/// Clears the octave buckets of those sub-windows that are not added.
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
