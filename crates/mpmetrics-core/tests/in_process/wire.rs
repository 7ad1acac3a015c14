//! Snapshots as bytes: what is read is what was written, and snapshots of several applications are joined.

use crate::snapshot::{Builder, Set};
use mpmetrics_core::exposition::extra::{Extra, ExtraFamily, Sample, SampleExemplar};
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::wire::frame::{frames, Content, MAGIC};
use mpmetrics_core::wire::{encode, join, sum, Contents, Source};
use proptest::collection::vec;
use proptest::prelude::*;

/// Every type, with default labels, exemplars, labels that need escapes, types of labels, and numbers at the edges.
pub fn example() -> Snapshot {
    let mut make = Builder::default();
    let shop = make.defaults(&[("app", "shop")]);
    let quoted = make.defaults(&[("app", "q\"\\\n")]);
    make.family(MetricType::Counter, "hits_total", &["path"]);
    make.scalar(&[("path", "/")], shop, 3.0);
    make.exemplars(&[(0, 1.5, 1.7e9 + 0.125, &[("trace", "t\"1")])]);
    make.scalar(&[("path", "/\u{e4}\"\n\\")], quoted, 0.1);
    let labels = make.labels(b"path=\"7\"", b"n");
    make.series(labels, 0, Value::Scalar(9_007_199_254_740_991.0));
    for (index, number) in
        [-0.0, f64::NAN, f64::INFINITY, 1e300, 9_007_199_254_740_992.0].into_iter().enumerate()
    {
        make.scalar(&[("path", &index.to_string())], 0, number);
    }
    make.family(MetricType::Histogram, "took", &[]).bounds = [0.1, 1.0, f64::INFINITY].into();
    make.histogram(&[], shop, 2.5, &[1.0, 0.0, 2.0, 0.0]);
    make.exemplars(&[(0, 0.05, 1.0, &[]), (2, 2.0, 2.0, &[("trace", "x")])]);
    make.family(MetricType::Summary, "sizes", &[]).bounds = [0.5, 0.99].into();
    make.summary(&[], quoted, &[0.0, -3.0, 1e-300, 7.0, 7.1, 1e300]);
    make.family(MetricType::StateSet, "mode", &[]).states = ["on".into(), "o\"ff".into()].into();
    make.states(&[], shop, &[1.0, 0.0]);
    make.family(MetricType::Info, "build_info", &[]);
    make.scalar(&[("version", "1")], 0, 1.0);
    make.family(MetricType::Gauge, "empty", &["a"]);
    make.snapshot
}

pub fn source(bytes: &[u8]) -> Source<'_> {
    Source { bytes, instance: None }
}

pub fn written(snapshot: &Snapshot) -> Vec<u8> {
    encode(snapshot, &Extra::default()).expect("bytes")
}

pub fn rows_of(bytes: &[u8]) -> Vec<String> {
    let Contents { snapshot, extra } = join(&[source(bytes)]).expect("a snapshot");
    let text = String::from_utf8(text::with_extra(&snapshot, &extra)).expect("UTF-8");
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(Into::into).collect()
}

/// All formats of a snapshot, without the tags, which are not written.
fn printed(snapshot: &Snapshot, extra: &Extra) -> [String; 3] {
    let formats = [
        text::with_extra(snapshot, extra),
        openmetrics::with_extra(snapshot, extra),
        json::with_extra(snapshot, extra),
    ];
    formats.map(|bytes| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.replace("\"tag\":\"default\"", "\"tag\":\"\"")
    })
}

fn packed(bytes: &[u8], pack: bool) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for frame in frames(bytes).expect("frames") {
        match pack {
            true => frame.pack(&mut out).expect("a packed frame"),
            false => frame.unpack(&mut out).expect("an unpacked frame"),
        }
    }
    out
}

#[test]
fn what_is_read_prints_as_what_was_written() {
    let snapshot = example();
    let units = vec![("took".to_owned(), "seconds".to_owned())];
    let extra = Extra { units, ..Extra::default() };
    let bytes = encode(&snapshot, &extra).expect("bytes");
    let packed_bytes = packed(&bytes, true);
    assert_eq!(packed(&packed_bytes, false), bytes);
    for bytes in [&bytes, &packed_bytes] {
        let read = join(&[source(bytes)]).expect("a snapshot");
        // Default labels are numbered in the order of the series, as they are in the example.
        assert_eq!(printed(&read.snapshot, &read.extra), printed(&snapshot, &extra));
        assert_eq!(encode(&read.snapshot, &read.extra).expect("bytes"), bytes_of(bytes));
    }
}

