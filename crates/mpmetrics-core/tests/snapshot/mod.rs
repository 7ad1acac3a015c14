//! Builds snapshots without a heap.
#![allow(dead_code, reason = "each test program uses its part")]

use mpmetrics_core::labels::escape;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::locate;
use mpmetrics_core::quantile::sketch::Sketch;
use mpmetrics_core::scrape::snapshot::{
    Exemplar, Family, LabelSpan, Series, Snapshot, Span, Value,
};

/// Builds a snapshot, family by family. Series are added to the family that was added last.
#[derive(Default)]
pub struct Builder {
    pub snapshot: Snapshot,
    births: u64,
}

/// Labels as names and unescaped values.
pub type Set<'a> = &'a [(&'a str, &'a str)];

/// Returns the label text of a set.
pub fn text(set: Set<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in set {
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(value.as_bytes(), &mut out);
        out.push(b'"');
    }
    out
}

impl Builder {
    pub fn birth(&mut self) -> u64 {
        self.births += 1;
        self.births
    }

    pub fn span(&mut self, bytes: &[u8]) -> Span {
        let start = self.snapshot.text.len() as u32;
        self.snapshot.text.extend_from_slice(bytes);
        Span { start, len: bytes.len() as u32 }
    }

    pub fn labels(&mut self, text: &[u8], types: &[u8]) -> LabelSpan {
        LabelSpan { text: self.span(text), types: self.span(types) }
    }

    /// Adds a set of default labels. Returns the number by which series refer to it.
    pub fn defaults(&mut self, set: Set<'_>) -> u32 {
        let span = self.labels(&text(set), b"");
        self.snapshot.defaults.push(span);
        self.snapshot.defaults.len() as u32
    }

    pub fn family(&mut self, metric_type: MetricType, name: &str, names: &[&str]) -> &mut Family {
        let birth = self.birth();
        self.snapshot.families.push(Family {
            tag: "default".into(),
            name: name.into(),
            help: format!("{name} help").into(),
            metric_type,
            aggregator: "sum".into(),
            label_names: names.iter().map(|&name| name.into()).collect(),
            bounds: [].into(),
            states: [].into(),
            windowed: false,
            birth,
            series: Vec::new(),
        });
        self.last()
    }

    pub fn last(&mut self) -> &mut Family {
        self.snapshot.families.last_mut().expect("a family")
    }

    pub fn series(&mut self, labels: LabelSpan, defaults: u32, value: Value) {
        let birth = self.birth();
        self.last().series.push(Series {
            birth,
            labels,
            defaults,
            value,
            set_at: 0.0,
            parts: 1,
            exemplars: Span::default(),
        });
    }

    pub fn scalar(&mut self, set: Set<'_>, defaults: u32, value: f64) {
        let labels = self.labels(&text(set), b"");
        self.series(labels, defaults, Value::Scalar(value));
    }

    /// Adds a summary that observed these values.
    pub fn summary(&mut self, set: Set<'_>, defaults: u32, values: &[f64]) {
        let mut observed = Sketch::default();
        for value in values {
            observed.widen(*value, *value);
            match locate(*value) {
                Some((octave, cell)) => observed.octave(octave)[cell] += 1.0,
                None => observed.zeros += 1.0,
            }
        }
        let (sum, count) = (values.iter().sum(), values.len() as f64);
        let sketch = self.snapshot.sketches.len() as u32;
        self.snapshot.sketches.push(observed);
        let labels = self.labels(&text(set), b"");
        self.series(labels, defaults, Value::Summary { sum, count, sketch });
    }

    pub fn histogram(&mut self, set: Set<'_>, defaults: u32, sum: f64, cells: &[f64]) {
        let labels = self.labels(&text(set), b"");
        let start = self.snapshot.cells.len() as u32;
        self.snapshot.cells.extend_from_slice(cells);
        let counts = Span { start, len: cells.len() as u32 };
        self.series(labels, defaults, Value::Histogram { sum, counts });
    }

    /// Adds a series of a state set, with a number for each state.
    pub fn states(&mut self, set: Set<'_>, defaults: u32, numbers: &[f64]) {
        let labels = self.labels(&text(set), b"");
        let start = self.snapshot.cells.len() as u32;
        self.snapshot.cells.extend_from_slice(numbers);
        let span = Span { start, len: numbers.len() as u32 };
        self.series(labels, defaults, Value::States(span));
    }

    /// Adds exemplars, in the order of their buckets, to the series that was added last.
    pub fn exemplars(&mut self, exemplars: &[(u32, f64, f64, Set<'_>)]) {
        let start = self.snapshot.exemplars.len() as u32;
        for (bucket, value, time, set) in exemplars {
            let labels = self.labels(&text(set), b"");
            let exemplar = Exemplar { bucket: *bucket, value: *value, time: *time, labels };
            self.snapshot.exemplars.push(exemplar);
        }
        let series = self.last().series.last_mut().expect("a series");
        series.exemplars = Span { start, len: exemplars.len() as u32 };
    }
}
