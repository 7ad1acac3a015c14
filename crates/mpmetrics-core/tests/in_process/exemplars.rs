//! Exemplars in a heap: which are recorded, which are shown, and what happens to them when writers die, series
//! are removed, or locks are held.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::handle::{spec, Handle};
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::{header, slot, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::SharedMutex;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Snapshot;
use mpmetrics_core::{Code, Result};

fn heap() -> Heap {
    Heap::create(Arc::new(Owned::new(1 << 18)), &Setup::default()).expect("room for a heap")
}

fn bind(writer: &mut Writer, kind: MetricType, text: &str) -> Handle {
    let family = writer.family(&spec(kind), 0).expect("a family");
    let handle = Handle::bind(writer, kind, family, text.as_bytes()).expect("a series");
    handle.update(writer, 1.0).expect("cells");
    handle
}

fn record(writer: &mut Writer, at: &Handle, bucket: u32, value: f64, text: &str) -> Result<()> {
    let given = Given { value, time: value, text: text.as_bytes(), types: b"" };
    writer.exemplar((at.address.slab, at.address.cell, at.key()), bucket, &given)
}

fn everything() -> Filter {
    Filter { everything: true, exemplars: true, ..Filter::default() }
}

/// Returns every exemplar of a scrape: the labels of its series, its bucket, value and labels.
fn seen(heap: &Heap) -> Vec<(String, u32, f64, String)> {
    let snapshot = scrape(heap, &everything()).expect("a scrape").0;
    let text =
        |snapshot: &Snapshot, span| String::from_utf8(snapshot.bytes(span).to_vec()).unwrap();
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let of = |series| snapshot.exemplars(series).iter().map(move |one| (series, one));
    series
        .flat_map(of)
        .map(|(series, one)| {
            assert_eq!(one.time, one.value, "the value and the time are of different exemplars");
            let (own, labels) = (series.labels.text, one.labels.text);
            (text(&snapshot, own), one.bucket, one.value, text(&snapshot, labels))
        })
        .collect()
}

fn one(series: &str, bucket: u32, value: f64, text: &str) -> (String, u32, f64, String) {
    (series.to_owned(), bucket, value, text.to_owned())
}

fn dropped(heap: &Heap) -> u64 {
    heap.words().header(header::EXEMPLARS_DROPPED)
}

/// The mutex of a slot, as another process sees it.
fn mutex(heap: &Heap, id: u64) -> SharedMutex<'_> {
    let at = heap.words().header(header::SLOT_CHUNKS) + EXTENT_HEADER + id * slot::WORDS;
    SharedMutex::at(heap.words().run(at + slot::MUTEX, slot::MUTEX_WORDS).unwrap()).unwrap()
}

#[test]
fn the_latest_exemplar_of_each_bucket_is_shown_if_the_scrape_asks_for_exemplars() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let counter = bind(&mut writer, MetricType::Counter, "a=\"1\"");
    let histogram = bind(&mut writer, MetricType::Histogram, "a=\"2\"");
    let gauge = bind(&mut writer, MetricType::Gauge, "a=\"3\"");
    record(&mut writer, &counter, 0, 1.0, "t=\"1\"").unwrap();
    record(&mut writer, &counter, 0, 2.0, "t=\"two\",u=\"\\\"\"").unwrap();
    record(&mut writer, &histogram, 2, 3.0, "").unwrap();
    record(&mut writer, &histogram, 0, 4.0, "t=\"4\"").unwrap();
    let refused = record(&mut writer, &counter, 1, 5.0, "t=\"5\"").unwrap_err();
    assert_eq!(refused.code(), Code::Invalid, "a counter has one bucket");
    assert_eq!(record(&mut writer, &histogram, 3, 5.0, "").unwrap_err().code(), Code::Invalid);
    assert_eq!(record(&mut writer, &gauge, 0, 5.0, "").unwrap_err().code(), Code::Invalid);
    assert_eq!(record(&mut writer, &counter, 0, 5.0, "t=").unwrap_err().code(), Code::Invalid);
    let shown = [
        one("a=\"1\"", 0, 2.0, "t=\"two\",u=\"\\\"\""),
        one("a=\"2\"", 0, 4.0, "t=\"4\""),
        one("a=\"2\"", 2, 3.0, ""),
    ];
    assert_eq!(seen(&heap), shown);
    let without = Filter { exemplars: false, ..everything() };
    assert!(scrape(&heap, &without).unwrap().0.exemplars.is_empty());
    // A block that is too small for the next exemplar is replaced by a larger one, which takes all later exemplars.
    let long = format!("t=\"{}\"", "x".repeat(120));
    let used = heap.words().header(header::USED);
    for n in 0..2000 {
        record(&mut writer, &counter, 0, f64::from(n), ["t=\"1\"", &long][n as usize % 2]).unwrap();
    }
    assert_eq!(heap.words().header(header::USED), used);
    assert_eq!(seen(&heap)[0], one("a=\"1\"", 0, 1999.0, &long));
    assert_eq!(dropped(&heap), 3, "exemplars of buckets that do not exist");
}

