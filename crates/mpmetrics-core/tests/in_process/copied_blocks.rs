//! The file of a segment is removed while a writer observes: no scrape of the copy shows half of an observation.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use crate::handle::{self, Handle};
use crate::totals;
use mpmetrics_core::heap::{Heap, Limits};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Value;
use mpmetrics_core::segment::{OpenOptions, Segment};

/// Segments that are removed, for each type.
const ROUNDS: usize = 10;
/// Series that the writer updates in turn.
const SERIES: usize = 400;

/// Fails if a series does not have equal numbers of observations in the count, in the buckets and in the sum, to which
/// each observation adds 1. Returns the number of all.
fn checked(heap: &Heap, when: &str) -> f64 {
    let (snapshot, _) = scrape(heap, &Filter { everything: true, ..Filter::default() }).unwrap();
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let numbers = series.map(|series| match series.value {
        Value::Histogram { counts, sum, .. } => [snapshot.counts(counts).iter().sum(), sum, sum],
        _ => totals::of(&snapshot, series).unwrap(),
    });
    let counts = numbers.map(|[count, sum, shown]| {
        assert_eq!((count, count), (sum, shown), "{when}");
        count
    });
    counts.sum()
}

/// Ends the threads that look at a flag, also if the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn remove_while_a_writer_observes(metric_type: MetricType, round: usize) {
    let name = format!("mpmetrics-copied-{metric_type:?}-{round}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("s.heap");
    let options = OpenOptions { path: Some(path.clone()), create: true, ..OpenOptions::default() };
    let old = Segment::open(&options, Limits::default()).unwrap().unwrap();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let family = writer.family(&handle::spec(metric_type), 0).unwrap();
    let handles: Vec<Handle> = (0..SERIES)
        .map(|n| {
            let labels = format!("a=\"{n}\"");
            Handle::bind(&mut writer, metric_type, family, labels.as_bytes()).unwrap()
        })
        .collect();
    for handle in &handles {
        handle.update(&mut writer, 1.0).unwrap();
    }
    let over = AtomicBool::new(false);
    let copy = thread::scope(|scope| {
        let observing = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for handle in &handles {
                    handle.update(&mut writer, 1.0).unwrap();
                }
            }
        });
        let ending = Ending(&over);
        fs::remove_file(&path).unwrap();
        let copy = Segment::open_after(&options, Limits::default(), &old).unwrap().unwrap();
        checked(copy.heap(), "a new copy");
        drop(ending);
        observing.join().unwrap();
        copy
    });
    let counted = checked(old.heap(), "the old segment");
    let (scrapes, over) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                checked(copy.heap(), "the writer follows");
                scrapes.fetch_add(1, Ordering::Relaxed);
            }
        });
        let _ending = Ending(&over);
        while scrapes.load(Ordering::Relaxed) < 2 && !reader.is_finished() {
            thread::yield_now();
        }
        writer.follow(copy.heap()).unwrap();
    });
    assert_eq!(checked(copy.heap(), "the writer has followed"), counted);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_scrape_of_a_copy_shows_half_of_an_observation() {
    for metric_type in [MetricType::Histogram, MetricType::Summary] {
        for round in 0..ROUNDS {
            remove_while_a_writer_observes(metric_type, round);
        }
    }
}
