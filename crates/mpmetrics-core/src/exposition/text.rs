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
use super::rows::{estimate, histogram, prefix, push_escaped, push_labels, push_summaries};

/// Prints a scrape.
///
/// Label text is printed as the snapshot has it, whatever its bytes. A series that is malformed, or whose value does
/// not fit its family's type and bounds, is left out.
#[must_use]
pub fn text(snapshot: &Snapshot) -> Vec<u8> {
    with_extra(snapshot, &Extra::default())
}

/// [`text`] without some families, and with families that the heap does not hold.
#[must_use]
pub fn with_extra(snapshot: &Snapshot, extra: &Extra) -> Vec<u8> {
    let labels = Labels::new(snapshot);
    let mut out = Vec::with_capacity(estimate(snapshot) + extra.estimate());
    for family in snapshot.families.iter().filter(|family| extra.keeps(&family.name)) {
        push_head(&mut out, &family.name, &family.help, family.metric_type.name());
        match family.metric_type.values() {
            Values::Scalar => push_scalars(&mut out, &labels, family),
            Values::Buckets => push_histograms(&mut out, snapshot, &labels, family),
            Values::Quantiles => push_summaries(&mut out, snapshot, &labels, family),
        }
    }
    for family in &extra.families {
        push_head(&mut out, &family.name, &family.help, &family.type_name);
        for sample in &family.samples {
            push_row(&mut out, &sample.name, "", sample);
        }
    }
    out.push(b'\n');
    out
}

/// Appends the two comments above a family's rows, and the empty line before them if there is a family before.
fn push_head(out: &mut Vec<u8>, name: &str, help: &str, kind: &str) {
    if !out.is_empty() {
        out.extend_from_slice(b"\n\n");
    }
    out.extend_from_slice(b"# HELP ");
    push_escaped(out, name);
    out.push(b' ');
    push_escaped(out, help);
    out.extend_from_slice(b"\n# TYPE ");
    push_escaped(out, name);
    out.push(b' ');
    push_escaped(out, kind);
}

fn push_scalars(out: &mut Vec<u8>, labels: &Labels<'_>, family: &Family) {
    let row = prefix(&family.name, "");
    for series in &family.series {
        let (Value::Scalar(value), Some(own)) = (series.value, labels.own(series)) else {
            continue;
        };
        out.extend_from_slice(&row);
        push_labels(out, own, &labels.beside(own, series.defaults, b""));
        push_sample(out, value);
    }
}

fn push_histograms(out: &mut Vec<u8>, snapshot: &Snapshot, labels: &Labels<'_>, family: &Family) {
    let buckets: Vec<Vec<u8>> = family
        .bounds
        .iter()
        .map(|&bound| {
            let mut row = prefix(&family.name, "_bucket{le=\"");
            // A bound is a label value, so it is printed as JavaScript prints it: Infinity, not +Inf.
            push(&mut row, bound);
            row.push(b'"');
            row
        })
        .collect();
    let above = prefix(&family.name, "_bucket{le=\"+Inf\"");
    let (sums, counts) = (prefix(&family.name, "_sum"), prefix(&family.name, "_count"));
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