fn bytes_of(bytes: &[u8]) -> Vec<u8> {
    packed(bytes, false)
}

#[test]
fn a_prefix_becomes_part_of_all_names() {
    let snapshot = example();
    let prefix = "my_".to_owned();
    let sample = Sample { name: "duck_sum".to_owned(), value: 2.0, ..Sample::default() };
    let duck = ExtraFamily { name: "duck".to_owned(), samples: vec![sample], ..Default::default() };
    let extra = Extra { prefix, families: vec![duck], ..Extra::default() };
    let bytes = encode(&snapshot, &extra).expect("bytes");
    let shown = String::from_utf8(text::with_extra(&snapshot, &extra)).expect("UTF-8");
    let read = join(&[source(&bytes)]).expect("a snapshot");
    let again = text::with_extra(&read.snapshot, &read.extra);
    assert_eq!(String::from_utf8(again).expect("UTF-8"), shown);
    assert!(shown.contains("my_mode{my_mode=\"on\"") && shown.contains("my_duck_sum 2"));
}

#[test]
fn rows_are_kept_unless_a_family_has_their_name() {
    let exemplar = |time| SampleExemplar { labels: "t=\"1\"".to_owned(), value: 0.5, time };
    let row = |value, time: Option<Option<f64>>| Sample {
        name: "duck".to_owned(),
        labels: "a=\"1\"".to_owned(),
        value,
        exemplar: time.map(exemplar),
    };
    let duck = |name: &str, value| ExtraFamily {
        name: name.to_owned(),
        help: "h".to_owned(),
        type_name: "gauge".to_owned(),
        unit: None,
        yields: true,
        samples: vec![row(value, None), row(f64::NAN, Some(None)), row(-0.0, Some(Some(1.25)))],
    };
    let of = |families| {
        let extra = Extra { families, ..Extra::default() };
        encode(&Snapshot::default(), &extra).expect("bytes")
    };
    let mut odd = duck("duck", 1.0);
    odd.samples.insert(0, Sample { labels: "a\"=\"1".to_owned(), ..row(9.0, None) });
    let one = of(vec![odd, duck("empty", 2.0)]);
    let other = of(vec![duck("duck", 3.0), duck("goose", 4.0)]);
    let heap = written(&example());
    let kinds = frames(&one).expect("frames").iter().map(|frame| frame.content).collect::<Vec<_>>();
    assert_eq!(kinds, [Content::Rows, Content::Rows]);
    let all = join(&[source(&one), source(&other), source(&heap)]).expect("a snapshot");
    let names: Vec<_> = all.extra.families.iter().map(|family| &*family.name).collect();
    assert_eq!(names, ["duck", "goose"], "the heap has a family `empty`");
    let first = &all.extra.families[0];
    assert_eq!((first.samples[0].value, &*first.help, &*first.type_name), (1.0, "h", "gauge"));
    assert!(first.samples[1].value.is_nan() && first.samples[2].value.is_sign_negative());
    let times = first.samples.iter().map(|sample| sample.exemplar.as_ref().map(|one| one.time));
    assert_eq!(times.collect::<Vec<_>>(), [None, Some(None), Some(Some(1.25))]);
    assert_eq!(sum(&[source(&one)]).expect("a snapshot"), MAGIC, "rows are not added up");
}

