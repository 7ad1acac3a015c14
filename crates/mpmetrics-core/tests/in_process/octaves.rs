//! A summary takes the memory of 64 octaves at most, whatever values it observes.

use std::sync::Arc;

use mpmetrics_core::heap::{Address, FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::layout::{header, BlockKey};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::{locate, KEPT};
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Value;

const NOW: f64 = 1.7e12;
const WINDOW: Window = Window { length: 10_000.0, sub_windows: 3 };

/// Returns the powers of two from 2^-1074 to 2^1023, each positive and negative. Each is alone in its octave.
fn hostile() -> Vec<f64> {
    let powers = (-1074..=1023)
        .map(|power: i32| 2.0_f64.powi(power.max(-1022)) * 2.0_f64.powi((power + 1022).min(0)));
    powers.flat_map(|value| [value, -value]).collect()
}

fn heap() -> Heap {
    Heap::create(Arc::new(Owned::new(1 << 18)), &Setup::default()).expect("a heap")
}

fn bind(writer: &mut Writer, window: Option<Window>) -> Address {
    let options = SummaryOptions { percentiles: vec![0.0, 0.5, 1.0], window, prune: false };
    let spec = FamilySpec {
        tag: "default".into(),
        name: "s".into(),
        help: "h".into(),
        metric_type: MetricType::Summary,
        aggregator: "sum".into(),
        label_names: Vec::new(),
        states: Vec::new(),
        numbers: options.numbers(),
    };
    let family = writer.family(&spec, 0).expect("room");
    writer.bind(family, b"", b"").expect("room")
}

struct Seen {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
    /// Sum of the counts of all buckets, including the count of zeros.
    ranked: f64,
    octaves: usize,
    zeros: f64,
    median: f64,
}

fn seen(heap: &Heap) -> Seen {
    let filter = Filter { everything: true, now: Some(NOW), ..Filter::default() };
    let snapshot = scrape(heap, &filter).expect("a scrape").0;
    let family = &snapshot.families[0];
    let Value::Summary { sum, count, sketch } = family.series[0].value else { panic!("a summary") };
    let shown = snapshot.quantiles(sketch, &family.bounds);
    let sketch = &snapshot.sketches[0];
    let ranked: f64 = sketch.octaves.iter().flat_map(|(_, counts)| counts).sum();
    let octaves = sketch.octaves.iter().filter(|(_, counts)| counts.iter().any(|n| *n > 0.0));
    Seen {
        count,
        sum,
        min: shown[0],
        max: shown[2],
        ranked: ranked + sketch.zeros,
        octaves: octaves.count(),
        zeros: sketch.zeros,
        median: shown[1],
    }
}

fn clamped(heap: &Heap) -> u64 {
    heap.words().header(header::CLAMPED)
}

/// Observes all values in a new heap. Returns the heap, and the bytes of the writer's slabs.
fn feed(window: Option<Window>) -> (Heap, u64) {
    let heap = heap();
    let mut writer = heap.writer(1, 1).expect("a slot");
    let address = bind(&mut writer, window);
    let values = hostile();
    for value in &values {
        writer.observe(&address, (*value, 1.0), window, NOW).expect("never an error");
    }
    let found = seen(&heap);
    let all = values.len() as f64;
    assert_eq!((found.count, found.sum, found.ranked), (all, 0.0, all));
    assert_eq!((found.min, found.max), (-(1023.0_f64.exp2()), 1023.0_f64.exp2()));
    assert_eq!(found.octaves, KEPT);
    // Half of the values are negative, and all octaves that are kept are near zero.
    assert!(found.median.abs() < 2.0_f64.powi(-1000), "{}", found.median);
    assert_eq!(clamped(&heap), (values.len() - KEPT) as u64);
    assert_eq!(heap.words().header(header::UNRANKED), 0);
    let slabs = (0..).map_while(|number| writer.slab(number)).map(|(_, words)| words * 8).sum();
    // The same holds if the observations come as one image, as when a summary moves between storages.
    let key = BlockKey { series: address.series, generation: address.generation };
    let at = (address.slab, address.cell, key);
    let image = writer.image(at).expect("cells");
    writer.set_image(at, &image).expect("room");
    assert_eq!(seen(&heap).ranked, all);
    std::mem::forget(writer);
    (heap, slabs)
}

#[test]
fn any_values_take_the_bytes_of_64_octaves() {
    let (_, bytes) = feed(None);
    // 64 blocks of octave buckets, each of 3 + 32 words, and room for more blocks in the last slab.
    assert_eq!(bytes, 32_768, "bytes, of which {} are octave buckets", KEPT * 35 * 8);
    let (_, bytes) = feed(Some(WINDOW));
    assert_eq!(bytes, 65_536, "bytes, of which {} are octave buckets", KEPT * 99 * 8);
}

#[test]
fn a_value_outside_of_the_kept_octaves_counts_in_the_nearest_bucket() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).expect("a slot");
    let address = bind(&mut writer, None);
    let mut observe = |value: f64, times: f64| {
        writer.observe(&address, (value, times), None, NOW).expect("never an error");
    };
    // The octaves of (1, 2] to (2^63, 2^64].
    (1..=KEPT as i32).for_each(|power| observe(2.0_f64.powi(power), 1.0));
    assert_eq!(clamped(&heap), 0);
    let (first, last) = (locate(2.0).unwrap().0, locate(2.0_f64.powi(KEPT as i32)).unwrap().0);
    for (value, times, expected) in [
        (1e-300, 100.0, first.middle(0)),
        (1e300, 10_000.0, last.middle(31)),
        (-1e300, 1_000_000.0, 0.0),
    ] {
        observe(value, times);
        assert_eq!(seen(&heap).median, expected, "{value}");
    }
    // A value whose octave has buckets counts there.
    observe(8.0, 1e9);
    assert_eq!(seen(&heap).median, locate(8.0).map(|(octave, cell)| octave.middle(cell)).unwrap());
    assert_eq!(clamped(&heap), 1_010_100);
    std::mem::forget(writer);
}

