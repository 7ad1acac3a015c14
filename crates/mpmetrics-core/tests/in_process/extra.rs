//! Families that the heap does not hold, and families of the heap that are left out; `__test__/compat/extra.test.ts`
//! compares the rows with those that TypeScript prints.

use crate::snapshot::Builder;
use mpmetrics_core::exposition::extra::{Extra, ExtraFamily, Sample, SampleExemplar};
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::Snapshot;

fn printed(
    print: fn(&Snapshot, &Extra) -> Vec<u8>,
    make: &Builder,
    without: &[&str],
    families: Vec<ExtraFamily>,
) -> String {
    let without = without.iter().map(|&name| name.to_owned()).collect();
    let bytes = print(&make.snapshot, &Extra { without, families, ..Extra::default() });
    String::from_utf8(bytes).expect("UTF-8")
}

fn family(kind: &str, name: &str) -> ExtraFamily {
    let sample = Sample { name: name.into(), value: 7.0, ..Sample::default() };
    ExtraFamily {
        name: name.into(),
        help: "h".into(),
        type_name: kind.into(),
        samples: vec![sample],
        ..ExtraFamily::default()
    }
}

fn heap(families: &[(MetricType, &str)]) -> Builder {
    let mut make = Builder::default();
    for (kind, name) in families {
        make.family(*kind, name, &[]).help = "h".into();
        make.scalar(&[], 0, 1.0);
    }
    make
}

