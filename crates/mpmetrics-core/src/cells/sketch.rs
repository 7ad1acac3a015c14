//! Observations in logarithmic buckets: summaries.
//!
//! A block has a count and a sum, which never expire, and cells for each sub-window; a summary without a window has a
//! single sub-window, for all the time. An octave has 32 buckets for each sub-window. All stores of an update, also
//! those to octave buckets, lie between the stores to the block's two sequence words (see [`super::sequence`]).

use super::{scalar, sequence};
use crate::layout::{sub_window, summary};
use crate::quantile::octave::CELLS;
use crate::sync::{AtomicU64, Ordering};

/// The sub-window in which an observation counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The index of the sub-window in the block.
    pub sub_window: usize,
    /// The number of the sub-window; `None` if the summary has no window.
    pub number: Option<f64>,
}

/// The bucket in which an observation counts.
#[derive(Clone, Copy)]
pub enum Bucket<'a> {
    /// A bucket of an octave.
    Of(&'a AtomicU64),
    /// The count of zeros.
    Zero,
    /// No bucket: the writer could not make the octave buckets, because there was no memory or the heap lock was not
    /// free.
    None,
}

/// Returns the cells of a sub-window, given all cells of a block.
fn sub_window_of(cells: &[AtomicU64], index: usize) -> Option<&[AtomicU64]> {
    let start = summary::SUB_WINDOWS as usize + sub_window::WORDS as usize * index;
    cells.get(start..start + sub_window::WORDS as usize)
}

/// Returns the value of a cell of a block before the first observation.
#[must_use]
pub fn initial(index: u64, cells: u64) -> u64 {
    let last = index + 1 >= cells;
    match index.checked_sub(summary::SUB_WINDOWS).map(|index| index % sub_window::WORDS) {
        Some(sub_window::MIN) if !last => f64::INFINITY.to_bits(),
        Some(sub_window::MAX) if !last => f64::NEG_INFINITY.to_bits(),
        _ => 0,
    }
}

/// Counts a value. For the cells' only writer.
///
/// * `value, times`: the value that was observed, and how often.
/// * `bucket`: the bucket in which it counts.
/// * `octaves`: returns the cells of all of the block's octave buckets. It is called only if the cells of `moment`
///   belong to an earlier sub-window and are to be cleared.
pub fn observe<'a>(
    cells: &[AtomicU64],
    moment: Moment,
    (value, times): (f64, f64),
    bucket: Bucket<'_>,
    octaves: impl FnOnce() -> Vec<&'a [AtomicU64]>,
) {
    let Some(of) = sub_window_of(cells, moment.sub_window) else {
        return;
    };
    sequence::update(cells, |middle| {
        if let [count, sum, ..] = middle {
            scalar::add(count, times);
            scalar::add(sum, value * times);
        }
        let [number, zeros, min, max] = of else {
            return;
        };
        if let Some(now) = moment.number.filter(|now| *now != scalar::get(number)) {
            begin(cells, moment.sub_window, now, &octaves());
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

/// Begins a new sub-window in the cells of an earlier one: makes them invalid, clears them, and stores the new number.
/// To be called within an update of the block.
///
/// * `cells`: all cells of the block.
/// * `octaves`: the cells of all of its octave buckets.
pub fn begin(cells: &[AtomicU64], index: usize, now: f64, octaves: &[&[AtomicU64]]) {
    let Some([number, zeros, min, max]) = sub_window_of(cells, index) else {
        return;
    };
    // If the writer dies before it stores the new number, readers skip these cells, and the slot's next owner clears
    // them again.
    number.store(f64::NAN.to_bits(), Ordering::Release);
    for octave in octaves {
        for cell in buckets(octave, index) {
            // Release: a reader that sees a cleared cell sees that its sub-window is invalid.
            cell.store(0, Ordering::Release);
        }
    }
    zeros.store(0, Ordering::Release);
    min.store(f64::INFINITY.to_bits(), Ordering::Release);
    max.store(f64::NEG_INFINITY.to_bits(), Ordering::Release);
    number.store(now.to_bits(), Ordering::Release);
}

/// Returns the buckets that an octave has for a sub-window.
#[must_use]
pub fn buckets(octave: &[AtomicU64], sub_window: usize) -> &[AtomicU64] {
    octave.get(sub_window * CELLS..(sub_window + 1) * CELLS).unwrap_or_default()
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
    fn counts_and_keeps_extremes_and_fills_buckets() {
        let (main, octave) = (cells(9), cells(32));
        octave.iter().for_each(|cell| scalar::set(cell, 0.0));
        assert_eq!(numbers(&main), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, INF, -INF, 0.0]);
        let moment = Moment { sub_window: 0, number: None };
        for (value, bucket) in
            [(5.0, Bucket::Of(&octave[7])), (0.0, Bucket::Zero), (-2.0, Bucket::None)]
        {
            observe(&main, moment, (value, 1.0), bucket, Vec::new);
        }
        assert_eq!(numbers(&main), [3.0, 3.0, 3.0, 0.0, 0.0, 1.0, -2.0, 5.0, 3.0]);
        assert_eq!(scalar::get(&octave[7]), 1.0);
        // The block has no cells for this sub-window, as can happen in a damaged heap: nothing is stored.
        observe(&main, Moment { sub_window: 1, number: None }, (1.0, 1.0), Bucket::None, Vec::new);
        assert_eq!(scalar::get(&main[0]), 3.0);
    }

    #[test]
    fn a_sub_window_of_another_time_is_cleared_and_no_other() {
        let main = cells(13);
        let octave: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(7_f64.to_bits())).collect();
        let octaves = || vec![&octave[..]];
        let bucket = Bucket::Of(&octave[40]);
        observe(&main, Moment { sub_window: 1, number: Some(9.0) }, (4.0, 1.0), bucket, octaves);
        let expected = [1.0, 1.0, 4.0, 0.0, 0.0, 0.0, INF, -INF, 9.0, 0.0, 4.0, 4.0, 1.0];
        assert_eq!(numbers(&main), expected);
        assert_eq!(numbers(&octave[..32]), [7.0; 32]);
        assert_eq!(scalar::get(&octave[40]), 1.0);
        assert_eq!(numbers(&octave[32..]).iter().sum::<f64>(), 1.0);
        observe(&main, Moment { sub_window: 1, number: Some(9.0) }, (2.0, 1.0), bucket, octaves);
        assert_eq!(scalar::get(&octave[40]), 2.0);
    }
}
