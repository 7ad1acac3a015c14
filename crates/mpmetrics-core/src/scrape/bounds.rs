//! Bounds of histograms that are joined.
//!
//! Bounds are configured in any order, and an observation counts in the first bucket *in that order*
//! whose bound it does not exceed. So no observation counts in the bucket of a bound that follows a
//! larger bound, and the number of observations below that bound is not known. Only the bounds that
//! exceed all bounds before them have a true cumulative count.

/// Returns the bounds that exceed all bounds before them. These are in ascending order.
fn records(bounds: &[f64]) -> Vec<f64> {
    let mut records: Vec<f64> = Vec::with_capacity(bounds.len());
    for &bound in bounds {
        if !bound.is_nan() && records.last().is_none_or(|&last| bound > last) {
            records.push(bound);
        }
    }
    records
}

/// Returns the bounds, ascending, at which every list has a true cumulative count.
///
/// Prometheus would misread buckets that only some of the parts have.
pub(crate) fn kept<'a>(mut lists: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let mut kept = lists.next().map(records).unwrap_or_default();
    for list in lists {
        let records = records(list);
        let mut at = 0;
        kept.retain(|&bound| {
            while records.get(at).is_some_and(|&record| record < bound) {
                at += 1;
            }
            records.get(at) == Some(&bound)
        });
    }
    kept
}

/// Returns, for each cell of a histogram with these bounds and for the cell above them all, the index of the
/// cell of `kept` that takes its count. It is the cell of the next kept bound, so that cumulative counts
/// stay exact.
pub(crate) fn folding(bounds: &[f64], kept: &[f64]) -> Vec<usize> {
    let target = |&bound: &f64| match bound.is_nan() {
        true => kept.len(),
        false => kept.partition_point(|&other| other < bound),
    };
    bounds.iter().map(target).chain([kept.len()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Observes as prom-client does: the first bucket in configured order that is not exceeded.
    fn observe(bounds: &[f64], values: &[f64]) -> Vec<f64> {
        let mut cells = vec![0.0; bounds.len() + 1];
        for value in values {
            cells[bounds.iter().position(|bound| value <= bound).unwrap_or(bounds.len())] += 1.0;
        }
        cells
    }

    #[test]
    fn keeps_what_all_have() {
        let lists: [&[f64]; 3] =
            [&[1.0, 2.0, 5.0, 10.0], &[1.0, 5.0, f64::INFINITY], &[5.0, 7.0, 1.0]];
        assert_eq!(kept(lists[..2].iter().copied()), [1.0, 5.0]);
        assert_eq!(kept(lists.iter().copied()), [5.0], "below 1 the third list knows nothing");
        assert_eq!(folding(lists[0], &[1.0, 5.0]), [0, 1, 1, 2, 2]);
        assert_eq!(folding(&[f64::NAN, 0.5], &[1.0]), [1, 0, 1]);
        assert_eq!(kept(std::iter::empty()), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn cumulative_counts_at_kept_bounds_stay_exact(
            lists in vec(vec((-3_i8..4).prop_map(f64::from), 0..8), 1..4),
            values in vec((-4_i8..5).prop_map(f64::from), 0..30),
        ) {
            let kept = kept(lists.iter().map(Vec::as_slice));
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            for list in &lists {
                prop_assert!(kept.iter().all(|bound| list.contains(bound)));
                let mut folded = vec![0.0; kept.len() + 1];
                for (cell, target) in observe(list, &values).iter().zip(folding(list, &kept)) {
                    folded[target] += cell;
                }
                // The same as if the values had been observed with the kept bounds at once.
                prop_assert_eq!(folded, observe(&kept, &values));
            }
        }
    }
}
