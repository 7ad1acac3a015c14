//! Joins families of one name. Two versions of an application that run at the same time make such families.
//!
//! A scrape must show a name once. Families of one name and type are joined series by series: series are the same if
//! they are printed with the same labels. A series is printed with its own labels and its default labels, except
//! default labels that have the name of an own label. If families of one name have different types, only those of the
//! newest one's type are shown.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bounds::{folding, kept};
use super::newest::unite;
use super::printed_labels::PrintedLabels;
use super::reduced::Reduced;
use super::snapshot::{Exemplar, Family, Series, Snapshot, Span, Value};
use super::states::{indexes as state_indexes, united};
use crate::aggregator::Aggregator;
use crate::metric_type::Values;
use crate::quantile::sketch::Sketch;

/// Where the families come from that are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origins {
    /// One application.
    Application,
    /// Several applications.
    Applications,
}

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
/// * State sets with different states are joined with the states of all of them: those of the newest family come first.
/// * The joined family has the help, aggregator and tag of the newest family, and the position and birth of the oldest.
///   A joined series has the position, the birth and the label text of the oldest.
/// * A joined series does not show a default label `le` or `quantile` if its parts have different values of it.
///
/// If every name occurs once and no two series can coincide, the snapshot is returned unchanged.
///
/// `prefix` is what is printed before all names, and before the label with a state.
#[must_use]
pub fn join(snapshot: Snapshot, prefix: &str) -> (Snapshot, Joined) {
    join_of(Origins::Application, snapshot, prefix)
}

/// Joins families of several applications. It does what [`join`] does, except for two aggregators of gauges: `average`
/// weighs each value with its number of writers, and shared gauges are added up, because each application has one.
#[must_use]
pub fn join_applications(snapshot: Snapshot) -> (Snapshot, Joined) {
    join_of(Origins::Applications, snapshot, "")
}

fn join_of(origins: Origins, snapshot: Snapshot, prefix: &str) -> (Snapshot, Joined) {
    let mut joined = Joined::default();
    let labels = PrintedLabels { text: &snapshot.text, defaults: &snapshot.defaults, prefix };
    let mut names = HashSet::with_capacity(snapshot.families.len());
    let unique = snapshot.families.iter().all(|family| names.insert(&*family.name));
    if unique && !snapshot.families.iter().any(|family| labels.may_coincide(family)) {
        return (snapshot, joined);
    }
    let Snapshot { families, text, cells, exemplars, sketches, defaults } = snapshot;
    let mut arena = Arena { cells, exemplars, sketches };
    let mut reduced = Reduced::default();
    let labels = PrintedLabels { text: &text, defaults: &defaults, prefix };
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
                merge(&mut group, origins, &labels, &mut arena, &mut reduced);
            }
            let newest = group.swap_remove(0);
            Family { birth: birth.unwrap_or(newest.birth), ..newest }
        })
        .collect();
    let Arena { cells, exemplars, sketches } = arena;
    let mut snapshot = Snapshot { families, text, cells, exemplars, sketches, defaults };
    reduced.add_to(&mut snapshot);
    (snapshot, joined)
}

/// The arenas of a snapshot to which values refer.
struct Arena {
    cells: Vec<f64>,
    exemplars: Vec<Exemplar>,
    sketches: Vec<Sketch>,
}

/// A joined series.
struct Sum {
    series: Series,
    /// Number of values that were joined.
    parts: u32,
    /// Whether [`Reduced::without`] has already returned the series' set of default labels.
    reduced: bool,
}

