//! The state of a heap after a writer died in the middle of a call, or after another writer removed a series,
//! grew the heap or took a lost slot meanwhile. A region runs a hook when the heap asks for its words.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::handle::{spec, Handle};
use crate::hook::{assert_whole, at_every_look, die, remove_first, HookedRegion};
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{FamilySpec, Heap, Writer};
use mpmetrics_core::layout::{header, BlockKey, Words};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Value;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{Code, Result};

/// The sum of all counters and gauges that a scrape shows.
fn total(heap: &Heap) -> f64 {
    let filter = Filter { everything: true, ..Filter::default() };
    let snapshot = scrape(heap, &filter).expect("a scrape").0;
    let values = snapshot.families.iter().flat_map(|family| &family.series);
    values.map(|series| if let Value::Scalar(value) = series.value { value } else { 0.0 }).sum()
}

fn count(writer: &mut Writer, text: &str, by: f64) -> Result<Handle> {
    let family = writer.family(&spec(MetricType::Counter), 0)?;
    let handle = Handle::bind(writer, MetricType::Counter, family, text.as_bytes())?;
    handle.update(writer, by)?;
    Ok(handle)
}

fn exemplify(writer: &mut Writer, handle: &Handle, text: &str) -> Result<()> {
    let given = Given { value: 1.0, time: 1.0, text: text.as_bytes(), types: b"" };
    writer.exemplar((handle.address.slab, handle.address.cell, handle.key()), 0, &given)
}

/// Adds to a shared gauge.
fn share(writer: &mut Writer, text: &str, by: f64) -> Result<()> {
    let shared = FamilySpec { aggregator: "shared".into(), ..spec(MetricType::Gauge) };
    let family = writer.family(&shared, 0)?;
    let address = writer.bind(family, text.as_bytes(), b"")?;
    let key = BlockKey { series: address.series, generation: address.generation };
    writer.share(key, |value| value + by).map(drop)
}

/// A call of a writer.
type Call<'a> = &'a dyn Fn(&mut Writer) -> Result<()>;

/// Makes two blocks of one series in one slot, which the next adopter of the slot merges. Two lives of the slot count
/// in the series, one after the other. Each makes a block without default labels, and then gives the block the same
/// default labels. So the second life does not find the first block when it counts. Returns the references of the
/// blocks' cells.
fn two_blocks(heap: &Heap) -> [u64; 2] {
    let cells = [5.0, 7.0].map(|by| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let handle = count(&mut writer, "", by).expect("a series");
        writer.default_labels(0, b"app=\"x\"", b"").expect("default labels");
        handle.cell
    });
    assert_eq!(total(heap), 12.0);
    cells
}

