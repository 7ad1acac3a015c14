//! What happens between the steps of a reader: each test changes the segment after it was copied, and before the copy is
//! repaired.

use super::copy::all_words;
use super::file::SegmentFile;
use super::marks::Marks;
use super::reading::{read, NONE};
use super::repair::repair;
use crate::cells::exemplar::Given;
use crate::heap::{Address, FamilySpec, Writer, DEFAULTS};
use crate::layout::{defaults, header, BlockKey, Words};
use crate::metric_type::MetricType;
use crate::quantile::summary::SummaryOptions;
use crate::scrape::filter::Filter;
use crate::scrape::snapshot::{Snapshot, Value};
use crate::scrape::walk::{walk, Walked};
use crate::segment::Segment;
use crate::sync::{AtomicU64, Ordering};
use tempfile::TempDir;

struct Scene {
    _folder: TempDir,
    segment: Segment,
    file: SegmentFile,
    writer: Writer,
    family: u32,
}

fn scene(metric_type: MetricType) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let segment = Segment::at(folder.path().join("s.heap")).unwrap();
    let mut writer = segment.heap().writer(1, 1).unwrap();
    let numbers = match metric_type {
        MetricType::Histogram => vec![1.0],
        MetricType::Summary => SummaryOptions::default().numbers(),
        _ => vec![],
    };
    let spec = FamilySpec {
        tag: "default".into(),
        name: "m".into(),
        help: "h".into(),
        metric_type,
        aggregator: "sum".into(),
        label_names: vec!["a".into()],
        numbers,
        states: Vec::new(),
    };
    let family = writer.family(&spec, 0).unwrap();
    let file = SegmentFile::open(segment.path()).unwrap();
    Scene { _folder: folder, segment, file, writer, family }
}

impl Scene {
    fn bind(&mut self, labels: &str) -> Address {
        self.writer.bind(self.family, labels.as_bytes(), b"").unwrap()
    }

    /// Makes a series whose first cell has a value.
    fn set(&mut self, labels: &str, value: f64) -> Address {
        let address = self.bind(labels);
        self.writer.cells(&address).unwrap()[0].store(value.to_bits(), Ordering::Release);
        address
    }

    fn copied(&self) -> Vec<AtomicU64> {
        all_words(&self.file).unwrap()
    }

    fn repaired(&self, copy: &[AtomicU64]) -> u64 {
        repair(&self.file, Words(copy), &[true]).unwrap().late
    }
}

fn key(address: &Address) -> BlockKey {
    BlockKey { series: address.series, generation: address.generation }
}

fn walked(copy: &[AtomicU64]) -> (Snapshot, Walked) {
    let filter = Filter { everything: true, exemplars: true, ..Filter::default() };
    walk(copy, &[true], &filter, NONE).unwrap()
}

/// Returns the label texts and the values of counters and gauges in a copy.
fn shown(copy: &[AtomicU64]) -> Vec<(String, f64)> {
    let (snapshot, _) = walked(copy);
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let all = series.map(|series| {
        let Value::Scalar(value) = series.value else { panic!("a number") };
        (String::from_utf8(snapshot.bytes(series.labels.text).to_vec()).unwrap(), value)
    });
    all.collect()
}

fn of(pairs: &[(&str, f64)]) -> Vec<(String, f64)> {
    pairs.iter().map(|(labels, value)| ((*labels).to_owned(), *value)).collect()
}

#[test]
fn series_that_are_removed_and_made_meanwhile_are_left_out() {
    let mut scene = scene(MetricType::Counter);
    for (labels, value) in [("a=\"1\"", 1.0), ("a=\"2\"", 2.0), ("a=\"3\"", 3.0)] {
        scene.set(labels, value);
    }
    let before = Marks::read(&scene.file).unwrap();
    let copy = scene.copied();
    scene.writer.remove(scene.family, b"a=\"1\"", b"").unwrap();
    scene.writer.remove(scene.family, b"a=\"3\"", b"").unwrap();
    scene.set("a=\"4\"", 4.0);
    let after = Marks::read(&scene.file).unwrap();
    assert_eq!(shown(&copy).len(), 3, "otherwise the test shows nothing");
    before.leave_out(&after, Words(&copy)).unwrap();
    assert_eq!(shown(&copy), of(&[("a=\"2\"", 2.0)]));
    assert!(!before.moved(&after));
    // A copy that has a new series, but maybe with the text of the one before in its place.
    let copy = scene.copied();
    assert_eq!(shown(&copy), of(&[("a=\"2\"", 2.0), ("a=\"4\"", 4.0)]));
    before.leave_out(&after, Words(&copy)).unwrap();
    assert_eq!(shown(&copy), of(&[("a=\"2\"", 2.0)]));
    // The next copy has what lives.
    let copy = scene.copied();
    after.leave_out(&Marks::read(&scene.file).unwrap(), Words(&copy)).unwrap();
    assert_eq!(shown(&copy), of(&[("a=\"2\"", 2.0), ("a=\"4\"", 4.0)]));
}

