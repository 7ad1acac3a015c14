//! State sets and infos: how the parts of several writers become one, how families with different states are joined,
//! how they are printed, and how a reader handles a family whose type it does not know.

use crate::handle;
use crate::snapshot::Builder;
use mpmetrics_core::cells::{recent, scalar};
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::heap::{FamilySpec, Heap, Owner, Setup, Writer, MAX_STATES};
use mpmetrics_core::layout::{family, header, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::aggregate::join;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Span, Value};
use mpmetrics_core::sync::AtomicU64;
use mpmetrics_core::Error;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::sync::Arc;

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 20)), &setup).unwrap()
}

fn spec(aggregator: &str, of_zero: f64, states: &[&str]) -> FamilySpec {
    FamilySpec {
        name: "s".into(),
        aggregator: aggregator.into(),
        label_names: vec!["a".into()],
        numbers: vec![of_zero],
        states: states.iter().map(|&state| state.to_owned()).collect(),
        ..handle::spec(MetricType::StateSet)
    }
}

fn info() -> FamilySpec {
    let metric_type = MetricType::Info;
    let numbers = Vec::new();
    FamilySpec { name: "b_info".into(), metric_type, numbers, ..spec("max", 0.0, &[]) }
}

fn scraped(heap: &Heap) -> (Snapshot, u64) {
    let filter = Filter { everything: true, ..Filter::default() };
    let (snapshot, walked) = scrape(heap, &filter).unwrap();
    (snapshot, walked.damaged)
}

/// Returns the printed rows of a snapshot, without HELP and TYPE.
fn printed(snapshot: &Snapshot) -> Vec<String> {
    let text = String::from_utf8(text::text(snapshot)).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Into::into).collect()
}

fn rows(heap: &Heap) -> Vec<String> {
    printed(&scraped(heap).0)
}

fn writer(heap: &Heap, pid: u32) -> Writer {
    heap.writer_of(Owner { process: u64::from(pid), pid, ..Owner::default() }).unwrap()
}

/// Updates a writer's part of a series: `change` gets its cells.
fn update(writer: &mut Writer, spec: &FamilySpec, labels: &str, change: impl Fn(&[AtomicU64])) {
    let family = writer.family(spec, 0).unwrap();
    let address = writer.bind(family, labels.as_bytes(), b"").unwrap();
    change(writer.cells(&address).unwrap());
}

/// Makes three writers. The masks of their parts are 0b011, 0b001 and 0, which is a part that was never set.
fn three(heap: &Heap, spec: &FamilySpec) -> Vec<Writer> {
    let mut writers: Vec<Writer> = (1..=3).map(|pid| writer(heap, pid)).collect();
    update(&mut writers[0], spec, "", |cells| scalar::set(&cells[0], 3.0));
    update(&mut writers[1], spec, "", |cells| scalar::set(&cells[0], 1.0));
    update(&mut writers[2], spec, "", |_| ());
    writers
}

#[test]
fn masks_of_several_writers_become_a_number_for_each_state() {
    for (aggregator, of_zero, shown) in [
        ("any", 0.0, ["1", "1", "0"]),
        ("every", 0.0, ["0", "0", "0"]),
        ("every", 1.0, ["1", "0", "0"]),
        ("count", 0.0, ["2", "1", "0"]),
        ("count", 4.0, ["2", "1", "1"]),
        ("a name of another version", 0.0, ["1", "1", "0"]),
    ] {
        let heap = heap();
        let writers = three(&heap, &spec(aggregator, of_zero, &["x", "y", "z"]));
        let expected: Vec<String> = ["x", "y", "z"]
            .iter()
            .zip(shown)
            .map(|(state, number)| format!("s{{s=\"{state}\"}} {number}"))
            .collect();
        assert_eq!(rows(&heap), expected, "{aggregator}");
        drop(writers);
        assert!(rows(&heap).is_empty(), "the dead have no state");
    }
}

