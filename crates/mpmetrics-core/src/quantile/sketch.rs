//! Observations counted in logarithmic buckets, as plain data, from which quantiles are computed.

use crate::quantile::octave::{locate, Octave, CELLS};

/// The observations of one block of a summary's series, or of several blocks together.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// Observations of zero.
    pub zeros: f64,
    /// The smallest observation; infinity for none.
    pub min: f64,
    /// The largest observation; minus infinity for none.
    pub max: f64,
    /// Octaves with observations, in any order, each once.
    pub octaves: Vec<(Octave, [f64; CELLS])>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { zeros: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, octaves: Vec::new() }
    }
}

impl Sketch {
    /// Removes all observations.
    pub fn clear(&mut self) {
        let mut octaves = std::mem::take(&mut self.octaves);
        octaves.clear();
        *self = Self { octaves, ..Self::default() };
    }

    /// The buckets of an octave.
    pub fn octave(&mut self, octave: Octave) -> &mut [f64; CELLS] {
        let index = self.octaves.iter().position(|(known, _)| *known == octave);
        let index = index.unwrap_or_else(|| {
            self.octaves.push((octave, [0.0; CELLS]));
            self.octaves.len() - 1
        });
        &mut self.octaves[index].1
    }

    /// Adds the observations of another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.widen(other.min, other.max);
        for (octave, counts) in &other.octaves {
            let sums = self.octave(*octave);
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }

    /// Subtracts the observations of a part of this sketch. The smallest and the largest observation stay if their
    /// buckets have observations left, because they may be among these. If not, the middle of the outermost bucket that
    /// has observations takes their place.
    pub fn subtract(&mut self, part: &Self) {
        if part.ranked().is_empty() {
            return;
        }
        let less = |count: &mut f64, part: f64| *count = (*count - part).max(0.0);
        less(&mut self.zeros, part.zeros);
        for (octave, counts) in &part.octaves {
            let rest = self.octave(*octave);
            rest.iter_mut().zip(counts).for_each(|(count, part)| less(count, *part));
        }
        let ranked = self.ranked();
        let Some(((first, _), (last, _))) = ranked.first().zip(ranked.last()) else {
            self.clear();
            return;
        };
        if !self.has_like(self.min) {
            self.min = *first;
        }
        if !self.has_like(self.max) {
            self.max = *last;
        }
    }

    /// Whether the bucket of a value has observations.
    fn has_like(&self, value: f64) -> bool {
        let Some((octave, cell)) = locate(value) else {
            return self.zeros > 0.0;
        };
        self.octaves.iter().any(|(known, counts)| *known == octave && counts[cell] > 0.0)
    }

    /// Widens the range of the observations.
    pub fn widen(&mut self, min: f64, max: f64) {
        self.min = self.min.min(min);
        self.max = self.max.max(max);
    }

    /// Whether nothing was observed. An observation may have no bucket, for want of memory, but it widens the range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let none = |count: &f64| count.is_nan() || *count <= 0.0;
        self.min > self.max
            && none(&self.zeros)
            && self.octaves.iter().all(|(_, counts)| counts.iter().all(none))
    }

    /// The quantiles, each 0 if nothing was observed.
    ///
    /// Observation k of n, in ascending order from 0 on, has the rank (k + ½) / n; between two ranks the result is
    /// interpolated, as prom-client's digest does while it has every observation. The first and the last observation
    /// are known exactly, others by the middle of their bucket. Between two values of different sign, the result is the
    /// value with the nearer rank: an interpolated value could be near zero, and the errors of the two values would be
    /// large compared with it. If there are only two observations in all, both are exact, and the result is
    /// interpolated even if their signs differ.
    #[must_use]
    pub fn quantiles(&self, percentiles: &[f64]) -> Vec<f64> {
        let ranked = self.ranked();
        let Some((_, count)) = ranked.last().copied() else {
            return vec![0.0; percentiles.len()];
        };
        let smallest = if self.min.is_finite() { self.min } else { ranked[0].0 };
        let largest = if self.max.is_finite() { self.max } else { ranked[ranked.len() - 1].0 };
        let nth = |rank: f64| {
            if rank <= 0.0 {
                return smallest;
            }
            if rank >= count - 1.0 {
                return largest;
            }
            let index = ranked.partition_point(|(_, upto)| *upto <= rank);
            let value = ranked.get(index).map_or(largest, |(value, _)| *value);
            // Not `clamp`, which panics if `smallest` exceeds `largest`, as a damaged heap may have it.
            value.max(smallest).min(largest)
        };
        let quantile = |percentile: &f64| {
            let rank = count * percentile - 0.5;
            let below = rank.floor();
            let (lower, upper) = (nth(below), nth(below + 1.0));
            let share = rank - below;
            if rank.is_nan() || rank <= 0.0 {
                smallest
            } else if rank >= count - 1.0 {
                largest
            } else if lower < 0.0 && upper > 0.0 && count > 2.0 {
                if share <= 0.5 {
                    lower
                } else {
                    upper
                }
            } else {
                between(lower, upper, share)
            }
        };
        percentiles.iter().map(quantile).collect()
    }

    /// Returns the middles of the buckets with observations, ascending, each with the number of observations in all
    /// buckets up to this one.
    fn ranked(&self) -> Vec<(f64, f64)> {
        let mut octaves: Vec<&(Octave, [f64; CELLS])> = self.octaves.iter().collect();
        // Sorted by stored form: the positive octaves first, then the negative ones, each by magnitude. The middles of
        // the negative octaves are reversed below, and put first.
        octaves.sort_by_key(|(octave, _)| *octave);
        let split = octaves.partition_point(|(octave, _)| !octave.is_negative());
        let (positive, negative) = octaves.split_at(split);
        let middles = |(octave, counts): &&(Octave, [f64; CELLS])| {
            let (octave, counts) = (*octave, *counts);
            (0..CELLS).map(move |cell| (octave.middle(cell), counts[cell]))
        };
        let below = negative.iter().flat_map(middles).rev().collect::<Vec<_>>();
        let all =
            below.into_iter().chain([(0.0, self.zeros)]).chain(positive.iter().flat_map(middles));
        let mut upto = 0.0;
        let filled = all.filter(|(_, count)| *count > 0.0);
        filled
            .map(|(value, count)| {
                upto += count;
                (value, upto)
            })
            .collect()
    }
}