#[test]
fn extra_families_follow_the_families_of_the_heap_that_are_not_left_out() {
    let make =
        heap(&[(MetricType::Gauge, "a"), (MetricType::Gauge, "b"), (MetricType::Gauge, "c")]);
    let all = |print| printed(print, &make, &["a", "c", "not there"], vec![family("gauge", "a")]);
    let rows = ["# HELP b h\n# TYPE b gauge\nb 1\n", "# HELP a h\n# TYPE a gauge\na 7\n"];
    assert_eq!(all(text::with_extra), rows.join("\n"));
    assert_eq!(all(openmetrics::with_extra), format!("{}# EOF\n", rows.concat()));
    let names = all(json::with_extra).matches("\"name\":\"b\"").count();
    assert_eq!((names, all(json::with_extra).matches("\"name\":").count()), (1, 1));
    let none = |print| printed(print, &make, &["a", "b", "c"], vec![]);
    assert_eq!(none(text::with_extra), "\n");
    assert_eq!(none(openmetrics::with_extra), "# EOF\n");
    assert_eq!(none(json::with_extra), r#"{"families":[],"defaults":[]}"#);
    let only = printed(text::with_extra, &Builder::default(), &[], vec![family("gauge", "a")]);
    assert_eq!(only, rows[1]);
}

#[test]
fn names_help_texts_and_types_of_extra_families_are_escaped() {
    let exemplar = |time| {
        let labels = "t=\"\0\"".into();
        Some(SampleExemplar { labels, value: f64::INFINITY, time })
    };
    let sample = |name: &str, value, exemplar| {
        let labels = if value == 1.0 { "a=\"\\\"\",b=\"\\n\"" } else { "" };
        Sample { name: name.into(), labels: labels.into(), value, exemplar }
    };
    let samples = vec![
        sample("odd\n\\", 1.0, exemplar(Some(2.5))),
        sample("odd_total", f64::NAN, exemplar(Some(2.5))),
        sample("odd_bucket", f64::NEG_INFINITY, exemplar(None)),
    ];
    let (name, help, kind) = ("odd\n".into(), "say \"hi\"\\".into(), "any\n".into());
    let families =
        vec![ExtraFamily { name, help, type_name: kind, samples, ..ExtraFamily::default() }];
    let none = Builder::default();
    assert_eq!(
        printed(text::with_extra, &none, &[], families.clone()),
        "# HELP odd\\n say \"hi\"\\\\\n# TYPE odd\\n any\\n\n\
         odd\\n\\\\{a=\"\\\"\",b=\"\\n\"} 1\nodd_total Nan\nodd_bucket -Inf\n"
    );
    assert_eq!(
        printed(openmetrics::with_extra, &none, &[], families),
        "# HELP odd\\n say \\\"hi\\\"\\\\\n# TYPE odd\\n any\\n\n\
         odd\\n\\\\{a=\"\\\"\",b=\"\\n\"} 1\n\
         odd_total Nan # {t=\"\u{fffd}\"} +Inf 2.5\n\
         odd_bucket -Inf # {t=\"\u{fffd}\"} +Inf\n# EOF\n"
    );
}

/// Returns the TYPE lines of an OpenMetrics output: name and type.
fn types(make: &Builder, without: &[&str], families: Vec<ExtraFamily>) -> Vec<String> {
    let printed = printed(openmetrics::with_extra, make, without, families);
    printed.lines().filter_map(|line| line.strip_prefix("# TYPE ").map(str::to_owned)).collect()
}

#[test]
fn an_extra_family_gets_no_name_that_a_family_of_the_heap_needs() {
    let make = heap(&[(MetricType::Counter, "a_total"), (MetricType::Gauge, "b")]);
    let extra = vec![family("gauge", "a"), family("counter", "b_total"), family("gauge", "a_sum")];
    let expected = ["a counter", "b gauge", "b_total unknown", "a_sum gauge"];
    assert_eq!(types(&make, &[], extra), expected);
}

#[test]
fn only_an_extra_family_can_take_the_name_of_a_heap_family_that_is_left_out() {
    let make = heap(&[(MetricType::Counter, "a_total"), (MetricType::Gauge, "a")]);
    let expected = ["a_total unknown", "a gauge"];
    assert_eq!(types(&make, &["a"], vec![family("gauge", "a")]), expected);
    assert_eq!(
        types(&make, &["a_total"], vec![family("counter", "a_total")]),
        ["a gauge", "a_total unknown"]
    );
}

#[test]
fn a_prefix_comes_before_each_name_and_a_unit_is_shown_only_if_the_name_ends_with_it() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app", "web")]);
    make.family(MetricType::Counter, "c_bytes_total", &["k"]).help = "h".into();
    make.scalar(&[("k", "v")], d, 1.0);
    make.family(MetricType::Histogram, "h", &[]).bounds = [1.0].into();
    make.histogram(&[], 0, 2.0, &[1.0, 0.0]);
    make.family(MetricType::Summary, "s_seconds", &[]).bounds = [0.5].into();
    make.summary(&[], 0, &[1.0]);
    let unit = |name: &str, unit: &str| (name.to_owned(), unit.to_owned());
    let extra = |prefix: &str| Extra {
        prefix: prefix.into(),
        families: vec![
            ExtraFamily { unit: Some("ratio".into()), ..family("gauge", "g_ratio") },
            ExtraFamily { unit: Some("ratio".into()), ..family("gauge", "ratio") },
        ],
        units: vec![
            unit("c_bytes_total", "bytes"),
            unit("h", "seconds"),
            unit("s_seconds", "seconds"),
        ],
        ..Extra::default()
    };
    for print in [text::with_extra, openmetrics::with_extra] {
        let text =
            |prefix| String::from_utf8(print(&make.snapshot, &extra(prefix))).expect("UTF-8");
        let (plain, prefixed) = (text(""), text("p_"));
        assert_eq!(prefixed.replace("p_", ""), plain);
        for line in prefixed.lines().filter(|line| !line.is_empty() && *line != "# EOF") {
            let name = if line.starts_with('#') { line.split(' ').nth(2) } else { Some(line) };
            assert!(name.is_some_and(|name| name.starts_with("p_")), "{line}");
        }
    }
    let open = openmetrics::with_extra(&make.snapshot, &extra("p_"));
    let open = String::from_utf8(open).expect("UTF-8");
    let units: Vec<_> = open.lines().filter(|line| line.starts_with("# UNIT")).collect();
    let expected =
        ["# UNIT p_c_bytes bytes", "# UNIT p_s_seconds seconds", "# UNIT p_g_ratio ratio"];
    assert_eq!(units, expected);
    let json = json::with_extra(&make.snapshot, &extra("p_"));
    assert!(!String::from_utf8(json).expect("UTF-8").contains("p_"));
}

#[test]
fn a_family_that_yields_is_left_out_if_the_heap_shows_one_of_its_name() {
    let make = heap(&[(MetricType::Gauge, "a"), (MetricType::Counter, "b_total")]);
    let yields = |name: &str, kind: &str| ExtraFamily { yields: true, ..family(kind, name) };
    let families =
        || vec![yields("a", "gauge"), yields("b_total", "counter"), yields("c", "gauge")];
    for print in [text::with_extra, openmetrics::with_extra] {
        let count = |without: &[&str], line: &str| {
            let printed = printed(print, &make, without, families());
            printed.lines().filter(|one| *one == line).count()
        };
        assert_eq!([count(&[], "a 1"), count(&[], "a 7"), count(&[], "c 7")], [1, 0, 1]);
        assert_eq!([count(&[], "b_total 1"), count(&[], "b_total 7")], [1, 0]);
        assert_eq!([count(&["a"], "a 1"), count(&["a"], "a 7")], [0, 1]);
    }
}