#[test]
fn merges_and_other_default_labels_mean_another_copy() {
    let mut scene = scene(MetricType::Counter);
    scene.writer.default_labels(0, b"w=\"1\"", b"").unwrap();
    scene.set("", 1.0);
    let before = Marks::read(&scene.file).unwrap();
    let moved = || before.moved(&Marks::read(&scene.file).unwrap());
    assert!(!moved());
    let words = scene.segment.heap().words();
    words.add_header(header::MERGES, 2);
    assert!(moved());
    words.set_header(header::MERGES, before.header(header::MERGES));
    assert!(!moved());
    let state = words.at(DEFAULTS.find(words, 0).unwrap() + defaults::STATE).unwrap();
    state.fetch_add(1 << 8, Ordering::AcqRel);
    assert!(moved());
}

#[test]
fn a_block_that_is_given_to_another_series_meanwhile_is_hidden() {
    let mut scene = scene(MetricType::Counter);
    let first = scene.set("a=\"1\"", 1.0);
    scene.set("a=\"2\"", 2.0);
    let copy = scene.copied();
    scene.writer.release(first.slab, first.cell, key(&first)).unwrap();
    let other = scene.set("a=\"3\"", 3.0);
    assert_eq!(other.cell, first.cell, "otherwise the test shows nothing");
    assert_eq!(shown(&copy), of(&[("a=\"1\"", 1.0), ("a=\"2\"", 2.0)]));
    scene.repaired(&copy);
    assert_eq!(shown(&copy), of(&[("a=\"2\"", 2.0)]));
}

#[test]
fn a_histogram_that_was_copied_in_an_update_is_read_again() {
    let mut scene = scene(MetricType::Histogram);
    let address = scene.bind("");
    let store = |cell: usize, value: f64| {
        scene.writer.cells(&address).unwrap()[cell].store(value.to_bits(), Ordering::Release);
    };
    // The cells: sequence word, two buckets, sum, sequence word.
    store(4, 1.0);
    store(1, 1.0);
    let copy = scene.copied();
    assert_eq!(walked(&copy).1.given_up, 1);
    // The writer has stopped there: nothing can be done.
    scene.repaired(&copy);
    assert_eq!(walked(&copy).1.given_up, 1);
    store(3, 0.5);
    store(0, 1.0);
    scene.repaired(&copy);
    let (snapshot, walked) = walked(&copy);
    assert_eq!(walked.given_up, 0);
    let Value::Histogram { sum, counts } = snapshot.families[0].series[0].value else {
        panic!("a histogram")
    };
    assert_eq!((sum, snapshot.counts(counts)), (0.5, &[1.0, 0.0][..]));
}

#[test]
fn a_summary_that_is_updated_after_it_was_copied_is_late() {
    let mut scene = scene(MetricType::Summary);
    let address = scene.bind("");
    scene.writer.observe(&address, (1.0, 1.0), None, 0.0).unwrap();
    let copy = scene.copied();
    assert_eq!(scene.repaired(&copy), 0);
    scene.writer.observe(&address, (1.0, 1.0), None, 0.0).unwrap();
    assert_eq!(scene.repaired(&copy), 1);
    assert_eq!(scene.repaired(&scene.copied()), 0);
}

#[test]
fn an_exemplar_is_whole_or_left_out() {
    let mut scene = scene(MetricType::Counter);
    let address = scene.set("", 1.0);
    let at = (address.slab, address.cell, key(&address));
    let mut exemplify = |value: f64, text: &str| {
        let given = Given { value, time: 1.0, text: text.as_bytes(), types: b"" };
        scene.writer.exemplar(at, 0, &given).unwrap();
        all_words(&scene.file).unwrap()
    };
    let exemplars = |copy: &[AtomicU64]| {
        let (snapshot, _) = walked(copy);
        let found = snapshot.exemplars.iter();
        found.map(|one| (one.value, snapshot.bytes(one.labels.text).to_vec())).collect::<Vec<_>>()
    };
    let copy = exemplify(1.0, "t=\"old\"");
    let now = exemplify(2.0, "t=\"new\"");
    assert_eq!(exemplars(&copy), [(1.0, b"t=\"old\"".to_vec())]);
    repair(&scene.file, Words(&copy), &[true]).unwrap();
    assert_eq!(exemplars(&copy), exemplars(&now));
    // A writer that has stopped in the middle of the next one leaves an odd version.
    let words = scene.segment.heap().words();
    let given = 2.0_f64.to_bits();
    let place = words.0.iter().position(|word| word.load(Ordering::Relaxed) == given).unwrap();
    words.0[place - 1].fetch_add(1, Ordering::AcqRel);
    repair(&scene.file, Words(&copy), &[true]).unwrap();
    assert_eq!(exemplars(&copy), []);
}

#[test]
fn what_stays_torn_is_told() {
    let mut scene = scene(MetricType::Histogram);
    let address = scene.bind("");
    let filter = Filter { everything: true, ..Filter::default() };
    let (reading, _) = read(&scene.file, &filter).unwrap();
    assert_eq!((reading.torn, reading.copies), (0, 1));
    scene.writer.cells(&address).unwrap()[4].store(1.0_f64.to_bits(), Ordering::Release);
    let (reading, snapshot) = read(&scene.file, &filter).unwrap();
    assert_eq!(reading.torn, 1);
    // Fewer on a machine that takes a second for them.
    assert!((1..=8).contains(&reading.copies), "{}", reading.copies);
    assert_eq!(snapshot.families[0].series.len(), 1);
    drop(scene.writer);
    // The writer is dead: what it left is final.
    let (reading, _) = read(&scene.file, &filter).unwrap();
    assert_eq!((reading.torn, reading.copies), (0, 1));
}
