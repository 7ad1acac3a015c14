//! Damage to the word that describes a family's blocks: a writer hands out blocks of the shape that it declared,
//! in its own slabs, or returns an error.

use std::sync::Arc;

use crate::handle::{spec, Handle};
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::layout::{family, header, BlockKind, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Owned;
use mpmetrics_core::{Code, Result};

/// A metric type, an aggregator, the kind of their block, and its number of cells (0 if not checked). [`bind`] checks
/// neither kind nor cells of a shared gauge.
type Form = (MetricType, &'static str, BlockKind, usize);

const FORMS: [Form; 6] = [
    (MetricType::Counter, "sum", BlockKind::Counter, 1),
    (MetricType::Gauge, "sum", BlockKind::Gauge, 1),
    (MetricType::Gauge, "mostrecent", BlockKind::Recent, 4),
    (MetricType::Gauge, "shared", BlockKind::Shared, 1),
    (MetricType::Histogram, "sum", BlockKind::Histogram, 6),
    (MetricType::Summary, "sum", BlockKind::Summary, 0),
];
/// How many of the word's lowest bits are flipped, one at a time: all bits of type and form, and the lowest 16 bits of
/// the number of bounds or sub-windows. Some of the latter make blocks longer than allowed.
const BITS: u32 = 24;

fn declared((metric_type, aggregator, ..): Form) -> FamilySpec {
    FamilySpec { aggregator: aggregator.into(), ..spec(metric_type) }
}

/// Returns every form with every bit to flip.
fn flips() -> impl Iterator<Item = (Form, u32)> {
    FORMS.into_iter().flat_map(|form| (0..BITS).map(move |bit| (form, bit)))
}

/// Makes a heap with one series of the form. Returns the heap, the writer, and the family.
fn with_a_series(form: Form) -> (Heap, Writer, u32) {
    let heap = Heap::create(Arc::new(Owned::new(1 << 16)), &Setup::default());
    let heap = heap.expect("a heap");
    let mut writer = heap.writer(1, 1).expect("a slot");
    let id = writer.family(&declared(form), 0).expect("a family");
    bind(&mut writer, id, form, "1").expect("a series");
    (heap, writer, id)
}

fn flip(heap: &Heap, id: u32, bit: u32) {
    let words = heap.words();
    let record =
        words.header(header::FAMILY_CHUNKS) + EXTENT_HEADER + u64::from(id) * family::WORDS;
    let at = record + family::SHAPE;
    let shape = words.load(at).expect("a record");
    words.store(at, shape ^ 1 << bit).expect("a record");
}

/// Binds a series, and checks that its block has the form.
fn bind(writer: &mut Writer, id: u32, form: Form, label: &str) -> Result<()> {
    let (metric_type, _, kind, cells) = form;
    let text = format!("a=\"{label}\"");
    if kind == BlockKind::Shared {
        // The block of a shared gauge lies in no writer's slab, and is found by its key.
        let address = writer.bind(id, text.as_bytes(), b"")?;
        assert!(
            writer.slab(address.slab).is_none(),
            "the block of a shared gauge is in no writer's slab"
        );
        return Ok(());
    }
    let handle = Handle::bind(writer, metric_type, id, text.as_bytes())?;
    let at = handle.address;
    let (found, there) = writer.block(at.slab, at.cell, handle.key())?;
    assert_eq!(found, kind);
    assert!(cells == 0 || there.len() == cells, "{} cells", there.len());
    handle.update(writer, 1.0)
}

/// Checks that the calls succeeded, or that the error says that the heap is corrupt.
fn right_or_corrupt(done: Result<()>, what: &str) {
    if let Err(error) = done {
        assert_eq!(error.code(), Code::Corrupt, "{what}: {error}");
    }
}

#[test]
fn flips_under_a_writer_that_declared_the_family() {
    for (form, bit) in flips() {
        let (heap, mut writer, id) = with_a_series(form);
        flip(&heap, id, bit);
        // The writer knows the shape that it declared, and does not read the damaged word.
        for label in ["1", "2"] {
            bind(&mut writer, id, form, label).expect("a series");
        }
    }
}

#[test]
fn flips_before_another_writer_declares_the_family() {
    for (form, bit) in flips() {
        let what = format!("{form:?}, bit {bit}");
        let (heap, _writer, id) = with_a_series(form);
        flip(&heap, id, bit);
        let mut other = heap.writer(2, 1).expect("a slot");
        let again = other.family(&declared(form), 0).expect("the family");
        assert_eq!(again, id, "{what}");
        for label in ["1", "2"] {
            bind(&mut other, id, form, label).expect("a series");
        }
        // The second declaration has repaired the record, so a writer that only reads it gets the right shape.
        bind(&mut heap.writer(3, 1).expect("a slot"), id, form, "3").expect(&what);
    }
}

#[test]
fn flips_before_a_dead_writers_blocks_are_adopted() {
    for (form, bit) in flips() {
        let (heap, writer, id) = with_a_series(form);
        drop(writer);
        flip(&heap, id, bit);
        let adopted = heap.writer(2, 1).and_then(|mut writer| {
            let id = writer.family(&declared(form), 0)?;
            bind(&mut writer, id, form, "1")?;
            bind(&mut writer, id, form, "2")
        });
        right_or_corrupt(adopted, &format!("{form:?}, bit {bit}"));
    }
}
