//! The formats of a scrape: text is compared with prom-client's own output, and JSON is read by a
//! reader that only the tests have.

use crate::reader::Json;
use crate::snapshot::{Builder, Set};
use mpmetrics_core::exposition::{json, text};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::Octave;
use mpmetrics_core::quantile::sketch::Sketch;
use mpmetrics_core::scrape::snapshot::{LabelSpan, Snapshot, Span, Value};
use proptest::collection::vec;
use proptest::prelude::*;

/// Returns the metrics of a program. `golden/` has the texts that prom-client 15.1.3 printed for the same program.
fn golden(defaults: Set<'_>) -> Snapshot {
    let mut make = Builder::default();
    let d = if defaults.is_empty() { 0 } else { make.defaults(defaults) };
    make.family(MetricType::Counter, "a_total", &["m", "k"]).help =
        "back\\slash \"quote\"\nline".into();
    make.scalar(&[("m", "GET"), ("k", "x\"y\\z\nw")], d, 5.0);
    make.scalar(&[("k", "ü\u{2028}")], d, 1e21);
    make.scalar(&[], d, 1.3);
    make.family(MetricType::Counter, "none_total", &["m"]);
    make.family(MetricType::Counter, "plain_total", &[]);
    make.scalar(&[], d, 0.0);
    make.family(MetricType::Gauge, "g", &["app", "m"]);
    make.scalar(&[("m", "n")], d, f64::NAN);
    make.scalar(&[("m", "p")], d, f64::INFINITY);
    make.scalar(&[("m", "m")], d, f64::NEG_INFINITY);
    make.scalar(&[("m", "z")], d, -0.0);
    make.scalar(&[("m", "o"), ("app", "mine")], d, 1e-7);
    make.scalar(&[("m", "e"), ("app", "")], d, 1.0);
    make.family(MetricType::Histogram, "h_seconds", &["m", "zone"]).bounds =
        [0.1, 5.0, 1.0, f64::INFINITY, 1e21].into();
    make.histogram(&[("m", "GET")], d, 1e22, &[1.0, 2.0, 0.0, 2.0, 0.0, 0.0]);
    make.histogram(&[("m", "P"), ("zone", "own")], d, 0.0, &[0.0; 6]);
    make.family(MetricType::Histogram, "p_seconds", &[]).bounds = [1.0, 2.0].into();
    make.histogram(&[], d, 1.5, &[0.0, 1.0, 0.0]);
    make.family(MetricType::Summary, "s", &["m"]).bounds = [0.5, 0.9, 0.999].into();
    make.summary(&[("m", "a")], d, &[1.0, 2.5]);
    make.family(MetricType::Summary, "q", &["zone"]).bounds = [0.5].into();
    make.summary(&[("zone", "own")], d, &[-3.0]);
    make.summary(&[], d, &[7.0]);
    for family in make.snapshot.families.iter_mut().skip(1) {
        family.help = "h".into();
    }
    make.snapshot
}

fn printed(snapshot: &Snapshot) -> String {
    String::from_utf8(text(snapshot)).expect("UTF-8")
}

#[test]
fn text_is_prom_clients() {
    assert_eq!(printed(&golden(&[])), include_str!("../golden/prom-client-15.1.3.txt"));
    let defaults = [("app", "web"), ("zone", "eu\"1"), ("le", "x")];
    assert_eq!(
        printed(&golden(&defaults)),
        include_str!("../golden/prom-client-15.1.3-defaults.txt")
    );
    assert_eq!(printed(&Snapshot::default()), "\n");
    // A row's own label `quantile` overrides a default label `quantile`, which is printed on sum and count.
    let mut make = Builder::default();
    let d = make.defaults(&[("quantile", "d")]);
    make.family(MetricType::Summary, "s", &[]).bounds = [0.5].into();
    make.summary(&[], d, &[1.0]);
    let rows = "s{quantile=\"0.5\"} 1\ns_sum{quantile=\"d\"} 1\ns_count{quantile=\"d\"} 1\n";
    assert_eq!(printed(&make.snapshot), format!("# HELP s s help\n# TYPE s summary\n{rows}"));
}

