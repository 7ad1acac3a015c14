//! Joining families of one name. Two versions of an application that run at the same time make such families.

use std::collections::BTreeMap;

use crate::snapshot::Builder;
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::locate;
use mpmetrics_core::scrape::aggregate::{join, Joined};
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use proptest::collection::vec;
use proptest::prelude::*;

/// Returns the rows that are printed after joining, without HELP and TYPE.
fn rows(snapshot: &Snapshot) -> Vec<String> {
    let (joined, _) = join(snapshot.clone(), "");
    let text = String::from_utf8(text(&joined)).expect("UTF-8");
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(Into::into).collect()
}

#[test]
fn one_family_per_name_passes_through_in_place() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app", "web")]);
    for name in ["a", "b"] {
        make.family(MetricType::Counter, name, &["m"]);
        make.scalar(&[("m", "1")], d, 1.0);
        make.scalar(&[("m", "2")], 0, 1.0);
    }
    let at = |snapshot: &Snapshot| {
        let series: Vec<_> = snapshot.families.iter().map(|f| f.series.as_ptr()).collect();
        (snapshot.families.as_ptr(), series, snapshot.text.as_ptr())
    };
    let before = at(&make.snapshot);
    let (joined, met) = join(make.snapshot, "");
    assert_eq!(at(&joined), before, "nothing was copied");
    assert_eq!(met, Joined { type_clashes: 0 });
}

#[test]
fn counters_add_by_set_of_labels_under_the_newest_help() {
    let mut make = Builder::default();
    make.family(MetricType::Counter, "c", &["a", "b"]).help = "old".into();
    make.scalar(&[("a", "1"), ("b", "2")], 0, 1.0);
    make.scalar(&[("a", "1,b:2")], 0, 10.0);
    make.family(MetricType::Counter, "other", &[]);
    make.family(MetricType::Counter, "c", &["b", "a", "z"]).help = "new".into();
    make.scalar(&[("z", "new")], 0, 100.0);
    make.scalar(&[("b", "2"), ("a", "1")], 0, 1000.0);
    let (joined, _) = join(make.snapshot.clone(), "");
    assert_eq!(
        String::from_utf8(text(&joined)).expect("UTF-8"),
        "# HELP c new\n# TYPE c counter\n\
         c{a=\"1\",b=\"2\"} 1001\nc{a=\"1,b:2\"} 10\nc{z=\"new\"} 100\n\n\
         # HELP other other help\n# TYPE other counter\n"
    );
    assert_eq!(joined.families[0].birth, 1);
    assert_eq!(joined.families[0].label_names.len(), 3);
}