/// Joins families of one type into the first, which is the newest. The others have no series afterwards. A series that
/// is malformed, or does not fit its family, is left out.
fn merge(
    group: &mut [Family],
    origins: Origins,
    labels: &PrintedLabels<'_>,
    arena: &mut Arena,
    reduced: &mut Reduced,
) {
    let newest = &group[0];
    let aggregator = aggregator_of(newest, origins);
    let weighted = origins == Origins::Applications && aggregator == Aggregator::Average;
    // The `bounds` of a summary are its percentiles. The percentiles of the newest family are computed from the
    // observations of all families.
    let same = newest.metric_type.values() == Values::Quantiles
        || group
            .iter()
            .all(|family| family.bounds == newest.bounds && family.states == newest.states);
    let bounds: Arc<[f64]> = if same {
        group[0].bounds.clone()
    } else {
        kept(group.iter().map(|family| &*family.bounds)).into()
    };
    let states = if same {
        group[0].states.clone()
    } else {
        united(group.iter().map(|family| &*family.states))
    };
    let numbers = match newest.metric_type.values() {
        Values::States => states.len(),
        _ => bounds.len() + 1,
    };
    let mut foldings: Vec<Option<Vec<usize>>> = Vec::with_capacity(group.len());
    let mut parts: Vec<(Series, usize)> = Vec::new();
    for (index, family) in group.iter_mut().enumerate() {
        foldings.push((!same).then(|| match family.metric_type.values() {
            Values::States => state_indexes(&family.states, &states),
            _ => folding(&family.bounds, &bounds),
        }));
        let series = std::mem::take(&mut family.series);
        let fitting = series.into_iter().filter(|series| fits(series.value, family, &arena.cells));
        parts.extend(fitting.map(|series| (series, index)));
    }
    parts.sort_by_key(|(series, _)| series.birth);

    let own = labels.own_label(&group[0]);
    let mut sums: Vec<Sum> = Vec::with_capacity(parts.len());
    let mut indexes: HashMap<Vec<u8>, usize> = HashMap::with_capacity(parts.len());
    for (mut series, index) in parts {
        if weighted {
            series.value = weigh(series);
        }
        let folding = foldings[index].as_deref();
        let Ok(key) = labels.of(&series, &own) else {
            continue;
        };
        match indexes.entry(key) {
            Entry::Occupied(index) => {
                let sum = &mut sums[*index.get()];
                sum.parts += 1;
                sum.series.parts = sum.series.parts.saturating_add(series.parts);
                // Once reduced, the set may have a number that `labels` does not know.
                if !sum.reduced && labels.differ_in(&own, [sum.series.defaults, series.defaults]) {
                    sum.series.defaults = reduced.without(&own, sum.series.defaults, labels);
                    sum.reduced = true;
                }
                if aggregator == Aggregator::MostRecent {
                    // Parts are sorted by birth, so of parts that were set at the same time the youngest wins.
                    if series.set_at >= sum.series.set_at {
                        let value = begin(series.value, folding, numbers, &mut arena.cells);
                        sum.series.value = value.unwrap_or(sum.series.value);
                        sum.series.set_at = series.set_at;
                    }
                    continue;
                }
                sum.series.value = add(sum.series.value, series.value, aggregator, folding, arena);
                let to = sum.series.exemplars;
                sum.series.exemplars = unite(to, series.exemplars, folding, &mut arena.exemplars);
            }
            Entry::Vacant(index) => {
                let Some(value) = begin(series.value, folding, numbers, &mut arena.cells) else {
                    continue;
                };
                index.insert(sums.len());
                let exemplars =
                    unite(Span::default(), series.exemplars, folding, &mut arena.exemplars);
                let series = Series { value, exemplars, ..series };
                sums.push(Sum { series, parts: 1, reduced: false });
            }
        }
    }
    group[0].series =
        sums.into_iter().filter_map(|sum| finish(sum, aggregator, weighted)).collect();
    group[0].bounds = bounds;
    group[0].states = states;
}

/// The aggregator by which the series of a family are joined.
fn aggregator_of(family: &Family, origins: Origins) -> Aggregator {
    if !family.metric_type.is_level() {
        return Aggregator::Sum;
    }
    match Aggregator::of(family.metric_type, &family.aggregator, &family.label_names) {
        Aggregator::Shared if origins == Origins::Applications => Aggregator::Sum,
        aggregator => aggregator,
    }
}

/// The value of an average, times its weight.
fn weigh(series: Series) -> Value {
    match series.value {
        Value::Scalar(value) => Value::Scalar(value * f64::from(series.parts)),
        value => value,
    }
}

fn fits(value: Value, family: &Family, cells: &[f64]) -> bool {
    match (family.metric_type.values(), value) {
        (Values::Scalar, Value::Scalar(_)) | (Values::Quantiles, Value::Summary { .. }) => true,
        (Values::Buckets, Value::Histogram { counts, .. }) => {
            counts.len as usize == family.bounds.len() + 1 && counts.range().end <= cells.len()
        }
        (Values::States, Value::States(span)) => {
            span.len as usize == family.states.len() && span.range().end <= cells.len()
        }
        _ => false,
    }
}

/// The value of a joined series after its first part. A histogram whose bounds change, and a state set whose states
/// change, get new cells. `None` if the arena is full.
fn begin(
    value: Value,
    folding: Option<&[usize]>,
    len: usize,
    cells: &mut Vec<f64>,
) -> Option<Value> {
    let (Value::Histogram { counts, .. } | Value::States(counts), Some(folding)) = (value, folding)
    else {
        return Some(value);
    };
    let fresh = Span { start: u32::try_from(cells.len()).ok()?, len: u32::try_from(len).ok()? };
    cells.resize(cells.len() + len, 0.0);
    add_counts(fresh, counts, Some(folding), cells);
    Some(match value {
        Value::Histogram { sum, .. } => Value::Histogram { sum, counts: fresh },
        _ => Value::States(fresh),
    })
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
        (Value::States(to), Value::States(part)) => {
            join_states(to, part, aggregator, folding, &mut arena.cells);
            Value::States(to)
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

/// Joins the numbers of states. A state that the part does not have counts as not set there.
fn join_states(
    to: Span,
    part: Span,
    aggregator: Aggregator,
    folding: Option<&[usize]>,
    cells: &mut [f64],
) {
    let target = |index| folding.map_or(index, |folding| folding[index]);
    for state in 0..to.len as usize {
        let own = (0..part.len as usize).find(|index| target(*index) == state);
        let number = own.map_or(0.0, |index| cells[part.start as usize + index]);
        let sum = &mut cells[to.start as usize + state];
        *sum = match aggregator {
            Aggregator::Sum => *sum + number,
            Aggregator::Min => sum.min(number),
            // Both are of one thread, which has made two families of one name. That of the newer series counts.
            Aggregator::All => number,
            _ => sum.max(number),
        };
    }
}

fn finish(sum: Sum, aggregator: Aggregator, weighted: bool) -> Option<Series> {
    match (sum.series.value, aggregator) {
        (_, Aggregator::Omit) if sum.parts > 1 => None,
        (Value::Scalar(value), Aggregator::Average) => {
            let parts = if weighted { sum.series.parts } else { sum.parts };
            let value = Value::Scalar(value / f64::from(parts));
            Some(Series { value, ..sum.series })
        }
        _ => Some(sum.series),
    }
}
