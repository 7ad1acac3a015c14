//! A heap that is full, and the limits that its maker set.

use crate::small::{add, heap_with, printed, spec};
use mpmetrics_core::heap::{FamilySpec, Heap, Limits, Writer};
use mpmetrics_core::layout::{header, series, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::{Code, Error, Refusal};

#[test]
fn a_full_heap_refuses_new_series_and_keeps_the_old_ones() {
    let heap = heap_with(400 << 10, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let first = writer.bind(f, b"a=\"first\"", b"").unwrap();
    let mut made = 1;
    let refused = loop {
        match writer.bind(f, format!("a=\"{made}\"").as_bytes(), b"") {
            Ok(_) => made += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), Code::Full);
    assert!(made > 1000, "{made}");
    add(&writer, &first, 1.0);
    assert!(printed(&heap).contains("c{a=\"first\"} 1\n"));
    assert_eq!(heap.words().header(header::LIVE_SERIES), made);
    assert_eq!(heap.words().header(header::DROPPED + Refusal::Memory as usize), 1);
    assert!(writer.remove(f, b"a=\"first\"", b"").unwrap());
    writer.bind(f, b"a=\"x\"", b"").unwrap();
}

#[test]
fn limits_on_series_are_kept() {
    let heap = heap_with(8 << 20, Limits { series: 12, family_series: 10, ..Limits::default() });
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let g = writer.family(&spec(MetricType::Counter, "d"), 0).unwrap();
    let count = |writer: &mut Writer, family| {
        (0..20)
            .take_while(|n| writer.bind(family, format!("a=\"{n}\"").as_bytes(), b"").is_ok())
            .count()
    };
    assert_eq!(count(&mut writer, f), 10);
    assert_eq!(count(&mut writer, g), 2);
    assert_eq!(dropped(&heap), [0, 1, 1, 0, 0, 0, 0]);
}

/// Returns the counts of refusals, in the order of their reasons.
fn dropped(heap: &Heap) -> Vec<u64> {
    let at = |refusal: &Refusal| heap.words().header(header::DROPPED + *refusal as usize);
    Refusal::ALL.iter().map(at).collect()
}

#[test]
fn the_limit_of_a_label_value_counts_its_bytes_without_escapes() {
    let heap = heap_with(8 << 20, Limits { label_bytes: 6, ..Limits::default() });
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    for fits in ["a=\"123456\",b=\"123456\"", "a=\"äöü\"", r#"a="\"\"\n\\12""#] {
        writer.bind(f, fits.as_bytes(), b"").expect(fits);
    }
    for long in ["a=\"1234567\"", "a=\"1\",b=\"äöüa\""] {
        assert_eq!(writer.bind(f, long.as_bytes(), b"").unwrap_err().code(), Code::Limit, "{long}");
        assert_eq!(writer.default_labels(0, long.as_bytes(), b"").unwrap_err().code(), Code::Limit);
    }
    assert_eq!(dropped(&heap), [0, 0, 0, 2, 0, 0, 0]);
}

#[test]
fn only_label_texts_are_limited_and_a_removal_makes_room() {
    let limits = Limits { text_bytes: 64 << 10, ..Limits::default() };
    let heap = heap_with(8 << 20, limits);
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let text = |n: usize| format!("a=\"{n:0>1000}\"");
    let made = (0..100).take_while(|n| writer.bind(f, text(*n).as_bytes(), b"").is_ok()).count();
    // Each text takes 1,024 bytes. The headers of the text extents take room, too, and the family's text takes a page.
    assert!((40..64).contains(&made), "{made}");
    assert_eq!(dropped(&heap), [0, 0, 0, 0, 1, 0, 0]);
    assert!(heap.words().header(header::TEXT_BYTES) <= limits.text_bytes);
    for n in 0..40 {
        let help = "h".repeat(4000 + n);
        let name = format!("late_{n}");
        let spec = FamilySpec { help, ..spec(MetricType::Counter, &name) };
        writer.family(&spec, 0).expect("texts of families have no limit");
    }
    assert!(writer.bind(f, text(made).as_bytes(), b"").is_err());
    assert!(writer.remove(f, text(0).as_bytes(), b"").unwrap());
    writer.bind(f, text(made).as_bytes(), b"").expect("the place of the removed text");
    drop(heap.hold_lock());
    heap.words().set_header(header::INTENT, 1);
    let before = heap.words().header(header::TEXT_BYTES);
    drop(heap.hold_lock());
    assert_eq!(heap.words().header(header::TEXT_BYTES), before);
}

#[test]
fn a_histogram_with_more_bounds_than_a_block_has_room_for_is_refused() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let mut declare = |bounds: u32| {
        let numbers = (0..bounds).map(f64::from).collect();
        writer.family(&FamilySpec { numbers, ..spec(MetricType::Histogram, "h") }, 0)
    };
    let refused = declare(65_529).unwrap_err();
    assert!(matches!(refused, Error::Limit { limit: 65_528, .. }), "{refused}");
    // The block has room for so many bounds, but the text in which the heap stores the family has not: it takes 8 bytes
    // for each bound.
    let refused = declare(65_528).unwrap_err();
    assert!(matches!(refused, Error::Limit { what: "bytes of text", .. }), "{refused}");
    declare(8_000).expect("room");
}

#[test]
fn a_writer_keeps_its_own_limit_of_a_family_and_counts_refusals_unless_told_otherwise() {
    let heap = heap_with(8 << 20, Limits { family_series: 10, ..Limits::default() });
    let mut writer = heap.writer(1, 1).unwrap();
    let mut other = heap.writer(1, 2).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    assert_eq!(other.family(&spec(MetricType::Counter, "c"), 0).unwrap(), f);
    let bind = |writer: &mut Writer, n: usize| writer.bind(f, format!("a=\"{n}\"").as_bytes(), b"");
    writer.limit(f, 3, true);
    // The series of other writers count, and those that are there already can be bound.
    bind(&mut other, 0).unwrap();
    for n in 0..3 {
        bind(&mut writer, n).unwrap();
    }
    let refused = bind(&mut writer, 3).unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::FamilySeries));
    assert_eq!(dropped(&heap), [0, 0, 1, 0, 0, 0, 0]);
    // Another writer has only the limit of the segment.
    bind(&mut other, 4).unwrap();
    writer.limit(f, 3, false);
    assert!(bind(&mut writer, 3).is_err());
    assert_eq!(dropped(&heap), [0, 0, 1, 0, 0, 0, 0]);
    writer.limit(f, u64::MAX, true);
    let made = (10..30).take_while(|n| bind(&mut writer, *n).is_ok()).count();
    assert_eq!(made, 10 - 4);
    assert_eq!(dropped(&heap), [0, 0, 2, 0, 0, 0, 0]);
    // For a family that this writer did not declare, the call does nothing.
    writer.limit(f + 1, 0, true);
}

