//! The heap in process memory: making and removing series, adopting slots, recovering.

use crate::small::{add, heap, key, printed, spec};
use mpmetrics_core::cells::sequence;
use mpmetrics_core::exposition::text::text;
use mpmetrics_core::heap::{Address, FamilySpec, Writer};
use mpmetrics_core::layout::{header, BlockKey};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::Code;

#[test]
fn parts_of_writers_add_up_and_series_are_in_the_order_of_their_births() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let counter = spec(MetricType::Counter, "c");
    let (f1, f2) = (one.family(&counter, 0).unwrap(), two.family(&counter, 0).unwrap());
    assert_eq!(f1, f2);
    let histogram = one.family(&spec(MetricType::Histogram, "h"), 0).unwrap();
    let b = two.bind(f2, b"a=\"2\"", b"").unwrap();
    let a = one.bind(f1, b"a=\"1\",b=\"x\"", b"").unwrap();
    let same = two.bind(f2, b"b=\"x\",a=\"1\"", b"").unwrap();
    assert_eq!(same.series, a.series);
    add(&two, &b, 5.0);
    add(&one, &a, 2.0);
    add(&two, &same, 40.0);
    let h = one.bind(histogram, b"", b"").unwrap();
    for value in [0.5, 3.0, 7.0] {
        let bucket = sequence::bucket(&[1.0, 5.0], value);
        sequence::observe(one.cells(&h).unwrap(), bucket, value, 1.0);
    }
    assert_eq!(
        printed(&heap),
        "# HELP c help\n# TYPE c counter\nc{a=\"2\"} 5\nc{a=\"1\",b=\"x\"} 42\n\n\
         # HELP h help\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"5\"} 2\n\
         h_bucket{le=\"+Inf\"} 3\nh_sum 10.5\nh_count 3\n"
    );
}

#[test]
fn a_scope_shows_the_parts_of_its_slots_only() {
    let heap = heap();
    // Two threads of process 1, one of process 2.
    let mut writers = [1, 1, 2].map(|process| heap.writer(process, 1).unwrap());
    let counter = spec(MetricType::Counter, "c");
    for (writer, by) in writers.iter_mut().zip([1.0, 20.0, 300.0]) {
        let family = writer.family(&counter, 0).unwrap();
        let address = writer.bind(family, b"", b"").unwrap();
        add(writer, &address, by);
    }
    let value = |scope| {
        let filter = Filter { everything: true, scope, ..Filter::default() };
        let text = String::from_utf8(text(&scrape(&heap, &filter).unwrap().0)).unwrap();
        text.rsplit_once("\nc ").map(|(_, value)| value.trim().to_owned())
    };
    let thread =
        |writer: &Writer| Scope::Writer { slot: writer.slot(), incarnation: writer.incarnation() };
    assert_eq!(value(Scope::Application).as_deref(), Some("321"));
    assert_eq!(value(Scope::Process(1)).as_deref(), Some("21"));
    assert_eq!(value(Scope::Process(3)), None);
    assert_eq!(value(thread(&writers[1])).as_deref(), Some("20"));
    assert_eq!(value(Scope::None), None);
    assert_eq!((heap.living_of(1).unwrap(), heap.living_of(2).unwrap()), (2, 1));

    // Another life of the slot is another thread.
    let [_, gone, other] = writers;
    let (slot, incarnation) = (gone.slot(), gone.incarnation());
    drop(gone);
    assert_eq!(heap.living_of(1).unwrap(), 1);
    let adopter = heap.writer(2, 1).unwrap();
    assert_eq!(adopter.slot(), slot);
    assert_eq!(value(Scope::Writer { slot, incarnation }), None);
    assert_eq!(value(thread(&adopter)).as_deref(), Some("20"));
    assert_eq!(value(Scope::Process(2)).as_deref(), Some("320"));
    drop(other);
}

#[test]
fn an_adopted_slot_goes_on_from_its_counts_and_shows_no_gauges() {
    let heap = heap();
    let mut first = heap.writer(1, 1).unwrap();
    let c = first.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let g = first.family(&spec(MetricType::Gauge, "g"), 0).unwrap();
    let address = first.bind(c, b"", b"").unwrap();
    add(&first, &address, 7.0);
    let gauge = first.bind(g, b"", b"").unwrap();
    add(&first, &gauge, 3.0);
    assert!(!address.inherited);
    assert!(printed(&heap).contains("g 3\n"));
    drop(first);
    assert!(printed(&heap).contains("c 7\n"), "a dead writer's counts stay");
    assert!(!printed(&heap).contains("g 3\n"), "its gauges do not");
    let mut second = heap.writer(2, 2).unwrap();
    assert_eq!((second.slot(), second.incarnation()), (0, 2));
    let c = second.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let address = second.bind(c, b"", b"").unwrap();
    assert!(address.inherited);
    add(&second, &address, 1.0);
    assert!(printed(&heap).contains("c 8\n"));
    assert_eq!(heap.words().header(header::SLOTS), 1);
}

