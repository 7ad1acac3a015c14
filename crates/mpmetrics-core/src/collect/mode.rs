//! The names of the modes.

use super::model::Mode;

impl Mode {
    /// The mode that prom-client calls by this name; `None` for a name it does not know.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "first" => Self::First,
            "omit" => Self::Omit,
            "average" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_prom_clients_six_names_and_no_other() {
        let known = ["sum", "first", "omit", "average", "min", "max"].map(Mode::parse);
        let modes = [Mode::Sum, Mode::First, Mode::Omit, Mode::Average, Mode::Min, Mode::Max];
        assert_eq!(known, modes.map(Some));
        assert_eq!(Mode::parse("Sum"), None);
        assert_eq!(Mode::parse(""), None);
    }
}
