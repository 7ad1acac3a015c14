//! The state of summaries after a writer died in the middle of a call or of a merge, or after another writer removed a
//! series during a call.

use crate::handle::{spec, Handle};
use crate::hook::{assert_whole, at_every_look, die, remove_first, HookedRegion};
use crate::totals;
use mpmetrics_core::heap::{Heap, Writer};
use mpmetrics_core::layout::{
    block, extent, header, slot, sub_window, summary, BlockHead, BlockKind, OctaveLink,
    EXTENT_HEADER, LINK,
};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::locate;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::{Code, Result};

/// Returns count, sum, and the number of observations of which quantiles are computed, over all series.
fn totals(heap: &Heap) -> [f64; 3] {
    let filter = Filter { everything: true, ..Filter::default() };
    let snapshot = scrape(heap, &filter).expect("a scrape").0;
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let all = series.map(|series| totals::of(&snapshot, series).expect("a summary"));
    all.fold([0.0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
}

fn observe(writer: &mut Writer, text: &str, values: &[f64]) -> Result<Handle> {
    let family = writer.family(&spec(MetricType::Summary), 0)?;
    let handle = Handle::bind(writer, MetricType::Summary, family, text.as_bytes())?;
    values.iter().try_for_each(|value| handle.update(writer, *value))?;
    Ok(handle)
}

/// Returns the reference of the bucket of a value.
fn bucket(writer: &Writer, handle: &Handle, value: f64) -> u64 {
    let (octave, cell) = locate(value).expect("a bucket");
    let all = writer.all_buckets(handle.address.slab, handle.address.cell, handle.key());
    let of = all.expect("buckets").into_iter().find(|of| of.octave == octave).expect("its octave");
    writer.slab(of.slab).expect("a slab").0 + u64::from(of.cell) + cell as u64
}

/// Checks that every block of octave buckets is in the chain of one summary.
fn assert_chained(heap: &Heap, when: &str) {
    let words = heap.words();
    let load = |at: u64| words.load(at).expect("a word of the heap");
    let slots = words.header(header::SLOT_CHUNKS) + EXTENT_HEADER;
    let (mut made, mut chained) = (Vec::new(), Vec::new());
    for slot in (0..words.header(header::SLOTS)).map(|id| slots + id * slot::WORDS) {
        let mut slab = load(slot + slot::FIRST_SLAB);
        while slab != 0 {
            let mut at = slab + EXTENT_HEADER;
            while let Ok(Some(head)) = BlockHead::unpack(load(at)) {
                if head.kind == BlockKind::OctaveBuckets {
                    made.push(at);
                } else if head.kind == BlockKind::Summary {
                    let mut next = load(at + block::CELLS + summary::OCTAVES);
                    while next != 0 {
                        chained.push(next);
                        next = OctaveLink::unpack(load(next + LINK)).next;
                    }
                }
                at += u64::from(head.words);
            }
            slab = load(slab + extent::NEXT);
        }
    }
    made.sort_unstable();
    chained.sort_unstable();
    assert_eq!(made, chained, "{when}");
}

/// Count, sum and ranked observations of the two blocks of [`twins`] together.
const BOTH: [f64; 3] = [8.0, 40.0, 8.0];

/// Makes two blocks of one series in one slot, by two lives. Both have zeros and one common octave, and each has
/// one more octave. Returns, for each block, the references of count, sum, zeros and the bucket of 1.
fn twins(heap: &Heap) -> [[u64; 4]; 2] {
    [[0.0, 0.0, 1.0, 40.0], [0.0, 1.0, 1.0, -3.0]].map(|values| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let handle = observe(&mut writer, "", &values).expect("room");
        writer.default_labels(0, b"app=\"x\"", b"").expect("room");
        let cells = [summary::COUNT, summary::SUM, summary::SUB_WINDOWS + sub_window::ZEROS];
        let [count, sum, zeros] = cells.map(|cell| handle.cell + cell);
        [count, sum, zeros, bucket(&writer, &handle, 1.0)]
    })
}

/// An adopter died at each step of adding one cell of a summary to another.
#[test]
fn an_observation_that_is_being_moved_is_counted_once() {
    for (cell, step) in (0..4).flat_map(|cell| (0..4).map(move |step| (cell, step))) {
        let (_, heap) = HookedRegion::heap();
        let [kept, given] = twins(&heap);
        let words = heap.words();
        let (to, from) = (kept[cell], given[cell]);
        let [becomes, _] = [to, from].map(|at| f64::from_bits(words.load(at).unwrap()));
        let becomes = becomes + f64::from_bits(words.load(from).unwrap());
        words.set_header(header::MERGE_SUM, becomes.to_bits());
        words.set_header(header::MERGE_TO, to);
        words.set_header(header::MERGE_FROM, from);
        words.add_header(header::MERGES, 1);
        if step > 0 {
            words.store(to, becomes.to_bits()).unwrap();
        }
        if step > 1 {
            words.store(from, 0).unwrap();
        }
        if step > 2 {
            words.set_header(header::MERGE_FROM, 0);
        }
        words.set_header(header::INTENT, 1);
        assert_eq!(totals(&heap), BOTH, "cell {cell}, step {step}, before a writer finishes it");
        let next = heap.writer(2, 2).expect("a slot");
        assert_eq!(totals(&heap), BOTH, "cell {cell}, step {step}");
        assert_eq!(heap.words().header(header::MERGES) % 2, 0);
        assert_chained(&heap, "after a writer finished it");
        drop(next);
        assert_whole(&heap, "after a writer finished it");
    }
}

#[test]
fn a_writer_that_dies_at_any_step_leaves_whole_summaries() {
    let check = |heap: &Heap, writer: Writer, allowed: &[[f64; 3]], when: &str| {
        drop(writer);
        assert!(allowed.contains(&totals(heap)), "{when}: {:?}", totals(heap));
        let mut next = heap.writer(3, 3).expect("a slot");
        let seen = totals(heap);
        assert!(allowed.contains(&seen), "{when}, adopted: {seen:?}");
        assert_chained(heap, when);
        observe(&mut next, "", &[1.0, 1e9]).expect("room");
        assert_eq!(totals(heap), [seen[0] + 2.0, seen[1] + 1e9 + 1.0, seen[2] + 2.0], "{when}");
        assert_whole(heap, when);
    };
    let one = |heap: &Heap| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        observe(&mut writer, "", &[0.0, 1.0]).expect("room");
        writer
    };
    let new_octave = |writer: &mut Writer| observe(writer, "", &[64.0]).map(drop);
    at_every_look(one, new_octave, die, |heap, writer, when| {
        check(heap, writer, &[[2.0, 1.0, 2.0], [3.0, 65.0, 3.0]], when)
    });
    let other = |writer: &mut Writer| {
        observe(writer, "a=\"1\"", &[64.0])?;
        writer.remove(0, b"a=\"1\"", b"").map(drop)
    };
    at_every_look(one, other, die, |heap, writer, when| {
        check(heap, writer, &[[2.0, 1.0, 2.0], [3.0, 65.0, 3.0]], when)
    });
    let two = |heap: &Heap| {
        twins(heap);
        let other = heap.writer(1, 1).expect("a slot");
        drop(heap.writer(2, 2).expect("a slot"));
        other
    };
    let adopt = |writer: &mut Writer| writer.heap().clone().writer(4, 4).map(drop);
    at_every_look(two, adopt, die, |heap, writer, when| check(heap, writer, &[BOTH], when));
}