#[test]
fn the_values_of_a_label_are_those_of_living_series_of_the_family() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let mut other = heap.writer(1, 2).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let g = other.family(&spec(MetricType::Counter, "d"), 0).unwrap();
    let values = |writer: &Writer, label: &str| {
        let found = writer.label_values(f, label.as_bytes(), 0).unwrap();
        let mut found: Vec<_> =
            found.values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect();
        found.sort();
        found
    };
    assert!(values(&writer, "a").is_empty());
    other.bind(g, b"a=\"of another family\"", b"").unwrap();
    writer.bind(f, b"a=\"1\",b=\"x\"", b"ns").unwrap();
    writer.bind(f, b"b=\"y\",a=\"2\"", b"").unwrap();
    other.bind(f, br#"a="\"\n\\""#, b"").unwrap();
    other.bind(f, b"a=\"1\"", b"").unwrap();
    assert_eq!(values(&writer, "a"), ["\"\n\\", "1", "2"]);
    assert_eq!(values(&writer, "b"), ["x", "y"]);
    assert!(values(&writer, "c").is_empty());
    assert!(writer.remove(f, b"a=\"2\",b=\"y\"", b"").unwrap());
    assert_eq!(values(&other, "a"), ["\"\n\\", "1"]);
}

#[test]
fn a_later_call_reads_only_the_series_that_were_made_since() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let mut other = heap.writer(1, 2).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let g = writer.family(&spec(MetricType::Counter, "d"), 0).unwrap();
    let bind = |writer: &mut Writer, n: u32| writer.bind(f, format!("a=\"{n}\"").as_bytes(), b"");
    let mut latest = 0;
    let mut values = |writer: &Writer| {
        let found = writer.label_values(f, b"a", latest).unwrap();
        latest = found.latest;
        let mut found: Vec<_> =
            found.values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect();
        found.sort();
        found
    };
    assert!(values(&writer).is_empty());
    bind(&mut writer, 1).unwrap();
    bind(&mut writer, 2).unwrap();
    assert_eq!(values(&writer), ["1", "2"]);
    assert!(values(&writer).is_empty());
    other.bind(g, b"a=\"of another family\"", b"").unwrap();
    other.bind(f, b"a=\"3\"", b"").unwrap();
    bind(&mut writer, 4).unwrap();
    bind(&mut writer, 1).unwrap();
    assert_eq!(values(&writer), ["3", "4"]);
    // A series that was read may be removed, and a new series may get its place.
    for (gone, next) in [("1", 5), ("4", 6)] {
        assert!(other.remove(f, format!("a=\"{gone}\"").as_bytes(), b"").unwrap());
        bind(&mut writer, next).unwrap();
        assert_eq!(values(&writer), [next.to_string()]);
    }
    // The writer reads the family's list of series, the newest first. The list ends at a series that was removed before
    // it was read; then the writer reads all series.
    other.bind(f, b"a=\"7\"", b"").unwrap();
    bind(&mut writer, 8).unwrap();
    bind(&mut writer, 9).unwrap();
    assert!(other.remove(f, b"a=\"8\"", b"").unwrap());
    assert_eq!(values(&writer), ["2", "3", "5", "6", "7", "9"]);
    // A recovery ends the list.
    bind(&mut writer, 10).unwrap();
    heap.words().set_header(header::INTENT, 1);
    bind(&mut writer, 11).unwrap();
    assert_eq!(values(&writer).len(), 8);
    bind(&mut writer, 12).unwrap();
    assert_eq!(values(&writer), ["12"]);
}