#[test]
fn of_several_writers_the_newest_is_shown_and_the_dead_keep_theirs() {
    let heap = heap();
    let mut first = heap.writer(1, 1).unwrap();
    let mut second = heap.writer(2, 2).unwrap();
    for (writer, value) in [(&mut first, 7.0), (&mut second, 5.0)] {
        let histogram = bind(writer, MetricType::Histogram, "a=\"1\"");
        record(writer, &histogram, 1, value, &format!("w=\"{value}\"")).unwrap();
        if value < 6.0 {
            record(writer, &histogram, 0, value, "w=\"only\"").unwrap();
        }
    }
    let shown = [one("a=\"1\"", 0, 5.0, "w=\"only\""), one("a=\"1\"", 1, 7.0, "w=\"7\"")];
    assert_eq!(seen(&heap), shown);
    drop(first);
    assert_eq!(seen(&heap), shown, "of a dead writer");
    let mut heir = heap.writer(3, 3).unwrap();
    assert_eq!(seen(&heap), shown, "of an adopted slot");
    let histogram = bind(&mut heir, MetricType::Histogram, "a=\"1\"");
    assert!(histogram.address.inherited);
    record(&mut heir, &histogram, 1, 8.0, "w=\"8\"").unwrap();
    assert_eq!(seen(&heap)[1], one("a=\"1\"", 1, 8.0, "w=\"8\""));
}

/// Several writers have default labels. A series has exemplars of its own under each set of default labels.
#[test]
fn exemplars_go_with_the_default_labels_of_their_series() {
    let heap = heap();
    let mut writers = [heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap()];
    for (n, writer) in writers.iter_mut().enumerate() {
        let counter = bind(writer, MetricType::Counter, "");
        record(writer, &counter, 0, n as f64, &format!("w=\"{n}\"")).unwrap();
        writer.default_labels(0, format!("app=\"{n}\"").as_bytes(), b"").unwrap();
    }
    assert_eq!(seen(&heap), [one("", 0, 0.0, "w=\"0\""), one("", 0, 1.0, "w=\"1\"")]);
    for writer in &mut writers {
        writer.default_labels(0, b"app=\"both\"", b"").unwrap();
    }
    assert_eq!(seen(&heap), [one("", 0, 1.0, "w=\"1\"")]);
}

#[test]
fn a_series_that_was_removed_reset_or_cleared_has_none() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter), 0).unwrap();
    let mut used = 0;
    for round in 0..300 {
        let counter = bind(&mut writer, MetricType::Counter, "a=\"1\"");
        assert_eq!(seen(&heap), [], "round {round}");
        record(&mut writer, &counter, 0, 1.0, "t=\"1\"").unwrap();
        assert_eq!(seen(&heap).len(), 1);
        match round % 4 {
            0 => assert!(writer.remove(family, b"a=\"1\"", b"").unwrap()),
            1 => writer.release(counter.address.slab, counter.address.cell, counter.key()).unwrap(),
            2 => {
                counter.hide(&heap).unwrap();
                assert_eq!(seen(&heap), []);
                writer.revive(counter.address.slab, counter.address.cell, counter.key()).unwrap();
            }
            _ => {
                writer
                    .clear_exemplars(counter.address.slab, counter.address.cell, counter.key())
                    .unwrap();
            }
        }
        if round == 20 {
            used = heap.words().header(header::USED);
        }
    }
    assert_eq!(heap.words().header(header::USED), used, "their memory is reused");
    let stale = bind(&mut writer, MetricType::Counter, "a=\"1\"");
    writer.remove(family, b"a=\"1\"", b"").unwrap();
    let code = record(&mut writer, &stale, 0, 1.0, "t=\"1\"").unwrap_err().code();
    assert_eq!(code, Code::Invalid, "a stale handle writes nowhere");
}

