//! Joins families of one name. Two versions of an application that run at the same time make such families.
//!
//! A scrape must show a name once. Families of one name and type are joined series by series: series are the same if
//! they are printed with the same labels (their own, and default labels of other names). If families of one name have
//! different types, only those of the newest one's type are shown.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bounds::{folding, kept};
use super::newest::unite;
use super::snapshot::{Exemplar, Family, LabelSpan, Series, Snapshot, Span, Value};
use crate::aggregator::Aggregator;
use crate::aggregator::WRITER_LABELS;
use crate::labels::{pairs, Malformed};
use crate::metric_type::Values;
use crate::quantile::sketch::Sketch;

/// Counts of problems that [`join`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Families that were left out because a newer one of their name has another type.
    pub type_clashes: u64,
}

/// Joins families of one name, and series of one family that are printed with the same labels.
///
/// * Counters, histograms and summaries are added up. Gauges are joined by the newest family's aggregator (an unknown
///   one means sum). The aggregator's parts are the families' values here, and not the values of writers: `average`
///   gives the average of the families' values.
/// * Histograms with different bounds are joined with the bounds that all of them have.
/// * The joined family has the help, aggregator and tag of the newest family, and the position and birth of the oldest.
///   A joined series has the position, the birth and the label text of the oldest.
///
/// If every name occurs once and no two series can coincide, the snapshot is returned unchanged.
#[must_use]
pub fn join(snapshot: Snapshot) -> (Snapshot, Joined) {
    let mut joined = Joined::default();
    let labels = Effective { text: &snapshot.text, defaults: &snapshot.defaults };
    let mut names = HashSet::with_capacity(snapshot.families.len());
    let unique = snapshot.families.iter().all(|family| names.insert(&*family.name));
    if unique && !snapshot.families.iter().any(|family| labels.may_coincide(family)) {
        return (snapshot, joined);
    }
    let Snapshot { families, text, cells, exemplars, sketches, defaults } = snapshot;
    let mut arena = Arena { cells, exemplars, sketches };
    let labels = Effective { text: &text, defaults: &defaults };
    let mut indexes: HashMap<Arc<str>, usize> = HashMap::new();
    let mut groups: Vec<Vec<Family>> = Vec::new();
    for family in families {
        let index = *indexes.entry(family.name.clone()).or_insert(groups.len());
        if index == groups.len() {
            groups.push(Vec::new());
        }
        groups[index].push(family);
    }
    let families = groups
        .into_iter()
        .map(|mut group| {
            let birth = group.iter().map(|family| family.birth).min();
            let all = group.len();
            // The newest comes first. Births are unique, except in a corrupt heap, where any order will do.
            group.sort_by_key(|family| Reverse(family.birth));
            let metric_type = group[0].metric_type;
            group.retain(|family| family.metric_type == metric_type);
            joined.type_clashes += (all - group.len()) as u64;
            if group.len() > 1 || labels.may_coincide(&group[0]) {
                merge(&mut group, &labels, &mut arena);
            }
            let newest = group.swap_remove(0);
            Family { birth: birth.unwrap_or(newest.birth), ..newest }
        })
        .collect();
    let Arena { cells, exemplars, sketches } = arena;
    (Snapshot { families, text, cells, exemplars, sketches, defaults }, joined)
}

/// The arenas of a snapshot to which values refer.
struct Arena {
    cells: Vec<f64>,
    exemplars: Vec<Exemplar>,
    sketches: Vec<Sketch>,
}

/// Makes a key of the labels with which a series is printed. Equal sets of labels have equal keys.
struct Effective<'a> {
    text: &'a [u8],
    defaults: &'a [LabelSpan],
}

type Pairs<'a> = Vec<(&'a [u8], &'a [u8], u8)>;

