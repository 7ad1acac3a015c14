//! The names of families in OpenMetrics.
//!
//! In OpenMetrics, a counter's name has no suffix `_total`, but its sample's name has it. The suffix of an info is
//! `_info`. A type reserves the names of all samples that it may have. So families with different names may still
//! conflict: the counters `a` and `a_total`, or the counter `a_total` and the gauge `a`.

use crate::metric_type::MetricType;
use std::collections::HashSet;

/// How a family is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    /// The name under which the family is shown.
    pub name: &'a str,
    /// The type with which the family is shown.
    pub type_name: &'a str,
    /// The suffix of its samples' names; empty for all types but counters and infos.
    pub suffix: &'static str,
}

/// The names that the families of one output have taken.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// Returns how each family (a name and a type) is shown, in the same order; `None` for a family whose samples'
    /// names belong to another family.
    ///
    /// Families that are neither counters nor infos keep their names, so these names are taken first. If the name of a
    /// counter without `_total` is taken, the counter is shown under its declared name and with the type `unknown`, if
    /// that name is free; an info likewise, with the type `gauge`.
    pub fn show<'a>(
        &mut self,
        families: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Vec<Option<Shown<'a>>> {
        let others = families.clone().map(|(name, type_name)| {
            let other = suffix(name, type_name).is_none() && self.take(name, type_name);
            other.then_some(Shown { name, type_name, suffix: "" })
        });
        let mut shown: Vec<_> = others.collect();
        for (shown, (name, type_name)) in shown.iter_mut().zip(families) {
            let Some(suffix) = suffix(name, type_name) else {
                continue;
            };
            let otherwise = if type_name == COUNTER { "unknown" } else { "gauge" };
            *shown = if self.take(base(name, suffix), type_name) {
                Some(Shown { name: base(name, suffix), type_name, suffix })
            } else if self.take(name, otherwise) {
                Some(Shown { name, type_name: otherwise, suffix: "" })
            } else {
                None
            };
        }
        shown
    }

    /// Frees the names that a family has taken, because it is not shown after all.
    pub fn give_back(&mut self, shown: &Shown<'_>) {
        for name in names(shown.name, shown.type_name) {
            self.taken.remove(&name);
        }
    }

    fn take(&mut self, name: &str, type_name: &str) -> bool {
        let free = !names(name, type_name).any(|name| self.taken.contains(&name));
        if free {
            self.taken.extend(names(name, type_name));
        }
        free
    }
}

/// A family's name without its samples' suffix.
pub(super) fn base<'a>(name: &'a str, suffix: &str) -> &'a str {
    name.strip_suffix(suffix).unwrap_or(name)
}

/// Returns the suffix that OpenMetrics shows in the names of a family's samples, and not in the name of the family. The
/// name of an info that was made elsewhere may lack the suffix; then there is none.
fn suffix(name: &str, type_name: &str) -> Option<&'static str> {
    let suffix = MetricType::of_name(type_name).map_or("", MetricType::suffix);
    (!suffix.is_empty() && (type_name == COUNTER || name.ends_with(suffix))).then_some(suffix)
}

const COUNTER: &str = "counter";

/// A family's name, and those that its type reserves beside it.
fn names<'a>(name: &'a str, type_name: &str) -> impl Iterator<Item = String> + 'a {
    let reserved = MetricType::of_name(type_name).map_or(&[][..], MetricType::reserved);
    [""].iter().chain(reserved).map(move |suffix| format!("{name}{suffix}"))
}