#[test]
fn a_writer_that_dies_at_any_step_leaves_a_whole_heap() {
    let prepare = |heap: &Heap| {
        two_blocks(heap);
        let mut other = heap.writer(2, 2).expect("a slot");
        count(&mut other, "a=\"1\"", 1.0).expect("a series");
        count(&mut other, "a=\"2\"", 2.0).expect("a series");
        other
    };
    let check = |heap: &Heap, writer: Writer, least: f64, most: f64, when: &str| {
        drop(writer);
        let sum = total(heap);
        assert!((least..=most).contains(&sum), "{when}: {sum}");
        let mut next = heap.writer(3, 3).expect("a slot");
        let sum = total(heap);
        assert!((least..=most).contains(&sum), "{when}, adopted: {sum}");
        count(&mut next, "a=\"9\"", 0.0).expect("a series");
        assert_whole(heap, when);
    };
    let calls: [(Call<'_>, f64, f64); 9] = [
        (&|w| share(w, "a=\"3\"", 4.0), 15.0, 19.0),
        (
            &|w| {
                share(w, "a=\"4\"", 4.0)?;
                w.remove(1, b"a=\"4\"", b"")?;
                share(w, "a=\"5\"", 0.0)
            },
            15.0,
            19.0,
        ),
        (&|w| count(w, "a=\"3\"", 4.0).map(drop), 15.0, 19.0),
        (&|w| w.remove(0, b"a=\"1\"", b"").map(drop), 14.0, 15.0),
        (&|w| w.default_labels(0, b"b=\"y\"", b""), 15.0, 15.0),
        (&|w| w.heap().clone().writer(4, 4).map(drop), 15.0, 15.0),
        (
            &|w| {
                let handle = count(w, "a=\"1\"", 0.0)?;
                w.release(handle.address.slab, handle.address.cell, handle.key())
            },
            14.0,
            15.0,
        ),
        (&|w| w.withdraw(0), 15.0, 15.0),
        (
            &|w| {
                let handle = count(w, "a=\"1\"", 0.0)?;
                // The first exemplar takes room, the second takes more, and the third takes none.
                ["t=\"1\"", &format!("t=\"{}\"", "2".repeat(100)), "t=\"3\""]
                    .into_iter()
                    .try_for_each(|text| exemplify(w, &handle, text))
            },
            15.0,
            15.0,
        ),
    ];
    for (call, least, most) in calls {
        at_every_look(prepare, call, die, |heap, writer, when| {
            check(heap, writer, least, most, when)
        });
    }
}

/// An adopter died at each step of merging two blocks.
#[test]
fn a_merge_of_two_blocks_that_was_interrupted_counts_nothing_twice() {
    for step in 0..4 {
        let (_, heap) = HookedRegion::heap();
        let [to, from] = two_blocks(&heap);
        let words = heap.words();
        words.add_header(header::MERGES, 1);
        words.set_header(header::MERGE_SUM, 12.0_f64.to_bits());
        words.set_header(header::MERGE_TO, to);
        words.set_header(header::MERGE_FROM, from);
        if step > 0 {
            words.store(to, 12.0_f64.to_bits()).unwrap();
        }
        if step > 1 {
            words.store(from, 0).unwrap();
        }
        if step > 2 {
            words.set_header(header::MERGE_FROM, 0);
        }
        words.set_header(header::INTENT, 1);
        assert_eq!(total(&heap), 12.0, "step {step}, before another writer finishes it");
        let mut next = heap.writer(2, 2).expect("a slot");
        assert_eq!(total(&heap), 12.0, "step {step}");
        assert_eq!(heap.words().header(header::MERGES) % 2, 0);
        count(&mut next, "", 1.0).expect("a series");
        assert_eq!(total(&heap), 13.0);
        assert_whole(&heap, "made one");
    }
}

#[test]
fn a_series_that_is_removed_at_any_look_of_another_call_stays_removed() {
    let prepare = |heap: &Heap| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        count(&mut writer, "a=\"1\"", 1.0).expect("a series");
        writer
    };
    let check = |heap: &Heap, mut writer: Writer, when: &str| {
        // Makes so many series that the place is reused.
        for n in 0..80 {
            let text = format!("a=\"{n}\"");
            let handle = count(&mut writer, &text, 1.0).expect(when);
            assert!(handle.fresh(heap).expect("a generation"), "{when}");
            assert!(writer.remove(0, text.as_bytes(), b"").expect(when), "{when}: {text}");
        }
        assert_eq!(total(heap), 0.0, "{when}");
        assert_whole(heap, when);
    };
    let bind = |writer: &mut Writer| {
        let handle = count(writer, "a=\"1\"", 1.0)?;
        assert!(handle.address.generation % 2 == 1, "bound to a dead series");
        Ok(())
    };
    at_every_look(prepare, bind, remove_first, check);
    let remove = |writer: &mut Writer| writer.remove(0, b"a=\"1\"", b"").map(drop);
    at_every_look(prepare, remove, remove_first, check);
}

#[test]
fn a_scrape_begins_again_when_the_heap_grew_under_it() {
    let (region, heap) = HookedRegion::heap();
    let mut writer = heap.writer(1, 1).expect("a slot");
    count(&mut writer, "", 1.0).expect("a series");
    let before = heap.words().len() as i64;
    for n in 0..5000 {
        count(&mut writer, &format!("a=\"{n}\""), 1.0).expect("a series");
    }
    assert!(heap.words().len() as i64 > before);
    region.most.store(before, SeqCst);
    for looks in 1..3 {
        region.narrow.store(looks, SeqCst);
        assert_eq!(total(&heap), 5001.0, "the first {looks} looks saw the heap as it was");
    }
}

/// A number of free places of which a new series takes one.
const PLACES: usize = 100;

#[test]
fn a_series_that_is_made_while_the_values_of_a_label_are_read_hides_no_other_series() {
    for looks in 1..6 {
        let (region, heap) = HookedRegion::heap();
        let mut writer = heap.writer(1, 1).expect("a slot");
        let mut other = heap.writer(1, 2).expect("a slot");
        let f = writer.family(&spec(MetricType::Counter), 0).expect("a family");
        let gone: Vec<_> = (0..PLACES).map(|n| format!("a=\"gone{n}\"").into_bytes()).collect();
        for text in &gone {
            writer.bind(f, text, b"").expect("a series");
        }
        for text in [b"a=\"1\"", b"a=\"2\""] {
            writer.bind(f, text, b"").expect("a series");
        }
        for text in &gone {
            assert!(writer.remove(f, text, b"").expect("no error"));
        }
        region.arm(looks, move |_| {
            let made = other.bind(f, b"a=\"3\"", b"").expect("a series");
            assert_eq!(made.series, 0, "before the others' places");
        });
        let first = writer.label_values(f, b"a", 0).expect("values");
        let unused = region.disarm();
        let mut values = first.values;
        values.extend(writer.label_values(f, b"a", first.latest).expect("values").values);
        let expected: &[&[u8]] = if unused { &[b"1", b"2"] } else { &[b"1", b"2", b"3"] };
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort();
        assert_eq!(values, expected, "at look {looks}");
    }
}

