//! Observations in a summary with a window and in a histogram: of the program that is killed, of writers that died
//! before it, and of writers that come after it.

use mpmetrics_core::heap::{FamilySpec, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os;
use mpmetrics_core::quantile::octave;
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::Result;

use super::patient;
use crate::handle::{spec, Handle};
use crate::totals;

/// Sub-windows of 31 years: the present one is number 1, and the one before it is shown, too.
const WINDOW: Window = Window { length: 1e12, sub_windows: 2 };

fn summary() -> FamilySpec {
    let options = SummaryOptions { percentiles: vec![0.5], window: Some(WINDOW), prune: false };
    FamilySpec { numbers: options.numbers(), ..spec(MetricType::Summary) }
}

/// Observes values in the summary's sub-window of this number, and in the histogram. Makes the buckets first.
fn observe(writer: &mut Writer, text: &str, number: f64, values: &[f64]) -> Result<()> {
    let family = patient(|| writer.family(&summary(), 0))?;
    let address = patient(|| writer.bind(family, text.as_bytes(), b""))?;
    let handle = patient(|| Handle::bind(writer, MetricType::Summary, family, text.as_bytes()))?;
    for value in values {
        if let Some((octave, _)) = octave::locate(*value) {
            patient(|| writer.buckets(address.slab, address.cell, handle.key(), octave))?;
        }
        let now = (number + 0.5) * WINDOW.length;
        writer.observe(&address, (*value, 1.0), Some(WINDOW), now)?;
    }
    let family = patient(|| writer.family(&spec(MetricType::Histogram), 0))?;
    let handle = patient(|| Handle::bind(writer, MetricType::Histogram, family, text.as_bytes()))?;
    values.iter().try_for_each(|value| handle.update(writer, *value))
}

/// Observes as one of two writers that die. Each leaves a block of the same series. A block stores its sub-windows at
/// two indexes. At index 0 the two blocks store different sub-windows (numbers -2 and 0). At index 1 they store the
/// same one (number 1). Both blocks have observations of 0, and observations in the octaves of 1 and of 8. Each block
/// also has observations in an octave in which the other block has none.
///
/// # Errors
/// Whatever goes wrong.
pub fn leave_twin(writer: &mut Writer, first: bool) -> Result<()> {
    let (past, present): (_, &[f64]) =
        if first { (-2.0, &[0.0, 0.0, 1.0, 40.0]) } else { (0.0, &[0.0, 1.0, 1.0, -3.0]) };
    observe(writer, "n=\"dead\"", past, &[0.0, 1.0, 8.0])?;
    observe(writer, "n=\"dead\"", 1.0, present)
}

/// Count and sum of the observations of both dead lives, and how many of them the window shows.
const BEFORE: [f64; 3] = [14.0, 58.0, 11.0];

/// Observes as the program does in each tick: a value in an octave that no other tick uses, and 0.
///
/// # Errors
/// Any, but not [`mpmetrics_core::Error::Busy`], after which the call is repeated.
pub fn tick(writer: &mut Writer, tick: u64) -> Result<()> {
    observe(writer, "n=\"victim\"", 1.0, &[4_f64.powi(tick as i32), 0.0])
}

/// Observes as a writer does that comes after the program.
///
/// # Errors
/// As [`tick`].
pub fn come_later(writer: &mut Writer) -> Result<()> {
    observe(writer, "n=\"new writer\"", 1.0, &[0.0, 100.0])
}

/// Checks all sums and counts of a scrape, after `later` writers came later and the program made some number of ticks,
/// which is between the two numbers of `ticks`.
pub fn check(snapshot: &Snapshot, ticks: (f64, f64), later: f64, what: &str) {
    let (mut summaries, mut histograms) = ([0.0; 3], [0.0; 2]);
    for series in snapshot.families.iter().flat_map(|family| &family.series) {
        if let Some(totals) = totals::of(snapshot, series) {
            summaries.iter_mut().zip(totals).for_each(|(all, one)| *all += one);
        } else if let Value::Histogram { counts, sum } = series.value {
            histograms[0] += snapshot.counts(counts).iter().sum::<f64>();
            histograms[1] += sum;
        }
    }
    let own = (summaries[0] - BEFORE[0] - 2.0 * later) / 2.0;
    assert!((ticks.0..=ticks.1).contains(&own), "{what}: {own} of {ticks:?}");
    let values: f64 = (0..own as i32).map(|tick| 4_f64.powi(tick)).sum();
    let sum = BEFORE[1] + 100.0 * later + values;
    let count = BEFORE[0] + 2.0 * (later + own);
    let shown = BEFORE[2] + 2.0 * (later + own);
    assert_eq!(summaries, [count, sum, shown], "{what}: summaries");
    // A tick observes in the summary first, so the last tick may be missing in the histogram.
    let ticks = (histograms[0] - BEFORE[0] - 2.0 * later) / 2.0;
    assert!([own, own - 1.0].contains(&ticks), "{what}: histograms");
    let missing = if ticks == own { 0.0 } else { 4_f64.powi(own as i32 - 1) };
    assert_eq!(histograms[1], sum - missing, "{what}: histograms");
    assert_eq!(WINDOW.number(os::unix_ms() as f64), 1.0, "see WINDOW");
}
