//! Gauges that count the dead: their parts before and after the adoption of their slots.

use crate::handle;
use mpmetrics_core::cells::{recent, scalar};
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{Address, FamilySpec, Heap, Owner, Setup, Writer};
use mpmetrics_core::layout::{header, BlockBirth, BlockKey};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::scrape;
use std::sync::Arc;

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 20)), &setup).unwrap()
}

fn spec(aggregator: &str, lives: f64) -> FamilySpec {
    FamilySpec {
        name: "g".into(),
        aggregator: aggregator.into(),
        label_names: vec!["a".into()],
        numbers: vec![lives],
        ..handle::spec(MetricType::Gauge)
    }
}

fn printed(heap: &Heap, filter: &Filter) -> Vec<String> {
    let text = String::from_utf8(text(&scrape(heap, filter).unwrap().0)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("g{") || line.starts_with("g "));
    rows.map(Into::into).collect()
}

/// Returns the printed rows, without HELP and TYPE.
fn rows(heap: &Heap) -> Vec<String> {
    printed(heap, &Filter { everything: true, ..Filter::default() })
}

fn writer(heap: &Heap, pid: u32) -> Writer {
    heap.writer_of(Owner { process: u64::from(pid), pid, ..Owner::default() }).unwrap()
}

/// Sets a writer's part of a series. `time` is used only with the aggregator `mostrecent`.
fn set(writer: &mut Writer, spec: &FamilySpec, labels: &str, value: f64, time: f64) {
    let family = writer.family(spec, 0).unwrap();
    let address = writer.bind(family, labels.as_bytes(), b"").unwrap();
    let cells = writer.cells(&address).unwrap();
    match spec.aggregator.as_str() {
        "mostrecent" => recent::set(cells, value, time),
        _ => scalar::set(&cells[0], value),
    }
}

fn key(address: &Address) -> BlockKey {
    BlockKey { series: address.series, generation: address.generation }
}

/// Claims a slot as the process `pid`, sets the gauge, and releases the slot.
fn live(heap: &Heap, pid: u32, spec: &FamilySpec, value: f64, time: f64) {
    set(&mut writer(heap, pid), spec, "", value, time);
}

#[test]
fn an_aggregator_that_shows_one_value_shows_the_same_before_and_after_adoptions() {
    for (aggregator, shown) in [
        ("sum", ["g 5", "g 7", "g 8"]),
        ("first", ["g 5", "g 5", "g 5"]),
        ("min", ["g 5", "g 2", "g 1"]),
        ("max", ["g 5", "g 5", "g 5"]),
        ("mostrecent", ["g 5", "g 5", "g 1"]),
    ] {
        let (heap, spec) = (heap(), spec(aggregator, 1.0));
        live(&heap, 1, &spec, 5.0, 2000.0);
        assert_eq!(rows(&heap), [shown[0]], "{aggregator}: dead");
        // The next writer adopts the slot.
        let second = {
            let mut second = writer(&heap, 2);
            assert_eq!(rows(&heap), [shown[0]], "{aggregator}: adopted");
            set(&mut second, &spec, "", 2.0, 1000.0);
            assert_eq!(rows(&heap), [shown[1]], "{aggregator}: beside a living one");
            second
        };
        drop(second);
        assert_eq!(rows(&heap), [shown[1]], "{aggregator}: two dead");
        let mut third = writer(&heap, 3);
        assert_eq!(rows(&heap), [shown[1]], "{aggregator}: two dead, both adopted");
        set(&mut third, &spec, "", 1.0, 3000.0);
        assert_eq!(rows(&heap), [shown[2]], "{aggregator}: two dead and a living one");
        drop(third);
        drop(writer(&heap, 4));
        assert_eq!(rows(&heap), [shown[2]], "{aggregator}: three dead, all adopted");
    }
}

