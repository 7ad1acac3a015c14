//! Metrics for Rust programs. They are in the segment of the Node.js programs, in cells of the same layout, and the
//! same scrape shows them.
//!
//! A [`Metrics`] is one writer: make one for each thread.

mod handle;

pub use crate::quantile::summary::{SummaryOptions, Window};
pub use handle::{Counter, Gauge, Histogram, Summary};

use crate::error::{Error, Result};
use crate::exposition;
use crate::heap::{FamilySpec, Heap, Writer};
use crate::labels;
use crate::metric_type::MetricType;
use crate::os::ProcessIdentity;
use crate::scrape::filter::Filter;
use crate::scrape::scrape;
use crate::scrape::snapshot::Snapshot;
use handle::Handle;
use std::cell::RefCell;
use std::rc::Rc;

/// The tag of the default registry, whose metrics Node.js programs show.
pub const DEFAULT_TAG: &str = "default";
/// prom-client's default percentiles of summaries.
pub const DEFAULT_PERCENTILES: [f64; 7] = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];
/// prom-client's default buckets, in seconds.
pub const DEFAULT_BUCKETS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// One thread's metrics in a heap.
#[derive(Clone)]
pub struct Metrics {
    heap: Heap,
    writer: Rc<RefCell<Writer>>,
}

/// A declared family: a series is made by giving values to its label names.
pub struct Family {
    writer: Rc<RefCell<Writer>>,
    id: u32,
    metric_type: MetricType,
    numbers: Rc<[f64]>,
    label_names: Vec<String>,
}

impl Metrics {
    /// Claims a slot in a heap for this thread.
    ///
    /// # Errors
    /// As [`Heap::writer`].
    pub fn new(heap: Heap) -> Result<Self> {
        let process = ProcessIdentity::current()?;
        let writer = Rc::new(RefCell::new(heap.writer(process.key(), process.pid)?));
        Ok(Self { heap, writer })
    }

    fn family(
        &self,
        metric_type: MetricType,
        name: &str,
        help: &str,
        names: &[&str],
        numbers: &[f64],
    ) -> Result<Family> {
        let label_names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let spec = FamilySpec {
            tag: DEFAULT_TAG.to_owned(),
            name: name.to_owned(),
            help: help.to_owned(),
            metric_type,
            aggregator: "sum".to_owned(),
            label_names: label_names.clone(),
            numbers: numbers.to_vec(),
            states: Vec::new(),
        };
        let id = self.writer.borrow_mut().family(&spec, 0)?;
        let writer = Rc::clone(&self.writer);
        Ok(Family { writer, id, metric_type, numbers: numbers.into(), label_names })
    }

    /// Declares a counter.
    ///
    /// # Errors
    /// As [`Writer::family`].
    pub fn counter(&self, name: &str, help: &str, label_names: &[&str]) -> Result<Family> {
        self.family(MetricType::Counter, name, help, label_names, &[])
    }

    /// Declares a gauge whose parts are added up over the living writers.
    ///
    /// # Errors
    /// As [`Writer::family`].
    pub fn gauge(&self, name: &str, help: &str, label_names: &[&str]) -> Result<Family> {
        self.family(MetricType::Gauge, name, help, label_names, &[])
    }

    /// Declares a histogram with these upper bounds (in the unit of the observations).
    ///
    /// # Errors
    /// As [`Writer::family`].
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        label_names: &[&str],
        bounds: &[f64],
    ) -> Result<Family> {
        self.family(MetricType::Histogram, name, help, label_names, bounds)
    }

    /// Declares a summary.
    ///
    /// # Errors
    /// As [`Writer::family`].
    pub fn summary(
        &self,
        name: &str,
        help: &str,
        label_names: &[&str],
        options: &SummaryOptions,
    ) -> Result<Family> {
        self.family(MetricType::Summary, name, help, label_names, &options.numbers())
    }

    /// Scrapes all metrics of all processes, as plain data.
    ///
    /// # Errors
    /// As [`scrape`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        let filter = Filter { everything: true, ..Filter::default() };
        Ok(scrape(&self.heap, &filter)?.0)
    }

    /// Scrapes all metrics of all processes, in text format 0.0.4.
    ///
    /// # Errors
    /// As [`scrape`].
    pub fn text(&self) -> Result<Vec<u8>> {
        Ok(exposition::text::text(&self.snapshot()?))
    }
}

impl Family {
    /// Returns the label text of these values, which are in the order of the family's label names.
    fn labels(&self, values: &[&str]) -> Vec<u8> {
        let mut text = Vec::new();
        for (name, value) in self.label_names.iter().zip(values) {
            if !text.is_empty() {
                text.push(b',');
            }
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b"=\"");
            labels::escape(value.as_bytes(), &mut text);
            text.push(b'"');
        }
        text
    }

    /// Makes a series of a type, which must be the family's.
    fn series(&self, metric_type: MetricType, values: &[&str]) -> Result<Handle> {
        if metric_type != self.metric_type {
            let what = "a series has the type of its family";
            return Err(Error::Invalid { what, value: metric_type.name().to_owned() });
        }
        Handle::new(&self.writer, self.id, self.labels(values))
    }

    /// Returns the counter with these label values, which are in the order of the family's label names.
    /// Surplus values are ignored, and labels without a value are left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] if this is no family of counters; as [`Writer::bind`].
    pub fn counter(&self, values: &[&str]) -> Result<Counter> {
        self.series(MetricType::Counter, values).map(Counter)
    }

    /// Returns the gauge with these label values, as [`Family::counter`].
    ///
    /// # Errors
    /// As [`Family::counter`].
    pub fn gauge(&self, values: &[&str]) -> Result<Gauge> {
        self.series(MetricType::Gauge, values).map(Gauge)
    }

    /// Returns the histogram with these label values, as [`Family::counter`].
    ///
    /// # Errors
    /// As [`Family::counter`].
    pub fn histogram(&self, values: &[&str]) -> Result<Histogram> {
        let handle = self.series(MetricType::Histogram, values)?;
        Ok(Histogram(handle, Rc::clone(&self.numbers)))
    }

    /// Returns the summary with these label values, as [`Family::counter`].
    ///
    /// # Errors
    /// As [`Family::counter`].
    pub fn summary(&self, values: &[&str]) -> Result<Summary> {
        let handle = self.series(MetricType::Summary, values)?;
        Ok(Summary(handle, SummaryOptions::from_numbers(&self.numbers).window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Setup;
    use crate::region::Owned;
    use std::sync::Arc;

    #[test]
    fn a_family_makes_series_of_its_own_type_only() {
        let heap = Heap::create(Arc::new(Owned::new(1 << 20)), &Setup::default()).unwrap();
        let metrics = Metrics::new(heap).unwrap();
        let counters = metrics.counter("c", "h", &[]).unwrap();
        let histograms = metrics.histogram("h", "h", &[], &[1.0]).unwrap();
        counters.counter(&[]).unwrap().inc(1.0).unwrap();
        histograms.histogram(&[]).unwrap().observe(1.0).unwrap();
        let errors = [
            histograms.counter(&[]).err(),
            histograms.gauge(&[]).err(),
            counters.histogram(&[]).err(),
            counters.summary(&[]).err(),
        ];
        let told = errors.map(|error| error.map(|error| error.to_string()));
        let wanted = ["counter", "gauge", "histogram", "summary"];
        assert_eq!(
            told,
            wanted.map(|of| Some(format!("a series has the type of its family: {of}")))
        );
        assert!(String::from_utf8(metrics.text().unwrap()).unwrap().contains("\nc 1\n"));
    }
}