impl<'a> Effective<'a> {
    fn read(&self, span: LabelSpan) -> Result<Pairs<'a>, Malformed> {
        pairs(self.bytes(span.text), self.bytes(span.types))
            .map(|pair| pair.map(|pair| (pair.name, pair.escaped, pair.kind)))
            .collect()
    }

    fn bytes(&self, span: Span) -> &'a [u8] {
        let start = span.start as usize;
        self.text.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// The key of a set of labels, which does not depend on their order.
    fn key(mut set: Pairs<'_>) -> Vec<u8> {
        set.sort_unstable();
        let mut key = Vec::new();
        for (name, value, _) in set {
            for part in [name, value] {
                key.extend_from_slice(&(part.len() as u64).to_le_bytes());
                key.extend_from_slice(part);
            }
        }
        key
    }

    fn defaults(&self, number: u32) -> LabelSpan {
        let index = (number as usize).checked_sub(1);
        index.and_then(|index| self.defaults.get(index)).copied().unwrap_or_default()
    }

    fn of(&self, series: &Series) -> Result<Vec<u8>, Malformed> {
        let mut set = self.read(series.labels)?;
        let own = set.len();
        if series.defaults > 0 {
            for default in self.read(self.defaults(series.defaults))? {
                if !set[..own].iter().any(|&(name, _, _)| name == default.0) {
                    set.push(default);
                }
            }
        }
        Ok(Self::key(set))
    }

    /// Whether two series of the family might be printed with the same labels.
    ///
    /// Two series of a family differ in their own labels or in the set of default labels. So they can be printed with
    /// the same labels only in two cases: a default label has the name of one of the family's labels, or two sets of
    /// default labels are equal. Without default labels the check returns at once.
    fn may_coincide(&self, family: &Family) -> bool {
        if self.defaults.is_empty() {
            return false;
        }
        let mut used: Vec<u32> = family.series.iter().map(|series| series.defaults).collect();
        used.dedup();
        used.sort_unstable();
        used.dedup();
        let aggregator =
            Aggregator::of(family.metric_type, &family.aggregator, &family.label_names);
        let mut sets = HashSet::new();
        used.into_iter().any(|number| {
            let Ok(set) = self.read(self.defaults(number)) else {
                return false;
            };
            let of_writer = |name: &[u8]| WRITER_LABELS.iter().any(|own| own.as_bytes() == name);
            let shared = |name: &[u8]| {
                family.label_names.iter().any(|own| own.as_bytes() == name)
                    || aggregator == Aggregator::All && of_writer(name)
            };
            set.iter().any(|&(name, _, _)| shared(name)) || !sets.insert(Self::key(set))
        })
    }
}

/// A joined series, and the number of parts that were added to it so far.
struct Sum {
    series: Series,
    parts: u32,
}

/// Joins families of one type into the first, which is the newest. The others have no series afterwards. A series that
/// is malformed, or does not fit its family, is left out.
fn merge(group: &mut [Family], labels: &Effective<'_>, arena: &mut Arena) {
    let newest = &group[0];
    let aggregator = if newest.metric_type.is_level() {
        Aggregator::of(newest.metric_type, &newest.aggregator, &newest.label_names)
    } else {
        Aggregator::Sum
    };
    // The `bounds` of a summary are its percentiles. The percentiles of the newest family are computed from the
    // observations of all families.
    let same = newest.metric_type.values() == Values::Quantiles
        || group.iter().all(|family| family.bounds == group[0].bounds);
    let bounds: Arc<[f64]> = if same {
        group[0].bounds.clone()
    } else {
        kept(group.iter().map(|family| &*family.bounds)).into()
    };
    let mut foldings: Vec<Option<Vec<usize>>> = Vec::with_capacity(group.len());
    let mut parts: Vec<(Series, usize)> = Vec::new();
    for (index, family) in group.iter_mut().enumerate() {
        foldings.push((!same).then(|| folding(&family.bounds, &bounds)));
        let series = std::mem::take(&mut family.series);
        let fitting = series.into_iter().filter(|series| fits(series.value, family, &arena.cells));
        parts.extend(fitting.map(|series| (series, index)));
    }
    parts.sort_by_key(|(series, _)| series.birth);

    let mut sums: Vec<Sum> = Vec::with_capacity(parts.len());
    let mut indexes: HashMap<Vec<u8>, usize> = HashMap::with_capacity(parts.len());
    for (series, index) in parts {
        let folding = foldings[index].as_deref();
        let Ok(key) = labels.of(&series) else {
            continue;
        };
        match indexes.entry(key) {
            Entry::Occupied(index) => {
                let sum = &mut sums[*index.get()];
                sum.parts += 1;
                if aggregator == Aggregator::MostRecent {
                    // Parts are sorted by birth, so of parts that were set at the same time the youngest wins.
                    if series.set_at >= sum.series.set_at {
                        sum.series.value = series.value;
                        sum.series.set_at = series.set_at;
                    }
                    continue;
                }
                sum.series.value = add(sum.series.value, series.value, aggregator, folding, arena);
                let to = sum.series.exemplars;
                sum.series.exemplars = unite(to, series.exemplars, folding, &mut arena.exemplars);
            }
            Entry::Vacant(index) => {
                let Some(value) = begin(series.value, folding, bounds.len() + 1, &mut arena.cells)
                else {
                    continue;
                };
                index.insert(sums.len());
                let exemplars =
                    unite(Span::default(), series.exemplars, folding, &mut arena.exemplars);
                sums.push(Sum { series: Series { value, exemplars, ..series }, parts: 1 });
            }
        }
    }
    group[0].series = sums.into_iter().filter_map(|sum| finish(sum, aggregator)).collect();
    group[0].bounds = bounds;
}