fn gauges(aggregator: &str, parts: u32, values: &[(Set<'_>, f64)]) -> Vec<u8> {
    let mut make = Builder::default();
    make.family(MetricType::Gauge, "g", &["a"]).aggregator = aggregator.into();
    for (set, value) in values {
        make.scalar(set, 0, *value);
        let series = make.last().series.last_mut().expect("a series");
        series.parts = parts;
        series.set_at = *value;
    }
    written(&make.snapshot)
}

/// Joins the gauges of two hosts, the first with one writer and the second with three.
fn joined(aggregator: &str) -> Vec<String> {
    let one = gauges(aggregator, 1, &[(&[("a", "x")], 2.0)]);
    let other = gauges(aggregator, 3, &[(&[("a", "x")], 6.0), (&[("a", "y")], 1.0)]);
    let named = |bytes, instance| Source { bytes, instance: Some(instance) };
    let all = join(&[named(&one, "one"), named(&other, "o\"2")]).expect("a snapshot");
    rows_of(&written(&all.snapshot))
}

#[test]
fn gauges_of_several_hosts_are_joined_by_their_aggregator() {
    let cases = [
        ("sum", vec!["g{a=\"x\"} 8", "g{a=\"y\"} 1"]),
        ("average", vec!["g{a=\"x\"} 5", "g{a=\"y\"} 1"]),
        ("shared", vec!["g{a=\"x\"} 8", "g{a=\"y\"} 1"]),
        ("min", vec!["g{a=\"x\"} 2", "g{a=\"y\"} 1"]),
        ("max", vec!["g{a=\"x\"} 6", "g{a=\"y\"} 1"]),
        ("first", vec!["g{a=\"x\"} 2", "g{a=\"y\"} 1"]),
        ("omit", vec!["g{a=\"y\"} 1"]),
        ("mostrecent", vec!["g{a=\"x\"} 6", "g{a=\"y\"} 1"]),
        (
            "all",
            vec![
                r#"g{a="x",instance="one"} 2"#,
                r#"g{a="x",instance="o\"2"} 6"#,
                r#"g{a="y",instance="o\"2"} 1"#,
            ],
        ),
    ];
    for (aggregator, rows) in cases {
        assert_eq!(joined(aggregator), rows, "{aggregator}");
    }
}

#[test]
fn an_average_that_was_joined_keeps_its_weight() {
    let one = gauges("average", 1, &[(&[("a", "x")], 2.0)]);
    let other = gauges("average", 3, &[(&[("a", "x")], 6.0)]);
    let both = written(&join(&[source(&one), source(&other)]).expect("a snapshot").snapshot);
    let all = join(&[source(&both), source(&one)]).expect("a snapshot").snapshot;
    assert_eq!(rows_of(&written(&all)), ["g{a=\"x\"} 4.4"], "(2 + 3 * 6 + 2) / 5");
}

#[test]
fn an_application_named_by_a_label_is_not_named_twice() {
    let mut make = Builder::default();
    make.family(MetricType::Gauge, "g", &["instance"]).aggregator = "all".into();
    make.scalar(&[("instance", "own"), ("pid", "7")], 0, 1.0);
    let bytes = written(&make.snapshot);
    let all = join(&[Source { bytes: &bytes, instance: Some("host") }]).expect("a snapshot");
    assert_eq!(rows_of(&written(&all.snapshot)), ["g{instance=\"own\",pid=\"7\"} 1"]);
}

proptest! {
    /// Counters that any number of hosts counted: joining at once, in steps, and through `sum` gives one total.
    #[test]
    fn totals_do_not_depend_on_the_order_in_which_hosts_are_joined(
        hosts in vec(vec((0_u8..4, 0_u32..1_000_000), 0..6), 1..5),
        split in 0_usize..5,
    ) {
        let of = |counts: &Vec<(u8, u32)>| {
            let mut make = Builder::default();
            make.family(MetricType::Counter, "c", &["a"]);
            let mut seen = Vec::new();
            for (label, count) in counts {
                if !seen.contains(label) {
                    seen.push(*label);
                    make.scalar(&[("a", &label.to_string())], 0, f64::from(*count));
                }
            }
            written(&make.snapshot)
        };
        let all: Vec<Vec<u8>> = hosts.iter().map(of).collect();
        let sources: Vec<_> = all.iter().map(|bytes| source(bytes)).collect();
        let sorted = |bytes: &[u8]| {
            let mut rows = rows_of(bytes);
            rows.sort();
            rows
        };
        let at_once = written(&join(&sources).expect("a snapshot").snapshot);
        let (first, second) = sources.split_at(split.min(sources.len()));
        let first = sum(first).expect("a snapshot");
        let second = sum(second).expect("a snapshot");
        let in_steps = sum(&[source(&first), source(&second)]).expect("a snapshot");
        prop_assert_eq!(sorted(&at_once), sorted(&in_steps));
    }
}
