//! A compact JSON of one scrape, for the TypeScript layer.
//!
//! ```json
//! {"families":[{"tag":"default","name":"x","help":"..","type":"counter","aggregator":"sum",
//!   "labelNames":["a"],"bounds":[0.1,1],
//!   "series":[{"l":[["a","1"]],"t":"","d":0,"v":[5]}]}],
//!  "defaults":[{"l":[["k","v"]],"t":""}]}
//! ```
//!
//! The JSON has no white space. The keys of a series are:
//!
//! - `l`: the labels; `t`: the types that their values had in JavaScript, a letter for each; empty if all were strings.
//! - `d`: 0, or the index of the default labels plus 1.
//! - `v`: the numbers of its type.
//!   - Counter or gauge: the value, and the time at which it was set if the aggregator is `mostrecent`.
//!   - Histogram: the sum, the count of each bucket by itself, and the count above all bounds.
//!   - Summary: the sum, the count, and the quantiles, whose percentiles are the family's `bounds`.
//!   - State set: the number of each state. Only a state set has `"states":["a","b"]`, before `series`.
//! - `e`, only if there are exemplars: each is `{"l":[..],"t":"","p":0,"v":0.5,"s":1.25}`, which are its labels, types,
//!   bucket, value, and Unix time in seconds.
//!
//! A number that JSON cannot write is one of the strings `NaN`, `Infinity`, `-Infinity`. Bytes that are not UTF-8
//! become U+FFFD.

use std::borrow::Cow;

use crate::labels::pairs;
use crate::metric_type::Values;
use crate::scrape::snapshot::{Family, LabelSpan, Series, Snapshot, Value};

use super::effective::Labels;
use super::extra::Extra;
use super::number::push_json;

/// Prints a scrape as JSON.
///
/// A series that is malformed, or whose value does not fit its family's type and bounds, is left out.
#[must_use]
pub fn json(snapshot: &Snapshot) -> Vec<u8> {
    with_extra(snapshot, &Extra::default())
}

/// [`json`] without the families that `extra` leaves out. The families that `extra` adds are not printed, because the
/// reader has them already.
#[must_use]
pub fn with_extra(snapshot: &Snapshot, extra: &Extra) -> Vec<u8> {
    let labels = Labels::new(snapshot);
    let series: usize = snapshot.families.iter().map(|family| family.series.len()).sum();
    let mut out = Vec::with_capacity(
        256 * snapshot.families.len()
            + 48 * series
            + 2 * snapshot.text.len()
            + 4 * snapshot.cells.len(),
    );
    out.extend_from_slice(b"{\"families\":");
    let kept = snapshot.families.iter().filter(|family| extra.keeps(&family.name));
    push_list(&mut out, kept, |out, family| {
        push_family(out, snapshot, &labels, family);
    });
    out.extend_from_slice(b",\"defaults\":");
    push_list(&mut out, &snapshot.defaults, |out, set| {
        out.push(b'{');
        push_labels(out, snapshot, *set);
        out.push(b'}');
    });
    out.push(b'}');
    out
}

fn push_family(out: &mut Vec<u8>, snapshot: &Snapshot, labels: &Labels<'_>, family: &Family) {
    let texts = [
        ("{\"tag\":", &*family.tag),
        (",\"name\":", &*family.name),
        (",\"help\":", &*family.help),
        (",\"type\":", family.metric_type.name()),
        (",\"aggregator\":", &*family.aggregator),
    ];
    for (key, text) in texts {
        out.extend_from_slice(key.as_bytes());
        push_string(out, text.as_bytes());
    }
    out.extend_from_slice(b",\"labelNames\":");
    push_list(out, &*family.label_names, |out, name| push_string(out, name.as_bytes()));
    out.extend_from_slice(b",\"bounds\":");
    push_list(out, &*family.bounds, |out, bound| push_json(out, *bound));
    if family.metric_type.values() == Values::States {
        out.extend_from_slice(b",\"states\":");
        push_list(out, &*family.states, |out, state| push_string(out, state.as_bytes()));
    }
    out.extend_from_slice(b",\"series\":");
    let shown = family.series.iter().filter_map(|series| {
        let numbers = numbers(snapshot, family, series)?;
        labels.own(series).map(|_| (series, numbers))
    });
    push_list(out, shown, |out, (series, numbers)| {
        out.push(b'{');
        push_labels(out, snapshot, series.labels);
        out.extend_from_slice(b",\"d\":");
        push_json(out, f64::from(series.defaults));
        out.extend_from_slice(b",\"v\":");
        let (first, more) = numbers;
        push_list(out, first.into_iter().flatten().chain(more.iter().copied()), push_json);
        push_exemplars(out, snapshot, series);
        out.push(b'}');
    });
    out.push(b'}');
}