fn fits(value: Value, family: &Family, cells: &[f64]) -> bool {
    match (family.metric_type.values(), value) {
        (Values::Scalar, Value::Scalar(_)) | (Values::Quantiles, Value::Summary { .. }) => true,
        (Values::Buckets, Value::Histogram { counts, .. }) => {
            let end = counts.start as usize + counts.len as usize;
            counts.len as usize == family.bounds.len() + 1 && end <= cells.len()
        }
        _ => false,
    }
}

/// The value of a joined series after its first part. A histogram whose bounds change gets new cells. `None` if the
/// arena is full.
fn begin(
    value: Value,
    folding: Option<&[usize]>,
    len: usize,
    cells: &mut Vec<f64>,
) -> Option<Value> {
    let (Value::Histogram { sum, counts }, Some(folding)) = (value, folding) else {
        return Some(value);
    };
    let fresh = Span { start: u32::try_from(cells.len()).ok()?, len: u32::try_from(len).ok()? };
    cells.resize(cells.len() + len, 0.0);
    add_counts(fresh, counts, Some(folding), cells);
    Some(Value::Histogram { sum, counts: fresh })
}

fn add(
    to: Value,
    part: Value,
    aggregator: Aggregator,
    folding: Option<&[usize]>,
    arena: &mut Arena,
) -> Value {
    match (to, part) {
        (Value::Scalar(to), Value::Scalar(part)) => Value::Scalar(match aggregator {
            // For `Average`, `finish` divides the sum. For `All`, both values are of one thread, which has made two
            // families of one name.
            Aggregator::Sum | Aggregator::Average | Aggregator::All => to + part,
            Aggregator::First | Aggregator::Omit | Aggregator::MostRecent => to,
            // The value of the newer series counts.
            Aggregator::Shared => part,
            // As with Math.min and Math.max, the result is NaN if one part is.
            Aggregator::Min | Aggregator::Max if to.is_nan() || part.is_nan() => f64::NAN,
            Aggregator::Min => to.min(part),
            Aggregator::Max => to.max(part),
        }),
        (Value::Histogram { sum, counts }, Value::Histogram { sum: more, counts: part }) => {
            add_counts(counts, part, folding, &mut arena.cells);
            Value::Histogram { sum: sum + more, counts }
        }
        (
            Value::Summary { sum, count, sketch },
            Value::Summary { sum: more_sum, count: more, sketch: part },
        ) => {
            let sketch_of_part = arena.sketches.get_mut(part as usize);
            let part = sketch_of_part.map(std::mem::take).unwrap_or_default();
            if let Some(all) = arena.sketches.get_mut(sketch as usize) {
                all.merge(&part);
            }
            Value::Summary { sum: sum + more_sum, count: count + more, sketch }
        }
        // Cannot happen: `fits` has checked that both have values of their families' type.
        (to, _) => to,
    }
}

/// Adds the cells of one span to those of another. `folding` has the index of the target for each cell; without it, the
/// indexes are the same.
fn add_counts(to: Span, part: Span, folding: Option<&[usize]>, cells: &mut [f64]) {
    for index in 0..part.len as usize {
        let target = folding.map_or(index, |folding| folding[index]);
        cells[to.start as usize + target] += cells[part.start as usize + index];
    }
}

fn finish(sum: Sum, aggregator: Aggregator) -> Option<Series> {
    match (sum.series.value, aggregator) {
        (_, Aggregator::Omit) if sum.parts > 1 => None,
        (Value::Scalar(value), Aggregator::Average) => {
            let value = Value::Scalar(value / f64::from(sum.parts));
            Some(Series { value, ..sum.series })
        }
        _ => Some(sum.series),
    }
}