#[test]
fn label_values_of_different_types_do_not_keep_series_apart() {
    let mut make = Builder::default();
    for (text, types) in [(&br#"a="1",b="null""#[..], &b"nz"[..]), (br#"b="null",a="1""#, b"")] {
        make.family(MetricType::Counter, "c", &["a", "b"]);
        let labels = make.labels(text, types);
        make.series(labels, 0, Value::Scalar(1.0));
    }
    assert_eq!(rows(&make.snapshot), ["c{a=\"1\",b=\"null\"} 2"]);
}

#[test]
fn gauges_go_by_the_newest_aggregator() {
    let shown = |aggregator: &str| {
        let mut make = Builder::default();
        for (value, named) in [(4.0, "first"), (1.0, "min"), (4.0, aggregator)] {
            make.family(MetricType::Gauge, "g", &[]).aggregator = named.into();
            make.scalar(&[], 0, value);
        }
        rows(&make.snapshot)
    };
    assert_eq!(shown("sum"), ["g 9"]);
    assert_eq!(shown("a name from another version"), ["g 9"]);
    assert_eq!(shown("average"), ["g 3"]);
    assert_eq!(shown("min"), ["g 1"]);
    assert_eq!(shown("max"), ["g 4"]);
    assert_eq!(shown("first"), ["g 4"]);
    assert_eq!(shown("omit"), [""; 0]);
}

#[test]
fn what_is_not_a_number_is_not_hidden_by_min_and_max() {
    for aggregator in ["min", "max"] {
        for values in [[1.0, f64::NAN], [f64::NAN, 1.0]] {
            let mut make = Builder::default();
            for value in values {
                make.family(MetricType::Gauge, "g", &[]).aggregator = aggregator.into();
                make.scalar(&[], 0, value);
            }
            assert_eq!(rows(&make.snapshot), ["g Nan"]);
        }
    }
}

#[test]
fn the_aggregator_first_shows_the_series_that_was_born_first() {
    let mut make = Builder::default();
    make.family(MetricType::Gauge, "g", &[]).aggregator = "first".into();
    make.scalar(&[], 0, 1.0);
    make.family(MetricType::Gauge, "g", &[]).aggregator = "first".into();
    make.scalar(&[], 0, 2.0);
    make.snapshot.families[0].series[0].birth = 99;
    assert_eq!(rows(&make.snapshot), ["g 2"]);
}

#[test]
fn histograms_keep_the_bounds_that_all_have() {
    let mut make = Builder::default();
    make.family(MetricType::Histogram, "h", &["a"]).bounds = [1.0, 2.0, 5.0].into();
    make.histogram(&[("a", "1")], 0, 10.0, &[1.0, 2.0, 3.0, 4.0]);
    make.histogram(&[("a", "old")], 0, 1.0, &[0.0, 1.0, 0.0, 0.0]);
    make.family(MetricType::Histogram, "h", &["a"]).bounds = [1.0, 5.0, 10.0].into();
    make.histogram(&[("a", "1")], 0, 100.0, &[10.0, 20.0, 30.0, 40.0]);
    assert_eq!(
        rows(&make.snapshot),
        [
            "h_bucket{le=\"1\",a=\"1\"} 11",
            "h_bucket{le=\"5\",a=\"1\"} 36",
            "h_bucket{le=\"+Inf\",a=\"1\"} 110",
            "h_sum{a=\"1\"} 110",
            "h_count{a=\"1\"} 110",
            "h_bucket{le=\"1\",a=\"old\"} 0",
            "h_bucket{le=\"5\",a=\"old\"} 1",
            "h_bucket{le=\"+Inf\",a=\"old\"} 1",
            "h_sum{a=\"old\"} 1",
            "h_count{a=\"old\"} 1",
        ]
    );
}

#[test]
fn equal_bounds_stay_in_their_order() {
    let mut make = Builder::default();
    for _ in 0..2 {
        make.family(MetricType::Histogram, "h", &[]).bounds = [5.0, 1.0].into();
        make.histogram(&[], 0, 1.5, &[1.0, 0.0, 2.0]);
    }
    assert_eq!(
        rows(&make.snapshot),
        [
            "h_bucket{le=\"5\"} 2",
            "h_bucket{le=\"1\"} 2",
            "h_bucket{le=\"+Inf\"} 6",
            "h_sum 3",
            "h_count 6"
        ]
    );
}

#[test]
fn summaries_add() {
    let mut make = Builder::default();
    // Each version of the application has its own percentiles. Those of the newest are shown, computed of all values.
    for (percentile, values) in [(0.1, [1.0, 2.0]), (0.2, [3.0, 4.0]), (0.5, [-1.0, 8.0])] {
        make.family(MetricType::Summary, "s", &[]).bounds = [percentile].into();
        make.summary(&[], 0, &values);
    }
    let middles = [2.0, 3.0].map(|value| {
        let (octave, cell) = locate(value).expect("a bucket");
        octave.middle(cell)
    });
    let median = (middles[0] + middles[1]) / 2.0;
    let quantile = format!("s{{quantile=\"0.5\"}} {median}");
    assert_eq!(rows(&make.snapshot), [quantile.as_str(), "s_sum 17", "s_count 6"]);
}

#[test]
fn families_of_another_type_than_the_newest_are_left_out() {
    let mut make = Builder::default();
    make.family(MetricType::Gauge, "x", &[]);
    make.scalar(&[], 0, 1.0);
    make.family(MetricType::Counter, "between", &[]);
    make.family(MetricType::Counter, "x", &[]);
    make.scalar(&[], 0, 2.0);
    make.family(MetricType::Gauge, "x", &[]);
    make.scalar(&[], 0, 4.0);
    let (joined, met) = join(make.snapshot.clone(), "");
    assert_eq!(met, Joined { type_clashes: 1 });
    assert_eq!(joined.families[0].metric_type, MetricType::Gauge);
    assert_eq!(joined.families[1].name, "between".into());
    assert_eq!(rows(&make.snapshot), ["x 5"]);
}

#[test]
fn default_labels_are_part_of_the_set() {
    let mut make = Builder::default();
    let one = make.defaults(&[("worker", "1"), ("app", "web")]);
    let two = make.defaults(&[("worker", "2"), ("app", "web")]);
    let two_again = make.defaults(&[("app", "web"), ("worker", "2")]);
    make.family(MetricType::Counter, "c", &["m"]);
    make.scalar(&[("m", "1")], one, 1.0);
    make.scalar(&[("m", "1")], two, 10.0);
    make.scalar(&[("m", "1")], two_again, 100.0);
    make.scalar(&[("m", "1")], 0, 1000.0);
    assert_eq!(
        rows(&make.snapshot),
        [
            "c{m=\"1\",worker=\"1\",app=\"web\"} 1",
            "c{m=\"1\",worker=\"2\",app=\"web\"} 110",
            "c{m=\"1\"} 1000",
        ]
    );
}

#[test]
fn own_labels_and_equal_default_labels_make_one_series() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app", "web")]);
    make.family(MetricType::Counter, "c", &["m", "app"]);
    make.scalar(&[("m", "1")], d, 1.0);
    make.scalar(&[("m", "1"), ("app", "web")], d, 10.0);
    make.scalar(&[("app", "web"), ("m", "1")], 0, 100.0);
    make.scalar(&[("m", "1"), ("app", "mine")], d, 1000.0);
    assert_eq!(
        rows(&make.snapshot),
        ["c{m=\"1\",app=\"web\"} 111", "c{m=\"1\",app=\"mine\"} 1000"]
    );
}

