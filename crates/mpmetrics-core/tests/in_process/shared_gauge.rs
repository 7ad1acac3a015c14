//! Shared gauges, which have one cell for all writers: they are exact under contention, outlive every writer, and
//! do not change through the handle of a removed series.

use crate::derived_words::DerivedWords;
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer, SHARED_SLAB};
use mpmetrics_core::layout::{header, BlockKey};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::{Code, Result};
use std::cell::Cell;
use std::sync::Arc;

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 20)), &setup).unwrap()
}

fn spec() -> FamilySpec {
    FamilySpec {
        tag: "default".into(),
        name: "g".into(),
        help: "help".into(),
        metric_type: MetricType::Gauge,
        aggregator: "shared".into(),
        label_names: vec!["a".into()],
        states: Vec::new(),
        numbers: Vec::new(),
    }
}

fn bind(writer: &mut Writer, labels: &str) -> Result<BlockKey> {
    let family = writer.family(&spec(), 0)?;
    let address = writer.bind(family, labels.as_bytes(), b"")?;
    assert_eq!(address.slab, SHARED_SLAB);
    Ok(BlockKey { series: address.series, generation: address.generation })
}

fn rows_of(heap: &Heap, scope: Scope) -> Vec<String> {
    let filter = Filter { everything: true, scope, ..Filter::default() };
    let text = String::from_utf8(text(&scrape(heap, &filter).unwrap().0)).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(Into::into).collect()
}

fn rows(heap: &Heap) -> Vec<String> {
    rows_of(heap, Scope::Application)
}

/// Checks that the derived words equal those that a recovery derives.
fn assert_whole(heap: &Heap) {
    let before = DerivedWords::read(heap.words());
    heap.words().set_header(header::INTENT, 1);
    drop(heap.hold_lock().unwrap());
    assert_eq!(DerivedWords::read(heap.words()), before);
}

#[test]
fn threads_that_add_and_take_lose_nothing() {
    let heap = heap();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let heap = heap.clone();
            scope.spawn(move || {
                let mut writer = heap.writer(n, 1).unwrap();
                let key = bind(&mut writer, "").unwrap();
                for _ in 0..50_000 {
                    writer.share(key, |value| value + 3.0).unwrap();
                    writer.share(key, |value| value - 2.0).unwrap();
                }
            });
        }
    });
    assert_eq!(rows(&heap), ["g 200000"]);
    assert_whole(&heap);
}

#[test]
fn the_value_outlives_every_writer_and_belongs_to_nobody() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let key = bind(&mut one, "a=\"x\"").unwrap();
    assert_eq!(bind(&mut two, "a=\"x\"").unwrap(), key);
    one.share(key, |_| 5.0).unwrap();
    assert_eq!(two.share(key, |value| value + 2.0).unwrap(), 7.0);
    // The scope of each process that has bound the gauge shows the whole value, not a part of it.
    for scope in [Scope::Application, Scope::Process(1), Scope::Process(2)] {
        assert_eq!(rows_of(&heap, scope), ["g{a=\"x\"} 7"]);
    }
    assert!(rows_of(&heap, Scope::Process(3)).is_empty());
    drop((one, two));
    assert_eq!(rows(&heap), ["g{a=\"x\"} 7"]);
    let mut next = heap.writer(3, 3).unwrap();
    assert_eq!(rows(&heap), ["g{a=\"x\"} 7"]);
    let key = bind(&mut next, "a=\"x\"").unwrap();
    assert_eq!(next.shared(key).unwrap(), 7.0);
    assert_whole(&heap);
}

#[test]
fn a_removed_series_takes_no_update_and_its_block_is_reused() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let family = one.family(&spec(), 0).unwrap();
    for round in 0..2_000 {
        let stale = bind(&mut one, &format!("a=\"{round}\"")).unwrap();
        one.share(stale, |_| 1.0).unwrap();
        assert!(two.remove(family, format!("a=\"{round}\"").as_bytes(), b"").unwrap());
        let fresh = bind(&mut two, "a=\"fresh\"").unwrap();
        let gone = one.share(stale, |_| 99.0).unwrap_err();
        assert_eq!(gone.code(), Code::Invalid);
        assert_eq!(two.shared(fresh).unwrap(), 0.0);
        assert!(two.remove(family, b"a=\"fresh\"", b"").unwrap());
    }
    assert!(rows(&heap).is_empty());
    // Two blocks were enough for all series.
    let free = heap.words().header(header::SHARED_FREE);
    assert!((1..=2).contains(&free), "{free} blocks");
    assert_whole(&heap);
}

/// A writer is stopped between its check of the series and its store. Meanwhile the series is removed, and
/// another series needs a block.
#[test]
fn a_block_to_which_a_stopped_writer_may_still_store_is_given_to_no_other_series() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let key = bind(&mut one, "a=\"x\"").unwrap();
    let family = two.family(&spec(), 0).unwrap();
    let other = Cell::new(None);
    let stopped = std::cell::RefCell::new(Some(two));
    let done = one.share(key, |value| {
        if let Some(mut two) = stopped.take() {
            assert!(two.remove(family, b"a=\"x\"", b"").unwrap());
            other.set(Some(bind(&mut two, "a=\"y\"").unwrap()));
            two.share(other.get().unwrap(), |_| value).unwrap();
            stopped.replace(Some(two));
            return 99.0;
        }
        99.0
    });
    // The store went to the block of the removed series, and is lost with the series. No process sees it.
    assert_eq!(done.unwrap(), 99.0);
    assert_eq!(rows(&heap), ["g{a=\"y\"} 0"]);
    // While a writer uses a block, its slot names the block. No slot names this block any more, so the next series gets
    // it.
    let mut two = stopped.take().unwrap();
    let before = heap.words().header(header::SHARED_FREE);
    bind(&mut two, "a=\"z\"").unwrap();
    assert_eq!((before, heap.words().header(header::SHARED_FREE)), (1, 0));
    assert_whole(&heap);
}

#[test]
fn default_labels_of_a_series_come_from_the_writer_that_last_bound_it_or_last_set_its_labels() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let key = bind(&mut one, "a=\"x\"").unwrap();
    one.share(key, |_| 1.0).unwrap();
    one.default_labels(0, b"app=\"one\"", b"").unwrap();
    assert_eq!(rows(&heap), ["g{a=\"x\",app=\"one\"} 1"]);
    two.default_labels(0, b"app=\"two\"", b"").unwrap();
    // A writer that has not bound the series does not change its default labels.
    assert_eq!(rows(&heap), ["g{a=\"x\",app=\"one\"} 1"]);
    bind(&mut two, "a=\"x\"").unwrap();
    assert_eq!(rows(&heap), ["g{a=\"x\",app=\"two\"} 1"]);
    two.default_labels(0, b"", b"").unwrap();
    assert_eq!(rows(&heap), ["g{a=\"x\"} 1"]);
    assert_whole(&heap);
}
