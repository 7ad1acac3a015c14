//! Observations in logarithmic buckets: summaries.
//!
//! A block has sum and count, which never expire, and a part for each sub-window of time, or a single one for all of
//! the time. The buckets of an octave are in a chunk, 32 for each part. All stores of an update, also those to chunks,
//! lie between the stores to the block's two sequence words (see [`super::sequence`]).

use super::{scalar, sequence};
use crate::layout::{part, summary};
use crate::quantile::octave::CELLS;
use crate::sync::{AtomicU64, Ordering};

/// The part of a block in which an observation counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Index of the part.
    pub part: usize,
    /// The sub-window that it belongs to; `None` without a window.
    pub epoch: Option<f64>,
}

/// The bucket in which an observation counts.
#[derive(Clone, Copy)]
pub enum Bucket<'a> {
    /// A bucket of a chunk.
    Of(&'a AtomicU64),
    /// The count of zeros.
    Zero,
    /// None, for want of memory.
    None,
}

/// The cells of a part, from a block's cells.
fn part_of(cells: &[AtomicU64], index: usize) -> Option<&[AtomicU64]> {
    let start = summary::PARTS as usize + part::WORDS as usize * index;
    cells.get(start..start + part::WORDS as usize)
}

/// The value of a cell of a block before anything was observed.
#[must_use]
pub fn initial(index: u64, cells: u64) -> u64 {
    let last = index + 1 >= cells;
    match index.checked_sub(summary::PARTS).map(|index| index % part::WORDS) {
        Some(part::MIN) if !last => f64::INFINITY.to_bits(),
        Some(part::MAX) if !last => f64::NEG_INFINITY.to_bits(),
        _ => 0,
    }
}

/// Counts a value. For the cells' only writer.
///
/// * `value, times`: what was observed, and how often.
/// * `bucket`: where it counts.
/// * `chunks`: returns the cells of all of the block's chunks; called if the part belonged to another sub-window, and
///   is cleared.
pub fn observe<'a>(
    cells: &[AtomicU64],
    moment: Moment,
    (value, times): (f64, f64),
    bucket: Bucket<'_>,
    chunks: impl FnOnce() -> Vec<&'a [AtomicU64]>,
) {
    let Some(of) = part_of(cells, moment.part) else {
        return;
    };
    sequence::update(cells, |middle| {
        if let [count, sum, ..] = middle {
            scalar::add(count, times);
            scalar::add(sum, value * times);
        }
        let [epoch, zeros, min, max] = of else {
            return;
        };
        if let Some(now) = moment.epoch.filter(|now| *now != scalar::get(epoch)) {
            begin(cells, moment.part, now, &chunks());
        }
        if value < scalar::get(min) {
            scalar::set(min, value);
        }
        if value > scalar::get(max) {
            scalar::set(max, value);
        }
        match bucket {
            Bucket::Of(bucket) => scalar::add(bucket, times),
            Bucket::Zero => scalar::add(zeros, times),
            Bucket::None => {}
        }
    });
}

/// Gives a part to another sub-window: makes it invalid, clears it, and sets its number. Within an update of the block.
///
/// * `cells`: all of the block's.
/// * `chunks`: the cells of all of its chunks.
pub fn begin(cells: &[AtomicU64], index: usize, now: f64, chunks: &[&[AtomicU64]]) {
    let Some([epoch, zeros, min, max]) = part_of(cells, index) else {
        return;
    };
    // If the writer dies in between, readers skip the part, and the next owner clears it again.
    epoch.store(f64::NAN.to_bits(), Ordering::Release);
    for chunk in chunks {
        for cell in buckets(chunk, index) {
            // Release: a reader that sees a cleared cell sees that the part is invalid.
            cell.store(0, Ordering::Release);
        }
    }
    zeros.store(0, Ordering::Release);
    min.store(f64::INFINITY.to_bits(), Ordering::Release);
    max.store(f64::NEG_INFINITY.to_bits(), Ordering::Release);
    epoch.store(now.to_bits(), Ordering::Release);
}

/// The buckets that a chunk has for a part.
#[must_use]
pub fn buckets(chunk: &[AtomicU64], part: usize) -> &[AtomicU64] {
    chunk.get(part * CELLS..(part + 1) * CELLS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(words: u64) -> Vec<AtomicU64> {
        (0..words).map(|index| AtomicU64::new(initial(index, words))).collect()
    }

    fn numbers(cells: &[AtomicU64]) -> Vec<f64> {
        cells.iter().map(scalar::get).collect()
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn counts_and_bounds_and_buckets() {
        let (main, chunk) = (cells(9), cells(32));
        chunk.iter().for_each(|cell| scalar::set(cell, 0.0));
        assert_eq!(numbers(&main), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, INF, -INF, 0.0]);
        let moment = Moment { part: 0, epoch: None };
        for (value, bucket) in
            [(5.0, Bucket::Of(&chunk[7])), (0.0, Bucket::Zero), (-2.0, Bucket::None)]
        {
            observe(&main, moment, (value, 1.0), bucket, Vec::new);
        }
        assert_eq!(numbers(&main), [3.0, 3.0, 3.0, 0.0, 0.0, 1.0, -2.0, 5.0, 3.0]);
        assert_eq!(scalar::get(&chunk[7]), 1.0);
        // A part that a damaged heap does not have: nothing is stored.
        observe(&main, Moment { part: 1, epoch: None }, (1.0, 1.0), Bucket::None, Vec::new);
        assert_eq!(scalar::get(&main[0]), 3.0);
    }

    #[test]
    fn a_part_of_another_time_is_cleared_and_no_other() {
        let main = cells(13);
        let chunk: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(7_f64.to_bits())).collect();
        let chunks = || vec![&chunk[..]];
        let bucket = Bucket::Of(&chunk[40]);
        observe(&main, Moment { part: 1, epoch: Some(9.0) }, (4.0, 1.0), bucket, chunks);
        let expected = [1.0, 1.0, 4.0, 0.0, 0.0, 0.0, INF, -INF, 9.0, 0.0, 4.0, 4.0, 1.0];
        assert_eq!(numbers(&main), expected);
        assert_eq!(numbers(&chunk[..32]), [7.0; 32]);
        assert_eq!(scalar::get(&chunk[40]), 1.0);
        assert_eq!(numbers(&chunk[32..]).iter().sum::<f64>(), 1.0);
        observe(&main, Moment { part: 1, epoch: Some(9.0) }, (2.0, 1.0), bucket, chunks);
        assert_eq!(scalar::get(&chunk[40]), 2.0);
    }
}
