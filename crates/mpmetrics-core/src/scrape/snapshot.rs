//! The result of a scrape as plain data: `walk` and `gather` make it, `aggregate` joins its families, and `exposition`
//! prints it.
//!
//! Texts and cells lie in arenas, so that a scrape of 100,000 series allocates a few times and not 100,000 times.

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

impl Span {
    /// The indices of the elements. A malformed span may end beyond what a 32-bit system can count.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start.saturating_add(self.len as usize)
    }
}

/// A set of labels as text and types.
///
/// `text` is printed between the braces in text format 0.0.4: `a="1",b="x\"y"`, with values escaped (`\\`, `\"`, `\n`),
/// in the order of the call that made the series, without the braces; empty for no labels.
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
    /// A span whose text is from `start` to `split`, and its types from there to `end`.
    pub(crate) fn new(start: usize, split: usize, end: usize) -> Result<Self> {
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
    /// The value of a counter or gauge.
    Scalar(f64),
    /// The value of a histogram.
    Histogram {
        /// Sum of the observed values.
        sum: f64,
        /// Range of [`Snapshot::cells`]: the count of each bucket by itself (not cumulative), in
        /// the order of the family's bounds, and last the count above all bounds.
        counts: Span,
    },
    /// The value of a summary.
    Summary {
        /// Sum of the observed values.
        sum: f64,
        /// Number of the observed values.
        count: f64,
        /// Index in [`Snapshot::sketches`] of the sketch from which its quantiles are computed.
        sketch: u32,
    },
    /// The value of a state set. Range of [`Snapshot::cells`]: the number of each state, in the order of the family's
    /// states.
    States(Span),
}

/// An exemplar: one event among those that a counter or a bucket counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// 0 for a counter; else the bucket, as in [`Value::Histogram`].
    pub bucket: u32,
    /// The value that was observed or added.
    pub value: f64,
    /// Unix time of the event in seconds.
    pub time: f64,
    /// Its labels.
    pub labels: LabelSpan,
}

/// One series with its value over all writers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series {
    /// The lowest birth of its blocks: series are shown in this order.
    pub birth: u64,
    /// The series' own labels.
    pub labels: LabelSpan,
    /// The default labels of the series' registry: 0 for none, else index + 1 in [`Snapshot::defaults`]. A default
    /// label is not printed if the series has a label of its name.
    pub defaults: u32,
    /// Its value.
    pub value: Value,
    /// For a gauge or state set with [`MostRecent`](crate::aggregator::Aggregator::MostRecent), the Unix time in
    /// milliseconds at which it was set; else 0.
    pub set_at: f64,
    /// How many parts of writers the value was made of. With [`Average`](crate::aggregator::Aggregator::Average), it is
    /// the weight of the value.
    pub parts: u32,
    /// Range of [`Snapshot::exemplars`]: at most one for each bucket, in the order of buckets.
    pub exemplars: Span,
}

/// One family with its series.
#[derive(Clone, Debug)]
pub struct Family {
    /// The tag of the registry that shows it.
    pub tag: Arc<str>,
    /// Metric name.
    pub name: Arc<str>,
    /// Help text, unescaped.
    pub help: Arc<str>,
    /// Type.
    pub metric_type: MetricType,
    /// The aggregator's name, as it was given.
    pub aggregator: Arc<str>,
    /// Declared label names, in declared order.
    pub label_names: Arc<[Box<str>]>,
    /// The upper bounds of a histogram as configured: in any order, without the implied last one. Or the percentiles of
    /// a summary.
    pub bounds: Arc<[f64]>,
    /// The states of a state set, in declared order; empty for other types.
    pub states: Arc<[Box<str>]>,
    /// Whether this is a summary whose quantiles are those of a window of time.
    pub windowed: bool,
    /// The lowest birth of its declarations: families are shown in this order.
    pub birth: u64,
    /// Its series, in the order of births.
    pub series: Vec<Series>,
}

/// Everything one scrape saw.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Families, in the order of births.
    pub families: Vec<Family>,
    /// Arena of UTF-8 texts.
    pub text: Vec<u8>,
    /// Arena of the counts of buckets and the numbers of states.
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
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The cells of a span; empty where the span leaves the arena.
    #[must_use]
    pub fn counts(&self, span: Span) -> &[f64] {
        self.cells.get(span.range()).unwrap_or_default()
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
