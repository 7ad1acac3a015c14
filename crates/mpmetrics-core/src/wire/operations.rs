//! What can be done with the bytes of snapshots: join, add up, subtract, and leave series out.

use super::decode::{Decoded, Source};
use super::difference::subtract;
use super::encode;
use crate::error::Result;
use crate::exposition::extra::Extra;
use crate::metric_type::MetricType;
use crate::quantile::sketch::Sketch;
use crate::scrape::aggregate::join_applications;
use crate::scrape::printed_labels::PrintedLabels;
use crate::scrape::snapshot::{Snapshot, Value};
use std::collections::HashSet;

/// What several snapshots have together, ready to be printed.
#[derive(Debug)]
pub struct Contents {
    /// The families that can be joined, one of each name.
    pub snapshot: Snapshot,
    /// The other families, and the units of all.
    pub extra: Extra,
}

/// Joins the snapshots of several applications as a scrape joins the parts of several writers. Of rows with one name,
/// those of the first snapshot are kept, and none if a family that can be joined has the name.
///
/// # Errors
/// [`crate::Error::Invalid`] for bytes that are no snapshot of this version.
pub fn join(sources: &[Source<'_>]) -> Result<Contents> {
    let Decoded { snapshot, mut rows, units, .. } = Decoded::of(sources, |_| true)?;
    let (snapshot, _) = join_applications(snapshot);
    rows.retain(|rows| !snapshot.families.iter().any(|family| *family.name == *rows.name));
    let extra = Extra { families: rows, units, ..Extra::default() };
    Ok(Contents { snapshot, extra })
}

/// Adds up the counters, histograms and summaries of several snapshots, and leaves everything else out. A summary whose
/// quantiles are those of a window keeps its sum and count, but not its observations.
///
/// # Errors
/// As [`join`].
pub fn sum(sources: &[Source<'_>]) -> Result<Vec<u8>> {
    let Decoded { mut snapshot, units, .. } = Decoded::of(sources, is_count)?;
    forget_windows(&mut snapshot);
    let (snapshot, _) = join_applications(snapshot);
    encode(&snapshot, &Extra { units, ..Extra::default() })
}

/// Removes the observations of summaries whose quantiles are those of a window.
fn forget_windows(snapshot: &mut Snapshot) {
    for family in snapshot.families.iter().filter(|family| family.windowed) {
        for series in &family.series {
            if let Value::Summary { sketch, .. } = series.value {
                let sketch = snapshot.sketches.get_mut(sketch as usize);
                sketch.into_iter().for_each(Sketch::clear);
            }
        }
    }
}

/// Subtracts from the counters, histograms and summaries of a snapshot what `base`, an earlier snapshot of the same
/// application, has of them. A series that has counted less than in `base` was removed and made again, so nothing is
/// subtracted from it. Quantiles of a window stay as they are. Returns the result, and the series of `base` that were
/// subtracted.
///
/// # Errors
/// As [`join`].
pub fn minus(snapshot: &[u8], base: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let source = |bytes| Source { bytes, instance: None };
    let mut state = Decoded::of(&[source(snapshot)], |_| true)?;
    let mut base = Decoded::of(&[source(base)], is_count)?;
    // What left the window since then would be subtracted from what came into it.
    forget_windows(&mut base.snapshot);
    subtract(&mut state.snapshot, &mut base.snapshot);
    let units = |units| Extra { units, ..Extra::default() };
    let extra = Extra { families: state.rows, ..units(state.units) };
    Ok((encode(&state.snapshot, &extra)?, encode(&base.snapshot, &units(base.units))?))
}

/// Returns the counters, histograms and summaries of a snapshot whose series a later snapshot does not have any more.
///
/// # Errors
/// As [`join`].
pub fn missing(earlier: &[u8], later: &[u8]) -> Result<Vec<u8>> {
    let mut earlier = Decoded::of(&[Source { bytes: earlier, instance: None }], is_count)?;
    let there = Names::of(&[later])?;
    retain(&mut earlier.snapshot, |name, key| !there.has(name, key));
    encode(&earlier.snapshot, &Extra { units: earlier.units, ..Extra::default() })
}

/// Returns the counters, histograms and summaries of a snapshot without the series that `gone` has and none of `kept`
/// has.
///
/// # Errors
/// As [`join`].
pub fn without(snapshot: &[u8], gone: &[u8], kept: &[&[u8]]) -> Result<Vec<u8>> {
    let mut snapshot = Decoded::of(&[Source { bytes: snapshot, instance: None }], is_count)?;
    let (gone, kept) = (Names::of(&[gone])?, Names::of(kept)?);
    retain(&mut snapshot.snapshot, |name, key| !gone.has(name, key) || kept.has(name, key));
    encode(&snapshot.snapshot, &Extra { units: snapshot.units, ..Extra::default() })
}

/// Whether the numbers of a type only grow while its series exists.
fn is_count(metric_type: MetricType) -> bool {
    !metric_type.is_level()
}

/// The series of snapshots: the names of their families, and the labels with which they are printed.
struct Names(HashSet<(Box<str>, Vec<u8>)>);

impl Names {
    fn of(snapshots: &[&[u8]]) -> Result<Self> {
        let sources: Vec<_> =
            snapshots.iter().map(|&bytes| Source { bytes, instance: None }).collect();
        let snapshot = Decoded::of(&sources, is_count)?.snapshot;
        let labels = PrintedLabels::of_applications(&snapshot);
        let mut names = HashSet::new();
        for family in &snapshot.families {
            let own = labels.own_label(family);
            for series in &family.series {
                let key = labels.of(series, &own).unwrap_or_default();
                names.insert(((&*family.name).into(), key));
            }
        }
        Ok(Self(names))
    }

    fn has(&self, name: &str, key: &[u8]) -> bool {
        self.0.contains(&(name.into(), key.to_vec()))
    }
}

/// Keeps the series for which `wanted` returns true, and the families that have one or had none before.
fn retain(snapshot: &mut Snapshot, wanted: impl Fn(&str, &[u8]) -> bool) {
    let mut families = std::mem::take(&mut snapshot.families);
    let labels = PrintedLabels::of_applications(snapshot);
    families.retain_mut(|family| {
        let (own, empty) = (labels.own_label(family), family.series.is_empty());
        family
            .series
            .retain(|series| labels.of(series, &own).is_ok_and(|key| wanted(&family.name, &key)));
        empty || !family.series.is_empty()
    });
    snapshot.families = families;
}
