//! What a family is: prom-client's four types.

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// A sum that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with their sum and count.
    Summary,
}

impl MetricType {
    const ALL: [Self; 4] = [Self::Counter, Self::Gauge, Self::Histogram, Self::Summary];

    /// The type with this number in a segment.
    #[must_use]
    pub fn of_number(number: usize) -> Option<Self> {
        Self::ALL.get(number).copied()
    }

    /// The word for the type in every format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }

    /// The label that the rows of a series have beside its own.
    #[must_use]
    pub fn row_label(self) -> &'static [u8] {
        match self {
            Self::Counter | Self::Gauge => b"",
            Self::Histogram => b"le",
            Self::Summary => b"quantile",
        }
    }
}