#[test]
fn families_that_do_not_count_the_dead_show_only_living_writers() {
    for (aggregator, numbers) in
        [("sum", vec![]), ("livemax", vec![]), ("average", vec![1.0]), ("omit", vec![1.0])]
    {
        let (heap, spec) = (heap(), FamilySpec { numbers, ..spec(aggregator, 1.0) });
        live(&heap, 1, &spec, 5.0, 0.0);
        assert!(rows(&heap).is_empty(), "{aggregator}");
        let mut next = writer(&heap, 2);
        set(&mut next, &spec, "", 2.0, 0.0);
        assert_eq!(rows(&heap), ["g 2"], "{aggregator}");
    }
}

#[test]
fn not_a_number_stays_the_least_and_the_largest_value() {
    for aggregator in ["min", "max"] {
        for values in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
            let (heap, spec) = (heap(), spec(aggregator, 1.0));
            for (pid, value) in (1..).zip(values) {
                live(&heap, pid, &spec, value, 0.0);
            }
            drop(writer(&heap, 9));
            assert_eq!(rows(&heap), ["g Nan"], "{aggregator} of {values:?}");
        }
    }
}

#[test]
fn the_aggregator_all_keeps_the_lives_that_ended_last_and_counts_the_others() {
    let (heap, spec) = (heap(), spec("all", 2.0));
    // The first life has the first slot, and ends last.
    let mut first = writer(&heap, 1);
    set(&mut first, &spec, "", 1.0, 0.0);
    set(&mut first, &spec, "a=\"x\"", 10.0, 0.0);
    for pid in 2..=4 {
        live(&heap, pid, &spec, f64::from(pid), 0.0);
    }
    let of_first = ["g{pid=\"1\"} 1", "g{a=\"x\",pid=\"1\"} 10"];
    let shown = |mut rows: Vec<String>| {
        rows.retain(|row| !of_first.contains(&row.as_str()));
        rows
    };
    // The slot of the fourth life is not adopted yet.
    assert_eq!(shown(rows(&heap)), ["g{pid=\"2\"} 2", "g{pid=\"3\"} 3", "g{pid=\"4\"} 4"]);
    let second = writer(&heap, 5);
    assert_eq!(shown(rows(&heap)), ["g{pid=\"3\"} 3", "g{pid=\"4\"} 4"]);
    assert_eq!(heap.words().header(header::LIVES_DROPPED), 1);
    drop(first);
    assert_eq!(rows(&heap).len(), 4);
    let third = writer(&heap, 6);
    let mut left = rows(&heap);
    left.sort();
    assert_eq!(left, ["g{a=\"x\",pid=\"1\"} 10", "g{pid=\"1\"} 1", "g{pid=\"4\"} 4"]);
    assert_eq!(heap.words().header(header::LIVES_DROPPED), 2);
    drop((second, third));
}

#[test]
fn if_lives_have_the_same_pid_only_the_living_one_or_the_one_that_ended_last_is_shown() {
    let (heap, spec) = (heap(), spec("all", 64.0));
    for value in [1.0, 2.0] {
        live(&heap, 7, &spec, value, 0.0);
    }
    let mut living = writer(&heap, 7);
    assert_eq!(rows(&heap), ["g{pid=\"7\"} 2"]);
    set(&mut living, &spec, "", 4.0, 0.0);
    assert_eq!(rows(&heap), ["g{pid=\"7\"} 4"]);
}

#[test]
fn the_heap_does_not_grow_with_respawns() {
    for (aggregator, limit) in [("sum", 64.0), ("max", 64.0), ("all", 8.0)] {
        let (heap, spec) = (heap(), spec(aggregator, limit));
        let mut used = 0;
        for pid in 1..=20_000 {
            live(&heap, pid, &spec, 1.0, 0.0);
            if pid == 100 {
                used = heap.words().header(header::USED);
            }
        }
        assert_eq!(heap.words().header(header::USED), used, "{aggregator}");
        assert_eq!(heap.words().header(header::SLOTS), 1, "{aggregator}");
        let expected = if aggregator == "all" { 9 } else { 1 };
        assert_eq!(rows(&heap).len(), expected, "{aggregator}");
        if aggregator == "sum" {
            assert_eq!(rows(&heap), ["g 20000"]);
        }
    }
}

