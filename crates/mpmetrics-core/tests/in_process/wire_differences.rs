//! Snapshots of one application at two times: what was counted between them, and which series went.

use crate::snapshot::Builder;
use crate::wire::{rows_of, source, written};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::wire::{join, minus, missing, sum, without};
use proptest::collection::vec;
use proptest::prelude::*;

fn counters(name: &str, counts: &[(&str, f64)]) -> Vec<u8> {
    let mut make = Builder::default();
    make.family(MetricType::Counter, name, &["a"]);
    for (label, count) in counts {
        make.scalar(&[("a", label)], 0, *count);
    }
    written(&make.snapshot)
}

fn histogram(bounds: &[f64], cells: &[f64]) -> Vec<u8> {
    let mut make = Builder::default();
    make.family(MetricType::Histogram, "h", &[]).bounds = bounds.into();
    make.histogram(&[], 0, cells.iter().sum(), cells);
    written(&make.snapshot)
}

fn summary(values: &[f64], windowed: bool) -> Snapshot {
    let mut make = Builder::default();
    let family = make.family(MetricType::Summary, "s", &[]);
    (family.bounds, family.windowed) = ([0.5].into(), windowed);
    make.summary(&[], 0, values);
    make.snapshot
}

#[test]
fn a_series_that_has_counted_less_was_made_again() {
    let base = counters("c", &[("kept", 5.0), ("again", 9.0), ("gone", 3.0)]);
    let now = counters("c", &[("kept", 7.5), ("again", 4.0), ("new", 1.0)]);
    let (rest, base) = minus(&now, &base).expect("a difference");
    assert_eq!(rows_of(&rest), ["c{a=\"kept\"} 2.5", "c{a=\"again\"} 4", "c{a=\"new\"} 1"]);
    assert_eq!(rows_of(&base), ["c{a=\"kept\"} 5"]);
}

#[test]
fn a_sum_that_lost_its_last_bit_has_counted_nothing() {
    let base = counters("c", &[("x", 0.1 + 0.2)]);
    let (rest, left) = minus(&counters("c", &[("x", 0.3)]), &base).expect("a difference");
    assert_eq!((rows_of(&rest), rows_of(&left)), (vec!["c{a=\"x\"} 0".to_owned()], rows_of(&base)));
}

