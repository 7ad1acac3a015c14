//! Prometheus text format 0.0.4, byte by byte as prom-client 15.1.3 writes it.
//!
//! Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>. Where the format leaves a choice,
//! prom-client's choice is made: there is an empty line between families, a value that is not a number is `Nan`, and
//! default labels follow a counter's own labels but precede those of a histogram.

use crate::metric_type::Values;
use crate::scrape::snapshot::{Family, Snapshot, Value};

use super::effective::Labels;
use super::extra::{push_row, Extra};
use super::number::{push, push_sample};
use super::rows::{
    estimate, histogram, push_escaped, push_labels, push_states, push_summaries, start,
};

/// Prints a scrape.
///
/// Label text is printed as the snapshot has it, even if it is not UTF-8. A series that is malformed, or whose value
/// does not fit its family's type and bounds, is left out.
#[must_use]
pub fn text(snapshot: &Snapshot) -> Vec<u8> {
    with_extra(snapshot, &Extra::default())
}

/// [`text`] with the prefix of `extra`, without the families that it excludes and with those that it adds. An added
/// family that [yields](super::extra::ExtraFamily::yields) is left out if a family of the heap with its name is
/// printed.
#[must_use]
pub fn with_extra(snapshot: &Snapshot, extra: &Extra) -> Vec<u8> {
    let labels = Labels::new(snapshot);
    let prefix = &*extra.prefix;
    let mut out = Vec::with_capacity(estimate(snapshot, prefix) + extra.estimate());
    for family in snapshot.families.iter().filter(|family| extra.keeps(&family.name)) {
        push_head(&mut out, (prefix, &family.name), &family.help, family.metric_type.text_name());
        match family.metric_type.values() {
            Values::Scalar => push_scalars(&mut out, &labels, family, prefix),
            Values::Buckets => push_histograms(&mut out, snapshot, &labels, family, prefix),
            Values::Quantiles => push_summaries(&mut out, snapshot, &labels, family, prefix),
            Values::States => push_states(&mut out, snapshot, &labels, family, prefix),
        }
    }
    for family in &extra.families {
        if family.yields && extra.shows(snapshot, &family.name) {
            continue;
        }
        push_head(&mut out, (prefix, &family.name), &family.help, &family.type_name);
        for sample in &family.samples {
            push_row(&mut out, (prefix, &sample.name, ""), sample);
        }
    }
    out.push(b'\n');
    out
}

/// Appends the two comments above a family's rows, and the empty line before them if there is a family before.
fn push_head(out: &mut Vec<u8>, (prefix, name): (&str, &str), help: &str, kind: &str) {
    if !out.is_empty() {
        out.extend_from_slice(b"\n\n");
    }
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(prefix.as_bytes());
    push_escaped(out, name);
    out.push(b' ');
    push_escaped(out, help);
    out.extend_from_slice(b"\n# TYPE ");
    out.extend_from_slice(prefix.as_bytes());
    push_escaped(out, name);
    out.push(b' ');
    push_escaped(out, kind);
}

fn push_scalars(out: &mut Vec<u8>, labels: &Labels<'_>, family: &Family, prefix: &str) {
    let row = start(prefix, &family.name, "");
    for series in &family.series {
        let (Value::Scalar(value), Some(own)) = (series.value, labels.own(series)) else {
            continue;
        };
        out.extend_from_slice(&row);
        push_labels(out, own, &labels.beside(own, series.defaults, b""));
        push_sample(out, value);
    }
}

fn push_histograms(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
    prefix: &str,
) {
    let buckets: Vec<Vec<u8>> = family
        .bounds
        .iter()
        .map(|&bound| {
            let mut row = start(prefix, &family.name, "_bucket{le=\"");
            // A bound is a label value, so it is printed as JavaScript prints it: Infinity, not +Inf.
            push(&mut row, bound);
            row.push(b'"');
            row
        })
        .collect();
    let above = start(prefix, &family.name, "_bucket{le=\"+Inf\"");
    let (sums, counts) =
        (start(prefix, &family.name, "_sum"), start(prefix, &family.name, "_count"));
    let mut tail = Vec::new();
    for series in &family.series {
        let Some((sum, cells, own)) = histogram(snapshot, labels, family, series) else {
            continue;
        };
        tail.clear();
        // `le` of a bucket is its bound, so a default label of that name is printed on sum and count only.
        for part in [&*labels.beside(own, series.defaults, b"le"), own] {
            if !part.is_empty() {
                tail.push(b',');
                tail.extend_from_slice(part);
            }
        }
        tail.extend_from_slice(b"} ");
        let mut count = 0.0;
        for (row, cell) in buckets.iter().chain([&above]).zip(cells) {
            count += cell;
            out.extend_from_slice(row);
            out.extend_from_slice(&tail);
            push_sample(out, count);
        }
        let beside = labels.beside(own, series.defaults, b"");
        for (row, value) in [(&sums, sum), (&counts, count)] {
            out.extend_from_slice(row);
            push_labels(out, &beside, own);
            push_sample(out, value);
        }
    }
}