#[test]
fn removal_makes_handles_stale_and_frees_memory_for_other_series() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let f = one.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    two.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let mine = one.bind(f, b"a=\"1\"", b"").unwrap();
    let theirs = two.bind(f, b"a=\"1\"", b"").unwrap();
    add(&one, &mine, 1.0);
    add(&two, &theirs, 2.0);
    assert!(one.remove(f, b"a=\"1\"", b"").unwrap());
    assert!(!one.remove(f, b"a=\"1\"", b"").unwrap());
    assert!(!two.is_current(&theirs).unwrap());
    assert!(two.cells(&theirs).is_err());
    let again = two.bind(f, b"a=\"1\"", b"").unwrap();
    assert_ne!((again.series, again.generation), (theirs.series, theirs.generation));
    assert!(printed(&heap).contains("c{a=\"1\"} 0\n"));
    let mut used = 0;
    for round in 0..20_000 {
        let labels = format!("a=\"r{round}\"");
        let address = one.bind(f, labels.as_bytes(), b"").unwrap();
        add(&one, &address, 1.0);
        assert!(two.remove(f, labels.as_bytes(), b"").unwrap());
        if round == 2_000 {
            used = heap.words().header(header::USED);
        }
    }
    assert_eq!(heap.words().header(header::USED), used, "create and remove without growing");
    assert_eq!(heap.words().header(header::LIVE_SERIES), 1);
}

#[test]
fn a_writer_whose_series_is_gone_learns_whether_it_expired() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let f = one.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    two.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let key =
        |address: &Address| BlockKey { series: address.series, generation: address.generation };
    let [expired, removed, kept] = [&b"a=\"1\""[..], b"a=\"2\"", b"a=\"3\""].map(|labels| {
        one.bind(f, labels, b"").unwrap();
        two.bind(f, labels, b"").unwrap()
    });
    one.expire(f, [(&b"a=\"1\""[..], &b""[..])]).unwrap();
    one.remove(f, b"a=\"2\"", b"").unwrap();
    one.expire(f, [(&b"a=\"nobody's\""[..], &b""[..])]).unwrap();
    assert!(!two.is_current(&expired).unwrap());
    assert!(!two.is_current(&removed).unwrap());
    assert!(two.is_current(&kept).unwrap());
    assert!(two.expired(key(&expired)).unwrap());
    assert!(!two.expired(key(&removed)).unwrap());
    assert!(!two.expired(key(&kept)).unwrap());
    // The next series in this place has another generation.
    let again = two.bind(f, b"a=\"1\"", b"").unwrap();
    assert!(!two.expired(key(&again)).unwrap());
    assert_eq!(heap.words().header(header::LIVE_SERIES), 2);
}

#[test]
fn removal_reaches_the_families_that_are_shown_as_one() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let old = spec(MetricType::Counter, "c");
    let new = FamilySpec { help: "other".into(), label_names: vec!["a".into()], ..old.clone() };
    let own = FamilySpec { tag: "own".into(), ..old.clone() };
    let clash = FamilySpec { metric_type: MetricType::Gauge, ..old.clone() };
    let mut made = Vec::new();
    for (value, spec) in
        [&old, &new, &own, &clash, &spec(MetricType::Counter, "d")].iter().enumerate()
    {
        let family = writer.family(spec, 0).unwrap();
        for labels in [&b"a=\"1\""[..], b"a=\"2\""] {
            let address = writer.bind(family, labels, b"").unwrap();
            add(&writer, &address, value as f64 + 1.0);
            made.push((family, address));
        }
    }
    let before = heap.words().header(header::REMOVED);
    assert!(writer.remove(made[0].0, b"a=\"1\"", b"").unwrap());
    assert_eq!(heap.words().header(header::REMOVED) - before, 2);
    let again = [0, 2, 4, 6, 8].map(|index: usize| {
        let (family, address) = &made[index];
        writer.bind(*family, b"a=\"1\"", b"").unwrap().generation == address.generation
            && writer.bind(*family, b"a=\"1\"", b"").unwrap().series == address.series
    });
    assert_eq!(again, [false, false, true, true, true]);
    assert!(!writer.remove(made[0].0, b"a=\"3\"", b"").unwrap());
}

