//! The data that a scrape gathers of a family, and of a series.

use super::snapshot::{Family, Series, Span, Value};
use crate::aggregator::Aggregator;
use crate::form::{Form, Protocol};
use crate::heap::FamilySpec;
use crate::metric_type::{MetricType, Values};
use crate::quantile::sketch::Sketch;
use crate::quantile::summary::SummaryOptions;

/// No index.
pub(super) const NONE: u32 = u32::MAX;
/// A writer as [`Aggregator::All`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub pid: u32,
    pub thread: u32,
}

/// No writer in particular. No process with metrics has the id 0.
pub(super) const ANY: Origin = Origin { pid: 0, thread: 0 };

/// The state of a series' place, as a walk has read it.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// Generation under which the rest was read; 0 for not read yet.
    pub generation: u32,
    /// Index of the family among those wanted, or [`NONE`].
    pub family: u32,
    /// First of its parts, or [`NONE`].
    pub part: u32,
}

/// A family that the filter chooses.
pub(super) struct Wanted {
    pub spec: FamilySpec,
    pub form: &'static Form,
    pub aggregator: Aggregator,
    /// Whether the parts of dead writers count, although they are gauges.
    pub counts_dead: bool,
    /// Whether residues have a number for each state, after the mask.
    pub tallies: bool,
    /// The options, if the family is a summary.
    pub options: SummaryOptions,
    /// Number of cells between the sequence words; 1 without sequence words.
    pub cells: usize,
    /// How many cells of a block, from the first on, are added to the same cells of other blocks. In a state set, a
    /// number for each state takes the place of the mask: see [`expand`](super::states::expand).
    pub sums: usize,
    pub birth: Option<u64>,
    pub parts: Vec<u32>,
}

/// The blocks of one series under one set of default labels, added up. With [`Aggregator::All`], of one writer only.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub series: u32,
    pub set: u16,
    /// The writer, in a family with [`Aggregator::All`]; else [`ANY`].
    pub writer: Origin,
    /// Index of the set in the default labels of the snapshot + 1; 0 for no set; `None` if the set cannot be read.
    pub defaults: Option<u32>,
    pub next: u32,
    pub birth: u64,
    /// Whether this is a part of a gauge, and its writer is dead.
    pub dead: bool,
    /// Number of blocks that were added.
    pub blocks: u32,
    /// Index of its first cell in `cells`.
    pub start: u32,
    /// Index of a summary's sketch in `sketches`; else [`NONE`].
    pub sketch: u32,
}

impl Wanted {
    /// Makes a family of its decoded declaration, without parts.
    pub fn new(spec: FamilySpec) -> Self {
        let aggregator = Aggregator::of(spec.metric_type, &spec.aggregator, &spec.label_names);
        let form = Form::of(spec.metric_type, &spec.aggregator);
        let (cells, sums) = numbers(form, spec.repeats());
        let sums = match spec.metric_type.values() {
            // The number of each state takes the place of the mask.
            Values::States => sums - 1 + spec.states.len(),
            _ => sums,
        };
        let options = match form.protocol {
            Protocol::Sketched => SummaryOptions::from_numbers(&spec.numbers),
            _ => SummaryOptions::default(),
        };
        let (counts_dead, tallies) = (spec.keeping().is_some(), spec.tallies());
        let (birth, parts) = (None, Vec::new());
        Self { spec, form, aggregator, counts_dead, tallies, options, cells, sums, birth, parts }
    }

    /// Returns how many plain cells are read of a block: the value, and of some residues a number for each state.
    pub fn plain_cells(&self, residue: bool) -> usize {
        1 + if residue && self.tallies { self.spec.states.len() } else { 0 }
    }

    /// The family as it is shown.
    pub fn show(self, birth: u64, series: Vec<Series>) -> Family {
        family(self, birth, series)
    }
}