#[test]
fn a_removal_removes_residues_too_and_a_hidden_part_leaves_no_residue() {
    let (heap, spec) = (heap(), spec("sum", 1.0));
    {
        let mut dead = writer(&heap, 1);
        set(&mut dead, &spec, "a=\"kept\"", 1.0, 0.0);
        set(&mut dead, &spec, "a=\"removed\"", 2.0, 0.0);
        let family = dead.family(&spec, 0).unwrap();
        let address = dead.bind(family, b"a=\"hidden\"", b"").unwrap();
        dead.hide(address.slab, address.cell, key(&address)).unwrap();
    }
    let mut living = writer(&heap, 2);
    let family = living.family(&spec, 0).unwrap();
    assert!(living.remove(family, b"a=\"removed\"", b"").unwrap());
    assert_eq!(rows(&heap), ["g{a=\"kept\"} 1"]);
    // Made again, it begins at zero.
    set(&mut living, &spec, "a=\"removed\"", 5.0, 0.0);
    assert_eq!(rows(&heap), ["g{a=\"kept\"} 1", "g{a=\"removed\"} 5"]);
}

#[test]
fn scrapes_of_one_process_or_writer_do_not_show_the_dead() {
    let (heap, spec) = (heap(), spec("sum", 1.0));
    live(&heap, 1, &spec, 1.0, 0.0);
    let mut living = writer(&heap, 1);
    set(&mut living, &spec, "", 2.0, 0.0);
    let (slot, incarnation) = (living.slot(), living.incarnation());
    for scope in [Scope::Process(1), Scope::Writer { slot, incarnation }] {
        let filter = Filter { everything: true, scope, ..Filter::default() };
        assert_eq!(printed(&heap, &filter), ["g 2"]);
    }
    assert_eq!(rows(&heap), ["g 3"]);
}

#[test]
fn end_lives_takes_gauges_out_of_the_slots_of_dead_processes_and_ended_threads() {
    let heap = heap();
    let (kept, freed) = (spec("sum", 1.0), FamilySpec { numbers: vec![], ..spec("max", 1.0) });
    let mut living = writer(&heap, 1);
    set(&mut living, &kept, "", 1.0, 0.0);
    {
        let mut dead = writer(&heap, 2);
        set(&mut dead, &kept, "", 2.0, 0.0);
        set(&mut dead, &FamilySpec { name: "h".into(), ..freed }, "", 7.0, 0.0);
    }
    let before = rows(&heap);
    assert_eq!([1, 3, 2, 2].map(|pid| heap.end_lives(pid).unwrap()), [0, 0, 2, 0]);
    assert_eq!((before, rows(&heap)), (vec!["g 3".into()], vec!["g 3".into()]));
    set(&mut writer(&heap, 1), &kept, "", 8.0, 0.0);
    assert_eq!([1, 1].map(|pid| heap.end_lives(pid).unwrap()), [1, 0]);
    assert_eq!(rows(&heap), ["g 11"]);
    // The slot can be adopted as before.
    let mut next = writer(&heap, 4);
    assert_eq!(next.slot(), 1);
    set(&mut next, &kept, "", 4.0, 0.0);
    assert_eq!(rows(&heap), ["g 15"]);
}

