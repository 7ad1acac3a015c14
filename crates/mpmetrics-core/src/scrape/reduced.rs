//! Sets of default labels without the label by which the rows of one series differ (`le`, `quantile`, or the label with
//! the state).

use super::printed_labels::PrintedLabels;
use super::snapshot::{LabelSpan, Snapshot};
use crate::labels::{pairs, push_pair};

/// Sets of default labels for joined series whose rows differ by a label such as `le`. A series gets such a set if a
/// default label is called `le`, too, and its value is not the same in all parts of the series, or some parts lack it.
/// The rows of buckets print their own `le` in place of that default label. The rows `_sum` and `_count` have no `le`
/// of their own, and would print the default label of one part, although their values are the sums of all parts. So
/// these sets do not have that default label.
#[derive(Default)]
pub(super) struct Reduced {
    /// Each set with its number in the snapshot.
    sets: Vec<(Set, u32)>,
}

#[derive(PartialEq)]
struct Set {
    text: Vec<u8>,
    types: Vec<u8>,
}

impl Reduced {
    /// Returns the number of a set that has all labels of set `number` except the label `name`; 0 if no label is left.
    /// Returns `number` itself if set `number` is malformed or has no label `name`.
    pub fn without(&mut self, name: &[u8], number: u32, labels: &PrintedLabels<'_>) -> u32 {
        let (text, types) = labels.default_bytes(number);
        let Ok(all) = pairs(text, types).collect::<Result<Vec<_>, _>>() else {
            return number;
        };
        let mut set = Set { text: Vec::with_capacity(text.len()), types: Vec::new() };
        let kept = all.iter().filter(|pair| pair.name != name);
        for pair in kept.clone() {
            push_pair(&mut set.text, pair);
            if !types.is_empty() {
                set.types.push(pair.kind);
            }
        }
        match kept.count() {
            0 => 0,
            count if count == all.len() => number,
            _ => self.number(set, labels.defaults.len()),
        }
    }

    fn number(&mut self, set: Set, others: usize) -> u32 {
        if let Some((_, number)) = self.sets.iter().find(|(known, _)| *known == set) {
            return *number;
        }
        let number = (others + self.sets.len() + 1) as u32;
        self.sets.push((set, number));
        number
    }

    /// Adds the sets to the snapshot's. If its text would become too long, the sets are added as empty ones.
    pub fn add_to(self, snapshot: &mut Snapshot) {
        for (set, _) in self.sets {
            let start = snapshot.text.len();
            let split = start + set.text.len();
            let span = LabelSpan::new(start, split, split + set.types.len());
            if span.is_ok() {
                snapshot.text.extend_from_slice(&set.text);
                snapshot.text.extend_from_slice(&set.types);
            }
            snapshot.defaults.push(span.unwrap_or_default());
        }
    }
}
