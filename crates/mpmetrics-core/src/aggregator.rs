//! How the parts of several writers become one value, and the names of these rules.

use crate::kind::Kind;

/// The labels that [`Mode::All`] adds to keep writers apart: the process and, for a worker thread, its number.
pub const WRITER_LABELS: [&str; 2] = ["pid", "thread"];

/// How the parts of several writers become one value: prom-client's `aggregator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Add the parts.
    Sum,
    /// The part of the writer that made the series first.
    First,
    /// Leave the series out once more than one living writer has it.
    Omit,
    /// The arithmetic mean of the parts.
    Average,
    /// The smallest part.
    Min,
    /// The largest part.
    Max,
    /// Each part by itself, under the labels `pid` and, for a worker thread, `thread`. Gauges only.
    All,
    /// The part that was set last. Gauges only.
    MostRecent,
    /// There are no parts, but one cell for all writers. Gauges only.
    Shared,
}

impl Mode {
    /// The mode of this name: prom-client's six, and three more; `None` for any other.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "first" => Self::First,
            "omit" => Self::Omit,
            "average" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            "all" => Self::All,
            "mostrecent" => Self::MostRecent,
            "shared" => Self::Shared,
            _ => return None,
        })
    }

    /// The mode of a family. An unknown name means sum; so does one for gauges only in a family of another type, and
    /// [`Mode::All`] in a family with a label of a name that it adds.
    #[must_use]
    pub fn of(kind: Kind, name: &str, label_names: &[impl AsRef<str>]) -> Self {
        let named = |name: &&str| label_names.iter().any(|own| own.as_ref() == *name);
        match Self::parse(name) {
            Some(Self::All | Self::MostRecent | Self::Shared) if kind != Kind::Gauge => Self::Sum,
            Some(Self::All) if WRITER_LABELS.iter().any(named) => Self::Sum,
            mode => mode.unwrap_or(Self::Sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_prom_clients_six_names_three_more_and_no_other() {
        let known = ["sum", "first", "omit", "average", "min", "max"].map(Mode::parse);
        let modes = [Mode::Sum, Mode::First, Mode::Omit, Mode::Average, Mode::Min, Mode::Max];
        assert_eq!(known, modes.map(Some));
        assert_eq!(
            ["all", "mostrecent", "shared"].map(Mode::parse),
            [Mode::All, Mode::MostRecent, Mode::Shared].map(Some)
        );
        assert_eq!(Mode::parse("Sum"), None);
        assert_eq!(Mode::parse(""), None);
    }

    #[test]
    fn what_is_for_gauges_is_for_gauges_only() {
        let none: [&str; 0] = [];
        assert_eq!(Mode::of(Kind::Gauge, "all", &none), Mode::All);
        assert_eq!(Mode::of(Kind::Gauge, "all", &["a", "pid"]), Mode::Sum);
        assert_eq!(Mode::of(Kind::Gauge, "mostrecent", &["pid"]), Mode::MostRecent);
        assert_eq!(Mode::of(Kind::Counter, "all", &none), Mode::Sum);
        assert_eq!(Mode::of(Kind::Summary, "mostrecent", &none), Mode::Sum);
        assert_eq!(Mode::of(Kind::Counter, "max", &none), Mode::Max);
        assert_eq!(Mode::of(Kind::Gauge, "unheard of", &none), Mode::Sum);
    }
}
