//! Families that the heap does not hold, and families of the heap that are left out; `__test__/compat/extra.test.ts`
//! compares the rows with those that TypeScript prints.

mod snapshot;

use mpmetrics_core::exposition::extra::{Extra, ExtraFamily, Sample, SampleExemplar};
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::Snapshot;
use snapshot::Builder;

fn printed(
    print: fn(&Snapshot, &Extra) -> Vec<u8>,
    make: &Builder,
    without: &[&str],
    families: Vec<ExtraFamily>,
) -> String {
    let without = without.iter().map(|&name| name.to_owned()).collect();
    let bytes = print(&make.snapshot, &Extra { without, families });
    String::from_utf8(bytes).expect("UTF-8")
}

fn family(kind: &str, name: &str) -> ExtraFamily {
    let sample = Sample { name: name.into(), value: 7.0, ..Sample::default() };
    ExtraFamily {
        name: name.into(),
        help: "h".into(),
        type_name: kind.into(),
        samples: vec![sample],
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
    let families = vec![ExtraFamily { name, help, type_name: kind, samples }];
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
fn only_extra_families_get_the_names_of_families_that_are_left_out() {
    let make = heap(&[(MetricType::Counter, "a_total"), (MetricType::Gauge, "a")]);
    let expected = ["a_total unknown", "a gauge"];
    assert_eq!(types(&make, &["a"], vec![family("gauge", "a")]), expected);
    assert_eq!(
        types(&make, &["a_total"], vec![family("counter", "a_total")]),
        ["a gauge", "a_total unknown"]
    );
}
