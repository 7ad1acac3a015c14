//! What families are called in OpenMetrics.
//!
//! There, a counter's name is without `_total` and its sample's is with it, and a type reserves the
//! names of all samples that it may have. So families whose names differ may still get in each other's
//! way: the counters `a` and `a_total`, or the counter `a_total` and the gauge `a`.

use crate::collect::snapshot::Family;
use crate::kind::Kind;
use std::collections::HashSet;

/// How a family is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    /// The family's name.
    pub name: &'a str,
    /// Its type.
    pub kind: &'static str,
    /// What its samples' names have behind the family's name; for counters only.
    pub suffix: &'static str,
}

/// The suffixes of names that a type reserves beside the plain name.
fn reserved(kind: &str) -> &'static [&'static str] {
    match kind {
        "counter" => &["_total", "_created"],
        "histogram" => &["_bucket", "_sum", "_count", "_created"],
        "summary" => &["_sum", "_count", "_created"],
        _ => &[],
    }
}

/// How each family is shown, in the same order; `None` for one whose samples would be another's.
///
/// Names of other types stay as they are, so those go first. A counter whose name is taken is shown with
/// its samples' name and without a type, if that is free.
pub(super) fn shown(families: &[Family]) -> Vec<Option<Shown<'_>>> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut take = |name: &str, kind: &'static str| {
        let names: Vec<String> = std::iter::once(&"")
            .chain(reserved(kind))
            .map(|suffix| format!("{name}{suffix}"))
            .collect();
        let free = !names.iter().any(|name| taken.contains(name));
        if free {
            taken.extend(names);
        }
        free
    };
    let mut shown: Vec<Option<Shown<'_>>> = families
        .iter()
        .map(|family| {
            let (name, kind) = (&*family.name, family.kind.name());
            let other = family.kind != Kind::Counter && take(name, kind);
            other.then_some(Shown { name, kind, suffix: "" })
        })
        .collect();
    for (place, family) in shown.iter_mut().zip(families) {
        if family.kind != Kind::Counter {
            continue;
        }
        let name = &*family.name;
        let base = name.strip_suffix("_total").unwrap_or(name);
        *place = if take(base, "counter") {
            Some(Shown { name: base, kind: "counter", suffix: "_total" })
        } else if take(name, "unknown") {
            Some(Shown { name, kind: "unknown", suffix: "" })
        } else {
            None
        };
    }
    shown
}
