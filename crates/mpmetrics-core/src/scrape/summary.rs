//! Reads a summary: its block together with its octave buckets.

use crate::cells::scalar;
use crate::cells::sketch::buckets;
use crate::error::Result;
use crate::heap::{for_each_octave, sub_windows_of, Moving};
use crate::layout::{block, sub_window, summary, BlockHead, Words};
use crate::quantile::octave::CELLS;
use crate::quantile::sketch::Sketch;
use crate::quantile::summary::Window;
use crate::sync::{fence, Ordering};

/// The result of reading one block.
#[derive(Default)]
pub(super) struct Reading {
    /// The cells between the sequence words.
    pub cells: Vec<f64>,
    /// The observations in its window.
    pub sketch: Sketch,
    /// Number of words that were read.
    pub words: u64,
}

/// The time of a read, and the merge that is under way at this time.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub window: Option<Window>,
    /// Unix time in milliseconds.
    pub now: f64,
    /// The addition of one cell to another that an adopter began and has not finished.
    pub moving: Option<Moving>,
}

/// Reads a block once. Returns whether all words that were read are of one moment.
pub(super) fn read(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    time: Time,
    to: &mut Reading,
) -> Result<bool> {
    let run = words.run(at + block::CELLS, u64::from(head.words) - block::CELLS)?;
    let [first, middle @ .., last] = run else {
        return Ok(true);
    };
    // Pairs with the last store of an update.
    let before = first.load(Ordering::Acquire);
    to.cells.clear();
    to.cells.extend(middle.iter().map(scalar::get));
    add_buckets(words, at, head, time, to)?;
    // Pairs with the fence after the first store of an update.
    fence(Ordering::Acquire);
    Ok(last.load(Ordering::Relaxed) == before)
}

/// Reads the buckets of the sub-windows that are in the window. The caller has read the cells into `to` before. Among
/// them is the number of each sub-window. Cells that are being merged get the values that they will have after the
/// merge.
pub(super) fn add_buckets(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    Time { window, now, moving }: Time,
    to: &mut Reading,
) -> Result<()> {
    let Reading { cells, sketch, words: read_words } = to;
    *read_words = cells.len() as u64;
    if let Some(moving) = moving {
        // The first sequence word is not among the cells.
        moving.correct(at + block::CELLS + 1, cells);
    }
    sketch.clear();
    // One bit for each sub-window: there are at most 64.
    let mut held = 0_u64;
    for index in 0..sub_windows_of(head).min(u64::BITS) {
        let start = (summary::SUB_WINDOWS + sub_window::WORDS * u64::from(index)) as usize - 1;
        let Some([number, zeros, min, max]) = cells.get(start..start + sub_window::WORDS as usize)
        else {
            continue;
        };
        if window.is_none_or(|window| window.holds(*number, now)) {
            held |= 1 << index;
            sketch.zeros += zeros;
            sketch.widen(*min, *max);
        }
    }
    for_each_octave(words, at, head, moving, |found| {
        let counts = sketch.octave(found.octave);
        *read_words += u64::from(held.count_ones()) * CELLS as u64;
        for index in (0..u64::BITS).filter(|index| held >> index & 1 == 1) {
            let cells = buckets(found.cells, index as usize);
            let mut read = [0.0; CELLS];
            read.iter_mut().zip(cells).for_each(|(read, cell)| *read = scalar::get(cell));
            if let Some(moving) = moving {
                let first = found.at + block::CELLS + u64::from(index) * CELLS as u64;
                moving.correct(first, &mut read);
            }
            counts.iter_mut().zip(read).for_each(|(sum, count)| *sum += count);
        }
        Ok(())
    })
}
