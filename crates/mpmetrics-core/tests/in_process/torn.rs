//! Writers that are stopped in the middle of an update: how often a scrape tries again, and what it shows then.

use std::sync::Arc;

use crate::handle::{self, Handle};
use crate::totals;
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::scrape::walk::{walk, Patience, Walked};
use mpmetrics_core::sync::Ordering;

const WINDOW: Window = Window { length: 1000.0, sub_windows: 64 };
/// A time in the last sub-window of the first window.
const NOW: f64 = 63_500.0;

fn heap() -> Heap {
    Heap::create(Arc::new(Owned::new(1 << 21)), &Setup::default()).expect("a heap")
}

fn everything() -> Filter {
    Filter { everything: true, now: Some(NOW), ..Filter::default() }
}

/// Makes a writer that has observed 1 and 2, and is stopped in the middle of the next update.
fn stopped(heap: &Heap, kind: MetricType) -> (Writer, Handle) {
    let mut writer = heap.writer(1, 1).expect("a slot");
    let family = writer.family(&handle::spec(kind), 0).expect("room");
    let handle = Handle::bind(&mut writer, kind, family, b"").expect("room");
    for value in [1.0, 2.0] {
        handle.update(&mut writer, value).expect("room");
    }
    tear(&writer, &handle);
    (writer, handle)
}

/// Makes the first store of an update, which is to the last sequence word.
fn tear(writer: &Writer, handle: &Handle) {
    let cells = writer.cells(&handle.address).expect("cells");
    cells[cells.len() - 1].fetch_add(1, Ordering::Relaxed);
}

/// Makes a writer that is stopped in the update of a summary with many buckets: 40 octaves in each of 64 sub-windows.
fn stopped_in_many_buckets(heap: &Heap) -> Writer {
    let mut writer = heap.writer(1, 1).expect("a slot");
    let options = SummaryOptions { percentiles: vec![0.5], window: Some(WINDOW), prune: false };
    let spec = FamilySpec { numbers: options.numbers(), ..handle::spec(MetricType::Summary) };
    let family = writer.family(&spec, 0).expect("room");
    let handle = Handle::bind(&mut writer, MetricType::Summary, family, b"").expect("room");
    for (part, octave) in (0..64).flat_map(|part| (0..40).map(move |octave| (part, octave))) {
        let (value, now) = (f64::from(octave).exp2(), f64::from(part) * WINDOW.length);
        writer.observe(&handle.address, (value, 1.0), Some(WINDOW), now).expect("room");
    }
    tear(&writer, &handle);
    writer
}

fn counts(snapshot: &Snapshot) -> Vec<f64> {
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let count = |series| match totals::of(snapshot, series) {
        Some([count, _, shown]) => {
            assert_eq!(count, shown);
            count
        }
        None => match series.value {
            Value::Histogram { counts, .. } => snapshot.counts(counts).iter().sum(),
            _ => 0.0,
        },
    };
    series.map(count).collect()
}

#[test]
fn an_interrupted_update_is_counted_as_torn_only_while_its_writer_lives() {
    for kind in [MetricType::Histogram, MetricType::Summary] {
        let heap = heap();
        let given_up = || heap.words().header(header::TORN_GIVEN_UP);
        let look = || {
            let (snapshot, walked) = scrape(&heap, &everything()).expect("a scrape");
            assert_eq!(counts(&snapshot), [2.0], "{kind:?}");
            walked
        };
        let (writer, _) = stopped(&heap, kind);
        for times in 1..3 {
            let walked = look();
            assert_eq!((walked.given_up, given_up()), (1, times), "{kind:?}");
            assert!(walked.retries > 100, "{kind:?}: {walked:?}");
        }
        // No scrape waits for a dead writer, and half an update of a dead writer is not counted as torn.
        drop(writer);
        assert_eq!((look().given_up, given_up()), (0, 2), "{kind:?}");
        let heir = heap.writer(2, 2).expect("a slot");
        let walked = look();
        assert_eq!((walked.retries, walked.given_up, given_up()), (0, 0, 2), "{kind:?}");
        drop(heir);
    }
}

/// Walks with few pauses, so that the test does not take long.
fn walked(heap: &Heap, living: &[bool]) -> Walked {
    let patience = Patience { pauses: 3, ..Patience::default() };
    let (snapshot, walked) = walk(heap.words().0, living, &everything(), patience).expect("a walk");
    assert_eq!(counts(&snapshot).len(), 2);
    let most = Patience::default().walk;
    assert!(walked.reread <= most, "{} words were read again", walked.reread);
    walked
}

#[test]
fn the_words_that_a_scrape_reads_again_are_limited_however_many_writers_stopped_or_died() {
    const MANY: usize = 100;
    let heap = heap();
    let mut writers: Vec<Writer> = (0..8).map(|_| stopped_in_many_buckets(&heap)).collect();
    writers.extend((0..MANY).map(|_| stopped(&heap, MetricType::Histogram).0));
    let patience = Patience::default();
    let of_living = walked(&heap, &[true; 8 + MANY]);
    assert_eq!(of_living.given_up, 8 + MANY as u64);
    assert!(of_living.reread > patience.walk / 2, "{of_living:?}");
    // Reading one of the first eight summaries once costs more words than the limit for a block.
    let few = walked(&heap, &[true, true, true, true, true, true, true, true]);
    assert_eq!(few.given_up, 8);
    let of_dead = walked(&heap, &[]);
    assert_eq!((of_dead.given_up, of_dead.retries), (0, 0));
    assert!(of_dead.reread > 0 && of_dead.reread < of_living.reread, "{of_dead:?}");
    drop(writers);
}
