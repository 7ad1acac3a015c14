//! The options of a summary, as in its family's text.

/// Most sub-windows of a summary.
pub const MAX_PARTS: u64 = 64;

/// The time that quantiles cover, in sub-windows that expire one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Length of a sub-window, in milliseconds.
    pub length: f64,
    /// Number of sub-windows.
    pub parts: u32,
}

impl Window {
    /// The sub-window of a time, counted from 1970 on.
    #[must_use]
    pub fn epoch(self, now: f64) -> f64 {
        (now / self.length).floor()
    }

    /// The index at which a sub-window is stored.
    #[must_use]
    pub fn place(self, epoch: f64) -> usize {
        let parts = f64::from(self.parts.max(1));
        (epoch - (epoch / parts).floor() * parts) as usize
    }

    /// Whether a sub-window counts at a time. The next one does, too: the writer may have read its clock after the
    /// reader did.
    #[must_use]
    pub fn holds(self, epoch: f64, now: f64) -> bool {
        let present = self.epoch(now);
        epoch > present - f64::from(self.parts) && epoch <= present + 1.0
    }
}

/// The options of a summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SummaryOptions {
    /// Which quantiles are printed, each from 0 to 1.
    pub percentiles: Vec<f64>,
    /// Their window; `None` for all of the time.
    pub window: Option<Window>,
    /// Whether series without an observation in the window are not shown, and removed.
    pub prune: bool,
}

impl SummaryOptions {
    /// To a family's numbers.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let (length, parts) =
            self.window.map_or((0.0, 1.0), |window| (window.length, f64::from(window.parts)));
        let mut numbers = vec![length, parts, f64::from(u8::from(self.prune))];
        numbers.extend_from_slice(&self.percentiles);
        numbers
    }

    /// From a family's numbers; invalid ones are left out.
    #[must_use]
    pub fn from_numbers(numbers: &[f64]) -> Self {
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
        let (length, parts) = (number(0), number(1));
        let sensible = length > 0.0 && length.is_finite() && parts >= 1.0;
        let window = sensible.then(|| Window { length, parts: parts.min(MAX_PARTS as f64) as u32 });
        let percentiles = numbers.get(3..).unwrap_or_default().to_vec();
        Self { percentiles, window, prune: number(2) != 0.0 }
    }

    /// Sub-windows that are stored: 1 without a window.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.window.map_or(1, |window| window.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_round_trip_as_numbers() {
        let window = Some(Window { length: 12_000.0, parts: 5 });
        for window in [None, window] {
            for prune in [false, true] {
                let options = SummaryOptions { percentiles: vec![0.5, 0.99], window, prune };
                assert_eq!(SummaryOptions::from_numbers(&options.numbers()), options);
            }
        }
        assert_eq!(SummaryOptions::from_numbers(&[]), SummaryOptions::default());
        for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            assert_eq!(SummaryOptions::from_numbers(&[odd, 5.0]).window, None);
        }
        let many = SummaryOptions::from_numbers(&[1.0, 1e9]);
        assert_eq!(u64::from(many.parts()), MAX_PARTS);
    }

    #[test]
    fn a_part_counts_until_the_window_has_passed() {
        let window = Window { length: 1000.0, parts: 3 };
        let epochs = |now: f64| -> Vec<i32> {
            (-3..20).filter(|epoch| window.holds(f64::from(*epoch), now)).collect()
        };
        assert_eq!(epochs(9_999.0), [7, 8, 9, 10]);
        assert_eq!(epochs(10_000.0), [8, 9, 10, 11]);
        assert_eq!(epochs(-1.0), [-3, -2, -1, 0]);
        assert!(!window.holds(f64::NAN, 1.0));
        assert_eq!([-1.0, 0.0, 1.0, 2.0, 3.0].map(|epoch| window.place(epoch)), [2, 0, 1, 2, 0]);
    }
}