/// Appends `,"e":[..]`, if the series has exemplars.
fn push_exemplars(out: &mut Vec<u8>, snapshot: &Snapshot, series: &Series) {
    let exemplars = snapshot.exemplars(series);
    if exemplars.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"e\":");
    push_list(out, exemplars, |out, exemplar| {
        out.push(b'{');
        push_labels(out, snapshot, exemplar.labels);
        let numbers = [f64::from(exemplar.bucket), exemplar.value, exemplar.time];
        for (key, number) in [",\"p\":", ",\"v\":", ",\"s\":"].into_iter().zip(numbers) {
            out.extend_from_slice(key.as_bytes());
            push_json(out, number);
        }
        out.push(b'}');
    });
}

/// The numbers of `v`: up to two, and then the rest.
type Numbers<'a> = ([Option<f64>; 2], Cow<'a, [f64]>);

/// Returns the numbers of `v`; `None` if the series' value does not fit the family.
fn numbers<'a>(snapshot: &'a Snapshot, family: &Family, series: &Series) -> Option<Numbers<'a>> {
    match (family.metric_type.values(), series.value) {
        (Values::Scalar, Value::Scalar(value)) => {
            // The time is 0 except for a gauge with the aggregator `mostrecent`.
            let set_at = (series.set_at != 0.0).then_some(series.set_at);
            Some(([Some(value), set_at], Cow::Borrowed(&[])))
        }
        (Values::Quantiles, Value::Summary { sum, count, sketch }) => {
            let quantiles = snapshot.quantiles(sketch, &family.bounds);
            Some(([Some(sum), Some(count)], Cow::Owned(quantiles)))
        }
        (Values::Buckets, Value::Histogram { sum, counts }) => {
            let cells = snapshot.counts(counts);
            let fits = cells.len() == family.bounds.len() + 1;
            fits.then_some(([Some(sum), None], Cow::Borrowed(cells)))
        }
        (Values::States, Value::States(span)) => {
            let numbers = snapshot.counts(span);
            let fits = numbers.len() == family.states.len();
            fits.then_some(([None, None], Cow::Borrowed(numbers)))
        }
        _ => None,
    }
}

/// Appends `"l":[..],"t":".."`. A malformed set of default labels, to which no printed series refers, is printed as an
/// empty set, so that the other sets keep their indexes.
fn push_labels(out: &mut Vec<u8>, snapshot: &Snapshot, span: LabelSpan) {
    let (text, types) = (snapshot.bytes(span.text), snapshot.bytes(span.types));
    let whole = pairs(text, types).all(|pair| pair.is_ok());
    let (text, types) = if whole { (text, types) } else { Default::default() };
    out.extend_from_slice(b"\"l\":");
    push_list(out, pairs(text, types).map_while(Result::ok), |out, pair| {
        out.push(b'[');
        push_string(out, pair.name);
        out.push(b',');
        push_escaped(out, pair.escaped);
        out.push(b']');
    });
    out.extend_from_slice(b",\"t\":");
    push_string(out, types);
}

fn push_list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

/// Appends a text as a JSON string.
fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    push_utf8(out, text, |byte| matches!(byte, b'"' | b'\\'));
    out.push(b'"');
}

/// Appends an escaped label value as a JSON string. The escapes of label text (`\\`, `\"`, `\n`) are
/// JSON's own and mean the same, so they are not changed.
fn push_escaped(out: &mut Vec<u8>, escaped: &[u8]) {
    out.push(b'"');
    push_utf8(out, escaped, |_| false);
    out.push(b'"');
}

/// Appends a text. Control characters and the bytes that `special` chooses are escaped, and bytes that are not UTF-8
/// become U+FFFD.
fn push_utf8(out: &mut Vec<u8>, text: &[u8], special: impl Fn(u8) -> bool) {
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid().as_bytes();
        if valid.iter().any(|&byte| byte < 0x20 || special(byte)) {
            for &byte in valid {
                match byte {
                    b'\n' => out.extend_from_slice(b"\\n"),
                    0..0x20 => {
                        const HEX: &[u8; 16] = b"0123456789abcdef";
                        out.extend_from_slice(b"\\u00");
                        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                    }
                    _ if special(byte) => out.extend([b'\\', byte]),
                    _ => out.push(byte),
                }
            }
        } else {
            out.extend_from_slice(valid);
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}