#[test]
fn all_shows_the_states_of_each_writer() {
    let heap = heap();
    let _writers = three(&heap, &spec("all", 0.0, &["x", "y"]));
    assert_eq!(
        rows(&heap),
        [
            "s{pid=\"1\",s=\"x\"} 1",
            "s{pid=\"1\",s=\"y\"} 1",
            "s{pid=\"2\",s=\"x\"} 1",
            "s{pid=\"2\",s=\"y\"} 0",
            "s{pid=\"3\",s=\"x\"} 0",
            "s{pid=\"3\",s=\"y\"} 0"
        ]
    );
}

#[test]
fn most_recent_shows_the_state_that_was_set_last_among_the_living() {
    let heap = heap();
    let spec = spec("mostrecent", 1.0, &["x", "y", "z"]);
    let mut writers: Vec<Writer> = (1..=3).map(|pid| writer(&heap, pid)).collect();
    let is = |state: &str| {
        let shown: Vec<String> = rows(&heap).into_iter().filter(|row| row.ends_with('1')).collect();
        assert_eq!(shown, [format!("s{{a=\"1\",s=\"{state}\"}} 1")]);
        assert_eq!(rows(&heap).len(), 3);
    };
    update(&mut writers[2], &spec, "a=\"1\"", |_| ());
    is("x");
    update(&mut writers[0], &spec, "a=\"1\"", |cells| recent::set(cells, 2.0, 5000.0));
    is("y");
    update(&mut writers[1], &spec, "a=\"1\"", |cells| recent::set(cells, 4.0, 6000.0));
    is("z");
    drop(writers.remove(1));
    is("y");
    let mut next = writer(&heap, 9);
    update(&mut next, &spec, "a=\"1\"", |_| ());
    is("y");
}

#[test]
fn an_info_is_1_as_long_as_a_living_writer_has_bound_it() {
    let heap = heap();
    let (mut one, mut two) = (writer(&heap, 1), writer(&heap, 2));
    for writer in [&mut one, &mut two] {
        update(writer, &info(), "v=\"1\"", |_| ());
    }
    update(&mut two, &info(), "v=\"2\"", |cells| scalar::set(&cells[0], 7.0));
    assert_eq!(rows(&heap), ["b_info{v=\"1\"} 1", "b_info{v=\"2\"} 1"]);
    drop(two);
    assert_eq!(rows(&heap), ["b_info{v=\"1\"} 1"]);
    drop(one);
    assert!(rows(&heap).is_empty());
}

#[test]
fn families_with_different_states_become_one_with_the_states_of_all() {
    for (aggregator, shown) in [
        ("any", ["a 1", "b 1", "c 1"]),
        ("every", ["a 0", "b 1", "c 0"]),
        ("count", ["a 1", "b 2", "c 1"]),
        ("all", ["a 0", "b 1", "c 1"]),
    ] {
        let mut make = Builder::default();
        for (states, numbers) in [(["a", "b"], [1.0, 1.0]), (["c", "b"], [1.0, 1.0])] {
            let family = make.family(MetricType::StateSet, "s", &[]);
            family.aggregator = aggregator.into();
            family.states = states.iter().map(|&state| state.into()).collect();
            make.states(&[], 0, &numbers);
        }
        let mut rows = printed(&join(make.snapshot, "").0);
        rows.sort();
        let expected = shown.map(|row| format!("s{{s=\"{}\"}}{}", &row[..1], &row[1..]));
        assert_eq!(rows, expected, "{aggregator}");
    }
}

#[test]
fn of_joined_enums_exactly_one_state_is_set_although_their_states_differ() {
    for (old, new, expected) in [(5.0, 6.0, "b"), (7.0, 6.0, "gone"), (6.0, 6.0, "b")] {
        let mut make = Builder::default();
        for (states, set_at) in [(["a", "gone"], old), (["a", "b"], new)] {
            let family = make.family(MetricType::StateSet, "s", &["k"]);
            family.aggregator = "mostrecent".into();
            family.states = states.iter().map(|&state| state.into()).collect();
            make.states(&[("k", "v")], 0, &[0.0, 1.0]);
            make.last().series[0].set_at = set_at;
        }
        let (joined, _) = join(make.snapshot, "");
        let set: Vec<String> =
            printed(&joined).into_iter().filter(|row| row.ends_with('1')).collect();
        assert_eq!(set, [format!("s{{k=\"v\",s=\"{expected}\"}} 1")]);
        assert_eq!(printed(&joined).len(), 3);
    }
}