/// Makes two blocks that the next writer of their slot merges. Each has observed one of two lists of values.
///
/// The first life gives its block default labels after it has observed. The second life begins without default labels,
/// so it makes a block of its own, and later gives it the same default labels. So the third life finds two blocks of one
/// series with the same default labels, and merges them.
fn observe_in_two_blocks(heap: &Heap, lists: [&[f64]; 2]) {
    for values in lists {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let address = bind(&mut writer, None);
        for value in values {
            writer.observe(&address, (*value, 1.0), None, NOW).expect("room");
        }
        writer.default_labels(0, b"app=\"x\"", b"").expect("room");
    }
}

#[test]
fn an_octave_for_which_two_merged_blocks_have_no_room_counts_in_the_nearest_bucket() {
    let positive: Vec<f64> = (1..=KEPT as i32).map(|power| 2.0_f64.powi(power)).collect();
    for (lists, zeros) in [([&[-1.0], &positive[..]], 0.0), ([&positive[..], &[-1.0]], 1.0)] {
        let heap = heap();
        observe_in_two_blocks(&heap, lists);
        let heir = heap.writer(1, 1).expect("a slot");
        let found = seen(&heap);
        assert_eq!((found.ranked, found.octaves, found.zeros), (65.0, KEPT, zeros));
        assert_eq!(clamped(&heap), 1);
        drop(heir);
    }
}

#[test]
fn two_blocks_that_become_one_have_64_octaves_together() {
    let heap = heap();
    let values = hostile();
    observe_in_two_blocks(&heap, [&values[..2_000], &values[2_000..]]);
    let (before, all) = (clamped(&heap), values.len() as f64);
    assert_eq!((seen(&heap).ranked, seen(&heap).octaves), (all, 2 * KEPT));
    let heir = heap.writer(1, 1).expect("a slot");
    let found = seen(&heap);
    assert_eq!((found.count, found.ranked, found.octaves), (all, all, KEPT));
    assert_eq!((found.min, found.max), (-(1023.0_f64.exp2()), 1023.0_f64.exp2()));
    assert!(clamped(&heap) > before, "what was clamped is counted");
    drop(heir);
}
