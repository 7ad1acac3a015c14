//! The rows that both text formats print in the same way.

use super::effective::Labels;
use super::number::{push, push_sample};
use crate::labels::{escape, pairs};
use crate::metric_type::Values;
use crate::scrape::snapshot::{Family, Series, Snapshot, Span, Value};

/// Estimates the bytes of the text, because a buffer of many megabytes is copied each time that it grows.
pub(super) fn estimate(snapshot: &Snapshot, prefix: &str) -> usize {
    let sets = snapshot.defaults.iter().map(|set| bytes_of(snapshot, [set.text]) + 1);
    let defaults = sets.max().unwrap_or(0);
    let mut bytes = 1;
    for family in &snapshot.families {
        let (rows, more) = match family.metric_type.values() {
            Values::Scalar => (1, 0),
            Values::Buckets => (family.bounds.len() + 3, "_bucket{le=\"0.005\",".len()),
            Values::Quantiles => (family.bounds.len() + 2, "{quantile=\"0.999\",".len()),
            Values::States => {
                let longest = family.states.iter().map(|state| state.len()).max().unwrap_or(0);
                (family.states.len(), family.name.len() + "=\"\",".len() + longest)
            }
        };
        let name = prefix.len() + family.name.len();
        let row = name + more + defaults + "\n{} 1234567.25".len();
        let own = bytes_of(snapshot, family.series.iter().map(|series| series.labels.text));
        bytes += 64 + 2 * name + family.help.len();
        bytes += rows * (own + row * family.series.len());
    }
    bytes
}

/// The bytes of spans of the snapshot's text, but at most those of the text: spans of a malformed snapshot may be of any
/// length.
pub(super) fn bytes_of(snapshot: &Snapshot, spans: impl IntoIterator<Item = Span>) -> usize {
    let lengths = spans.into_iter().map(|span| span.len as usize);
    lengths.fold(0, usize::saturating_add).min(snapshot.text.len())
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

/// Returns the beginning of a family's rows that have this suffix: the line feed before the row, the registry's prefix,
/// the family's name, and the suffix.
pub(super) fn start(prefix: &str, family: &str, suffix: &str) -> Vec<u8> {
    let mut row = vec![b'\n'];
    row.extend_from_slice(prefix.as_bytes());
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
    prefix: &str,
) {
    let quantiles: Vec<Vec<u8>> = family
        .bounds
        .iter()
        .map(|&percentile| {
            let mut row = start(prefix, &family.name, "{quantile=\"");
            push(&mut row, percentile);
            row.push(b'"');
            row
        })
        .collect();
    let (sums, counts) =
        (start(prefix, &family.name, "_sum"), start(prefix, &family.name, "_count"));
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

/// Appends a row for each state. The label with the state, whose name is the family's as printed, follows the series'
/// own labels. A series that has a label of that name itself is left out.
pub(super) fn push_states(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    labels: &Labels<'_>,
    family: &Family,
    prefix: &str,
) {
    let row = start(prefix, &family.name, "{");
    let shown = [prefix, &*family.name].concat();
    let tails: Vec<Vec<u8>> = family
        .states
        .iter()
        .map(|state| {
            let mut tail = prefix.as_bytes().to_vec();
            push_escaped(&mut tail, &family.name);
            tail.extend_from_slice(b"=\"");
            escape(state.as_bytes(), &mut tail);
            tail.push(b'"');
            tail
        })
        .collect();
    for series in &family.series {
        let Some((numbers, own)) = states(snapshot, labels, family, series) else {
            continue;
        };
        // With the prefix, the family's name may be that of one of the series' own labels. A row cannot have both this
        // label and the state's, and without the state's label all rows of the series would be alike.
        if pairs(own, b"").flatten().any(|pair| pair.name == shown.as_bytes()) {
            continue;
        }
        // The label with the family's name is the state, so a default label of that name is not printed.
        let beside = labels.beside(own, series.defaults, shown.as_bytes());
        for (tail, number) in tails.iter().zip(numbers) {
            out.extend_from_slice(&row);
            if !own.is_empty() {
                out.extend_from_slice(own);
                out.push(b',');
            }
            out.extend_from_slice(tail);
            if !beside.is_empty() {
                out.push(b',');
                out.extend_from_slice(&beside);
            }
            out.extend_from_slice(b"} ");
            push_sample(out, *number);
        }
    }
}

/// Returns the numbers of the states and the own label text of a state set's series, if they fit the family.
fn states<'a>(
    snapshot: &'a Snapshot,
    labels: &Labels<'a>,
    family: &Family,
    series: &Series,
) -> Option<(&'a [f64], &'a [u8])> {
    let Value::States(span) = series.value else {
        return None;
    };
    let numbers = snapshot.counts(span);
    (numbers.len() == family.states.len()).then_some((numbers, labels.own(series)?))
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