#[test]
fn every_format_has_a_row_for_each_state() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app", "web"), ("s", "hidden")]);
    let family = make.family(MetricType::StateSet, "s", &["k"]);
    family.states = ["a\"".into(), "b\\\n".into()].into();
    make.states(&[("k", "v")], d, &[1.0, 0.0]);
    make.states(&[], 0, &[0.0, 1.0]);
    make.family(MetricType::StateSet, "n", &[]).aggregator = "count".into();
    make.family(MetricType::Info, "b_info", &[]);
    make.scalar(&[("v", "1")], d, 1.0);
    let rows = "s{k=\"v\",s=\"a\\\"\",app=\"web\"} 1\ns{k=\"v\",s=\"b\\\\\\n\",app=\"web\"} 0\n\
                s{s=\"a\\\"\"} 0\ns{s=\"b\\\\\\n\"} 1\n";
    let info = "b_info{v=\"1\",app=\"web\",s=\"hidden\"} 1\n";
    assert_eq!(
        String::from_utf8(text::text(&make.snapshot)).unwrap(),
        format!(
            "# HELP s s help\n# TYPE s gauge\n{rows}\n# HELP n n help\n# TYPE n gauge\n\n\
             # HELP b_info b_info help\n# TYPE b_info gauge\n{info}"
        )
    );
    assert_eq!(
        String::from_utf8(openmetrics::openmetrics(&make.snapshot)).unwrap(),
        format!(
            "# HELP s s help\n# TYPE s stateset\n{rows}# HELP n n help\n# TYPE n gauge\n\
             # HELP b b_info help\n# TYPE b info\n{info}# EOF\n"
        )
    );
    let json = String::from_utf8(json::json(&make.snapshot)).unwrap();
    let states = "\"type\":\"stateset\",\"aggregator\":\"sum\",\"labelNames\":[\"k\"],\"bounds\":[],\
                  \"states\":[\"a\\\"\",\"b\\\\\\n\"],\"series\":[{\"l\":[[\"k\",\"v\"]],\"t\":\"\",\"d\":1,\"v\":[1,0]}";
    assert!(json.contains(states), "{json}");
    assert_eq!(json.matches("\"states\"").count(), 2, "only of state sets");
}

#[test]
fn series_that_do_not_fit_their_states_are_left_out() {
    let mut make = Builder::default();
    make.family(MetricType::StateSet, "s", &[]).states = ["a".into()].into();
    make.states(&[("k", "1")], 0, &[1.0, 0.0]);
    make.scalar(&[("k", "2")], 0, 1.0);
    let labels = make.labels(b"", b"");
    make.series(labels, 0, Value::States(Span { start: 9, len: 1 }));
    assert!(printed(&make.snapshot).is_empty());
    make.family(MetricType::StateSet, "s", &[]).states = ["b".into()].into();
    make.states(&[("k", "3")], 0, &[1.0]);
    assert_eq!(
        printed(&join(make.snapshot, "").0),
        ["s{k=\"3\",s=\"b\"} 1", "s{k=\"3\",s=\"a\"} 0"]
    );
}

#[test]
fn a_series_with_a_label_of_the_prefixed_name_is_left_out() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app_s", "hidden")]);
    make.family(MetricType::StateSet, "s", &["app_s"]).states = ["a".into()].into();
    make.states(&[("app_s", "1")], 0, &[1.0]);
    make.states(&[("k", "2")], d, &[1.0]);
    assert_eq!(printed(&make.snapshot).len(), 2);
    let extra = Extra { prefix: "app_".into(), ..Extra::default() };
    let printed = String::from_utf8(text::with_extra(&make.snapshot, &extra)).unwrap();
    assert!(printed.ends_with("\napp_s{k=\"2\",app_s=\"a\"} 1\n"), "{printed}");
    assert_eq!(printed.matches("app_s{").count(), 1);
}