/// Families with their series. There are few names, labels and default labels, so that many of them coincide.
type Program = Vec<(usize, Vec<(usize, usize, bool, u32)>)>;

fn program() -> impl Strategy<Value = Program> {
    let series = (0..4_usize, 0..4_usize, any::<bool>(), 0..1000_u32);
    vec((0..2_usize, vec(series, 0..8)), 1..5)
}

proptest! {
    /// Compares the result with a map from the printed labels to a sum.
    #[test]
    fn joins_what_is_printed_alike_and_nothing_else(program in program()) {
        let mut make = Builder::default();
        let sets: [&[(&str, &str)]; 3] =
            [&[("a", "1")], &[("d", "x"), ("a", "2")], &[("a", "2"), ("d", "x")]];
        let defaults = sets.map(|set| make.defaults(set));
        let own: [&[(&str, &str)]; 4] = [&[], &[("a", "1")], &[("a", "2")], &[("b", "1"), ("a", "1")]];
        let mut model: BTreeMap<(usize, BTreeMap<&str, &str>), f64> = BTreeMap::new();
        for (name, series) in &program {
            make.family(MetricType::Counter, ["x", "y"][*name], &["a", "b"]);
            let mut seen = Vec::new();
            for &(labels, default, reverse, value) in series {
                // As in a heap, a family has one series for each pair of a label set and a set of default labels.
                if seen.contains(&(labels, default)) {
                    continue;
                }
                seen.push((labels, default));
                let mut set = own[labels].to_vec();
                if reverse {
                    set.reverse();
                }
                let number = default.checked_sub(1).map_or(0, |index| defaults[index]);
                make.scalar(&set, number, f64::from(value));
                let mut shown = BTreeMap::new();
                if default > 0 {
                    shown.extend(sets[default - 1].iter().copied());
                }
                shown.extend(set);
                *model.entry((*name, shown)).or_default() += f64::from(value);
            }
        }
        let (joined, met) = join(make.snapshot.clone(), "");
        prop_assert_eq!(met.type_clashes, 0);
        let mut names: Vec<_> = joined.families.iter().map(|family| family.name.clone()).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), joined.families.len());
        for family in &joined.families {
            prop_assert!(family.series.windows(2).all(|pair| pair[0].birth < pair[1].birth));
        }
        let shown = rows(&make.snapshot);
        prop_assert_eq!(shown.len(), model.len());
        for row in shown {
            let (series, value) = row.split_once(' ').expect("a value");
            let name = usize::from(series.starts_with('y'));
            let set: BTreeMap<&str, &str> = series[1..]
                .trim_matches(['{', '}'])
                .split(',')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').expect("a pair"))
                .map(|(name, value)| (name, value.trim_matches('"')))
                .collect();
            let value: f64 = value.parse().expect("a number");
            prop_assert_eq!(model.get(&(name, set)).copied(), Some(value));
        }
    }
}

/// The histograms of the two versions of an application have different bounds.
#[test]
fn of_exemplars_the_newest_of_each_bucket_stays() {
    let mut make = Builder::default();
    make.family(MetricType::Histogram, "h", &[]).bounds = [1.0, 2.0, 5.0].into();
    make.histogram(&[], 0, 9.0, &[1.0, 1.0, 1.0, 1.0]);
    make.exemplars(&[
        (0, 0.5, 10.0, &[("t", "a")]),
        (1, 1.5, 30.0, &[("t", "b")]),
        (2, 4.0, 20.0, &[("t", "c")]),
        (3, 9.0, 40.0, &[("t", "d")]),
    ]);
    make.family(MetricType::Counter, "c", &["a"]);
    make.scalar(&[("a", "1")], 0, 1.0);
    make.exemplars(&[(0, 1.0, 1.0, &[("t", "old")])]);
    make.family(MetricType::Histogram, "h", &["x"]).bounds = [1.0, 5.0].into();
    make.histogram(&[], 0, 9.0, &[1.0, 1.0, 1.0]);
    make.exemplars(&[(0, 0.7, 11.0, &[("t", "e")]), (2, 8.0, 39.0, &[("t", "f")])]);
    make.family(MetricType::Counter, "c", &["a", "b"]);
    make.scalar(&[("a", "1")], 0, 1.0);
    make.exemplars(&[(0, 1.0, 2.0, &[("t", "new")])]);
    let (joined, _) = join(make.snapshot, "");
    assert_eq!(
        String::from_utf8(openmetrics::openmetrics(&joined)).expect("UTF-8"),
        "# HELP h h help\n# TYPE h histogram\n\
         h_bucket{le=\"1\"} 2 # {t=\"e\"} 0.7 11\n\
         h_bucket{le=\"5\"} 5 # {t=\"b\"} 1.5 30\n\
         h_bucket{le=\"+Inf\"} 7 # {t=\"d\"} 9 40\n\
         h_sum 18\nh_count 7\n\
         # HELP c c help\n# TYPE c counter\nc_total{a=\"1\"} 2 # {t=\"new\"} 1 2\n# EOF\n"
    );
}

