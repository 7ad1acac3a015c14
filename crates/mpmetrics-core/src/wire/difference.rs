//! The difference of two snapshots of one application.

use crate::metric_type::Values;
use crate::scrape::bounds::{folding, kept};
use crate::scrape::printed_labels::PrintedLabels;
use crate::scrape::snapshot::{Family, Series, Snapshot, Span, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The part of a count by which it may differ because its parts were added in another order.
const ROUNDING: f64 = 1e-9;

/// Subtracts the series of `base` from those of `state` with the same family and labels. Only counters, histograms and
/// summaries are in `base`. Series of `base` that cannot be subtracted, because `state` has counted less or does not
/// have them, are removed from `base`.
pub(super) fn subtract(state: &mut Snapshot, base: &mut Snapshot) {
    let mut families = std::mem::take(&mut base.families);
    families.retain_mut(|earlier| {
        let same = |family: &&mut Family| {
            family.name == earlier.name && family.metric_type == earlier.metric_type
        };
        let mut of_state = std::mem::take(&mut state.families);
        let found = of_state.iter_mut().find(same);
        let any = found.is_some_and(|family| {
            let folds = family.bounds != earlier.bounds;
            let before = folds.then(|| (family.bounds.clone(), family.series.clone()));
            fold_both((family, state), (earlier, base));
            subtract_family((family, state), (earlier, base));
            let any = !earlier.series.is_empty();
            if let Some(before) = before.filter(|_| !any) {
                // A histogram loses no buckets to a base of which nothing was subtracted.
                (family.bounds, family.series) = before;
            }
            any
        });
        state.families = of_state;
        any
    });
    base.families = families;
}

/// A family, and the snapshot in which its numbers are.
type In<'a> = (&'a mut Family, &'a mut Snapshot);

fn subtract_family((family, state): In<'_>, (earlier, base): In<'_>) {
    let mut indexes = HashMap::new();
    {
        let labels = PrintedLabels::of_applications(base);
        let own = labels.own_label(earlier);
        for (index, series) in earlier.series.iter().enumerate() {
            if let Ok(key) = labels.of(series, &own) {
                indexes.insert(key, index);
            }
        }
    }
    let pairs: Vec<(usize, usize)> = {
        let labels = PrintedLabels::of_applications(state);
        let own = labels.own_label(family);
        let keys = family.series.iter().map(|series| labels.of(series, &own));
        let found = keys.map(|key| key.ok().and_then(|key| indexes.get(&key).copied()));
        found.enumerate().filter_map(|(of_state, of_base)| Some((of_state, of_base?))).collect()
    };
    let mut subtracted = HashSet::new();
    for (of_state, of_base) in pairs {
        let (series, part) = (&mut family.series[of_state], &earlier.series[of_base]);
        if subtract_series(series, state, part, base) {
            subtracted.insert(of_base);
        }
    }
    let mut index = 0;
    earlier.series.retain(|_| {
        index += 1;
        subtracted.contains(&(index - 1))
    });
}

/// Returns false, and changes nothing, if the series has counted less than the part.
fn subtract_series(
    series: &mut Series,
    state: &mut Snapshot,
    part: &Series,
    base: &Snapshot,
) -> bool {
    match (series.value, part.value) {
        (Value::Scalar(value), Value::Scalar(part)) => {
            let Some(rest) = rest(value, part) else {
                return false;
            };
            series.value = Value::Scalar(rest);
            true
        }
        (Value::Histogram { sum, counts }, Value::Histogram { sum: less, counts: part }) => {
            let part = base.counts(part);
            let Some(cells) = state.cells.get_mut(counts.range()) else {
                return false;
            };
            if cells.len() != part.len() || cells.iter().zip(part).any(|(cell, part)| cell < part) {
                return false;
            }
            cells.iter_mut().zip(part).for_each(|(cell, part)| *cell -= part);
            series.value = Value::Histogram { sum: sum - less, counts };
            true
        }
        (
            Value::Summary { sum, count, sketch },
            Value::Summary { sum: less, count: fewer, sketch: part },
        ) if count >= fewer => {
            let part = base.sketches.get(part as usize);
            if let Some((sketch, part)) = state.sketches.get_mut(sketch as usize).zip(part) {
                sketch.subtract(part);
            }
            series.value = Value::Summary { sum: sum - less, count: count - fewer, sketch };
            true
        }
        _ => false,
    }
}

/// Returns what a count has beyond an earlier one; `None` if it has less. A sum of fractions can become a little less
/// when its parts are added in another order.
fn rest(count: f64, earlier: f64) -> Option<f64> {
    let rest = count - earlier;
    let grown = rest >= -ROUNDING * earlier.abs() || rest.is_nan();
    grown.then_some(if rest < 0.0 { 0.0 } else { rest })
}

/// Gives two histograms with different bounds the bounds that both have.
fn fold_both((family, state): In<'_>, (earlier, base): In<'_>) {
    if family.metric_type.values() != Values::Buckets || family.bounds == earlier.bounds {
        return;
    }
    let bounds: Arc<[f64]> = kept([&*family.bounds, &*earlier.bounds].into_iter()).into();
    fold(family, state, &bounds);
    fold(earlier, base, &bounds);
}

fn fold(family: &mut Family, snapshot: &mut Snapshot, bounds: &Arc<[f64]>) {
    let targets = folding(&family.bounds, bounds);
    for series in &mut family.series {
        let Value::Histogram { sum, counts } = series.value else { continue };
        let start = snapshot.cells.len();
        let mut cells = vec![0.0; bounds.len() + 1];
        for (count, target) in snapshot.counts(counts).iter().zip(&targets) {
            cells[*target] += count;
        }
        let Ok(from) = u32::try_from(start) else { continue };
        let counts = Span { start: from, len: cells.len() as u32 };
        snapshot.cells.extend(cells);
        series.value = Value::Histogram { sum, counts };
        // An exemplar's bucket is not one of the new ones.
        series.exemplars = Span::default();
    }
    family.bounds = bounds.clone();
}
