//! One scrape as plain data: what `walk` produces, `aggregate` joins and `exposition` prints.
//!
//! Texts and cells lie in two arenas, so that a scrape of 100,000 series allocates a handful of
//! times and not 100,000 times.

use crate::error::{Error, Result};
use crate::metric_type::MetricType;
use crate::quantile::sketch::Sketch;
use std::sync::Arc;

/// A range of one of the snapshot's arenas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

/// A set of labels as text and types.
///
/// `text` is what stands between the braces in text format 0.0.4: `a="1",b="x\"y"`, values
/// escaped (`\\`, `\"`, `\n`), in first-seen order, without braces; empty for no labels.
/// `types` is empty when every value was a string, else one ASCII byte a label, in the same order:
/// `s` string, `n` number, `b` boolean, `i` bigint, `z` null, `o` anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelSpan {
    /// Range of [`Snapshot::text`].
    pub text: Span,
    /// Range of [`Snapshot::text`].
    pub types: Span,
}

impl LabelSpan {
    /// Text from `start` on, types from `split` on, up to `end`.
    pub(super) fn new(start: usize, split: usize, end: usize) -> Result<Self> {
        let at = |index: usize| u32::try_from(index);
        match (at(start), at(split), at(end)) {
            (Ok(start), Ok(split), Ok(end)) if start <= split && split <= end => Ok(Self {
                text: Span { start, len: split - start },
                types: Span { start: split, len: end - split },
            }),
            _ => Err(Error::Limit {
                what: "bytes of label text in one scrape",
                limit: u64::from(u32::MAX),
            }),
        }
    }
}

/// The value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A counter's or gauge's.
    Scalar(f64),
    /// A histogram's.
    Histogram {
        /// Sum of the observed values.
        sum: f64,
        /// Range of [`Snapshot::cells`]: the count of each bucket by itself (not cumulative), in
        /// the order of the family's bounds, and last the count above all bounds.
        counts: Span,
    },
    /// A summary's.
    Summary {
        /// Sum of the observed values.
        sum: f64,
        /// Number of the observed values.
        count: f64,
        /// Index in [`Snapshot::sketches`] of what its quantiles are computed from.
        sketch: u32,
    },
}

/// An exemplar: one event among those that a counter or a bucket counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// 0 for a counter; else the bucket, as in [`Value::Histogram`].
    pub bucket: u32,
    /// The value that was observed or added.
    pub value: f64,
    /// When, in seconds since 1970.
    pub time: f64,
    /// Its labels.
    pub labels: LabelSpan,
}

/// One series with its value over all writers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series {
    /// Order of first sight, over the whole heap.
    pub birth: u64,
    /// The series' own labels.
    pub labels: LabelSpan,
    /// The default labels of the registry it was made on: 0 for none, else index + 1 in
    /// [`Snapshot::defaults`]. A default label whose name is among the series' own is overridden.
    pub defaults: u32,
    /// Its value.
    pub value: Value,
    /// Of a gauge of [`Aggregator::MostRecent`]: when it was set, in milliseconds of Unix time; else 0.
    pub set_at: f64,
    /// Range of [`Snapshot::exemplars`]: at most one for each bucket, by bucket.
    pub exemplars: Span,
}

/// One family with its series.
#[derive(Clone, Debug)]
pub struct Family {
    /// The registry it is shown on.
    pub tag: Arc<str>,
    /// Metric name.
    pub name: Arc<str>,
    /// Help text, unescaped.
    pub help: Arc<str>,
    /// Type.
    pub kind: MetricType,
    /// The aggregator's name, as it was given.
    pub aggregator: Arc<str>,
    /// Declared label names, in declared order.
    pub label_names: Arc<[Box<str>]>,
    /// A histogram's upper bounds, as configured: in any order, without the implied last one. A
    /// summary's percentiles.
    pub bounds: Arc<[f64]>,
    /// Order of first declaration, over the whole heap.
    pub birth: u64,
    /// Its series, by birth.
    pub series: Vec<Series>,
}

/// Everything one scrape saw.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Families, by birth.
    pub families: Vec<Family>,
    /// Arena of UTF-8 texts.
    pub text: Vec<u8>,
    /// Arena of bucket counts.
    pub cells: Vec<f64>,
    /// Arena of exemplars; empty unless they were asked for.
    pub exemplars: Vec<Exemplar>,
    /// The observations of summaries.
    pub sketches: Vec<Sketch>,
    /// The sets of default labels that series refer to.
    pub defaults: Vec<LabelSpan>,
}

impl Snapshot {
    /// The bytes of a text span; empty where the span leaves the arena.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.text.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// The cells of a span; empty where the span leaves the arena.
    #[must_use]
    pub fn counts(&self, span: Span) -> &[f64] {
        let start = span.start as usize;
        self.cells.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// The exemplars of a series; empty where the span leaves the arena.
    #[must_use]
    pub fn exemplars(&self, series: &Series) -> &[Exemplar] {
        let start = series.exemplars.start as usize;
        let end = start + series.exemplars.len as usize;
        self.exemplars.get(start..end).unwrap_or_default()
    }

    /// The quantiles of a summary's series; zeros where the index leaves the arena.
    #[must_use]
    pub fn quantiles(&self, sketch: u32, percentiles: &[f64]) -> Vec<f64> {
        let sketch = self.sketches.get(sketch as usize);
        sketch.map_or_else(|| vec![0.0; percentiles.len()], |sketch| sketch.quantiles(percentiles))
    }
}
