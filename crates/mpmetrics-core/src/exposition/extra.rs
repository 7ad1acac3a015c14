//! Families that the heap does not hold, as rows: metrics in a process's own memory, and metric objects of other
//! libraries.

use crate::scrape::snapshot::Snapshot;

use super::number::push_sample;
use super::rows::{push_escaped, push_labels};

/// What the registry that scrapes adds to what is in the heap: the families that are printed after the heap's families,
/// the heap's families that are left out, the prefix of all names, and units.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// What is printed before the name of each family and sample. Other names here are without it.
    pub prefix: String,
    /// Names of families of the heap that are not printed.
    pub without: Vec<String>,
    /// Families that are printed after those of the heap, in this order.
    pub families: Vec<ExtraFamily>,
    /// Names of families of the heap, and their units, which OpenMetrics shows.
    pub units: Vec<(String, String)>,
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
    /// Its unit, if it has one.
    pub unit: Option<String>,
    /// Whether it is left out if a family of the heap has its name.
    pub yields: bool,
    /// Its rows.
    pub samples: Vec<Sample>,
}

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Name with the suffix that text format 0.0.4 shows.
    pub name: String,
    /// Label text, as in [`LabelSpan`](crate::scrape::snapshot::LabelSpan).
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
    /// Unix time in seconds, if it is known.
    pub time: Option<f64>,
}

impl Extra {
    /// Returns false if `without` names the family, which is then not printed, even if the heap has it.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        !self.without.iter().any(|one| one == name)
    }

    /// Returns whether a family of the heap with this name is printed.
    pub(crate) fn shows(&self, snapshot: &Snapshot, name: &str) -> bool {
        self.keeps(name) && snapshot.families.iter().any(|family| &*family.name == name)
    }

    /// Returns the unit of a family of the heap.
    pub(crate) fn unit_of(&self, name: &str) -> Option<&str> {
        self.units.iter().find(|(one, _)| one == name).map(|(_, unit)| &**unit)
    }

    /// Estimates the bytes that the printed families take.
    pub(super) fn estimate(&self) -> usize {
        let row = |sample: &Sample| {
            let more = sample.exemplar.as_ref().map_or(0, |one| 48 + one.labels.len());
            let name = self.prefix.len() + sample.name.len();
            name + sample.labels.len() + "\n{} 1234567.25".len() + more
        };
        let family = |family: &ExtraFamily| {
            let rows: usize = family.samples.iter().map(row).sum();
            64 + 2 * (self.prefix.len() + family.name.len()) + family.help.len() + rows
        };
        self.families.iter().map(family).sum()
    }
}

/// Appends a row of a sample under the registry's prefix, a name and a suffix, which may differ from the sample's own
/// name.
pub(super) fn push_row(
    out: &mut Vec<u8>,
    (prefix, name, suffix): (&str, &str, &str),
    sample: &Sample,
) {
    out.push(b'\n');
    out.extend_from_slice(prefix.as_bytes());
    push_escaped(out, name);
    out.extend_from_slice(suffix.as_bytes());
    push_labels(out, sample.labels.as_bytes(), b"");
    push_sample(out, sample.value);
}