#[test]
fn gauges_that_a_lost_writer_moves_to_another_slot_are_counted_once() {
    for aggregator in ["sum", "all"] {
        let (heap, kept) = (heap(), spec(aggregator, 8.0));
        let count = FamilySpec {
            name: "c".into(),
            metric_type: MetricType::Counter,
            numbers: Vec::new(),
            ..spec("sum", 1.0)
        };
        let mut lost = writer(&heap, 1);
        set(&mut lost, &kept, "", 5.0, 0.0);
        set(&mut lost, &count, "", 3.0, 0.0);
        let (slot, life) = (lost.slot(), lost.incarnation());
        assert!(!heap.hide_lost(slot, life).unwrap(), "a living slot");
        assert_eq!(rows(&heap).len(), 1);
        // For the heap, a slot whose byte is unlocked is dead.
        drop(lost);
        assert!(heap.hide_lost(slot, life).unwrap());
        assert!(rows(&heap).is_empty(), "{aggregator}");
        let again = writer(&heap, 1);
        assert!(!heap.hide_lost(slot, life).unwrap(), "an adopted slot");
        assert!(!heap.hide_lost(slot, life + 5).unwrap(), "another life");
        drop(again);
        // The gauge stays hidden for every adopter, and the counter keeps its count.
        let mut next = writer(&heap, 1);
        set(&mut next, &kept, "", 5.0, 0.0);
        let shown = if aggregator == "all" { "g{pid=\"1\"} 5" } else { "g 5" };
        assert_eq!(rows(&heap), [shown]);
        let filter = Filter { everything: true, ..Filter::default() };
        let text = text(&scrape(&heap, &filter).unwrap().0);
        assert!(String::from_utf8(text).unwrap().contains("c 3\n"));
    }
}

#[test]
fn a_birth_tells_when_a_series_began_and_an_adopted_count_keeps_it() {
    let heap = heap();
    let count =
        FamilySpec { metric_type: MetricType::Counter, numbers: Vec::new(), ..spec("sum", 1.0) };
    let began = |heap: &Heap| {
        let filter = Filter { everything: true, ..Filter::default() };
        let snapshot = scrape(heap, &filter).unwrap().0;
        let birth = snapshot.families[0].series[0].birth;
        BlockBirth { birth, defaults: 0 }.unix_ms().unwrap()
    };
    let before = mpmetrics_core::os::unix_ms();
    set(&mut writer(&heap, 1), &count, "", 1.0, 0.0);
    let first = began(&heap);
    assert!((before..=mpmetrics_core::os::unix_ms()).contains(&first));
    mpmetrics_core::os::sleep_us(5_000);
    let mut next = writer(&heap, 2);
    let family = next.family(&count, 0).unwrap();
    let address = next.bind(family, b"", b"").unwrap();
    assert_eq!(began(&heap), first);
    // After a reset, the series has a new birth.
    next.hide(address.slab, address.cell, key(&address)).unwrap();
    next.revive(address.slab, address.cell, key(&address)).unwrap();
    assert!(began(&heap) >= first + 5);
}

#[test]
fn two_blocks_of_one_series_are_merged_into_the_one_that_began_first() {
    let heap = heap();
    let count =
        FamilySpec { metric_type: MetricType::Counter, numbers: Vec::new(), ..spec("sum", 1.0) };
    let gauge = FamilySpec { name: "other".into(), numbers: Vec::new(), ..spec("sum", 1.0) };
    let series = || {
        let filter = Filter { everything: true, ..Filter::default() };
        let families = scrape(&heap, &filter).unwrap().0.families;
        families.into_iter().find(|family| *family.name == *"g").unwrap().series
    };
    let mut first = writer(&heap, 1);
    set(&mut first, &gauge, "", 1.0, 0.0);
    first.default_labels(0, b"app=\"x\"", b"").unwrap();
    set(&mut first, &count, "", 1.0, 0.0);
    let began = series()[0].birth;
    drop(first);
    // The counter's second block gets the words of the freed gauge, which lie before the counter's first block.
    let mut second = writer(&heap, 2);
    set(&mut second, &count, "", 10.0, 0.0);
    second.default_labels(0, b"app=\"x\"", b"").unwrap();
    drop(second);
    let mut third = writer(&heap, 3);
    third.default_labels(0, b"app=\"x\"", b"").unwrap();
    assert_eq!(rows(&heap), ["g{app=\"x\"} 11"]);
    assert_eq!(series()[0].birth, began);
    // The block that was freed can be used again.
    set(&mut third, &FamilySpec { name: "more".into(), ..count }, "", 1.0, 0.0);
    assert_eq!(rows(&heap), ["g{app=\"x\"} 11"]);
}
