//! OpenMetrics 1.0 text, as prom-client 15.1.3 writes it where that is valid OpenMetrics.
//!
//! Format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Unlike prom-client: names that would
//! clash are told apart (see `names`), an output without families has no empty line, a quote in a HELP text
//! is escaped, bounds ascend, and a configured bound of +Inf is one bucket with the implied one.

use crate::collect::snapshot::{Exemplar, Family, Snapshot, Value};
use crate::kind::Kind;

use super::effective::Labels;
use super::names::{shown, Shown};
use super::number::{push, push_sample};
use super::rows::{estimate, histogram, prefix, push_labels, push_scalars, push_summaries};

/// Prints a scrape.
///
/// Label text goes out as it lies in the snapshot; a series that is malformed, or whose value does not fit
/// its family's type and bounds, is left out.
#[must_use]
pub fn openmetrics(snapshot: &Snapshot) -> Vec<u8> {
    let labels = Labels::new(snapshot);
    let more: usize = snapshot.exemplars.iter().map(|one| 48 + one.labels.text.len as usize).sum();
    let mut out = Vec::with_capacity(estimate(snapshot) + more);
    for (family, shown) in snapshot.families.iter().zip(shown(&snapshot.families)) {
        let Some(shown) = shown else {
            continue;
        };
        push_head(&mut out, family, &shown);
        match family.kind {
            Kind::Counter => push_counters(&mut out, snapshot, &labels, family, &shown),
            Kind::Gauge => push_scalars(&mut out, &labels, family),
            Kind::Histogram => push_histograms(&mut out, snapshot, &labels, family),
            Kind::Summary => push_summaries(&mut out, snapshot, &labels, family),
        }
        out.push(b'\n');
    }
    out.extend_from_slice(b"# EOF\n");
    out
}

fn push_head(out: &mut Vec<u8>, family: &Family, shown: &Shown<'_>) {
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(shown.name.as_bytes());
    out.push(b' ');
    for byte in family.help.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' => out.extend_from_slice(b"\\\""),
            _ => out.push(byte),
        }
    }
    out.extend_from_slice(b"\n# TYPE ");
    out.extend_from_slice(shown.name.as_bytes());
    out.push(b' ');
    out.extend_from_slice(shown.kind.as_bytes());
}

fn push_counters(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
    shown: &Shown<'_>,
) {
    let row = prefix(shown.name, shown.suffix);
    for series in &family.series {
        let (Value::Scalar(value), Some(own)) = (series.value, labels.own(series)) else {
            continue;
        };
        out.extend_from_slice(&row);
        push_labels(out, own, &labels.beside(own, series.defaults, b""));
        push_sample(out, value);
        // A family without a type has no place for exemplars.
        if !shown.suffix.is_empty() {
            push_exemplar(out, snapshot, snapshot.exemplars(series).first());
        }
    }
}

/// Appends ` # {labels} value timestamp`.
fn push_exemplar(out: &mut Vec<u8>, snapshot: &Snapshot, exemplar: Option<&Exemplar>) {
    let Some(exemplar) = exemplar else {
        return;
    };
    out.extend_from_slice(b" # {");
    for (index, part) in snapshot.bytes(exemplar.labels.text).split(|byte| *byte == 0).enumerate() {
        // Prometheus takes U+0000 in a label's value, and refuses the whole scrape for it in an exemplar's.
        if index > 0 {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
        out.extend_from_slice(part);
    }
    out.extend_from_slice(b"} ");
    push_sample(out, exemplar.value);
    out.push(b' ');
    push(out, exemplar.time);
}

fn push_histograms(out: &mut Vec<u8>, snapshot: &Snapshot, labels: &Labels<'_>, family: &Family) {
    let mut highest = f64::NEG_INFINITY;
    let buckets = family.bounds.iter().map(|&bound| {
        // A bound behind a larger one is never counted to, and one of +Inf is the implied one.
        let ascends = bound > highest && bound < f64::INFINITY;
        highest = highest.max(bound);
        ascends.then(|| {
            let mut row = prefix(&family.name, "_bucket{le=\"");
            push(&mut row, bound);
            row.push(b'"');
            row
        })
    });
    let above = prefix(&family.name, "_bucket{le=\"+Inf\"");
    let rows: Vec<Option<Vec<u8>>> = buckets.chain([Some(above)]).collect();
    let (sums, counts) = (prefix(&family.name, "_sum"), prefix(&family.name, "_count"));
    let mut tail = Vec::new();
    for series in &family.series {
        let Some((sum, cells, own)) = histogram(snapshot, labels, family, series) else {
            continue;
        };
        tail.clear();
        // A bucket's `le` is its own; a default label of that name is seen on sum and count only.
        for part in [&*labels.beside(own, series.defaults, b"le"), own] {
            if !part.is_empty() {
                tail.push(b',');
                tail.extend_from_slice(part);
            }
        }
        tail.extend_from_slice(b"} ");
        let exemplars = snapshot.exemplars(series);
        let mut count = 0.0;
        let mut pending = None;
        for (place, (row, cell)) in rows.iter().zip(cells).enumerate() {
            count += cell;
            let own = exemplars.iter().find(|exemplar| exemplar.place as usize == place);
            let Some(row) = row else {
                // Shown with the next bucket, which has it, too.
                pending = own.or(pending);
                continue;
            };
            out.extend_from_slice(row);
            out.extend_from_slice(&tail);
            push_sample(out, count);
            push_exemplar(out, snapshot, own.or(pending.take()));
        }
        let beside = labels.beside(own, series.defaults, b"");
        for (row, value) in [(&sums, sum), (&counts, count)] {
            out.extend_from_slice(row);
            push_labels(out, &beside, own);
            push_sample(out, value);
        }
    }
}
