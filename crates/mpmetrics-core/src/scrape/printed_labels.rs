//! The labels with which series are printed, compared as sets.

use super::snapshot::{Family, LabelSpan, Series, Snapshot, Span};
use crate::aggregator::{Aggregator, WRITER_LABELS};
use crate::labels::{pairs, Malformed};
use crate::metric_type::{MetricType, Values};
use std::borrow::Cow;
use std::collections::HashSet;

/// Makes a key of the labels with which a series is printed. Equal sets of labels have equal keys.
pub(crate) struct PrintedLabels<'a> {
    pub text: &'a [u8],
    pub defaults: &'a [LabelSpan],
    /// What is printed before the label with a state.
    pub prefix: &'a str,
}

type Pairs<'a> = Vec<(&'a [u8], &'a [u8], u8)>;

impl<'a> PrintedLabels<'a> {
    /// The labels of a snapshot whose names have their prefix already.
    pub fn of_applications(snapshot: &'a Snapshot) -> Self {
        Self { text: &snapshot.text, defaults: &snapshot.defaults, prefix: "" }
    }

    fn read(&self, span: LabelSpan) -> Result<Pairs<'a>, Malformed> {
        pairs(self.bytes(span.text), self.bytes(span.types))
            .map(|pair| pair.map(|pair| (pair.name, pair.escaped, pair.kind)))
            .collect()
    }

    fn bytes(&self, span: Span) -> &'a [u8] {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The key of a set of labels, which does not depend on their order.
    fn key(mut set: Pairs<'_>) -> Vec<u8> {
        set.sort_unstable();
        let mut key = Vec::new();
        for (name, value, _) in set {
            for part in [name, value] {
                key.extend_from_slice(&(part.len() as u64).to_le_bytes());
                key.extend_from_slice(part);
            }
        }
        key
    }

    fn defaults(&self, number: u32) -> LabelSpan {
        let index = (number as usize).checked_sub(1);
        index.and_then(|index| self.defaults.get(index)).copied().unwrap_or_default()
    }

    /// The text and the types of the set of default labels with this number. Both are empty for number 0.
    pub fn default_bytes(&self, number: u32) -> (&'a [u8], &'a [u8]) {
        let span = self.defaults(number);
        (self.bytes(span.text), self.bytes(span.types))
    }

    /// Whether two sets of default labels differ in the label `name`: in its value, or because one set lacks it.
    pub fn differ_in(&self, name: &[u8], sets: [u32; 2]) -> bool {
        let [one, other] = sets.map(|number| {
            let set = self.read(self.defaults(number)).unwrap_or_default();
            set.into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
        });
        sets[0] != sets[1] && one != other
    }

    /// The name of the label by which the rows of one series differ; empty for none. A default label of this name is not
    /// printed on these rows, so it does not keep series apart.
    pub fn own_label(&self, family: &Family) -> Cow<'static, [u8]> {
        match family.metric_type.values() {
            Values::States => Cow::Owned([self.prefix, &*family.name].concat().into_bytes()),
            _ => Cow::Borrowed(family.metric_type.row_label()),
        }
    }

    /// The key of a series in a family with this [`own_label`](Self::own_label).
    pub fn of(&self, series: &Series, own_label: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut set = self.read(series.labels)?;
        let own = set.len();
        if series.defaults > 0 {
            for default in self.read(self.defaults(series.defaults))? {
                let hidden = default.0 == own_label;
                if !hidden && !set[..own].iter().any(|&(name, _, _)| name == default.0) {
                    set.push(default);
                }
            }
        }
        Ok(Self::key(set))
    }

    /// Whether two series of the family might be printed with the same labels.
    ///
    /// Two series of a family differ in their own labels or in the set of default labels. So they can be printed with
    /// the same labels only in two cases: a default label has the name of one of the labels that the family's rows have,
    /// or two sets of default labels are equal. The labels of an info may have any names, so every default label of an
    /// info is treated as the first case. Without default labels the check returns at once.
    pub fn may_coincide(&self, family: &Family) -> bool {
        if self.defaults.is_empty() {
            return false;
        }
        let mut used: Vec<u32> = family.series.iter().map(|series| series.defaults).collect();
        used.dedup();
        used.sort_unstable();
        used.dedup();
        let aggregator =
            Aggregator::of(family.metric_type, &family.aggregator, &family.label_names);
        let own_label = self.own_label(family);
        let mut sets = HashSet::new();
        used.into_iter().any(|number| {
            let Ok(set) = self.read(self.defaults(number)) else {
                return false;
            };
            let of_writer = |name: &[u8]| WRITER_LABELS.iter().any(|own| own.as_bytes() == name);
            let shared = |name: &[u8]| {
                family.metric_type == MetricType::Info
                    || name == &*own_label
                    || family.label_names.iter().any(|own| own.as_bytes() == name)
                    || aggregator == Aggregator::All && of_writer(name)
            };
            set.iter().any(|&(name, _, _)| shared(name)) || !sets.insert(Self::key(set))
        })
    }
}
