//! Gauges that show each writer's part, or the part that was set last.

use crate::handle;
use mpmetrics_core::cells::{recent, scalar};
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{FamilySpec, Heap, Owner, Setup, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use std::sync::Arc;

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 20)), &setup).unwrap()
}

fn spec(aggregator: &str) -> FamilySpec {
    FamilySpec {
        name: "g".into(),
        aggregator: aggregator.into(),
        label_names: vec!["a".into()],
        ..handle::spec(MetricType::Gauge)
    }
}

/// Returns the printed rows, without HELP and TYPE.
fn rows(heap: &Heap) -> Vec<String> {
    let filter = Filter { everything: true, ..Filter::default() };
    let text = String::from_utf8(text(&scrape(heap, &filter).unwrap().0)).unwrap();
    text.lines()
        .filter(|line| line.starts_with("g{") || line.starts_with("g "))
        .map(Into::into)
        .collect()
}

fn writer(heap: &Heap, pid: u32, thread: u32) -> Writer {
    heap.writer_of(Owner { process: u64::from(pid), pid, thread, ..Owner::default() }).unwrap()
}

/// Updates a writer's part of the series without labels: `change` gets its cells.
fn update(
    writer: &mut Writer,
    spec: &FamilySpec,
    change: impl Fn(&[mpmetrics_core::sync::AtomicU64]),
) {
    let family = writer.family(spec, 0).unwrap();
    let address = writer.bind(family, b"", b"").unwrap();
    change(writer.cells(&address).unwrap());
}

#[test]
fn the_aggregator_all_adds_labels_for_process_and_thread_after_the_own_labels() {
    let heap = heap();
    let (mut one, mut two) = (writer(&heap, 7, 0), writer(&heap, 7, 3));
    for (writer, value) in [(&mut one, 1.0), (&mut two, 2.0)] {
        let family = writer.family(&spec("all"), 0).unwrap();
        let address = writer.bind(family, b"a=\"5\"", b"n").unwrap();
        scalar::set(&writer.cells(&address).unwrap()[0], value);
    }
    assert_eq!(rows(&heap), ["g{a=\"5\",pid=\"7\"} 1", "g{a=\"5\",pid=\"7\",thread=\"3\"} 2"]);
    drop(two);
    assert_eq!(rows(&heap), ["g{a=\"5\",pid=\"7\"} 1"]);
    // Two containers that share a volume may each have a process with this id. No row is printed twice.
    let mut namesake = heap.writer(8, 7).unwrap();
    update(&mut namesake, &spec("all"), |cells| scalar::set(&cells[0], 4.0));
    let mut same = heap.writer(9, 7).unwrap();
    update(&mut same, &spec("all"), |cells| scalar::set(&cells[0], 8.0));
    assert_eq!(rows(&heap), ["g{a=\"5\",pid=\"7\"} 1", "g{pid=\"7\"} 12"]);
}

#[test]
fn the_aggregator_all_adds_parts_up_if_the_family_has_a_label_pid_of_its_own() {
    let heap = heap();
    let spec = FamilySpec { label_names: vec!["pid".into()], ..spec("all") };
    let (mut one, mut two) = (writer(&heap, 7, 0), writer(&heap, 8, 0));
    update(&mut one, &spec, |cells| scalar::set(&cells[0], 1.0));
    update(&mut two, &spec, |cells| scalar::set(&cells[0], 2.0));
    assert_eq!(rows(&heap), ["g 3"]);
}

#[test]
fn most_recent_goes_by_time_then_by_birth_and_forgets_the_dead() {
    let heap = heap();
    let spec = spec("mostrecent");
    let mut writers: Vec<Writer> = (1..=4).map(|pid| writer(&heap, pid, 0)).collect();
    for (n, time) in [(0, 5000.0), (1, 9000.0), (2, 9000.0)] {
        update(&mut writers[n], &spec, |cells| recent::set(cells, n as f64, time));
    }
    // The fourth writer has never set the gauge.
    update(&mut writers[3], &spec, |_| ());
    assert_eq!(rows(&heap), ["g 2"]);
    update(&mut writers[1], &spec, |cells| recent::add(cells, 10.0, 9001.0));
    assert_eq!(rows(&heap), ["g 11"]);
    drop(writers.remove(1));
    assert_eq!(rows(&heap), ["g 2"]);
    // The next owner of the slot does not take over the value.
    let mut next = writer(&heap, 9, 0);
    update(&mut next, &spec, |_| ());
    assert_eq!(rows(&heap), ["g 2"]);
    drop((writers, next));
    assert!(rows(&heap).is_empty());
}

#[test]
fn of_parts_that_are_printed_as_one_series_the_one_set_last_is_shown() {
    let heap = heap();
    let (mut one, mut two, mut three) =
        (writer(&heap, 1, 0), writer(&heap, 2, 0), writer(&heap, 3, 0));
    let newer = FamilySpec { help: "other".into(), ..spec("mostrecent") };
    update(&mut one, &spec("mostrecent"), |cells| recent::set(cells, 1.0, 8000.0));
    update(&mut two, &newer, |cells| recent::set(cells, 2.0, 7000.0));
    assert_eq!(rows(&heap), ["g 1"]);
    // The series of `three` has a default label, and an own label of the same name. It is printed like the series that
    // `one` binds below.
    three.default_labels(0, b"a=\"x\"", b"").unwrap();
    let family = three.family(&newer, 0).unwrap();
    let address = three.bind(family, b"a=\"x\"", b"").unwrap();
    recent::set(three.cells(&address).unwrap(), 3.0, 9000.0);
    let address = one.family(&newer, 0).and_then(|id| one.bind(id, b"a=\"x\"", b"")).unwrap();
    recent::set(one.cells(&address).unwrap(), 4.0, 9001.0);
    assert_eq!(rows(&heap), ["g 1", "g{a=\"x\"} 4"]);
}
