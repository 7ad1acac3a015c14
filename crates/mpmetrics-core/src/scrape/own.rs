//! The library's own metrics: figures of the heap, which a scrape puts into its snapshot.
//!
//! A program that wants such a metric declares a family whose aggregator is [`PREFIX`] and the name of a
//! figure. The blocks of the family only say that it is shown, and with which labels. The heap has one
//! value of each figure, so values of several writers are not added up.

use super::snapshot::{Family, LabelSpan, Series, Snapshot, Span, Value};
use crate::error::Refusal;
use crate::heap::{decode_family, FAMILIES};
use crate::labels::{escape, pairs, unescape};
use crate::layout::{family as fam, header, Words};
use crate::metric_type::Values;
use std::collections::HashMap;

/// The beginning of the aggregators of such families.
pub const PREFIX: &str = "mpmetrics:";

/// The aggregator that a scrape shows for such families. All processes show the same figures, so the largest of them is
/// right if a program joins the JSON of several processes.
const SHOWN_AS: &str = "max";

/// The figure that has a series for each of the [`LARGEST`] metrics, besides the one for all.
const SERIES: &str = "series";

/// How many metrics the figure [`SERIES`] shows by their names: those with most series.
const LARGEST: usize = 10;

/// The label with the reason why updates were dropped.
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
            if name == SERIES {
                by_metric(family, text, words);
            }
            family.aggregator = SHOWN_AS.into();
        }
    }
}

fn bytes(text: &[u8], series: Series) -> &[u8] {
    let span = series.labels.text;
    text.get(span.range()).unwrap_or_default()
}

/// Keeps one of several series that differ only in default labels, and removes its default labels: none of them is
/// right for all processes.
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

/// Shows the metrics with most series, each as a series with the label `metric`, after the series for all metrics.
fn by_metric(family: &mut Family, text: &mut Vec<u8>, words: Words<'_>) {
    family.series.retain(|series| series.labels.text.len == 0);
    let Some(all) = family.series.first().copied() else {
        return;
    };
    for (name, count) in largest(words) {
        let start = text.len();
        text.extend_from_slice(b"metric=\"");
        escape(name.as_bytes(), text);
        text.push(b'"');
        let Ok(labels) = LabelSpan::new(start, text.len(), text.len()) else {
            break;
        };
        let value = Value::Scalar(count as f64);
        family.series.push(Series { labels, value, exemplars: Span::default(), ..all });
    }
}

/// Returns the metrics with most series, ten at most, by their names, the one with most series first. A damaged family is left out.
#[must_use]
pub fn largest(words: Words<'_>) -> Vec<(String, u64)> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for id in 0..FAMILIES.count(words, header::FAMILIES).unwrap_or(0) {
        let count = FAMILIES.find(words, id).and_then(|at| words.load(at + fam::SERIES));
        let Some(count) = count.ok().filter(|count| *count > 0) else {
            continue;
        };
        if let Ok(Some(spec)) = decode_family(words, id) {
            *counts.entry(spec.name).or_default() += count;
        }
    }
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    all.truncate(LARGEST);
    all
}

/// Returns the figure with this name; `None` for a name that only another version of this library has.
fn figure(name: &str, labels: &[u8], words: Words<'_>, living: &[bool]) -> Option<f64> {
    let number = |index| Some(words.header(index) as f64);
    match name {
        "used_bytes" => number(header::USED).map(|words| words * 8.0),
        "reserved_bytes" => number(header::SIZE),
        "limit_bytes" => number(header::MAX_BYTES),
        SERIES => number(header::LIVE_SERIES),
        "families" => number(header::FAMILIES),
        "writers" => Some(living.iter().filter(|living| **living).count() as f64),
        "adoptions" => number(header::ADOPTIONS),
        "removed" => number(header::REMOVED),
        "dropped_lives" => number(header::LIVES_DROPPED),
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