/// Interpolates between two values, whose difference may be too large for a double.
fn between(lower: f64, upper: f64, share: f64) -> f64 {
    if lower == upper {
        lower
    } else {
        lower * (1.0 - share) + upper * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The largest error of a quantile that the project promises.
    const ERROR: f64 = 0.0109;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        for value in values {
            sketch.widen(*value, *value);
            match locate(*value) {
                None => sketch.zeros += 1.0,
                Some((octave, cell)) => sketch.octave(octave)[cell] += 1.0,
            }
        }
        sketch
    }

    /// Computes a quantile by its definition, from the sorted observations.
    fn exact(sorted: &[f64], percentile: f64) -> f64 {
        let last = sorted.len() - 1;
        let rank = (sorted.len() as f64 * percentile - 0.5).clamp(0.0, last as f64);
        let (below, share) = (rank.floor() as usize, rank.fract());
        let (lower, upper) = (sorted[below], sorted[(below + 1).min(last)]);
        if lower < 0.0 && upper > 0.0 && sorted.len() > 2 {
            return if share <= 0.5 { lower } else { upper };
        }
        between(lower, upper, share)
    }

    #[test]
    fn few_observations_are_exact_at_the_ends() {
        assert_eq!(Sketch::default().quantiles(&[0.0, 0.5, 1.0]), [0.0; 3]);
        assert_eq!(sketch(&[7.3]).quantiles(&[0.0, 0.5, 1.0]), [7.3; 3]);
        assert_eq!(sketch(&[100.0, 200.0]).quantiles(&[0.1, 0.5, 0.9]), [100.0, 150.0, 200.0]);
        assert_eq!(sketch(&[-1.0, 1.0]).quantiles(&[0.5]), [0.0]);
        assert_eq!(sketch(&[0.0, -0.0]).quantiles(&[0.5]), [0.0]);
        assert_eq!(sketch(&[3.0; 1000]).quantiles(&[0.01, 0.5, 0.999]), [3.0; 3]);
        assert_eq!(sketch(&[5.0, 6.0]).quantiles(&[-1.0, 2.0, f64::NAN]), [5.0, 6.0, 5.0]);
    }

    #[test]
    fn the_range_of_a_difference_is_that_of_the_observations_that_are_left() {
        let of = |all: &[f64], part: &[f64]| {
            let mut rest = sketch(all);
            rest.subtract(&sketch(part));
            rest.quantiles(&[0.0, 0.5, 1.0])
        };
        let near = |found: Vec<f64>, expected: [f64; 3]| {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= ERROR * f64::abs(expected), "{found}");
            }
        };
        near(of(&[0.0, 5.0, 99.0], &[0.0, 99.0]), [5.0; 3]);
        near(of(&[-7.0, -7.0, 0.0, 3.0], &[-7.0, 3.0]), [-7.0, -3.5, 0.0]);
        near(of(&[-9.0, 4.0, 5.0], &[-9.0]), [4.0, 4.5, 5.0]);
        assert_eq!(of(&[1.5, 8.5], &[]), [1.5, 5.0, 8.5], "nothing was subtracted");
        assert_eq!(of(&[1.5, 8.5], &[8.5, 1.5]), [0.0; 3], "nothing is left");
        let mut all = sketch(&[1.5, 8.5]);
        all.subtract(&all.clone());
        assert!(all.is_empty());
    }

    #[test]
    fn a_sketch_is_not_empty_even_if_its_observations_have_no_bucket() {
        assert!(Sketch::default().is_empty());
        for value in [0.0, 7.0, -7.0] {
            assert!(!sketch(&[value]).is_empty());
            let mut refused = Sketch::default();
            refused.widen(value, value);
            assert!(!refused.is_empty());
        }
    }

    #[test]
    fn nonsense_of_a_damaged_heap_is_survived() {
        for odd in [f64::NAN, f64::INFINITY, -1.0, f64::NEG_INFINITY] {
            let mut one = sketch(&[1.0, 2.0, -5.0]);
            one.zeros = odd;
            one.octaves[0].1[1] = odd;
            (one.min, one.max) = (odd, -odd);
            assert_eq!(one.quantiles(&[0.0, 0.5, 1.0]).len(), 3);
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_promised_error(
            mut values in vec(prop_oneof![
                4 => -1e3..1e3_f64,
                2 => (-300.0..300.0_f64).prop_map(|power| 10_f64.powf(power)),
                1 => (-300.0..300.0_f64).prop_map(|power| -(10_f64.powf(power))),
                1 => Just(0.0),
            ], 1..200),
            percentiles in vec(0.0..=1.0_f64, 1..10),
            split in 0..200_usize,
        ) {
            let (first, second) = values.split_at(split.min(values.len()));
            let mut whole = sketch(first);
            whole.merge(&sketch(second));
            values.sort_by(f64::total_cmp);
            for (percentile, found) in percentiles.iter().zip(whole.quantiles(&percentiles)) {
                let expected = exact(&values, *percentile);
                let off = (found - expected).abs();
                prop_assert!(off <= ERROR * expected.abs(), "{percentile}: {found} for {expected}");
            }
        }
    }
}