#[test]
fn json_has_families_with_their_series_and_sets_of_default_labels() {
    let mut make = Builder::default();
    let d = make.defaults(&[("k", "v")]);
    make.family(MetricType::Counter, "x", &["a"]).help = "say \"hi\"\\\n\t".into();
    make.scalar(&[("a", "1\"\\\n\u{1}\u{7f}ü\u{2028}")], d, 5.0);
    make.family(MetricType::Histogram, "h", &[]).bounds = [0.5, 1.0, f64::INFINITY].into();
    make.histogram(&[], 0, f64::NEG_INFINITY, &[1.0, 2.0, 3.0, 4.0]);
    make.family(MetricType::Summary, "s", &["n"]).aggregator = "average".into();
    let labels = make.labels(br#"n="1""#, b"n");
    make.last().bounds = [0.25, 1.0].into();
    make.summary(&[], 0, &[-2.0, 0.0]);
    make.series(labels, 0, Value::Summary { sum: f64::NAN, count: 1e21, sketch: u32::MAX });
    let expected = concat!(
        r#"{"families":[{"tag":"default","name":"x","help":"say \"hi\"\\\n\u0009","type":"counter","#,
        r#""aggregator":"sum","labelNames":["a"],"bounds":[],"#,
        r#""series":[{"l":[["a","1\"\\\n\u0001"#,
        "\u{7f}ü\u{2028}",
        r#""]],"t":"","d":1,"v":[5]}]},"#,
        r#"{"tag":"default","name":"h","help":"h help","type":"histogram","aggregator":"sum","#,
        r#""labelNames":[],"bounds":[0.5,1,"Infinity"],"#,
        r#""series":[{"l":[],"t":"","d":0,"v":["-Infinity",1,2,3,4]}]},"#,
        r#"{"tag":"default","name":"s","help":"s help","type":"summary","aggregator":"average","#,
        r#""labelNames":["n"],"bounds":[0.25,1],"series":[{"l":[],"t":"","d":0,"v":[-2,2,-2,0]},"#,
        r#"{"l":[["n","1"]],"t":"n","d":0,"v":["NaN",1e+21,0,0]}]}],"#,
        r#""defaults":[{"l":[["k","v"]],"t":""}]}"#,
    );
    let out = json(&make.snapshot);
    assert_eq!(String::from_utf8(out.clone()).expect("UTF-8"), expected);
    let read = Json::read(&out).expect("JSON");
    let series = &read.get("families").list()[0].get("series").list()[0];
    let pair = series.get("l").list()[0].list();
    assert_eq!(pair[1], Json::Text("1\"\\\n\u{1}\u{7f}ü\u{2028}".into()));
    let empty = json(&Snapshot::default());
    assert_eq!(String::from_utf8(empty).expect("UTF-8"), r#"{"families":[],"defaults":[]}"#);
}

#[test]
fn malformed_series_are_left_out_of_text_and_json() {
    let mut make = Builder::default();
    let good = make.defaults(&[("k", "v")]);
    let bad = make.labels(b"k=\"v\"\nforged 1", b"");
    make.snapshot.defaults.push(bad);
    make.family(MetricType::Counter, "c", &["a"]);
    make.scalar(&[("a", "kept")], good, 1.0);
    make.series(bad, 0, Value::Scalar(2.0));
    make.scalar(&[("a", "bad defaults")], 2, 3.0);
    make.scalar(&[("a", "no such defaults")], 3, 4.0);
    make.summary(&[("a", "wrong type")], 0, &[5.0]);
    let outside = Span { start: u32::MAX, len: u32::MAX };
    make.series(LabelSpan { text: outside, types: outside }, 0, Value::Scalar(6.0));
    make.family(MetricType::Histogram, "h", &[]).bounds = [1.0].into();
    make.histogram(&[], 0, 1.0, &[1.0]);
    make.series(LabelSpan::default(), 0, Value::Histogram { sum: 0.0, counts: outside });
    assert_eq!(
        printed(&make.snapshot),
        "# HELP c c help\n# TYPE c counter\nc{a=\"kept\",k=\"v\"} 1\nc 6\n\n\
         # HELP h h help\n# TYPE h histogram\n"
    );
    let read = Json::read(&json(&make.snapshot)).expect("JSON");
    let shown: Vec<usize> =
        read.get("families").list().iter().map(|f| f.get("series").list().len()).collect();
    assert_eq!(shown, [2, 0]);
    assert_eq!(read.get("defaults").list()[1].get("l").list(), []);
}

#[test]
fn bytes_that_are_not_utf8_pass_through_text_and_are_replaced_in_json() {
    let mut make = Builder::default();
    make.family(MetricType::Counter, "c", &["a"]);
    let labels = make.labels(b"a=\"x\xff\x00\\\"\xc3\"", b"");
    make.series(labels, 0, Value::Scalar(1.0));
    let out = text(&make.snapshot);
    assert!(out.ends_with(b"\nc{a=\"x\xff\x00\\\"\xc3\"} 1\n"));
    let read = Json::read(&json(&make.snapshot)).expect("JSON");
    let pair = &read.get("families").list()[0].get("series").list()[0].get("l").list()[0];
    assert_eq!(pair.list()[1], Json::Text("x\u{fffd}\0\"\u{fffd}".into()));
}

/// Generates snapshots whose data need not fit together: an arena of bytes that look like labels, and
/// spans that lie inside or outside of it.
fn anything() -> impl Strategy<Value = Snapshot> {
    let byte = prop_oneof![
        6 => prop::sample::select(b"a=\"\\n,".to_vec()),
        1 => any::<u8>(),
    ];
    let piece = prop_oneof![
        3 => Just(b"a=\"1\",b=\"\\n\x01\xffz\"".to_vec()),
        1 => vec(byte, 0..12),
    ];
    let span = || (0..40_u32, prop_oneof![Just(0), Just(5), Just(16), 0..60_u32]);
    let kind = || {
        prop::sample::select(vec![
            MetricType::Counter,
            MetricType::Gauge,
            MetricType::Histogram,
            MetricType::Summary,
            MetricType::StateSet,
            MetricType::Info,
        ])
    };
    let value = (kind(), any::<f64>(), any::<f64>(), span());
    let series = (span(), span(), 0..4_u32, value);
    let family = (kind(), any::<String>(), vec(any::<f64>(), 0..3), vec(series, 0..5));
    let octave = ((0..2099_u16).prop_filter_map("an octave", Octave::unpack), any::<[f64; 32]>());
    let sketch = (any::<[f64; 3]>(), vec(octave, 0..3))
        .prop_map(|([zeros, min, max], octaves)| Sketch { zeros, min, max, octaves });
    let arenas = (vec(piece, 0..6), vec(any::<f64>(), 0..20), vec(sketch, 0..4));
    (arenas, vec(family, 0..4), vec((span(), span()), 0..3)).prop_map(
        |((text, cells, sketches), families, defaults)| {
            let mut make = Builder::default();
            make.snapshot.text = text.concat();
            make.snapshot.cells = cells;
            make.snapshot.sketches = sketches;
            let at = |(start, len): (u32, u32)| Span { start, len };
            for (text, types) in defaults {
                make.snapshot.defaults.push(LabelSpan { text: at(text), types: at(types) });
            }
            for (kind, name, bounds, series) in families {
                let family = make.family(kind, &name, &[&name]);
                if kind == MetricType::StateSet {
                    let state = |number: &f64| format!("{name}\n\"{number}").into_boxed_str();
                    family.states = bounds.iter().map(state).collect();
                } else {
                    family.bounds = bounds.into();
                }
                for (text, types, defaults, (kind, one, two, counts)) in series {
                    let value = match kind {
                        MetricType::Counter | MetricType::Gauge | MetricType::Info => {
                            Value::Scalar(one)
                        }
                        MetricType::StateSet => Value::States(at(counts)),
                        MetricType::Summary => {
                            Value::Summary { sum: one, count: two, sketch: counts.0 }
                        }
                        MetricType::Histogram => Value::Histogram { sum: one, counts: at(counts) },
                    };
                    make.series(
                        LabelSpan { text: at(text), types: at((types.0, 0)) },
                        defaults,
                        value,
                    );
                }
            }
            make.snapshot
        },
    )
}

/// Returns the rows of a text with a single family, which begins with HELP and TYPE.
fn rows(out: &[u8]) -> Vec<&[u8]> {
    out.strip_suffix(b"\n")
        .expect("a final line feed")
        .split(|&byte| byte == b'\n')
        .skip(2)
        .collect()
}

proptest! {
    #[test]
    fn any_snapshot_is_valid_json_and_whole_lines(snapshot in anything()) {
        let read = Json::read(&json(&snapshot));
        prop_assert!(read.is_some(), "{}", String::from_utf8_lossy(&json(&snapshot)));
        let lines = text(&snapshot).split(|&byte| byte == b'\n').count();
        let mut expected = 3 * snapshot.families.len();
        let read = read.expect("checked");
        for family in read.get("families").list() {
            let rows = match family.get("type") {
                Json::Text(kind) if kind == "histogram" => family.get("bounds").list().len() + 3,
                Json::Text(kind) if kind == "summary" => family.get("bounds").list().len() + 2,
                Json::Text(kind) if kind == "stateset" => family.get("states").list().len(),
                _ => 1,
            };
            expected += rows * family.get("series").list().len();
        }
        // Each family has HELP and TYPE, and after its rows an empty line or, if it is the last, the text's end.
        prop_assert_eq!(lines, if snapshot.families.is_empty() { 2 } else { expected });
    }

    #[test]
    fn any_label_value_is_one_row_and_comes_back(values in vec(any::<String>(), 1..5)) {
        let mut make = Builder::default();
        make.family(MetricType::Gauge, "g", &["a"]);
        for value in &values {
            make.scalar(&[("a", value)], 0, 1.0);
        }
        let out = text(&make.snapshot);
        let rows = rows(&out);
        prop_assert_eq!(rows.len(), values.len());
        for (row, value) in rows.iter().zip(&values) {
            let row = std::str::from_utf8(row).expect("UTF-8");
            let escaped = row.strip_prefix("g{a=\"").and_then(|row| row.strip_suffix("\"} 1"));
            let back = escaped.expect("shape").replace("\\\\", "\0\0").replace("\\n", "\n");
            let back = back.replace("\\\"", "\"").replace("\0\0", "\\");
            prop_assert_eq!(back.replace('\0', ""), value.replace('\0', ""));
        }
        let read = Json::read(&json(&make.snapshot)).expect("JSON");
        for (series, value) in read.get("families").list()[0].get("series").list().iter().zip(&values) {
            prop_assert_eq!(&series.get("l").list()[0].list()[1], &Json::Text(value.clone()));
        }
    }
}
