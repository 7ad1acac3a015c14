//! A number with the time when it was set, for gauges that show the part that was set last. Both lie between sequence
//! words, because a scrape that read an old number with a new time would prefer it to a newer number.

use super::{scalar, sequence};
use crate::sync::AtomicU64;

/// Replaces the number. `time` is in milliseconds of Unix time, and not 0, which means "never set". For the cells' only
/// writer.
#[inline]
pub fn set(cells: &[AtomicU64], value: f64, time: f64) {
    sequence::update(cells, |middle| {
        if let [number, at] = middle {
            scalar::set(number, value);
            scalar::set(at, time);
        }
    });
}

/// Adds to the number and sets its time; see [`set`].
#[inline]
pub fn add(cells: &[AtomicU64], by: f64, time: f64) {
    let value = cells.get(1).map_or(0.0, scalar::get);
    set(cells, value + by, time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_number_and_its_time_together() {
        let cells: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
        let mut middle = Vec::new();
        set(&cells, 4.0, 1000.0);
        add(&cells, -1.5, 2000.0);
        assert!(sequence::read(&cells, &mut middle));
        assert_eq!(middle, [2.5, 2000.0]);
    }
}