#[test]
fn memory_of_removed_series_is_given_back_over_many_lives() {
    let heap = heap();
    let mut used = 0;
    for life in 0..60_u64 {
        let mut writer = heap.writer(life, 1).unwrap();
        let family = writer.family(&spec(MetricType::Histogram), 0).unwrap();
        for n in 0..40 {
            let text = format!("a=\"{}\"", life * 40 + n);
            let histogram = bind(&mut writer, MetricType::Histogram, &text);
            for bucket in 0..3 {
                record(&mut writer, &histogram, bucket, 1.0, "trace=\"0123456789abcdef\"").unwrap();
            }
            writer.remove(family, text.as_bytes(), b"").unwrap();
        }
        if life == 10 {
            used = heap.words().header(header::USED);
        }
    }
    assert_eq!(heap.words().header(header::USED), used);
    assert_eq!(seen(&heap), []);
}

/// The test holds the slot's mutex, or the heap lock, while the writer records exemplars.
#[test]
fn without_a_lock_an_exemplar_is_dropped_and_counted_and_nobody_waits_for_long() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let counter = bind(&mut writer, MetricType::Counter, "a=\"1\"");
    record(&mut writer, &counter, 0, 1.0, "t=\"1\"").unwrap();
    let other = bind(&mut writer, MetricType::Counter, "a=\"2\"");
    let mut record_for_long = |counter: &Handle, held: &dyn Fn() -> bool| {
        let (before, begun) = (dropped(&heap), Instant::now());
        let mut refused = 0;
        for n in 0..20_000 {
            let error = record(&mut writer, counter, 0, f64::from(n), "t=\"2\"").unwrap_err();
            assert_eq!(error.code(), Code::Busy);
            refused += 1;
        }
        assert!(held());
        assert_eq!(dropped(&heap) - before, refused);
        // If each call waited 20 ms for the heap lock, this would take minutes. After a call that waited in vain, the
        // next calls drop their exemplars at once, for at most a second.
        assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
        assert_eq!(seen(&heap), [one("a=\"1\"", 0, 1.0, "t=\"1\"")], "scrapes go on");
        std::thread::sleep(Duration::from_millis(1_050));
    };
    let held = mutex(&heap, 0).lock(Duration::from_secs(1), || ()).unwrap();
    record_for_long(&counter, &|| mutex(&heap, 0).is_sound());
    drop(held);
    let held = heap.hold_lock().unwrap();
    record_for_long(&other, &|| heap.words().header(header::LOCK_TIMEOUTS) > 0);
    drop(held);
    record(&mut writer, &other, 0, 9.0, "t=\"9\"").unwrap();
    assert_eq!(seen(&heap).len(), 2, "recording goes on when the lock is free");
}

/// A thread dies while it holds the mutex, as a process may; later the bytes of the mutex are overwritten.
#[test]
fn a_mutex_of_the_dead_is_taken_over_and_a_broken_one_is_made_again_by_the_next_life() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let counter = bind(&mut writer, MetricType::Counter, "a=\"1\"");
    std::thread::scope(|scope| {
        let hold =
            || std::mem::forget(mutex(&heap, 0).lock(Duration::from_secs(1), || ()).unwrap());
        scope.spawn(hold).join().unwrap();
    });
    record(&mut writer, &counter, 0, 1.0, "t=\"1\"").unwrap();
    let at = heap.words().header(header::SLOT_CHUNKS) + EXTENT_HEADER + slot::MUTEX;
    for word in 0..slot::MUTEX_WORDS {
        heap.words().store(at + word, u64::MAX).unwrap();
    }
    assert_eq!(record(&mut writer, &counter, 0, 2.0, "").unwrap_err().code(), Code::Busy);
    drop(writer);
    let mut heir = heap.writer(2, 2).unwrap();
    let counter = bind(&mut heir, MetricType::Counter, "a=\"1\"");
    record(&mut heir, &counter, 0, 3.0, "t=\"3\"").unwrap();
    assert_eq!(seen(&heap), [one("a=\"1\"", 0, 3.0, "t=\"3\"")]);
}