#[test]
fn more_sets_of_default_labels_than_a_slot_can_carry_are_refused() {
    let (_, heap) = HookedRegion::heap();
    let mut writer = heap.writer(1, 1).expect("a slot");
    let mut set =
        |group: u32| writer.default_labels(group, format!("g=\"{group}\"").as_bytes(), b"");
    (0..4).for_each(|group| set(group).expect("default labels"));
    assert_eq!(set(4).unwrap_err().code(), Code::Limit);
    set(3).expect("one of the four");
    assert_whole(&heap, "refused");
}

/// The descriptor of a writer's locks is closed by accident, and then names another file.
#[test]
fn a_writer_whose_descriptor_was_closed_by_a_stranger_finds_out() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lost.heap");
    let segment = Segment::at(&path).expect("a segment");
    let before = std::fs::File::open(&path).expect("a file");
    let mut writer = segment.heap().writer(1, 1).expect("a slot");
    let handle = count(&mut writer, "", 3.0).expect("a series");
    // The writer's descriptor is the last one of the segment's file.
    let open =
        |fd: &i32| std::fs::read_link(format!("/proc/self/fd/{fd}")).is_ok_and(|to| to == path);
    let number = (before.as_raw_fd()..).take(64).filter(open).last().expect("a descriptor");
    assert_ne!(number, before.as_raw_fd());
    // SAFETY: the writer, which owns the descriptor, is forgotten below, so the descriptor is not closed twice.
    drop(unsafe { OwnedFd::from_raw_fd(number) });
    let stranger = std::fs::File::create(directory.path().join("stranger")).expect("a file");
    // Waits for as long as the writer relies on the last check of its lock.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let held = segment.heap().hold_lock().expect("the heap lock");
    let text = b"a=\"1\"";
    assert_eq!(writer.bind(0, text, b"").unwrap_err().code(), Code::Lost);
    assert_eq!(writer.remove(0, b"", b"").unwrap_err().code(), Code::Lost);
    assert!(!writer.owns_slot());
    drop(held);
    let mut next = segment.heap().writer(1, 1).expect("the slot that was lost");
    assert_eq!(next.slot(), writer.slot());
    assert!(count(&mut next, "", 1.0).expect("a series").address.inherited);
    assert!(handle.fresh(segment.heap()).unwrap() && total(segment.heap()) == 4.0);
    std::mem::forget(writer);
    drop(stranger);
}

/// Adds a cell to another, as a slow adopter does.
fn move_slowly(words: Words<'_>, from: u64, to: u64) {
    let [part, sum] = [from, to].map(|at| f64::from_bits(words.load(at).unwrap()));
    words.set_header(header::MERGE_SUM, (part + sum).to_bits());
    words.set_header(header::MERGE_TO, to);
    words.set_header(header::MERGE_FROM, from);
    words.add_header(header::MERGES, 1);
    words.store(to, (part + sum).to_bits()).unwrap();
    words.store(from, 0).unwrap();
    words.set_header(header::MERGE_FROM, 0);
    words.add_header(header::MERGES, 1);
    std::thread::sleep(std::time::Duration::from_micros(300));
}

#[test]
fn a_scrape_counts_once_what_a_living_adopter_moves_meanwhile() {
    let (_, heap) = HookedRegion::heap();
    let cells = [5.0, 7.0].map(|by| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let handle = count(&mut writer, "", by).expect("a series");
        // Makes so many series that a scrape takes some time from the one block to the other.
        (0..3000).for_each(|n| drop(count(&mut writer, &format!("a=\"{n}\""), 0.0)));
        writer.default_labels(0, b"app=\"x\"", b"").expect("default labels");
        handle.cell
    });
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let words = heap.words();
            for n in 0..60 {
                move_slowly(words, cells[n % 2], cells[1 - n % 2]);
            }
            over.store(true, SeqCst);
        });
        while !over.load(SeqCst) {
            assert_eq!(total(&heap), 12.0);
        }
    });
    assert_eq!(heap.words().header(header::TORN_GIVEN_UP), 0);
}

#[test]
fn a_scrape_does_not_wait_for_ever_until_an_adopter_is_done() {
    let (region, heap) = HookedRegion::heap();
    two_blocks(&heap);
    region.moving.store(true, SeqCst);
    assert_eq!(total(&heap), 12.0);
    assert_eq!(heap.words().header(header::TORN_GIVEN_UP), 1);
}
