//! Model of the cells between two sequence words.

use super::{check, race};
use crate::cells::{scalar, sequence};
use crate::sync::{fence, AtomicU64, Ordering};

/// First, count, sum, last.
const FRESH: [u64; 4] = [0; 4];

fn observe(cells: &[AtomicU64], value: f64) {
    sequence::observe(cells, 0, value, 1.0);
}

/// Checks that a read that is accepted has the count and the sum before, between or after the observations of two
/// values, which are 1 and 2.
fn check_read(cells: &[AtomicU64]) {
    let mut middle = Vec::new();
    if sequence::read(cells, &mut middle) {
        let state = (middle[0], middle[1]);
        assert!([(0.0, 0.0), (1.0, 1.0), (2.0, 3.0)].contains(&state), "torn: {state:?}");
    }
}

fn race_of(update: impl Fn(&[AtomicU64], f64) + Send + Sync + Copy + 'static) {
    check(move || {
        let write =
            move |cells: &[AtomicU64]| [1.0, 2.0].iter().for_each(|value| update(cells, *value));
        race(&FRESH, write, check_read);
    });
}

#[test]
fn a_read_that_is_accepted_is_whole() {
    race_of(observe);
}

fn add(cells: &[AtomicU64], value: f64) {
    scalar::add(&cells[1], 1.0);
    scalar::add(&cells[2], value);
}

fn next(cells: &[AtomicU64]) -> u64 {
    (scalar::get(&cells[0]) + 1.0).to_bits()
}

#[test]
#[should_panic(expected = "torn")]
fn control_without_the_fence_behind_the_last_word() {
    race_of(|cells, value| {
        let next = next(cells);
        cells[3].store(next, Ordering::Relaxed);
        add(cells, value);
        cells[0].store(next, Ordering::Release);
    });
}

#[test]
#[should_panic(expected = "torn")]
fn control_whose_first_word_is_not_released() {
    race_of(|cells, value| {
        let next = next(cells);
        cells[3].store(next, Ordering::Relaxed);
        fence(Ordering::Release);
        add(cells, value);
        cells[0].store(next, Ordering::Relaxed);
    });
}

#[test]
#[should_panic(expected = "torn")]
fn control_that_stores_the_last_word_after_the_cells() {
    race_of(|cells, value| {
        add(cells, value);
        let next = next(cells);
        cells[0].store(next, Ordering::Release);
        cells[3].store(next, Ordering::Release);
    });
}