#[test]
fn labels_are_compared_as_sets_and_default_labels_count() {
    let of = |swapped: bool, value| {
        let mut make = Builder::default();
        let app = make.defaults(&[("app", "shop")]);
        make.family(MetricType::Counter, "c", &["a", "b"]);
        let set: [(&str, &str); 2] =
            if swapped { [("b", "2"), ("a", "1")] } else { [("a", "1"), ("b", "2")] };
        make.scalar(&set, app, value);
        make.scalar(&set, 0, value);
        written(&make.snapshot)
    };
    let (rest, base) = minus(&of(false, 5.0), &of(true, 2.0)).expect("a difference");
    assert_eq!(rows_of(&rest), [r#"c{a="1",b="2",app="shop"} 3"#, r#"c{a="1",b="2"} 3"#]);
    assert_eq!(rows_of(&base).len(), 2);
}

#[test]
fn histograms_with_other_bounds_are_subtracted_at_the_bounds_of_both() {
    let (now, base) = (
        histogram(&[1.0, 2.0, 5.0], &[4.0, 3.0, 2.0, 1.0]),
        histogram(&[1.0, 5.0], &[1.0, 2.0, 0.0]),
    );
    let (rest, left) = minus(&now, &base).expect("a difference");
    let rows = [
        "h_bucket{le=\"1\"} 3",
        "h_bucket{le=\"5\"} 6",
        "h_bucket{le=\"+Inf\"} 7",
        "h_sum 7",
        "h_count 7",
    ];
    assert_eq!(rows_of(&rest), rows);
    assert_eq!(rows_of(&left)[2], "h_bucket{le=\"+Inf\"} 3");
    // One bucket has less, although all have more together.
    let (rest, left) = minus(&histogram(&[1.0], &[1.0, 9.0]), &histogram(&[1.0], &[2.0, 1.0]))
        .expect("a difference");
    assert_eq!((rows_of(&rest)[2].as_str(), rows_of(&left).len()), ("h_sum 10", 0));
}

#[test]
fn a_histogram_keeps_its_buckets_if_nothing_is_subtracted() {
    let now = histogram(&[1.0, 2.0, 5.0], &[4.0, 3.0, 2.0, 1.0]);
    let (rest, base) = minus(&now, &histogram(&[7.0], &[90.0, 1.0])).expect("a difference");
    assert_eq!((rows_of(&rest), rows_of(&base).len()), (rows_of(&now), 0));
}

#[test]
fn quantiles_of_a_difference_are_within_what_was_observed_since() {
    let (early, late) = ([0.001, 99.0], [0.001, 99.0, 5.0]);
    let (rest, _) = minus(&written(&summary(&late, false)), &written(&summary(&early, false)))
        .expect("a difference");
    let median: f64 = rows_of(&rest)[0].rsplit(' ').next().expect("a value").parse().expect("5");
    assert!((median - 5.0).abs() < 0.06, "{median}");
}

#[test]
fn an_earlier_window_is_not_subtracted_from_a_later_one() {
    // The two observations of the base have left the window, and one like them has come.
    let (mut now, base) = (summary(&[4.0], true), written(&summary(&[4.0, 4.0], true)));
    let Value::Summary { sum, count, .. } = &mut now.families[0].series[0].value else {
        unreachable!("a summary")
    };
    (*sum, *count) = (12.0, 3.0);
    let (rest, left) = minus(&written(&now), &base).expect("a difference");
    assert_eq!(rows_of(&rest), ["s{quantile=\"0.5\"} 4", "s_sum 4", "s_count 1"]);
    assert_eq!(rows_of(&left), ["s{quantile=\"0.5\"} 0", "s_sum 8", "s_count 2"]);
}

#[test]
fn summaries_are_subtracted_with_their_observations() {
    let (early, late) = ([1.0, 2.0, 0.0], [1.0, 2.0, 0.0, 100.0, 100.0, 100.0, 0.0]);
    let base = sum(&[source(&written(&summary(&early, false)))]).expect("a snapshot");
    let (rest, _) = minus(&written(&summary(&late, false)), &base).expect("a difference");
    let rows = rows_of(&rest);
    assert_eq!(rows[1..], ["s_sum 300", "s_count 4"]);
    let median: f64 = rows[0].rsplit(' ').next().expect("a value").parse().expect("a number");
    assert!((median - 100.0).abs() < 1.1, "{median}");
}

#[test]
fn a_window_has_no_part_in_a_sum() {
    let all = sum(&[source(&written(&summary(&[5.0, 6.0], true)))]).expect("a snapshot");
    assert_eq!(rows_of(&all), ["s{quantile=\"0.5\"} 0", "s_sum 11", "s_count 2"]);
    let living = written(&summary(&[1.0], true));
    let both = join(&[source(&all), source(&living)]).expect("a snapshot").snapshot;
    assert_eq!(rows_of(&written(&both)), ["s{quantile=\"0.5\"} 1", "s_sum 12", "s_count 3"]);
    let all = sum(&[source(&written(&summary(&[5.0], false)))]).expect("a snapshot");
    assert_eq!(rows_of(&all)[0], "s{quantile=\"0.5\"} 5");
}

#[test]
fn levels_have_no_part_in_a_sum_and_are_not_subtracted() {
    let mut make = Builder::default();
    make.family(MetricType::Gauge, "g", &[]);
    make.scalar(&[], 0, 5.0);
    make.family(MetricType::Info, "i", &[]);
    make.scalar(&[], 0, 1.0);
    make.family(MetricType::StateSet, "s", &[]).states = ["on".into()].into();
    make.states(&[], 0, &[1.0]);
    let levels = written(&make.snapshot);
    assert!(rows_of(&sum(&[source(&levels)]).expect("a snapshot")).is_empty());
    let (rest, base) = minus(&levels, &levels).expect("a difference");
    assert_eq!((rows_of(&rest), rows_of(&base).len()), (rows_of(&levels), 0));
}

#[test]
fn a_series_that_went_is_removed_unless_another_host_has_it() {
    let earlier = counters("c", &[("a", 1.0), ("b", 2.0), ("c", 3.0)]);
    let gone = missing(&earlier, &counters("c", &[("a", 9.0)])).expect("a snapshot");
    assert_eq!(rows_of(&gone), ["c{a=\"b\"} 2", "c{a=\"c\"} 3"]);
    let folded = counters("c", &[("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", 40.0)]);
    let other = counters("c", &[("c", 0.0)]);
    let rest = without(&folded, &gone, &[&other]).expect("a snapshot");
    assert_eq!(rows_of(&rest), ["c{a=\"a\"} 10", "c{a=\"c\"} 30", "c{a=\"d\"} 40"]);
    let family = missing(&earlier, &counters("other", &[])).expect("a snapshot");
    assert_eq!(rows_of(&family), rows_of(&earlier), "the whole family went");
    assert!(rows_of(&without(&earlier, &earlier, &[]).expect("a snapshot")).is_empty());
}

proptest! {
    /// Whatever a host counts in several lives, its base and its rest are what it counted.
    #[test]
    fn base_and_rest_are_the_whole(
        before in vec(0_u32..1000, 4),
        more in vec(0_u32..1000, 4),
    ) {
        let of = |counts: &[u32]| {
            let mut make = Builder::default();
            make.family(MetricType::Histogram, "h", &[]).bounds = [1.0, 2.0, 3.0].into();
            let cells: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
            make.histogram(&[], 0, cells.iter().sum(), &cells);
            written(&make.snapshot)
        };
        let base = of(&before);
        let all: Vec<u32> = before.iter().zip(&more).map(|(one, other)| one + other).collect();
        let now = of(&all);
        let (rest, left) = minus(&now, &base).expect("a difference");
        prop_assert_eq!(rows_of(&rest), rows_of(&of(&more)));
        let whole = sum(&[source(&rest), source(&left)]).expect("a snapshot");
        prop_assert_eq!(rows_of(&whole), rows_of(&now));
    }
}
