//! Compares the heap with a plain map: random programs of several writers, which start, end and die in one region.
//! After every step, a scrape must show what the map holds.

use std::sync::Arc;

use crate::handle::{spec, Handle};
use crate::world::{step, World};
use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_scrape_shows_what_a_map_would(steps in vec(step(), 1..120)) {
        let mut world = World::new();
        world.spawn(0);
        for step in &steps {
            world.run(step);
            prop_assert_eq!(world.scraped(), world.expected(), "after {:?}", step);
        }
        // Recovery changes nothing: the first holder of the lock finishes what was left to it, and the second one
        // rebuilds all derived words.
        drop(world.heap.hold_lock().expect("the heap lock"));
        let before = world.derived();
        world.heap.words().set_header(header::INTENT, 1);
        drop(world.heap.hold_lock().expect("the heap lock"));
        prop_assert_eq!(world.derived(), before);
        prop_assert_eq!(world.scraped(), world.expected());
    }
}

/// Several writers make and remove series under 1,000 label sets in turn: after the first rounds the heap does not grow
/// any more.
#[test]
fn removing_and_making_series_without_end_does_not_grow_the_heap() {
    const ROUNDS: u32 = 100_000;
    let heap = Heap::create(Arc::new(Owned::new(1 << 18)), &Setup::default()).expect("a heap");
    let mut writers: Vec<(Writer, [(MetricType, u32); 2])> = (0..3)
        .map(|n| {
            let mut writer = heap.writer(n, 1).expect("a slot");
            let families = [MetricType::Histogram, MetricType::Summary]
                .map(|kind| (kind, writer.family(&spec(kind), 0).expect("a family")));
            (writer, families)
        })
        .collect();
    let mut used = 0;
    for round in 0..ROUNDS {
        let text = format!("a=\"{}\"", round % 1000 + 100_000);
        let mut handles = Vec::new();
        let turn = round as usize % 2;
        for (writer, families) in &mut writers {
            let (kind, family) = families[turn];
            let handle = Handle::bind(writer, kind, family, text.as_bytes()).expect("room");
            // Observes in other octaves each time.
            handle.update(writer, f64::from(round % 64)).expect("room");
            handle.update(writer, f64::from(round % 1021).exp2()).expect("room");
            handles.push(handle);
        }
        let (writer, families) = &mut writers[round as usize % 3];
        let (_, family) = families[turn];
        assert!(writer.remove(family, text.as_bytes(), b"").expect("an answer"));
        assert!(handles.iter().all(|handle| !handle.fresh(&heap).expect("a generation")));
        if round == ROUNDS / 10 {
            used = heap.words().header(header::USED);
        }
    }
    assert_eq!(heap.words().header(header::USED), used);
    assert_eq!(heap.words().header(header::LIVE_SERIES), 0);
    assert_eq!(heap.words().header(header::UNRANKED), 0);
    assert_eq!(heap.words().header(header::REMOVED), u64::from(ROUNDS));
}