#[test]
fn a_default_label_that_rows_do_not_show_does_not_keep_series_apart() {
    let bare = |text: Vec<u8>| -> Vec<String> {
        let text = String::from_utf8(text).expect("UTF-8");
        text.lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(Into::into)
            .collect()
    };
    for (name, prefix) in [("s", ""), ("app_s", "app_")] {
        let mut make = Builder::default();
        let sets = ["x", "y"].map(|value| make.defaults(&[(name, value), ("d", "1")]));
        let family = make.family(MetricType::StateSet, "s", &["k"]);
        family.aggregator = "any".into();
        family.states = ["a".into(), "b".into()].into();
        make.states(&[("k", "1")], sets[0], &[1.0, 0.0]);
        make.states(&[("k", "1")], sets[1], &[0.0, 1.0]);
        let (joined, _) = join(make.snapshot, prefix);
        let extra = Extra { prefix: prefix.into(), ..Extra::default() };
        let rows = bare(text::with_extra(&joined, &extra));
        let row = |state| format!("{name}{{k=\"1\",{name}=\"{state}\",d=\"1\"}} 1");
        assert_eq!(rows, [row("a"), row("b")]);
    }
}

#[test]
fn a_joined_series_shows_no_default_label_of_which_its_parts_have_different_values() {
    let shown = |sets: [&[(&str, &str)]; 2]| {
        let mut make = Builder::default();
        let sets = sets.map(|set| make.defaults(set));
        make.family(MetricType::Histogram, "h", &[]).bounds = [1.0].into();
        make.histogram(&[], sets[0], 2.0, &[1.0, 0.0]);
        make.histogram(&[], sets[1], 3.0, &[0.0, 1.0]);
        make.family(MetricType::Summary, "q", &[]).bounds = [0.5].into();
        make.summary(&[], sets[0], &[3.0]);
        make.summary(&[], sets[1], &[3.0]);
        make.snapshot
    };
    let le: [&[(&str, &str)]; 2] = [&[("d", "1"), ("le", "x")], &[("d", "1"), ("le", "y")]];
    let of_histogram = |label: &str| {
        [
            "h_bucket{le=\"1\",d=\"1\"} 1",
            "h_bucket{le=\"+Inf\",d=\"1\"} 2",
            &format!("h_sum{{{label}}} 5"),
            &format!("h_count{{{label}}} 2"),
        ]
        .map(String::from)
    };
    assert_eq!(rows(&shown(le))[..4], of_histogram("d=\"1\""));
    // One part has no such label.
    assert_eq!(rows(&shown([le[0], &[("d", "1")]]))[..4], of_histogram("d=\"1\""));
    assert_eq!(rows(&shown([&[("d", "1")], le[0]]))[..4], of_histogram("d=\"1\""));
    // Both parts have the same.
    let same: [&[(&str, &str)]; 2] = [le[0], &[("le", "x"), ("d", "1")]];
    assert_eq!(rows(&shown(same))[..4], of_histogram("d=\"1\",le=\"x\""));

    let quantile: [&[(&str, &str)]; 2] = [&[("quantile", "x")], &[("quantile", "y")]];
    assert_eq!(rows(&shown(quantile))[9..], ["q_sum 6", "q_count 2"]);
    let (joined, _) = join(shown(le), "");
    let text = String::from_utf8(openmetrics::openmetrics(&joined)).expect("UTF-8");
    assert!(text.contains("h_sum{d=\"1\"} 5\nh_count{d=\"1\"} 2\n"), "{text}");
    let json = String::from_utf8(json::json(&joined)).expect("UTF-8");
    assert!(json.ends_with(r#"{"l":[["d","1"]],"t":""}]}"#), "{json}");
}
