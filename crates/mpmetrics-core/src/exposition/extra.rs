//! Families that the heap does not hold, as rows: what a process has in its own memory, and what objects of others say.

use super::number::push_sample;
use super::rows::{push_escaped, push_labels};

/// What is printed after the heap's families, and which of those are left out.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// Names of families that are not printed, though the heap has them.
    pub without: Vec<String>,
    /// Printed after all others, in this order.
    pub families: Vec<ExtraFamily>,
}

/// A family as rows.
#[derive(Clone, Debug, Default)]
pub struct ExtraFamily {
    /// Metric name.
    pub name: String,
    /// Help text, unescaped.
    pub help: String,
    /// Its type, which may be any text.
    pub type_name: String,
    /// Its rows.
    pub samples: Vec<Sample>,
}

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Name with the suffix that text format 0.0.4 shows.
    pub name: String,
    /// What stands between the braces, as in [`LabelSpan`](crate::scrape::snapshot::LabelSpan).
    pub labels: String,
    /// Its value.
    pub value: f64,
    /// Its exemplar.
    pub exemplar: Option<SampleExemplar>,
}

/// An exemplar of a row.
#[derive(Clone, Debug, Default)]
pub struct SampleExemplar {
    /// As in [`Sample::labels`].
    pub labels: String,
    /// The value that was observed or added.
    pub value: f64,
    /// When, in seconds since 1970, if that is known.
    pub time: Option<f64>,
}

impl Extra {
    /// Whether a family of the heap is printed.
    pub(super) fn keeps(&self, name: &str) -> bool {
        !self.without.iter().any(|one| one == name)
    }

    /// Bytes that the families will about take.
    pub(super) fn estimate(&self) -> usize {
        let row = |sample: &Sample| {
            let more = sample.exemplar.as_ref().map_or(0, |one| 48 + one.labels.len());
            sample.name.len() + sample.labels.len() + "\n{} 1234567.25".len() + more
        };
        let family = |family: &ExtraFamily| {
            let rows: usize = family.samples.iter().map(row).sum();
            64 + 2 * family.name.len() + family.help.len() + rows
        };
        self.families.iter().map(family).sum()
    }
}

/// Appends a row whose name may be another than its own in both parts.
pub(super) fn push_row(out: &mut Vec<u8>, name: &str, suffix: &str, sample: &Sample) {
    out.push(b'\n');
    push_escaped(out, name);
    out.extend_from_slice(suffix.as_bytes());
    push_labels(out, sample.labels.as_bytes(), b"");
    push_sample(out, sample.value);
}