#[test]
fn a_state_set_whose_aggregator_adds_a_label_of_its_name_is_left_out() {
    for (name, shown) in [("pid", 0), ("thread", 0), ("s", 1)] {
        let heap = heap();
        let spec = FamilySpec { name: name.into(), ..spec("all", 0.0, &["x"]) };
        let mut writer = writer(&heap, 1);
        update(&mut writer, &spec, "", |_| ());
        assert_eq!(rows(&heap).len(), shown, "{name}");
    }
}

#[test]
fn more_states_than_a_mask_has_bits_are_refused() {
    let heap = heap();
    let mut writer = writer(&heap, 1);
    let states: Vec<String> = (0..=MAX_STATES).map(|state| state.to_string()).collect();
    let mut spec = FamilySpec { states, ..spec("any", 0.0, &[]) };
    assert!(matches!(writer.family(&spec, 0), Err(Error::Limit { limit: 53, .. })));
    spec.states.pop();
    assert!(writer.family(&spec, 0).is_ok());
}

/// Gives a family another type, such as a later version of this package may define.
fn retype(heap: &Heap, id: u32, metric_type: u32) {
    let words = heap.words();
    let chunk = words.header(header::FAMILY_CHUNKS) + EXTENT_HEADER;
    let at = chunk + u64::from(id) * family::WORDS;
    let text = words.load(at + family::TEXT).unwrap();
    let first = words.load(text).unwrap();
    words.store(text, first >> 32 << 32 | u64::from(metric_type)).unwrap();
    let length = words.load(at + family::LENGTH).unwrap();
    let bytes: Vec<u8> = (0..length.div_ceil(8))
        .flat_map(|word| words.load(text + word).unwrap().to_le_bytes())
        .take(length as usize)
        .collect();
    let key = |word| words.header(header::HASH_KEY + word);
    let mut hasher = SipHasher13::new_with_keys(key(0), key(1));
    hasher.write(&bytes);
    words.store(at + family::HASH, hasher.finish()).unwrap();
}

#[test]
fn a_reader_skips_families_whose_type_it_does_not_know() {
    let heap = heap();
    let (mut one, mut two) = (writer(&heap, 1), writer(&heap, 2));
    let known = FamilySpec { name: "known_info".into(), ..info() };
    let ids = [spec("any", 0.0, &["x"]), info(), spec("mostrecent", 1.0, &["x"])]
        .map(|spec| one.family(&spec, 0).unwrap());
    for id in ids {
        for writer in [&mut one, &mut two] {
            let address = writer.bind(id, b"", b"").unwrap();
            scalar::set(&writer.cells(&address).unwrap()[1 - usize::from(id < 2)], 1.0);
        }
    }
    update(&mut two, &known, "v=\"1\"", |_| ());
    assert_eq!(rows(&heap).len(), 3);
    for id in ids {
        retype(&heap, id, 99);
    }
    let (snapshot, damaged) = scraped(&heap);
    assert_eq!((printed(&snapshot), damaged), (vec!["known_info{v=\"1\"} 1".to_owned()], 0));
    // The blocks are those of gauges, so a writer that does not know the family's type can adopt and free them.
    drop(one);
    let mut adopter = writer(&heap, 3);
    update(&mut adopter, &known, "v=\"2\"", |_| ());
    assert_eq!(rows(&heap), ["known_info{v=\"1\"} 1", "known_info{v=\"2\"} 1"]);
    // If the hash in a family's record is not the hash of its text, the family is damaged, whatever its type.
    retype(&heap, ids[0], MetricType::StateSet as u32);
    let words = heap.words();
    let hash = words.header(header::FAMILY_CHUNKS) + EXTENT_HEADER + family::HASH;
    words.store(hash, 0).unwrap();
    assert_eq!(scraped(&heap).1, 1);
}
