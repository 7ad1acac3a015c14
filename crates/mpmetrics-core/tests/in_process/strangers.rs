//! Reading a segment as a stranger: it shows what a scrape shows, also while writers count, and changes nothing.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mpmetrics_core::exposition::text;
use mpmetrics_core::heap::{Description, Heap, Limits, Owner};
use mpmetrics_core::layout::{header, slot, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::metrics::Metrics;
use mpmetrics_core::reader::{look, read, Facts, SegmentFile};
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::segment::{OpenOptions, Segment};
use tempfile::TempDir;

use crate::handle::{spec, Handle};

fn everything() -> Filter {
    Filter { everything: true, now: Some(1.7e12), ..Filter::default() }
}

fn segment() -> (TempDir, Segment) {
    let folder = tempfile::tempdir().unwrap();
    let segment = Segment::at(folder.path().join("s.heap")).unwrap();
    (folder, segment)
}

fn file(segment: &Segment) -> SegmentFile {
    SegmentFile::open(segment.path()).unwrap()
}

fn told(snapshot: &Snapshot) -> String {
    String::from_utf8(text(snapshot)).unwrap()
}

/// Counts in all types of metrics, and removes a series.
fn count(heap: &Heap, process: u64) -> impl Sized {
    let mut writer = heap.writer(process, process as u32).unwrap();
    writer.default_labels(0, b"app=\"shop\"", b"").unwrap();
    let types =
        [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary];
    for metric_type in types {
        let family = writer.family(&spec(metric_type), 0).unwrap();
        for n in 0..300 {
            let labels = format!("a=\"{n}\"");
            let handle = Handle::bind(&mut writer, metric_type, family, labels.as_bytes()).unwrap();
            handle.update(&mut writer, f64::from(n % 5)).unwrap();
        }
        writer.remove(family, b"a=\"7\"", b"").unwrap();
    }
    writer
}

#[test]
fn a_stranger_sees_what_a_scrape_sees_and_changes_no_byte() {
    let (_folder, segment) = segment();
    let living = count(segment.heap(), 1);
    drop(count(segment.heap(), 2));
    let before = fs::read(segment.path()).unwrap();
    let file = file(&segment);
    let (reading, snapshot) = read(&file, &everything()).unwrap();
    assert_eq!((reading.torn, reading.copies), (0, 1));
    assert_eq!(reading.living(), [true, false]);
    for _ in 0..1_000 {
        assert_eq!(told(&read(&file, &everything()).unwrap().1), told(&snapshot));
    }
    assert!(before == fs::read(segment.path()).unwrap(), "a byte changed");
    let (scraped, _) = scrape(segment.heap(), &everything()).unwrap();
    assert_eq!(told(&snapshot), told(&scraped));
    // Two writers counted; the gauge is the living writer's.
    assert!(told(&snapshot).contains("\ncounter{a=\"3\",app=\"shop\"} 6\n"));
    assert!(told(&snapshot).contains("\ngauge{a=\"3\",app=\"shop\"} 3\n"));
    drop(living);
    assert_eq!(read(&file, &everything()).unwrap().0.living(), [false, false]);
}

#[test]
fn the_description_and_what_the_writers_tell() {
    let folder = tempfile::tempdir().unwrap();
    let description = Description {
        name: Some("@scope/shop".to_owned()),
        script: Some("/srv/shop/app.js".to_owned()),
        root_started_ms: Some(1_700_000_000_000),
    };
    let options = OpenOptions {
        path: Some(folder.path().join("s.heap")),
        create: true,
        description: description.clone(),
        ..OpenOptions::default()
    };
    let segment = Segment::open(&options, Limits::default()).unwrap().unwrap();
    let owner = Owner { process: 1, pid: 11, thread: 0, worker: 3 };
    let writer = segment.heap().writer_of(owner).unwrap();
    let facts = || Facts::of(&look(&file(&segment)).unwrap());
    let first = facts();
    assert_eq!(first.description, description);
    assert_eq!((first.writers[0].pid, first.writers[0].worker), (11, 3));
    assert_eq!(first.writers[0].seen_ms, first.writers[0].claimed_ms);
    let slots = segment.heap().words().header(header::SLOT_CHUNKS) + EXTENT_HEADER;
    // A writer of an older version takes the slot over, and does not know the words of the owner before.
    segment.heap().words().store(slots + slot::CLAIMED, first.writers[0].seen_ms + 1).unwrap();
    assert_eq!((facts().writers[0].worker, facts().writers[0].seen_ms), (0, 0));
    segment.heap().words().store(slots + slot::CLAIMED, 1).unwrap();
    segment.heap().words().store(slots + slot::SEEN, 1).unwrap();
    writer.show_life();
    assert!(facts().writers[0].seen_ms >= first.made_ms);
}

#[test]
fn facts_and_the_parts_of_each_process() {
    let (_folder, segment) = segment();
    let _living = count(segment.heap(), 1);
    drop(count(segment.heap(), 2));
    let facts = Facts::of(&look(&file(&segment)).unwrap());
    let writers: Vec<_> =
        facts.writers.iter().map(|one| (one.process, one.pid, one.lives)).collect();
    assert_eq!(writers, [(1, 1, true), (2, 2, false)]);
    assert!(facts.lives() && !facts.retired && facts.root.is_none());
    assert_eq!((facts.counted_series, facts.changing), (4 * 299, false));
    assert_eq!(facts.description, Description::default());
    assert_eq!(facts.largest.len(), 4);
    assert_eq!(facts.largest[0], ("counter".to_owned(), 299));
    let (reading, _) = read(&file(&segment), &everything()).unwrap();
    for process in [1, 2] {
        let shown = told(&reading.of_process(process).unwrap());
        assert!(shown.contains("\ncounter{a=\"3\",app=\"shop\"} 3\n"), "{shown}");
    }
    assert_eq!(told(&reading.of_process(3).unwrap()).trim(), "");
}

/// Ends the threads that look at a flag, also if the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn what_counts_as_whole_is_whole_under_writers_at_full_speed() {
    let (_folder, segment) = segment();
    let ended = AtomicBool::new(false);
    let observed = thread::scope(|scope| {
        let _ending = Ending(&ended);
        for _ in 0..2 {
            let (heap, ended) = (segment.heap().clone(), &ended);
            scope.spawn(move || {
                let metrics = Metrics::new(heap).unwrap();
                let family = metrics.histogram("h", "h", &["a"], &[1.0, 2.0]).unwrap();
                let all: Vec<_> =
                    (0..200).map(|n| family.histogram(&[&n.to_string()]).unwrap()).collect();
                while !ended.load(Ordering::Relaxed) {
                    all.iter().for_each(|one| one.observe(1.0).unwrap());
                }
            });
        }
        let file = file(&segment);
        let (mut whole, mut last) = (0, 0.0);
        // The number of rounds is what the test needs; on a machine whose writers never rest, it fails.
        for _ in 0..10_000 {
            let (reading, snapshot) = read(&file, &everything()).unwrap();
            let mut total = 0.0;
            for series in snapshot.families.iter().flat_map(|family| &family.series) {
                let Value::Histogram { sum, counts } = series.value else { panic!("a histogram") };
                let count: f64 = snapshot.counts(counts).iter().sum();
                total += count;
                // Other processors may read the words of a copy in another order: see docs/DECISIONS.
                if reading.torn == 0 && cfg!(target_arch = "x86_64") {
                    assert_eq!(count, sum, "a sum of another moment");
                }
            }
            assert!(total >= last, "{total} after {last}");
            last = total;
            whole += u32::from(reading.torn == 0 && total > 0.0);
            if whole == 300 {
                break;
            }
        }
        assert_eq!(whole, 300, "too few reads were whole");
        last
    });
    // The writers are dead: everything that they observed is shown.
    let (reading, snapshot) = read(&file(&segment), &everything()).unwrap();
    let (scraped, _) = scrape(segment.heap(), &everything()).unwrap();
    assert_eq!(reading.torn, 0);
    assert_eq!(told(&snapshot), told(&scraped));
    assert!(observed > 0.0);
}