#[test]
fn a_damaged_series_has_no_values_and_those_of_the_others_are_found() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let address = writer.bind(f, b"a=\"damaged\"", b"").unwrap();
    writer.bind(f, b"a=\"whole\"", b"").unwrap();
    let words = heap.words();
    let chunk = words.header(header::SERIES_CHUNKS);
    let at = chunk + EXTENT_HEADER + u64::from(address.series) * series::WORDS;
    // The text lies beyond the end of the heap, like a text that another process adds while this one reads.
    words.store(at + series::TEXT, 1 << 40).unwrap();
    let found = writer.label_values(f, b"a", 0).unwrap();
    assert_eq!(found.values.into_iter().collect::<Vec<_>>(), [b"whole"]);
}

#[test]
fn the_figure_of_all_series_names_the_ten_metrics_with_most() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    for n in 1..=12 {
        let family = spec(MetricType::Counter, &format!("c{n}"));
        let f = writer.family(&family, 0).unwrap();
        // Two families of one name are one metric.
        let again = FamilySpec { help: "other".into(), ..family };
        let g = writer.family(&again, 0).unwrap();
        for a in 0..n {
            writer.bind(f, format!("a=\"{a}\"").as_bytes(), b"").unwrap();
            writer.bind(g, format!("a=\"{a}\"").as_bytes(), b"").unwrap();
        }
    }
    let aggregator = "mpmetrics:series".into();
    let figure = FamilySpec { aggregator, ..spec(MetricType::Gauge, "series") };
    let f = writer.family(&figure, 0).unwrap();
    writer.bind(f, b"", b"").unwrap();
    let text = printed(&heap);
    let shown: Vec<_> = text.lines().filter(|line| line.starts_with("series")).collect();
    let named = (3..=12).rev().map(|n| format!("series{{metric=\"c{n}\"}} {}", 2 * n));
    let expected: Vec<_> = [format!("series {}", 12 * 13 + 1)].into_iter().chain(named).collect();
    assert_eq!(shown, expected);
}
