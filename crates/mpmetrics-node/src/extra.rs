//! Families that the heap does not hold, as JavaScript passes them to a scrape.

use mpmetrics_core::exposition::extra;
use napi_derive::napi;

/// A family as rows.
#[napi(object)]
pub struct ExtraFamily {
    /// Metric name.
    pub name: String,
    /// Help text.
    pub help: String,
    /// The metric's type, which may be any text.
    #[napi(js_name = "type")]
    pub type_name: String,
    /// Its unit, which OpenMetrics shows.
    pub unit: Option<String>,
    /// Whether it is left out if a family of the heap has its name.
    pub yields: Option<bool>,
    /// Its rows, each a line of text.
    pub samples: Vec<Sample>,
}

/// The unit of a family that the heap holds.
#[napi(object, object_to_js = false)]
pub struct FamilyUnit {
    /// Metric name.
    pub name: String,
    /// The unit. The name ends with it; in the name of a counter, `_total` may follow it.
    pub unit: String,
}

/// One row.
#[napi(object)]
pub struct Sample {
    /// Name with the suffix that text format 0.0.4 shows.
    pub name: String,
    /// Label text, as it is printed between the braces.
    pub labels: String,
    /// The sample's value.
    pub value: f64,
    /// The sample's exemplar.
    pub exemplar: Option<SampleExemplar>,
}

/// An exemplar of a row.
#[napi(object)]
pub struct SampleExemplar {
    /// Label text, as it is printed between the braces.
    pub labels: String,
    /// The value that was observed or added.
    pub value: f64,
    /// Unix time in seconds.
    pub time: Option<f64>,
}

impl From<ExtraFamily> for extra::ExtraFamily {
    fn from(ExtraFamily { name, help, type_name, unit, yields, samples }: ExtraFamily) -> Self {
        let samples = samples.into_iter().map(Into::into).collect();
        Self { name, help, type_name, unit, yields: yields.unwrap_or(false), samples }
    }
}

impl From<Sample> for extra::Sample {
    fn from(Sample { name, labels, value, exemplar }: Sample) -> Self {
        Self { name, labels, value, exemplar: exemplar.map(Into::into) }
    }
}

impl From<SampleExemplar> for extra::SampleExemplar {
    fn from(SampleExemplar { labels, value, time }: SampleExemplar) -> Self {
        Self { labels, value, time }
    }
}

impl From<extra::ExtraFamily> for ExtraFamily {
    fn from(from: extra::ExtraFamily) -> Self {
        let extra::ExtraFamily { name, help, type_name, unit, yields, samples } = from;
        let samples = samples.into_iter().map(Into::into).collect();
        Self { name, help, type_name, unit, yields: Some(yields), samples }
    }
}

impl From<extra::Sample> for Sample {
    fn from(extra::Sample { name, labels, value, exemplar }: extra::Sample) -> Self {
        Self { name, labels, value, exemplar: exemplar.map(Into::into) }
    }
}

impl From<extra::SampleExemplar> for SampleExemplar {
    fn from(extra::SampleExemplar { labels, value, time }: extra::SampleExemplar) -> Self {
        Self { labels, value, time }
    }
}