#[test]
fn releasing_the_last_block_removes_the_series_and_a_released_block_cannot_be_revived() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let f = one.family(&spec(MetricType::Gauge, "g"), 0).unwrap();
    two.family(&spec(MetricType::Gauge, "g"), 0).unwrap();
    let (a, b) = (one.bind(f, b"", b"").unwrap(), two.bind(f, b"", b"").unwrap());
    add(&one, &a, 1.0);
    add(&two, &b, 2.0);
    one.release(a.slab, a.cell, key(&a)).unwrap();
    assert!(printed(&heap).contains("g 2\n"));
    assert_eq!(one.revive(a.slab, a.cell, key(&a)).unwrap_err().code(), Code::Invalid);
    assert_eq!(heap.words().header(header::LIVE_SERIES), 1);
    two.release(b.slab, b.cell, key(&b)).unwrap();
    assert_eq!(heap.words().header(header::LIVE_SERIES), 0);
    assert_eq!(printed(&heap), "# HELP g help\n# TYPE g gauge\n");
}

#[test]
fn new_default_labels_apply_to_what_this_life_made_before() {
    let heap = heap();
    let (mut one, mut two) = (heap.writer(1, 1).unwrap(), heap.writer(2, 2).unwrap());
    let f = one.family(&spec(MetricType::Counter, "c"), 4).unwrap();
    two.family(&spec(MetricType::Counter, "c"), 9).unwrap();
    let (a, b) = (one.bind(f, b"", b"").unwrap(), two.bind(f, b"", b"").unwrap());
    add(&one, &a, 1.0);
    add(&two, &b, 2.0);
    one.default_labels(4, b"w=\"1\"", b"n").unwrap();
    two.default_labels(9, b"w=\"2\"", b"n").unwrap();
    assert!(printed(&heap).contains("c{w=\"1\"} 1\nc{w=\"2\"} 2\n"), "{}", printed(&heap));
    add(&one, &a, 1.0);
    assert_eq!(one.bind(f, b"", b"").unwrap(), a);
    one.default_labels(4, b"w=\"2\"", b"n").unwrap();
    assert!(printed(&heap).contains("c{w=\"2\"} 4\n"), "{}", printed(&heap));
    one.default_labels(4, b"", b"").unwrap();
    assert!(printed(&heap).contains("c 2\nc{w=\"2\"} 2\n"), "{}", printed(&heap));
}

#[test]
fn a_heap_whose_lock_holder_died_is_recovered() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Histogram, "h"), 0).unwrap();
    writer.default_labels(0, b"w=\"1\"", b"").unwrap();
    for n in 0..3000 {
        writer.bind(f, format!("a=\"{n}\"").as_bytes(), b"").unwrap();
    }
    for n in 0..1000 {
        assert!(writer.remove(f, format!("a=\"{n}\"").as_bytes(), b"").unwrap());
    }
    let before = printed(&heap);
    let words = heap.words();
    let derived: Vec<u64> =
        (header::LIVE_SERIES..header::FREE_EXTENTS).map(|i| words.header(i)).collect();
    // Spoils derived words, as a holder that died in the middle of a change may leave them.
    for index in [header::FREE_HEAD, header::FREE_TAIL, header::FREE_COUNT, header::LIVE_SERIES] {
        words.set_header(index, 77);
    }
    words.set_header(header::INTENT, 1);
    assert!(writer.remove(f, b"a=\"1500\"", b"").unwrap());
    writer.bind(f, b"a=\"1500\"", b"").unwrap();
    assert_eq!(words.header(header::RECOVERIES), 1);
    assert_eq!(words.header(header::LIVE_SERIES), derived[0]);
    let mut lines: Vec<&str> = before.lines().collect();
    let after = printed(&heap);
    let mut again: Vec<&str> = after.lines().collect();
    lines.sort_unstable();
    again.sort_unstable();
    assert_eq!(lines, again);
    let used = words.header(header::USED);
    for n in 0..900 {
        writer.bind(f, format!("a=\"{n}\"").as_bytes(), b"").unwrap();
    }
    assert_eq!(words.header(header::USED), used, "what was free is reused");
}

#[test]
fn a_stopped_holder_of_the_lock_delays_nobody_for_long() {
    let heap = heap();
    let mut writer = heap.writer(1, 1).unwrap();
    let f = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let known = writer.bind(f, b"a=\"1\"", b"").unwrap();
    let held = heap.hold_lock().unwrap();
    assert_eq!(writer.bind(f, b"a=\"2\"", b"").unwrap_err().code(), Code::Busy);
    add(&writer, &known, 1.0);
    assert!(printed(&heap).contains("c{a=\"1\"} 1\n"), "scrapes need no lock");
    assert!(writer.remove(f, b"a=\"1\"", b"").unwrap(), "removal needs no lock");
    assert!(!writer.is_current(&known).unwrap());
    drop(held);
    writer.bind(f, b"a=\"2\"", b"").unwrap();
    assert_eq!(heap.words().header(header::LIVE_SERIES), 1);
    assert_eq!(heap.words().header(header::DIRTY), 0);
}
