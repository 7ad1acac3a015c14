//! Small heaps in process memory.

#![allow(dead_code, reason = "each test uses some of it")]

use mpmetrics_core::cells::scalar;
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{Address, FamilySpec, Heap, Limits, Setup, Writer};
use mpmetrics_core::layout::BlockKey;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use std::sync::Arc;

/// A heap of 8 MiB.
pub fn heap() -> Heap {
    heap_with(8 << 20, Limits::default())
}

/// A heap of this size.
pub fn heap_with(bytes: usize, limits: Limits) -> Heap {
    let setup = Setup { limits, ..Setup::default() };
    Heap::create(Arc::new(Owned::new(bytes / 8)), &setup).unwrap()
}

/// A family with two labels.
pub fn spec(metric_type: MetricType, name: &str) -> FamilySpec {
    FamilySpec {
        tag: "default".into(),
        name: name.into(),
        help: "help".into(),
        metric_type,
        aggregator: "sum".into(),
        label_names: vec!["a".into(), "b".into()],
        states: Vec::new(),
        numbers: if metric_type == MetricType::Histogram { vec![1.0, 5.0] } else { Vec::new() },
    }
}

/// Returns the text of a scrape of everything.
pub fn printed(heap: &Heap) -> String {
    let filter = Filter { everything: true, ..Filter::default() };
    String::from_utf8(text(&scrape(heap, &filter).unwrap().0)).unwrap()
}

/// Adds to a block of one cell.
pub fn add(writer: &Writer, address: &Address, by: f64) {
    scalar::add(&writer.cells(address).unwrap()[0], by);
}

/// The key of a bound block.
pub fn key(address: &Address) -> BlockKey {
    BlockKey { series: address.series, generation: address.generation }
}
