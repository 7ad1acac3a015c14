//! OpenMetrics 1.0 text, as prom-client 15.1.3 writes it where that is valid OpenMetrics.
//!
//! Format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Unlike prom-client: a family whose name clashes
//! gets another name or is left out (see `names`), an output without families has no empty line, a quote in a HELP
//! text is escaped, bounds ascend, and a configured bound of +Inf has no bucket of its own beside the implied one.

use crate::labels::escape;
use crate::metric_type::{MetricType, Values};
use crate::scrape::snapshot::{Exemplar, Family, Snapshot, Value};

use super::effective::Labels;
use super::extra::{push_row, Extra, Sample};
use super::names::{base, Names, Shown};
use super::number::{push, push_sample};
use super::rows::{
    bytes_of, estimate, histogram, push_escaped, push_labels, push_states, push_summaries, start,
};

/// Prints a scrape.
///
/// Label text is printed as the snapshot has it. A series that is malformed, or whose value does not fit its family's
/// type and bounds, is left out.
#[must_use]
pub fn openmetrics(snapshot: &Snapshot) -> Vec<u8> {
    with_extra(snapshot, &Extra::default())
}

/// Prints like [`openmetrics`], with the prefix and the units of `extra`, without the families that it excludes and with
/// those that it adds. The added families get their names last, so that families of the heap keep theirs.
#[must_use]
pub fn with_extra(snapshot: &Snapshot, extra: &Extra) -> Vec<u8> {
    let labels = Labels::new(snapshot);
    let prefix = &*extra.prefix;
    let exemplars = snapshot.exemplars.iter().map(|one| one.labels.text);
    let more = 48 * exemplars.len() + bytes_of(snapshot, exemplars);
    let mut out = Vec::with_capacity(estimate(snapshot, prefix) + more + extra.estimate());
    let mut names = Names::default();
    let own = snapshot.families.iter().map(|family| (&*family.name, type_name(family)));
    for (family, shown) in snapshot.families.iter().zip(names.show(own)) {
        let Some(shown) = shown else {
            continue;
        };
        if !extra.keeps(&family.name) {
            names.give_back(&shown);
            continue;
        }
        push_head(&mut out, prefix, &family.help, &shown, extra.unit_of(&family.name));
        match family.metric_type.values() {
            Values::Scalar => push_scalars(&mut out, snapshot, &labels, family, (prefix, &shown)),
            Values::Buckets => push_histograms(&mut out, snapshot, &labels, family, prefix),
            Values::Quantiles => push_summaries(&mut out, snapshot, &labels, family, prefix),
            Values::States => push_states(&mut out, snapshot, &labels, family, prefix),
        }
        out.push(b'\n');
    }
    let others = extra.families.iter().map(|family| (&*family.name, &*family.type_name));
    for (family, shown) in extra.families.iter().zip(names.show(others)) {
        let Some(shown) = shown else {
            continue;
        };
        push_head(&mut out, prefix, &family.help, &shown, family.unit.as_deref());
        for sample in &family.samples {
            push_extra(&mut out, prefix, &shown, sample);
        }
        out.push(b'\n');
    }
    out.extend_from_slice(b"# EOF\n");
    out
}

/// The type with which a family is shown. A state set that counts processes is a gauge, because a state of a state set
/// is either 0 or 1.
fn type_name(family: &Family) -> &'static str {
    match family.metric_type {
        MetricType::StateSet if &*family.aggregator == "count" => MetricType::Gauge.name(),
        other => other.name(),
    }
}

fn push_head(out: &mut Vec<u8>, prefix: &str, help: &str, shown: &Shown<'_>, unit: Option<&str>) {
    let push_word = |out: &mut Vec<u8>, word: &[u8]| {
        out.extend_from_slice(word);
        out.extend_from_slice(prefix.as_bytes());
        push_escaped(out, shown.name);
        out.push(b' ');
    };
    push_word(out, b"# HELP ");
    escape(help.as_bytes(), out);
    push_word(out, b"\n# TYPE ");
    push_escaped(out, shown.type_name);
    // The format demands that the name ends with the unit. But the name of a counter that is shown with the
    // type `unknown` may end with `_total` after the unit. Such a counter is shown without its unit.
    let ends = |unit: &&str| shown.name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
    if let Some(unit) = unit.filter(ends) {
        push_word(out, b"\n# UNIT ");
        push_escaped(out, unit);
    }
}