impl Part {
    /// Adds the cells and the observations of another block, which has this birth. `dead` says whether the block is a
    /// dead writer's gauge.
    pub fn merge(
        &mut self,
        family: &Wanted,
        (birth, dead): (u64, bool),
        (cells, sketch): (&[f64], &Sketch),
        arena: &mut [f64],
        sketches: &mut [Sketch],
    ) {
        if let Some(sum) = sketches.get_mut(self.sketch as usize) {
            match family.aggregator {
                Aggregator::First if birth < self.birth => sum.clone_from(sketch),
                Aggregator::First => {}
                _ => sum.merge(sketch),
            }
        }
        let start = self.start as usize;
        if self.writer != ANY && (self.dead || dead) {
            // A pid has come again. Only one of its lives is shown: the living one, or else the one whose block has the
            // later birth.
            if self.dead && (!dead || birth > self.birth) {
                (self.birth, self.dead) = (birth, dead);
                arena[start..start + cells.len()].copy_from_slice(cells);
            }
            return;
        }
        if family.aggregator == Aggregator::MostRecent {
            let time = cells.len() - 1;
            let kept = &mut arena[start..=start + cells.len()];
            // Keeps the value with the later time; of two of the same millisecond, that of the later birth.
            if (cells[time], birth as f64) > (kept[time], kept[time + 1]) {
                kept[..=time].copy_from_slice(cells);
                kept[time + 1] = birth as f64;
            }
            self.birth = self.birth.min(birth);
            return;
        }
        let sums = &mut arena[start..start + cells.len()];
        let scalar = matches!(family.spec.metric_type.values(), Values::Scalar | Values::States);
        for (sum, cell) in sums.iter_mut().zip(cells) {
            match family.aggregator {
                Aggregator::Min if scalar => *sum = minimum(*sum, *cell),
                Aggregator::Max if scalar => *sum = -minimum(-*sum, -*cell),
                Aggregator::First if birth < self.birth => *sum = *cell,
                Aggregator::First => {}
                _ => *sum += cell,
            }
        }
        self.birth = self.birth.min(birth);
        self.blocks += 1;
    }
}

/// Returns the smaller number or, as `Math.min`, NaN if one of the two is NaN.
fn minimum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b {
        a
    } else {
        b
    }
}

/// Returns the value of a part, and the time at which it was set (0 except with [`Aggregator::MostRecent`]).
pub(super) fn value(family: &Wanted, part: &Part, arena: &[f64]) -> (Value, f64) {
    let start = part.start as usize;
    let cells = &arena[start..start + family.sums];
    let value = match family.spec.metric_type.values() {
        Values::Scalar if family.aggregator == Aggregator::Average => {
            Value::Scalar(cells[0] / f64::from(part.blocks))
        }
        // An info's value is always 1. Its cell may still be 0: a block is shown before its writer stores to it.
        Values::Scalar if family.spec.metric_type == MetricType::Info => Value::Scalar(1.0),
        Values::Scalar => Value::Scalar(cells[0]),
        Values::Buckets => Value::Histogram {
            sum: cells[family.cells - 1],
            counts: Span { start: part.start, len: family.cells as u32 - 1 },
        },
        Values::Quantiles => Value::Summary { count: cells[0], sum: cells[1], sketch: part.sketch },
        Values::States => {
            Value::States(Span { start: part.start, len: family.spec.states.len() as u32 })
        }
    };
    (value, if family.aggregator == Aggregator::MostRecent { cells[family.sums - 1] } else { 0.0 })
}

/// Returns how many numbers of a block are read (those between the sequence words), and how many of these are added up
/// one by one.
fn numbers(form: &Form, repeats: u64) -> (usize, usize) {
    let between = (form.cells_of(repeats) as usize).saturating_sub(2);
    match form.protocol {
        Protocol::Plain | Protocol::Exchanged => (1, 1),
        Protocol::Sequenced => (between, between),
        // Count and sum.
        Protocol::Sketched => (between, 2),
    }
}

fn family(wanted: Wanted, birth: u64, series: Vec<Series>) -> Family {
    let Wanted { spec, options, .. } = wanted;
    let windowed = options.window.is_some();
    let bounds = match spec.metric_type.values() {
        Values::Quantiles => options.percentiles,
        Values::Buckets => spec.numbers,
        Values::Scalar | Values::States => Vec::new(),
    };
    Family {
        tag: spec.tag.into(),
        name: spec.name.into(),
        help: spec.help.into(),
        metric_type: spec.metric_type,
        aggregator: spec.aggregator.into(),
        label_names: spec.label_names.into_iter().map(String::into_boxed_str).collect(),
        bounds: bounds.into(),
        states: spec.states.into_iter().map(String::into_boxed_str).collect(),
        windowed,
        birth,
        series,
    }
}