/// Returns the number of octaves for which a writer's first slab has room.
fn octaves_of_a_slab() -> i32 {
    let (_, heap) = HookedRegion::heap();
    let mut writer = heap.writer(1, 1).expect("a slot");
    let grown = |octaves: &i32| {
        observe(&mut writer, "", &[f64::from(*octaves).exp2()]).expect("room");
        writer.slab(1).is_some()
    };
    (0..).find(grown).expect("a second slab")
}

/// The search for room for octave buckets frees the blocks of removed series: here also the block of the series that
/// gets the buckets.
#[test]
fn a_series_that_is_removed_while_an_octave_is_made_leaves_no_buckets_and_no_damage() {
    let octaves = octaves_of_a_slab();
    let full = |heap: &Heap| {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let values: Vec<f64> = (0..octaves).map(|octave| f64::from(octave).exp2()).collect();
        observe(&mut writer, "", &values).expect("room");
        writer
    };
    let place_of = |writer: &mut Writer| {
        let handle = observe(writer, "", &[])?;
        let (octave, _) = locate(0.1).expect("an octave");
        match writer.buckets(handle.address.slab, handle.address.cell, handle.key(), octave) {
            Err(error) if error.code() == Code::Invalid => Ok(()),
            done => done.map(drop),
        }
    };
    let value = |writer: &mut Writer| observe(writer, "", &[0.1]).map(drop);
    let check = |heap: &Heap, mut writer: Writer, when: &str| {
        assert_chained(heap, when);
        let found = totals(heap);
        assert_eq!(found[0], found[2], "{when}");
        observe(&mut writer, "a=\"1\"", &[1.0, 0.0, -1.0]).expect(when);
        assert_eq!(totals(heap), [found[0] + 3.0, found[1], found[2] + 3.0], "{when}");
        assert_chained(heap, when);
        assert_whole(heap, when);
    };
    at_every_look(full, place_of, remove_first, check);
    at_every_look(full, value, remove_first, check);
}
