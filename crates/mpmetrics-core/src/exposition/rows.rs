//! The rows that both text formats print in the same way.

use super::effective::Labels;
use super::number::{push, push_sample};
use crate::metric_type::Values;
use crate::scrape::snapshot::{Family, Series, Snapshot, Value};

/// Estimates the bytes of the text, because a buffer of many megabytes is copied each time that it grows.
pub(super) fn estimate(snapshot: &Snapshot) -> usize {
    let defaults = snapshot.defaults.iter().map(|set| set.text.len as usize + 1).max().unwrap_or(0);
    let mut bytes = 1;
    for family in &snapshot.families {
        let (rows, more) = match family.metric_type.values() {
            Values::Scalar => (1, 0),
            Values::Buckets => (family.bounds.len() + 3, "_bucket{le=\"0.005\",".len()),
            Values::Quantiles => (family.bounds.len() + 2, "{quantile=\"0.999\",".len()),
        };
        let row = family.name.len() + more + defaults + "\n{} 1234567.25".len();
        let own: usize = family.series.iter().map(|series| series.labels.text.len as usize).sum();
        bytes += 64 + 2 * family.name.len() + family.help.len();
        bytes += rows * (own + row * family.series.len());
    }
    bytes
}

/// Appends a help text or a name with backslashes and line feeds escaped. Quotes are not escaped.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(byte),
        }
    }
}

/// Returns the beginning of every row of a family: the line feed before the row, and the name.
pub(super) fn prefix(family: &str, suffix: &str) -> Vec<u8> {
    let mut row = vec![b'\n'];
    push_escaped(&mut row, family);
    row.extend_from_slice(suffix.as_bytes());
    row
}

/// Appends the braces around two label texts and the space after them; just the space if both are
/// empty.
pub(super) fn push_labels(out: &mut Vec<u8>, first: &[u8], second: &[u8]) {
    if !(first.is_empty() && second.is_empty()) {
        out.push(b'{');
        out.extend_from_slice(first);
        if !first.is_empty() && !second.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(second);
        out.push(b'}');
    }
    out.push(b' ');
}

pub(super) fn push_summaries(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
) {
    let quantiles: Vec<Vec<u8>> = family
        .bounds
        .iter()
        .map(|&percentile| {
            let mut row = prefix(&family.name, "{quantile=\"");
            push(&mut row, percentile);
            row.push(b'"');
            row
        })
        .collect();
    let (sums, counts) = (prefix(&family.name, "_sum"), prefix(&family.name, "_count"));
    let mut tail = Vec::new();
    for series in &family.series {
        let (Value::Summary { sum, count, sketch }, Some(own)) = (series.value, labels.own(series))
        else {
            continue;
        };
        tail.clear();
        // A default label with the name `quantile` is printed on sum and count only.
        for part in [own, &*labels.beside(own, series.defaults, b"quantile")] {
            if !part.is_empty() {
                tail.push(b',');
                tail.extend_from_slice(part);
            }
        }
        tail.extend_from_slice(b"} ");
        for (row, value) in quantiles.iter().zip(snapshot.quantiles(sketch, &family.bounds)) {
            out.extend_from_slice(row);
            out.extend_from_slice(&tail);
            push_sample(out, value);
        }
        let beside = labels.beside(own, series.defaults, b"");
        for (row, value) in [(&sums, sum), (&counts, count)] {
            out.extend_from_slice(row);
            push_labels(out, own, &beside);
            push_sample(out, value);
        }
    }
}

/// Returns sum, cells and own label text of a histogram's series, if they fit the family.
pub(super) fn histogram<'a>(
    snapshot: &'a Snapshot,
    labels: &Labels<'a>,
    family: &Family,
    series: &Series,
) -> Option<(f64, &'a [f64], &'a [u8])> {
    let Value::Histogram { sum, counts } = series.value else {
        return None;
    };
    let cells = snapshot.counts(counts);
    (cells.len() == family.bounds.len() + 1).then_some((sum, cells, labels.own(series)?))
}
