//! Writing of a snapshot's families as frames.

use super::frame::{self, Content, MAGIC};
use super::output::{push_count, push_double, push_length, push_text};
use super::rows;
use crate::error::Result;
use crate::exposition::extra::Extra;
use crate::quantile::octave::CELLS;
use crate::quantile::sketch::Sketch;
use crate::scrape::snapshot::{Family, LabelSpan, Series, Snapshot, Value};
use std::collections::HashMap;

/// Set in a family's flags if its quantiles are those of a window of time.
pub(super) const WINDOWED: u8 = 1;

/// Returns the bytes of a snapshot. The prefix of `extra` is put before all names, its rows become frames after those
/// of the snapshot's families, and its units go with the families. The rows are written as text format 0.0.4 has them.
///
/// # Errors
/// [`crate::Error::Limit`] for a family of 4 GiB or more.
pub fn encode(snapshot: &Snapshot, extra: &Extra) -> Result<Vec<u8>> {
    let mut out = MAGIC.to_vec();
    let mut body = Vec::new();
    for family in snapshot.families.iter().filter(|family| extra.keeps(&family.name)) {
        let unit = extra.unit_of(&family.name).unwrap_or_default();
        body.clear();
        push_family(&mut body, snapshot, family, unit);
        let name = [&*extra.prefix, &*family.name].concat();
        frame::push(&mut out, Content::Family as u8, &name, &body)?;
    }
    for family in &extra.families {
        if family.yields && extra.shows(snapshot, &family.name) {
            continue;
        }
        body.clear();
        rows::push(&mut body, family, &extra.prefix);
        let name = [&*extra.prefix, &*family.name].concat();
        frame::push(&mut out, Content::Rows as u8, &name, &body)?;
    }
    Ok(out)
}

fn push_family(out: &mut Vec<u8>, snapshot: &Snapshot, family: &Family, unit: &str) {
    out.push(family.metric_type as u8);
    out.push(if family.windowed { WINDOWED } else { 0 });
    for text in [&*family.help, &*family.aggregator, unit] {
        push_text(out, text.as_bytes());
    }
    for list in [&family.label_names, &family.states] {
        push_length(out, list.len() as u64);
        list.iter().for_each(|text| push_text(out, text.as_bytes()));
    }
    push_length(out, family.bounds.len() as u64);
    family.bounds.iter().for_each(|bound| push_double(out, *bound));

    // The sets that the family's series have, numbered from 1 in the order of the series.
    let mut numbers: HashMap<u32, u64> = HashMap::new();
    let mut sets = Vec::new();
    for series in family.series.iter().filter(|series| series.defaults > 0) {
        let number = numbers.len() as u64 + 1;
        numbers.entry(series.defaults).or_insert_with(|| {
            let set = snapshot.defaults.get(series.defaults as usize - 1);
            sets.push(set.copied().unwrap_or_default());
            number
        });
    }
    push_length(out, sets.len() as u64);
    sets.iter().for_each(|set| push_labels(out, snapshot, *set));

    // Labels first and numbers afterwards: deflate packs like with like.
    push_length(out, family.series.len() as u64);
    for series in &family.series {
        push_labels(out, snapshot, series.labels);
    }
    for series in &family.series {
        push_length(out, numbers.get(&series.defaults).copied().unwrap_or(0));
        push_length(out, u64::from(series.parts));
        push_count(out, series.set_at);
        push_value(out, snapshot, series);
    }
    for series in &family.series {
        let exemplars = snapshot.exemplars(series);
        push_length(out, exemplars.len() as u64);
        for exemplar in exemplars {
            push_length(out, u64::from(exemplar.bucket));
            push_count(out, exemplar.value);
            push_count(out, exemplar.time);
            push_labels(out, snapshot, exemplar.labels);
        }
    }
}

fn push_labels(out: &mut Vec<u8>, snapshot: &Snapshot, labels: LabelSpan) {
    push_text(out, snapshot.bytes(labels.text));
    push_text(out, snapshot.bytes(labels.types));
}

fn push_value(out: &mut Vec<u8>, snapshot: &Snapshot, series: &Series) {
    match series.value {
        Value::Scalar(value) => push_count(out, value),
        Value::Histogram { sum, counts } => {
            push_count(out, sum);
            snapshot.counts(counts).iter().for_each(|count| push_count(out, *count));
        }
        Value::States(numbers) => {
            snapshot.counts(numbers).iter().for_each(|number| push_count(out, *number));
        }
        Value::Summary { sum, count, sketch } => {
            push_count(out, sum);
            push_count(out, count);
            match snapshot.sketches.get(sketch as usize) {
                Some(sketch) => push_sketch(out, sketch),
                None => push_sketch(out, &Sketch::default()),
            }
        }
    }
}

fn push_sketch(out: &mut Vec<u8>, sketch: &Sketch) {
    [sketch.zeros, sketch.min, sketch.max].into_iter().for_each(|number| push_count(out, number));
    let counted = |counts: &[f64; CELLS]| counts.iter().any(|count| *count != 0.0);
    let mut octaves: Vec<_> = sketch.octaves.iter().filter(|(_, counts)| counted(counts)).collect();
    octaves.sort_by_key(|(octave, _)| *octave);
    push_length(out, octaves.len() as u64);
    for (octave, counts) in octaves {
        push_length(out, u64::from(octave.pack()));
        let bits = counts.iter().enumerate().filter(|(_, count)| **count != 0.0);
        push_length(out, bits.fold(0, |bits, (cell, _)| bits | 1 << cell));
        for count in counts.iter().filter(|count| **count != 0.0) {
            push_count(out, *count);
        }
    }
}
