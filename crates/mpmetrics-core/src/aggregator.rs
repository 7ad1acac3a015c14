//! Aggregators: the rules by which a scrape makes one value of the parts of several writers.

use crate::metric_type::MetricType;

/// The labels that [`Aggregator::All`] adds to keep writers apart: the process id and, for a worker thread, the
/// thread's number.
pub const WRITER_LABELS: [&str; 2] = ["pid", "thread"];

/// The rule by which a scrape makes one value of the parts of several writers: prom-client's `aggregator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregator {
    /// The sum of the parts.
    Sum,
    /// The part whose block has the lowest birth.
    First,
    /// The part, if a single writer has the series; otherwise the series is left out.
    Omit,
    /// The arithmetic mean of the parts.
    Average,
    /// The smallest part.
    Min,
    /// The largest part.
    Max,
    /// Each part by itself, under the labels `pid` and, for a worker thread, `thread`. Gauges and state sets only.
    All,
    /// The part that was set last. Gauges and state sets only.
    MostRecent,
    /// The value of the one cell that all writers share, in place of parts. Gauges only.
    Shared,
}

impl Aggregator {
    /// Returns the aggregator with this name: one of prom-client's six, one of three more, or one of the five names that
    /// the Python client has for gauges of living processes. `None` for any other name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sum" | "livesum" => Self::Sum,
            "first" => Self::First,
            "omit" => Self::Omit,
            "average" => Self::Average,
            "min" | "livemin" => Self::Min,
            "max" | "livemax" => Self::Max,
            "all" | "liveall" => Self::All,
            "mostrecent" | "livemostrecent" => Self::MostRecent,
            "shared" => Self::Shared,
            _ => return None,
        })
    }

    /// Returns whether a family with this aggregator may count the parts of dead writers, too. The average of all lives
    /// would tell more of restarts than of the application. A shared gauge has no parts. With [`Aggregator::Omit`], a
    /// series with a second part is left out. The part of a dead writer would stay, so the series would be left out for
    /// ever.
    #[must_use]
    pub fn counts_dead(self) -> bool {
        !matches!(self, Self::Average | Self::Shared | Self::Omit)
    }

    /// Returns the aggregator of a family. A counter, gauge, histogram or summary has the aggregator with this name. It
    /// has [`Aggregator::Sum`] instead in these cases:
    ///
    /// - The name is unknown.
    /// - The aggregator is for gauges only, and the family is of another type.
    /// - The aggregator is [`Aggregator::All`], and the family has one of the label names that this aggregator adds.
    ///
    /// A state set has names of its own. A scrape joins the parts of each state by itself: `any` is the largest part,
    /// `every` the smallest, `count` the sum. The largest part is used in place of an unknown name, and of `all` if the
    /// family has one of these label names. It is also used for infos.
    #[must_use]
    pub fn of(metric_type: MetricType, name: &str, label_names: &[impl AsRef<str>]) -> Self {
        let named = |name: &&str| label_names.iter().any(|own| own.as_ref() == *name);
        if metric_type.stored_as() != metric_type {
            return match name {
                _ if metric_type == MetricType::Info => Self::Max,
                "every" => Self::Min,
                "count" => Self::Sum,
                "mostrecent" => Self::MostRecent,
                "all" if !WRITER_LABELS.iter().any(named) => Self::All,
                _ => Self::Max,
            };
        }
        match Self::parse(name) {
            Some(Self::All | Self::MostRecent | Self::Shared) if !metric_type.is_level() => {
                Self::Sum
            }
            Some(Self::All) if WRITER_LABELS.iter().any(named) => Self::Sum,
            aggregator => aggregator.unwrap_or(Self::Sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_prom_clients_six_names_three_more_and_five_of_the_python_client() {
        let known = ["sum", "first", "omit", "average", "min", "max"].map(Aggregator::parse);
        let modes = [
            Aggregator::Sum,
            Aggregator::First,
            Aggregator::Omit,
            Aggregator::Average,
            Aggregator::Min,
            Aggregator::Max,
        ];
        assert_eq!(known, modes.map(Some));
        assert_eq!(
            ["all", "mostrecent", "shared"].map(Aggregator::parse),
            [Aggregator::All, Aggregator::MostRecent, Aggregator::Shared].map(Some)
        );
        let living = ["livesum", "liveall", "livemin", "livemax", "livemostrecent"];
        for name in living {
            assert_eq!(Aggregator::parse(name), Aggregator::parse(&name[4..]));
        }
        assert_eq!(Aggregator::parse("livefirst"), None);
        assert_eq!(Aggregator::parse("Sum"), None);
        assert_eq!(Aggregator::parse(""), None);
    }

    #[test]
    fn what_is_for_gauges_is_for_gauges_only() {
        let none: [&str; 0] = [];
        assert_eq!(Aggregator::of(MetricType::Gauge, "all", &none), Aggregator::All);
        assert_eq!(Aggregator::of(MetricType::Gauge, "all", &["a", "pid"]), Aggregator::Sum);
        assert_eq!(
            Aggregator::of(MetricType::Gauge, "mostrecent", &["pid"]),
            Aggregator::MostRecent
        );
        assert_eq!(Aggregator::of(MetricType::Counter, "all", &none), Aggregator::Sum);
        assert_eq!(Aggregator::of(MetricType::Summary, "mostrecent", &none), Aggregator::Sum);
        assert_eq!(Aggregator::of(MetricType::Counter, "max", &none), Aggregator::Max);
        assert_eq!(Aggregator::of(MetricType::Gauge, "unheard of", &none), Aggregator::Sum);
    }

    #[test]
    fn state_sets_have_names_of_their_own() {
        let none: [&str; 0] = [];
        let of = |name| Aggregator::of(MetricType::StateSet, name, &none);
        assert_eq!(
            ["any", "every", "count", "all", "mostrecent", "sum"].map(of),
            [
                Aggregator::Max,
                Aggregator::Min,
                Aggregator::Sum,
                Aggregator::All,
                Aggregator::MostRecent,
                Aggregator::Max,
            ]
        );
        assert_eq!(Aggregator::of(MetricType::StateSet, "all", &["thread"]), Aggregator::Max);
        assert_eq!(Aggregator::of(MetricType::Gauge, "count", &none), Aggregator::Sum);
        assert_eq!(Aggregator::of(MetricType::Info, "mostrecent", &none), Aggregator::Max);
    }
}