#[test]
fn a_value_is_never_shown_under_the_labels_of_another_series() {
    let (_folder, segment) = segment();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let _ending = Ending(&ended);
        let (heap, ended) = (segment.heap().clone(), &ended);
        scope.spawn(move || {
            let mut writer = heap.writer(1, 1).unwrap();
            let family = writer.family(&spec(MetricType::Gauge), 0).unwrap();
            // Series take the places and the texts of removed ones.
            for n in 0_u32.. {
                let labels = |n: u32| format!("a=\"{}\"", n % 1_000_000);
                let made =
                    Handle::bind(&mut writer, MetricType::Gauge, family, labels(n).as_bytes());
                made.unwrap().update(&mut writer, f64::from(n % 1_000_000)).unwrap();
                if n >= 50 {
                    writer.remove(family, labels(n - 50).as_bytes(), b"").unwrap();
                }
                if ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let file = file(&segment);
        let mut seen = 0;
        while seen < 20_000 {
            let (_, snapshot) = read(&file, &everything()).unwrap();
            for series in snapshot.families.iter().flat_map(|family| &family.series) {
                let labels = std::str::from_utf8(snapshot.bytes(series.labels.text)).unwrap();
                let Value::Scalar(value) = series.value else { panic!("a gauge") };
                // A series is bound before it is set.
                assert!(value == 0.0 || labels == format!("a=\"{value}\""), "{labels} is {value}");
                seen += u32::from(value != 0.0);
            }
        }
    });
}

#[test]
fn adoptions_meanwhile_lose_no_count() {
    let (_folder, segment) = segment();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let _ending = Ending(&ended);
        let (heap, ended) = (segment.heap().clone(), &ended);
        let _other = count(segment.heap(), 9);
        // Writers come and go, with changing default labels: their blocks are adopted and merged.
        scope.spawn(move || {
            for n in 0_u64.. {
                let mut writer = heap.writer(n + 10, 1).unwrap();
                let family = writer.family(&spec(MetricType::Counter), 0).unwrap();
                let set = format!("w=\"{}\"", n % 3);
                writer.default_labels(0, set.as_bytes(), b"").unwrap();
                let handle = Handle::bind(&mut writer, MetricType::Counter, family, b"a=\"x\"");
                handle.unwrap().update(&mut writer, 1.0).unwrap();
                if ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let file = file(&segment);
        let mut last = 0.0;
        for _ in 0..2_000 {
            let (reading, snapshot) = read(&file, &everything()).unwrap();
            let counters = snapshot.families.iter().filter(|one| &*one.name == "counter");
            let total: f64 = counters
                .flat_map(|family| &family.series)
                .map(|series| match series.value {
                    Value::Scalar(value) => value,
                    _ => panic!("a counter"),
                })
                .sum();
            if reading.torn == 0 {
                assert!(total >= last, "{total} after {last}");
                last = total;
            }
        }
        assert!(last > 600.0, "no writer came");
    });
}
