//! A heap that is full, and the limits that its maker set.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod small;

use mpmetrics_core::heap::{FamilySpec, Heap, Limits, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::{Code, Refusal};
use small::{add, heap_with, printed, spec};

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
fn a_label_value_may_be_as_long_as_the_limit_in_bytes_without_its_escapes() {
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
fn label_text_is_limited_texts_of_families_are_not_and_a_removal_makes_room() {
    let limits = Limits { text_bytes: 64 << 10, ..Limits::default() };
    let heap = heap_with(8 << 20, limits);
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let text = |n: usize| format!("a=\"{n:0>1000}\"");
    let made = (0..100).take_while(|n| writer.bind(f, text(*n).as_bytes(), b"").is_ok()).count();
    // Each text takes 1,024 bytes. Two other size classes take a page each.
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