fn push_scalars(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
    (prefix, shown): (&str, &Shown<'_>),
) {
    let row = start(prefix, shown.name, shown.suffix);
    for series in &family.series {
        let (Value::Scalar(value), Some(own)) = (series.value, labels.own(series)) else {
            continue;
        };
        out.extend_from_slice(&row);
        push_labels(out, own, &labels.beside(own, series.defaults, b""));
        push_sample(out, value);
        // Only a counter may show an exemplar here, and only if it is printed with the type `counter`. Then it has a
        // suffix.
        if !shown.suffix.is_empty() {
            push_own_exemplar(out, snapshot, snapshot.exemplars(series).first());
        }
    }
}

/// Appends a row of a family that the heap does not hold.
fn push_extra(out: &mut Vec<u8>, prefix: &str, shown: &Shown<'_>, sample: &Sample) {
    let name = base(&sample.name, shown.suffix);
    push_row(out, (prefix, name, shown.suffix), sample);
    let has_place = shown.suffix == MetricType::Counter.suffix()
        || shown.suffix.is_empty()
            && shown.type_name != "unknown"
            && (name.ends_with("_total") || name.ends_with("_bucket"));
    if let Some(exemplar) = sample.exemplar.as_ref().filter(|_| has_place) {
        push_exemplar(out, exemplar.labels.as_bytes(), exemplar.value, exemplar.time);
    }
}

fn push_own_exemplar(out: &mut Vec<u8>, snapshot: &Snapshot, exemplar: Option<&Exemplar>) {
    if let Some(Exemplar { labels, value, time, .. }) = exemplar {
        push_exemplar(out, snapshot.bytes(labels.text), *value, Some(*time));
    }
}

/// Appends ` # {labels} value timestamp`.
fn push_exemplar(out: &mut Vec<u8>, labels: &[u8], value: f64, time: Option<f64>) {
    out.extend_from_slice(b" # {");
    for (index, part) in labels.split(|byte| *byte == 0).enumerate() {
        // Prometheus accepts U+0000 in a label value of a sample, but refuses a whole scrape for it in an exemplar.
        if index > 0 {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
        out.extend_from_slice(part);
    }
    out.extend_from_slice(b"} ");
    push_sample(out, value);
    if let Some(time) = time {
        out.push(b' ');
        push_sample(out, time);
    }
}

fn push_histograms(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
    prefix: &str,
) {
    let mut highest = f64::NEG_INFINITY;
    let buckets = family.bounds.iter().map(|&bound| {
        // The bucket of a bound after a larger one stays empty, and +Inf is printed as the implied last bucket.
        let ascends = bound > highest && bound < f64::INFINITY;
        highest = highest.max(bound);
        ascends.then(|| {
            let mut row = start(prefix, &family.name, "_bucket{le=\"");
            push(&mut row, bound);
            row.push(b'"');
            row
        })
    });
    let above = start(prefix, &family.name, "_bucket{le=\"+Inf\"");
    let rows: Vec<Option<Vec<u8>>> = buckets.chain([Some(above)]).collect();
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
        let exemplars = snapshot.exemplars(series);
        let mut count = 0.0;
        let mut pending = None;
        for (bucket, (row, cell)) in rows.iter().zip(cells).enumerate() {
            count += cell;
            let own = exemplars.iter().find(|exemplar| exemplar.bucket as usize == bucket);
            let Some(row) = row else {
                // The next bucket that is printed includes this one, and shows its exemplar unless it has one itself.
                pending = own.or(pending);
                continue;
            };
            out.extend_from_slice(row);
            out.extend_from_slice(&tail);
            push_sample(out, count);
            push_own_exemplar(out, snapshot, own.or(pending.take()));
        }
        let beside = labels.beside(own, series.defaults, b"");
        for (row, value) in [(&sums, sum), (&counts, count)] {
            out.extend_from_slice(row);
            push_labels(out, &beside, own);
            push_sample(out, value);
        }
    }
}
