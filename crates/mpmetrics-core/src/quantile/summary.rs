//! The options of a summary, as its family's text stores them.

/// Most sub-windows of a summary.
pub const MAX_SUB_WINDOWS: u64 = 64;

/// The time that quantiles cover, in sub-windows that expire one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Length of a sub-window, in milliseconds.
    pub length: f64,
    /// Number of sub-windows.
    pub sub_windows: u32,
}

impl Window {
    /// The number of the sub-window at a time in Unix milliseconds, counted from 1970 on.
    #[must_use]
    pub fn number(self, now: f64) -> f64 {
        (now / self.length).floor()
    }

    /// The index at which a sub-window is stored.
    #[must_use]
    pub fn index(self, number: f64) -> usize {
        let sub_windows = f64::from(self.sub_windows.max(1));
        (number - (number / sub_windows).floor() * sub_windows) as usize
    }

    /// Whether a sub-window belongs to the window at a time. The sub-window after the present one belongs to it, too,
    /// because the writer may have read its clock after the reader did.
    #[must_use]
    pub fn holds(self, number: f64, now: f64) -> bool {
        let present = self.number(now);
        number > present - f64::from(self.sub_windows) && number <= present + 1.0
    }
}

/// The options of a summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SummaryOptions {
    /// Which quantiles are printed, each from 0 to 1.
    pub percentiles: Vec<f64>,
    /// The window of the quantiles; `None` if they cover all observations ever made.
    pub window: Option<Window>,
    /// Whether series without an observation in the window are hidden and removed.
    pub prune: bool,
}

impl SummaryOptions {
    /// Returns the options as the numbers of a family.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let (length, sub_windows) =
            self.window.map_or((0.0, 1.0), |window| (window.length, f64::from(window.sub_windows)));
        let mut numbers = vec![length, sub_windows, f64::from(u8::from(self.prune))];
        numbers.extend_from_slice(&self.percentiles);
        numbers
    }

    /// Reads the options from the numbers of a family. Ignores an invalid window.
    #[must_use]
    pub fn from_numbers(numbers: &[f64]) -> Self {
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
        let (length, sub_windows) = (number(0), number(1));
        let sensible = length > 0.0 && length.is_finite() && sub_windows >= 1.0;
        let window = sensible.then(|| Window {
            length,
            sub_windows: sub_windows.min(MAX_SUB_WINDOWS as f64) as u32,
        });
        let percentiles = numbers.get(3..).unwrap_or_default().to_vec();
        Self { percentiles, window, prune: number(2) != 0.0 }
    }

    /// Number of sub-windows that are stored: 1 without a window.
    #[must_use]
    pub fn sub_windows(&self) -> u32 {
        self.window.map_or(1, |window| window.sub_windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_round_trip_as_numbers() {
        let window = Some(Window { length: 12_000.0, sub_windows: 5 });
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
        assert_eq!(u64::from(many.sub_windows()), MAX_SUB_WINDOWS);
    }

    #[test]
    fn a_sub_window_counts_until_the_window_has_passed() {
        let window = Window { length: 1000.0, sub_windows: 3 };
        let numbers = |now: f64| -> Vec<i32> {
            (-3..20).filter(|number| window.holds(f64::from(*number), now)).collect()
        };
        assert_eq!(numbers(9_999.0), [7, 8, 9, 10]);
        assert_eq!(numbers(10_000.0), [8, 9, 10, 11]);
        assert_eq!(numbers(-1.0), [-3, -2, -1, 0]);
        assert!(!window.holds(f64::NAN, 1.0));
        assert_eq!([-1.0, 0.0, 1.0, 2.0, 3.0].map(|number| window.index(number)), [2, 0, 1, 2, 0]);
    }
}
