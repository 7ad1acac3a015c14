//! State sets and infos that count the dead: their parts before and after the adoption of their slots.

use crate::handle;
use mpmetrics_core::cells::{recent, scalar};
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{FamilySpec, Heap, Owner, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use std::sync::Arc;

/// The masks of the states a, b and c.
const A: f64 = 1.0;
const B: f64 = 2.0;
const C: f64 = 4.0;

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 20)), &setup).unwrap()
}

fn spec(aggregator: &str, of_zero: f64, lives: f64) -> FamilySpec {
    FamilySpec {
        name: "s".into(),
        aggregator: aggregator.into(),
        label_names: Vec::new(),
        numbers: vec![of_zero, lives],
        states: ["a", "b", "c"].map(Into::into).into(),
        ..handle::spec(MetricType::StateSet)
    }
}

fn info(lives: f64) -> FamilySpec {
    let (numbers, states) = (vec![lives], Vec::new());
    let metric_type = MetricType::Info;
    FamilySpec { name: "b_info".into(), metric_type, numbers, states, ..spec("max", 0.0, lives) }
}

/// Returns the printed rows whose value is not 0.
fn rows(heap: &Heap) -> Vec<String> {
    let filter = Filter { everything: true, ..Filter::default() };
    let text = String::from_utf8(text(&scrape(heap, &filter).unwrap().0)).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.filter(|line| !line.ends_with(" 0")).map(Into::into).collect()
}

/// Returns the states that are set, each with its number if that is not 1.
fn set(heap: &Heap) -> String {
    let row = |row: String| {
        let (labels, number) = row.rsplit_once(' ').unwrap();
        let state = labels.split("s=\"").nth(1).unwrap().chars().next().unwrap();
        format!("{state}{}", if number == "1" { "" } else { number })
    };
    rows(heap).into_iter().filter(|row| row.starts_with("s{")).map(row).collect()
}

fn writer(heap: &Heap, pid: u32) -> Writer {
    heap.writer_of(Owner { process: u64::from(pid), pid, ..Owner::default() }).unwrap()
}

/// Binds a writer's part of a series, and sets its mask, unless it is 0.
fn update(writer: &mut Writer, spec: &FamilySpec, labels: &str, mask: f64, time: f64) {
    let family = writer.family(spec, 0).unwrap();
    let address = writer.bind(family, labels.as_bytes(), b"").unwrap();
    let cells = writer.cells(&address).unwrap();
    match spec.aggregator.as_str() {
        _ if mask == 0.0 => {}
        "mostrecent" => recent::set(cells, mask, time),
        _ => scalar::set(&cells[0], mask),
    }
}

#[test]
fn adoptions_do_not_change_what_is_shown() {
    for (aggregator, of_zero, masks, shown) in [
        ("any", 0.0, [A, B, C + A], ["a", "ab", "abc"]),
        ("every", 0.0, [A + B + C, B + C, C + A], ["abc", "bc", "c"]),
        ("count", A, [B, 0.0, B], ["b", "ab", "ab2"]),
        ("mostrecent", A, [B, C, 0.0], ["b", "c", "c"]),
    ] {
        let (heap, spec) = (heap(), spec(aggregator, of_zero, 1.0));
        for ((pid, mask), shown) in (1..).zip(masks).zip(shown) {
            let mut living = writer(&heap, pid);
            update(&mut living, &spec, "", mask, 1000.0 * f64::from(pid));
            assert_eq!(set(&heap), shown, "{aggregator}: living");
            drop(living);
            assert_eq!(set(&heap), shown, "{aggregator}: dead");
            drop(writer(&heap, 9));
            assert_eq!(set(&heap), shown, "{aggregator}: adopted");
        }
        assert_eq!(heap.words().header(header::SLOTS), 1);
    }
}

#[test]
fn sets_that_have_no_state_in_common_leave_none() {
    let (heap, spec) = (heap(), spec("every", 0.0, 1.0));
    for (pid, mask) in [(1, A), (2, B), (3, A + B)] {
        update(&mut writer(&heap, pid), &spec, "", mask, 0.0);
    }
    drop(writer(&heap, 4));
    assert_eq!(set(&heap), "");
}

#[test]
fn without_the_option_the_dead_do_not_count() {
    for (aggregator, of_zero) in [("any", 0.0), ("count", A), ("mostrecent", A), ("all", 0.0)] {
        let heap = heap();
        let spec = FamilySpec { numbers: vec![of_zero], ..spec(aggregator, of_zero, 1.0) };
        update(&mut writer(&heap, 1), &spec, "", B, 1.0);
        let info = FamilySpec { numbers: Vec::new(), ..info(1.0) };
        update(&mut writer(&heap, 2), &info, "v=\"1\"", 0.0, 0.0);
        drop(writer(&heap, 3));
        assert!(rows(&heap).is_empty(), "{aggregator}");
    }
}

#[test]
fn the_aggregator_all_and_infos_keep_the_lives_that_ended_last() {
    let (heap, spec, info) = (heap(), spec("all", A, 2.0), info(2.0));
    for pid in 1..=4 {
        let mut dies = writer(&heap, pid);
        update(&mut dies, &spec, "", B, 0.0);
        update(&mut dies, &info, &format!("version=\"{pid}\""), 0.0, 0.0);
        update(&mut dies, &info, "name=\"same\"", 0.0, 0.0);
    }
    let mut living = writer(&heap, 5);
    update(&mut living, &info, "version=\"5\"", 0.0, 0.0);
    let mut shown = rows(&heap);
    shown.sort();
    assert_eq!(
        shown,
        [
            "b_info{name=\"same\"} 1",
            "b_info{version=\"3\"} 1",
            "b_info{version=\"4\"} 1",
            "b_info{version=\"5\"} 1",
            "s{pid=\"3\",s=\"b\"} 1",
            "s{pid=\"4\",s=\"b\"} 1",
        ]
    );
    assert_eq!(heap.words().header(header::LIVES_DROPPED), 4);
}

#[test]
fn respawns_leave_the_heap_as_small_as_it_was() {
    for aggregator in ["any", "every", "count", "mostrecent", "all"] {
        let (heap, spec, info) = (heap(), spec(aggregator, 0.0, 4.0), info(4.0));
        let mut used = 0;
        for pid in 1..=2_000 {
            let mut dies = writer(&heap, pid);
            update(&mut dies, &spec, "", B, f64::from(pid));
            update(&mut dies, &info, &format!("version=\"{pid}\""), 0.0, 0.0);
            if pid == 100 {
                used = heap.words().header(header::USED);
            }
        }
        assert_eq!(heap.words().header(header::USED), used, "{aggregator}");
        assert_eq!(heap.words().header(header::SLOTS), 1, "{aggregator}");
        if aggregator == "count" {
            assert_eq!(set(&heap), "b2000");
        }
    }
}
