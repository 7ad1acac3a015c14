//! The library's own metrics: figures of the heap, put into a scrape as it is read.
//!
//! A program that wants them declares families whose aggregator is [`PREFIX`] and the name of a figure.
//! Their blocks only say that they are shown, and with which labels: the heap has one value, however
//! many writers declared it, so that nothing is added up.

use super::snapshot::{Family, Series, Snapshot, Value};
use crate::error::Refusal;
use crate::labels::{pairs, unescape};
use crate::layout::{header, Words};
use crate::metric_type::Values;
use std::collections::HashMap;

/// What the aggregators of such families begin with.
pub const PREFIX: &str = "mpmetrics:";

/// How the JSON of several processes is joined: the figures are the same in all of them.
const SHOWN_AS: &str = "max";

/// The label by which refused updates are told apart.
const REASON: &[u8] = b"reason";

/// Puts the heap's figures into the families that ask for them. `living` tells which slots' writers live.
pub fn fill(snapshot: &mut Snapshot, words: Words<'_>, living: &[bool]) {
    let Snapshot { families, text, .. } = snapshot;
    for family in families {
        let scalar = family.metric_type.values() == Values::Scalar;
        if let Some(name) = family.aggregator.strip_prefix(PREFIX).filter(|_| scalar) {
            let name = name.to_owned();
            one_each(family, text);
            for series in &mut family.series {
                let labels = bytes(text, *series);
                if let Some(figure) = figure(&name, labels, words, living) {
                    series.value = Value::Scalar(figure);
                }
            }
            family.aggregator = SHOWN_AS.into();
        }
    }
}

fn bytes(text: &[u8], series: Series) -> &[u8] {
    let span = series.labels.text;
    text.get(span.start as usize..(span.start + span.len) as usize).unwrap_or_default()
}

/// Leaves one series of those that differ in default labels only. Where processes set different ones, none is
/// right for all.
fn one_each(family: &mut Family, text: &[u8]) {
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    let mut kept: Vec<Series> = Vec::new();
    for series in &family.series {
        match first.get(bytes(text, *series)) {
            Some(index) => kept[*index].defaults = 0,
            None => {
                first.insert(bytes(text, *series), kept.len());
                kept.push(*series);
            }
        }
    }
    family.series = kept;
}

/// The figure of a name; `None` for a name of another version of this library.
fn figure(name: &str, labels: &[u8], words: Words<'_>, living: &[bool]) -> Option<f64> {
    let number = |index| Some(words.header(index) as f64);
    match name {
        "used_bytes" => number(header::USED).map(|words| words * 8.0),
        "reserved_bytes" => number(header::SIZE),
        "limit_bytes" => number(header::MAX_BYTES),
        "series" => number(header::LIVE_SERIES),
        "families" => number(header::FAMILIES),
        "writers" => Some(living.iter().filter(|living| **living).count() as f64),
        "adoptions" => number(header::ADOPTIONS),
        "removed" => number(header::REMOVED),
        "dropped_exemplars" => number(header::EXEMPLARS_DROPPED),
        "unranked_observations" => number(header::UNRANKED),
        "clamped_observations" => number(header::CLAMPED),
        "damaged_reads" => number(header::DAMAGED),
        "torn_reads" => number(header::TORN_GIVEN_UP),
        "collect_timeouts" => number(header::COLLECT_TIMEOUTS),
        "lock_timeouts" => number(header::LOCK_TIMEOUTS),
        "recoveries" => number(header::RECOVERIES),
        "dropped" => {
            let reason = pairs(labels, b"").flatten().find(|pair| pair.name == REASON)?;
            let reason = unescape(reason.escaped);
            let refusal = Refusal::ALL.iter().find(|one| one.name().as_bytes() == &*reason)?;
            number(header::DROPPED + *refusal as usize)
        }
        _ => None,
    }
}
