//! If bytes of names, label texts, types, bounds, hashes or the header change in a heap that is in use, all that a
//! scrape prints is still valid for Prometheus. Damaged families and series are left out and counted; all others are
//! shown. Damage to the header may instead make the whole scrape fail with an error.

use std::collections::HashSet;
use std::sync::Arc;

use crate::handle::{spec, Handle};
use crate::strict;
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::{defaults, family, header, series, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Snapshot;
use mpmetrics_core::Result;

const TYPES: [MetricType; 4] =
    [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary];
const NOW: f64 = 1.7e12;

/// Makes a heap with a family of each type, with three series each, default labels and exemplars. Returns the heap, its
/// writer, and the families.
fn heap() -> (Heap, Writer, Vec<u32>) {
    let heap = Heap::create(Arc::new(Owned::new(1 << 16)), &Setup::default()).expect("a heap");
    let mut writer = heap.writer(1, 1).expect("a slot");
    let ids = TYPES.map(|kind| writer.family(&spec(kind), 0).expect("a family")).to_vec();
    writer.default_labels(0, b"w=\"\\\"x\\\\\"", b"").expect("default labels");
    count(&mut writer, &ids).expect("room");
    (heap, writer, ids)
}

/// Counts in three series of each family, and records exemplars.
fn count(writer: &mut Writer, ids: &[u32]) -> Result<()> {
    for (kind, id) in TYPES.into_iter().zip(ids) {
        for n in 0..3 {
            let (labels, types): (String, &[u8]) = match n {
                0 => (format!("a=\"{n}\",b=\"\u{e4}\\n\""), b"ns"),
                _ => (format!("b=\"{n}\",a=\"{}\"", "x".repeat(8 * n)), b""),
            };
            let address = writer.bind(*id, labels.as_bytes(), types)?;
            let handle = Handle::bind(writer, kind, *id, labels.as_bytes())?;
            handle.update(writer, 1.5)?;
            if matches!(kind, MetricType::Counter | MetricType::Histogram) {
                let given = Given { value: 1.5, time: 2.5, text: b"t=\"7f\"", types: b"" };
                let bucket = u32::from(kind == MetricType::Histogram);
                writer.exemplar((address.slab, address.cell, handle.key()), bucket, &given)?;
            }
        }
    }
    Ok(())
}

/// Scrapes the heap, prints the snapshot in every format, and checks each output by the rules of its format. Returns
/// the snapshot, and how many families and series were left out.
fn printed(heap: &Heap) -> Result<(Snapshot, u64)> {
    let filter = Filter { everything: true, exemplars: true, now: Some(NOW), ..Filter::default() };
    let before = heap.words().header(header::DAMAGED);
    let (snapshot, walked) = scrape(heap, &filter)?;
    let output = text(&snapshot);
    assert_eq!(strict::text(&output).err(), None);
    let output = openmetrics(&snapshot);
    assert_eq!(strict::openmetrics(&output).err(), None);
    assert!(core::str::from_utf8(&json(&snapshot)).is_ok());
    let counted = heap.words().header(header::DAMAGED).wrapping_sub(before);
    assert_eq!(counted, walked.damaged);
    Ok((snapshot, walked.damaged))
}

/// A text that a record refers to.
struct StoredText {
    what: &'static str,
    /// Offset of its first byte in the heap.
    at: u64,
    /// Its length.
    bytes: u64,
}

/// Returns the texts of all records of the first chunks, and the indexes of the words with the records' hashes.
fn stored(heap: &Heap) -> (Vec<StoredText>, Vec<u64>) {
    let words = heap.words();
    let load = |at: u64| words.load(at).expect("a word");
    let record =
        |chunks: usize, id: u64, size: u64| words.header(chunks) + EXTENT_HEADER + id * size;
    let (mut texts, mut hashes) = (Vec::new(), Vec::new());
    for id in 0..words.header(header::FAMILIES) {
        let at = record(header::FAMILY_CHUNKS, id, family::WORDS);
        hashes.push(at + family::HASH);
        let (text, bytes) = (load(at + family::TEXT), load(at + family::LENGTH));
        texts.push(StoredText { what: "a family", at: text * 8, bytes });
    }
    for id in 0..words.header(header::SERIES) {
        let at = record(header::SERIES_CHUNKS, id, series::WORDS);
        hashes.push(at + series::HASH);
        let (text, lengths) = (load(at + series::TEXT), load(at + series::LENGTHS));
        let bytes = (lengths & 0xffff_ffff) + (lengths >> 32);
        texts.push(StoredText { what: "a series", at: text * 8, bytes });
    }
    for id in 0..words.header(header::DEFAULTS) {
        let at = record(header::DEFAULTS_CHUNKS, id, defaults::WORDS);
        let (text, lengths) = (load(at + defaults::TEXT), load(at + defaults::LENGTHS));
        texts.push(StoredText {
            what: "default labels",
            at: text * 8,
            bytes: lengths & 0xffff_ffff,
        });
    }
    (texts, hashes)
}

fn flip(heap: &Heap, byte: u64, with: u64) {
    let word = heap.words().load(byte / 8).expect("a word");
    heap.words().store(byte / 8, word ^ with << (byte % 8 * 8)).expect("a word");
}

#[test]
fn every_byte_of_every_text() {
    let (heap, mut writer, ids) = heap();
    let (whole, none) = printed(&heap).expect("a whole heap");
    assert_eq!((whole.families.len(), none), (4, 0));
    let shown =
        |snapshot: &Snapshot| -> usize { snapshot.families.iter().map(|f| f.series.len()).sum() };
    assert_eq!(shown(&whole), 12);
    let (texts, _) = stored(&heap);
    assert_eq!(texts.iter().map(|text| text.what).collect::<HashSet<_>>().len(), 3);
    for StoredText { what, at, bytes } in texts {
        for byte in at..at + bytes {
            // Flips each single bit, and then turns the byte into a NUL, into characters that mean something in a label
            // text or an output, and into bytes that are not UTF-8.
            let now = heap.words().load(byte / 8).expect("a word") >> (byte % 8 * 8) & 0xff;
            let others = [0, b'"', b'\n', b'\\', b'}', b'=', b',', b' ', 0x80, 0xff];
            let bits = (0..8).map(|bit| 1 << bit);
            for with in bits.chain(others.map(|to| u64::from(to) ^ now)).filter(|with| *with != 0) {
                flip(&heap, byte, with);
                let (seen, damaged) = printed(&heap).expect("the rest of the heap");
                if what == "a family" {
                    assert_eq!(
                        (seen.families.len(), damaged),
                        (3, 1),
                        "byte {byte} with {with:#x}"
                    );
                } else {
                    assert_eq!(seen.families.len(), 4);
                    // A changed text that is still valid is another label set. The writer's next count does not find
                    // the old label set, and makes a further series for it.
                    assert!(damaged > 0 || shown(&seen) >= 12, "byte {byte} with {with:#x}");
                }
                // The writer of the series goes on, whatever the texts have become.
                count(&mut writer, &ids).expect("a writer that goes on");
                flip(&heap, byte, with);
            }
        }
    }
    let (seen, damaged) = printed(&heap).expect("a heap that is whole again");
    assert_eq!((seen.families.len(), damaged), (4, 0));
}

#[test]
fn a_name_that_no_metric_may_have_is_not_printed() {
    let (heap, mut writer, _) = heap();
    for name in ["", "a b", "a\nb 1", "9", "\u{e4}", "a{b=\"1\"}"] {
        let named =
            mpmetrics_core::heap::FamilySpec { name: name.into(), ..spec(MetricType::Counter) };
        let id = writer.family(&named, 0).expect("a family");
        Handle::bind(&mut writer, MetricType::Counter, id, b"a=\"1\"").expect("a series");
    }
    let (seen, damaged) = printed(&heap).expect("the rest of the heap");
    assert_eq!((seen.families.len(), damaged), (4, 6));
    for labels in ["a-b=\"1\"", "a=\"1\",a=\"2\"", "\u{e4}=\"1\""] {
        let id = writer.family(&spec(MetricType::Counter), 0).expect("a family");
        Handle::bind(&mut writer, MetricType::Counter, id, labels.as_bytes()).expect("a series");
    }
    let id = writer.family(&spec(MetricType::Histogram), 0).expect("a family");
    Handle::bind(&mut writer, MetricType::Histogram, id, b"le=\"1\"").expect("a series");
    let id = writer.family(&spec(MetricType::Summary), 0).expect("a family");
    Handle::bind(&mut writer, MetricType::Summary, id, b"quantile=\"1\"").expect("a series");
    assert_eq!(printed(&heap).expect("the rest of the heap").1, 6 + 5);
}

/// splitmix64, which begins with the number of the round: every run makes the same flips, so a failure comes again in
/// the same round.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Number of rounds: 2,000, or `MPMETRICS_FLIPS`, which the torture sets.
fn rounds() -> u64 {
    std::env::var("MPMETRICS_FLIPS").ok().and_then(|flips| flips.parse().ok()).unwrap_or(2_000)
}

#[test]
fn random_bytes_under_a_writer_that_goes_on() {
    let (mut heap, mut writer, mut ids) = self::heap();
    let (mut texts, mut hashes) = stored(&heap);
    let (mut refused, mut left_out) = (0, 0);
    for round in 0..rounds() {
        let mut dice = Dice(round);
        for _ in 0..=dice.roll(3) {
            let byte = match dice.roll(4) {
                0 => dice.roll(header::LOCKS as u64 * 8),
                1 => hashes[dice.roll(hashes.len() as u64) as usize] * 8 + dice.roll(8),
                _ => {
                    let text = &texts[dice.roll(texts.len() as u64) as usize];
                    text.at + dice.roll(text.bytes.max(1))
                }
            };
            flip(
                &heap,
                byte,
                if dice.roll(4) == 0 { dice.roll(255) + 1 } else { 1 << dice.roll(8) },
            );
        }
        let counted = count(&mut writer, &ids);
        let attached = heap.writer(2 + round, 1).and_then(|mut other| {
            let ids = TYPES
                .iter()
                .map(|kind| other.family(&spec(*kind), 0))
                .collect::<Result<Vec<_>>>()?;
            count(&mut other, &ids)
        });
        match printed(&heap) {
            Ok((_, damaged)) => left_out += u64::from(damaged > 0),
            Err(_) => refused += 1,
        }
        // The damage of several rounds adds up in one heap. The heap is replaced by a new one if a writer fails, and
        // by chance in one of eight rounds.
        if counted.is_err() || attached.is_err() || dice.roll(8) == 0 {
            (heap, writer, ids) = self::heap();
            (texts, hashes) = stored(&heap);
        }
    }
    // Most damage hides only the family or series that it hit, and does not make the scrape fail.
    assert!(refused < rounds() / 2 && left_out > rounds() / 10, "{refused}, {left_out}");
}
