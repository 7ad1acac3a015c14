//! State sets: makes a number for each state (1 if it is set, else 0) from the mask in a cell, and unites the states of
//! families that are joined.

use std::sync::Arc;

use super::names::is_label_name;
use crate::aggregator::{Aggregator, WRITER_LABELS};
use crate::heap::FamilySpec;
use crate::metric_type::Values;

/// Whether the samples of a family can be printed. The name of a state set must be a valid label name, and not the name
/// of a label that its aggregator adds; its states must differ from each other.
pub(super) fn is_printable(spec: &FamilySpec) -> bool {
    let differ = |index: usize| !spec.states[..index].contains(&spec.states[index]);
    let of_writer = || {
        let aggregator = Aggregator::of(spec.metric_type, &spec.aggregator, &spec.label_names);
        aggregator == Aggregator::All && WRITER_LABELS.contains(&spec.name.as_str())
    };
    spec.metric_type.values() != Values::States
        || is_label_name(spec.name.as_bytes()) && (0..spec.states.len()).all(differ) && !of_writer()
}

/// Replaces the mask, which is the first of `cells`, by a number for each state of the family: 1 if its bit is set,
/// else 0. A mask of 0 is read as the mask that is the family's first number.
pub(super) fn expand(spec: &FamilySpec, cells: &[f64], to: &mut Vec<f64>) {
    to.clear();
    let Some((mask, more)) = cells.split_first() else {
        return;
    };
    let of_zero = spec.numbers.first().copied().unwrap_or(0.0);
    let mask = if *mask == 0.0 { of_zero } else { *mask } as u64;
    to.extend((0..spec.states.len()).map(|bit| (mask >> bit & 1) as f64));
    to.extend_from_slice(more);
}

/// Returns the states of families that are joined: those of the first family, then those that only others have.
pub(super) fn united<'a>(lists: impl Iterator<Item = &'a [Box<str>]>) -> Arc<[Box<str>]> {
    let mut all: Vec<Box<str>> = Vec::new();
    for state in lists.flatten() {
        if !all.contains(state) {
            all.push(state.clone());
        }
    }
    all.into()
}

/// Returns the index in `all` of each of the states.
pub(super) fn indexes(states: &[Box<str>], all: &[Box<str>]) -> Vec<usize> {
    states.iter().filter_map(|state| all.iter().position(|one| one == state)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric_type::MetricType;

    fn spec(states: usize, of_zero: f64) -> FamilySpec {
        FamilySpec {
            tag: String::new(),
            name: "s".into(),
            help: String::new(),
            metric_type: MetricType::StateSet,
            aggregator: "any".into(),
            label_names: Vec::new(),
            numbers: vec![of_zero],
            states: (0..states).map(|state| state.to_string()).collect(),
        }
    }

    #[test]
    fn a_mask_becomes_a_number_for_each_state() {
        let mut to = vec![7.0];
        expand(&spec(3, 0.0), &[5.0, 9.0], &mut to);
        assert_eq!(to, [1.0, 0.0, 1.0, 9.0]);
        expand(&spec(3, 0.0), &[0.0], &mut to);
        assert_eq!(to, [0.0, 0.0, 0.0]);
        expand(&spec(2, 1.0), &[0.0], &mut to);
        assert_eq!(to, [1.0, 0.0], "an enum that was never set is in its first state");
        expand(&spec(53, 0.0), &[((1u64 << 52) + 1) as f64], &mut to);
        assert_eq!((to[0], to[51], to[52], to.len()), (1.0, 0.0, 1.0, 53));
    }

    #[test]
    fn no_damaged_mask_panics() {
        let mut to = Vec::new();
        for mask in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1e300] {
            expand(&spec(53, 1.0), &[mask], &mut to);
            assert_eq!(to.len(), 53);
        }
        expand(&spec(2, 1.0), &[], &mut to);
        assert!(to.is_empty());
    }

    #[test]
    fn states_of_two_families_are_united_in_order() {
        let list = |names: &[&str]| -> Vec<Box<str>> { names.iter().map(|&n| n.into()).collect() };
        let (new, old) = (list(&["a", "b"]), list(&["x", "a"]));
        let all = united([&*new, &*old].into_iter());
        assert_eq!(&*all, &*list(&["a", "b", "x"]));
        assert_eq!((indexes(&new, &all), indexes(&old, &all)), (vec![0, 1], vec![2, 0]));
    }

    #[test]
    fn equal_states_and_names_that_no_label_may_have_are_not_printable() {
        assert!(is_printable(&spec(3, 0.0)) && is_printable(&spec(0, 0.0)));
        assert!(!is_printable(&FamilySpec { name: "a:b".into(), ..spec(1, 0.0) }));
        let twice = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert!(!is_printable(&FamilySpec { states: twice, ..spec(0, 0.0) }));
        let named = |aggregator: &str| FamilySpec {
            name: "pid".into(),
            aggregator: aggregator.into(),
            ..spec(1, 0.0)
        };
        assert!(is_printable(&named("any")) && !is_printable(&named("all")));
        let gauge = FamilySpec { metric_type: MetricType::Gauge, ..spec(0, 0.0) };
        assert!(is_printable(&FamilySpec { name: "a:b".into(), ..gauge }));
    }
}
