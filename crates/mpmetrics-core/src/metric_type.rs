//! The types of metrics: prom-client's four, and two of OpenMetrics. A row of `ROWS` has all properties of a type.

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// A sum that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with their sum, count and quantiles.
    Summary,
    /// Which of the declared states are set: `Enum` and `StateSet` of the TypeScript layer.
    StateSet,
    /// Labels whose values are the information. The number is always 1.
    Info,
}

/// The numbers of a series. They determine how its parts are joined, and as which rows it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// One number.
    Scalar,
    /// A sum, and a count for each bucket.
    Buckets,
    /// A sum, a count, and quantiles.
    Quantiles,
    /// A number for each of the family's states.
    States,
}

/// The properties of one type. The index in `ROWS` is the type's number in a segment.
struct Row {
    of: MetricType,
    name: &'static str,
    text_name: &'static str,
    stored_as: MetricType,
    suffix: &'static str,
    values: Values,
    is_level: bool,
    row_label: &'static [u8],
    reserved: &'static [&'static str],
}

const ROWS: [Row; 6] = [
    Row {
        of: MetricType::Counter,
        name: "counter",
        text_name: "counter",
        stored_as: MetricType::Counter,
        suffix: "_total",
        values: Values::Scalar,
        is_level: false,
        row_label: b"",
        reserved: &["_total", "_created"],
    },
    Row {
        of: MetricType::Gauge,
        name: "gauge",
        text_name: "gauge",
        stored_as: MetricType::Gauge,
        suffix: "",
        values: Values::Scalar,
        is_level: true,
        row_label: b"",
        reserved: &[],
    },
    Row {
        of: MetricType::Histogram,
        name: "histogram",
        text_name: "histogram",
        stored_as: MetricType::Histogram,
        suffix: "",
        values: Values::Buckets,
        is_level: false,
        row_label: b"le",
        reserved: &["_bucket", "_sum", "_count", "_created"],
    },
    Row {
        of: MetricType::Summary,
        name: "summary",
        text_name: "summary",
        stored_as: MetricType::Summary,
        suffix: "",
        values: Values::Quantiles,
        is_level: false,
        row_label: b"quantile",
        reserved: &["_sum", "_count", "_created"],
    },
    Row {
        of: MetricType::StateSet,
        name: "stateset",
        text_name: "gauge",
        stored_as: MetricType::Gauge,
        suffix: "",
        values: Values::States,
        is_level: true,
        row_label: b"",
        reserved: &[],
    },
    Row {
        of: MetricType::Info,
        name: "info",
        text_name: "gauge",
        stored_as: MetricType::Gauge,
        suffix: "_info",
        values: Values::Scalar,
        is_level: true,
        row_label: b"",
        reserved: &["_info"],
    },
];

impl MetricType {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The type with this number in a segment.
    #[must_use]
    pub fn of_number(number: usize) -> Option<Self> {
        ROWS.get(number).map(|row| row.of)
    }

    /// The type of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.of)
    }

    /// The word for the type in OpenMetrics and in the JSON of a scrape.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The word for the type in text format 0.0.4, which has only prom-client's four types.
    #[must_use]
    pub fn text_name(self) -> &'static str {
        self.row().text_name
    }

    /// The type whose blocks a series of this type has.
    #[must_use]
    pub fn stored_as(self) -> Self {
        self.row().stored_as
    }

    /// The suffix that the name of a sample has in OpenMetrics, and the name of its family has not; empty for none.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        self.row().suffix
    }

    /// The numbers of a series.
    #[must_use]
    pub fn values(self) -> Values {
        self.row().values
    }

    /// Whether a part is a level, as a gauge's is, and not a count. An aggregator that shows each part by itself, or
    /// only the part that was set last, is allowed for levels only.
    #[must_use]
    pub fn is_level(self) -> bool {
        self.row().is_level
    }

    /// The name of the label that rows have beside their series' own labels; empty for none. It is also empty for a
    /// state set: the label of its rows has the family's name, and `scrape` and `exposition` handle it.
    #[must_use]
    pub fn row_label(self) -> &'static [u8] {
        self.row().row_label
    }

    /// The suffixes of samples' names in OpenMetrics. No other family may have the family's name with such a suffix.
    #[must_use]
    pub fn reserved(self) -> &'static [&'static str] {
        self.row().reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_type_its_number_and_its_name() {
        for (number, row) in ROWS.iter().enumerate() {
            assert_eq!(row.of as usize, number);
            assert_eq!(MetricType::of_number(number), Some(row.of));
            assert_eq!(MetricType::of_name(row.name), Some(row.of));
        }
        assert_eq!((MetricType::of_number(ROWS.len()), MetricType::of_name("")), (None, None));
    }
}
