//! What a scrape gathers of one family, and of one of its series.

use super::snapshot::{Family, Series, Span, Value};
use crate::aggregator::Aggregator;
use crate::heap::FamilySpec;
use crate::layout::{sub_window, summary};
use crate::metric_type::MetricType;
use crate::quantile::sketch::Sketch;
use crate::quantile::summary::SummaryOptions;

/// No index.
pub(super) const NONE: u32 = u32::MAX;
/// No writer in particular; process 0 is none that has metrics.
pub(super) const ANYBODY: u64 = 0;

/// What a walk knows of a series' place.
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
    pub aggregator: Aggregator,
    /// Of a summary.
    pub options: SummaryOptions,
    /// Cells between the sequence words, or 1.
    pub cells: usize,
    /// Cells of these that are added up one by one.
    pub sums: usize,
    pub birth: Option<u64>,
    pub parts: Vec<u32>,
}

/// One series under one set of default labels.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub series: u32,
    pub set: u16,
    /// Whose it is, in a family of [`Aggregator::All`]; else [`ANYBODY`].
    pub writer: u64,
    /// See [`super::gather::Gather`].
    pub defaults: Option<u32>,
    pub next: u32,
    pub birth: u64,
    /// Blocks that were added.
    pub blocks: u32,
    /// Range of `cells`.
    pub start: u32,
    /// Index of a summary among `sketches`.
    pub sketch: u32,
}

impl Wanted {
    /// A family that was decoded, without parts.
    pub fn new(spec: FamilySpec) -> Self {
        let aggregator = Aggregator::of(spec.kind, &spec.aggregator, &spec.label_names);
        let (cells, sums, options) = shape(&spec, aggregator);
        Self { spec, aggregator, options, cells, sums, birth: None, parts: Vec::new() }
    }

    /// The family as it is shown.
    pub fn show(self, birth: u64, series: Vec<Series>) -> Family {
        family(self, birth, series)
    }
}

impl Part {
    /// Adds the cells and the observations of another block, whose birth is given.
    pub fn merge(
        &mut self,
        family: &Wanted,
        birth: u64,
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
        if family.aggregator == Aggregator::MostRecent {
            let (kept, new) = (&mut arena[start..start + 3], [cells[0], cells[1], birth as f64]);
            // Later is newer; of two that were set in one millisecond, the one that was made later.
            if (new[1], new[2]) > (kept[1], kept[2]) {
                kept.copy_from_slice(&new);
            }
            self.birth = self.birth.min(birth);
            return;
        }
        let sums = &mut arena[start..start + cells.len()];
        let scalar = matches!(family.spec.kind, MetricType::Counter | MetricType::Gauge);
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

/// As `Math.min`: NaN if one of them is.
fn minimum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b {
        a
    } else {
        b
    }
}

/// The value of a part, and when it was set where that is known.
pub(super) fn value(family: &Wanted, part: &Part, arena: &[f64]) -> (Value, f64) {
    let start = part.start as usize;
    let cells = &arena[start..start + family.sums];
    let value = match family.spec.kind {
        MetricType::Counter | MetricType::Gauge if family.aggregator == Aggregator::Average => {
            Value::Scalar(cells[0] / f64::from(part.blocks))
        }
        MetricType::Counter | MetricType::Gauge => Value::Scalar(cells[0]),
        MetricType::Histogram => Value::Histogram {
            sum: cells[family.cells - 1],
            counts: Span { start: part.start, len: family.cells as u32 - 1 },
        },
        MetricType::Summary => {
            Value::Summary { count: cells[0], sum: cells[1], sketch: part.sketch }
        }
    };
    (value, if family.aggregator == Aggregator::MostRecent { cells[1] } else { 0.0 })
}

/// Cells that a block of the family has, how many of them are added up one by one, and a summary's options.
fn shape(spec: &FamilySpec, aggregator: Aggregator) -> (usize, usize, SummaryOptions) {
    match spec.kind {
        MetricType::Gauge if aggregator == Aggregator::MostRecent => {
            (2, 2, SummaryOptions::default())
        }
        MetricType::Counter | MetricType::Gauge => (1, 1, SummaryOptions::default()),
        MetricType::Histogram => {
            (spec.numbers.len() + 2, spec.numbers.len() + 2, SummaryOptions::default())
        }
        MetricType::Summary => {
            let options = SummaryOptions::from_numbers(&spec.numbers);
            let cells = summary::CELLS + sub_window::WORDS * u64::from(options.sub_windows());
            // Without the sequence words; of the others count and sum.
            (cells as usize - 2, 2, options)
        }
    }
}

fn family(wanted: Wanted, birth: u64, series: Vec<Series>) -> Family {
    let Wanted { spec, options, .. } = wanted;
    let bounds = if spec.kind == MetricType::Summary { options.percentiles } else { spec.numbers };
    Family {
        tag: spec.tag.into(),
        name: spec.name.into(),
        help: spec.help.into(),
        kind: spec.kind,
        aggregator: spec.aggregator.into(),
        label_names: spec.label_names.into_iter().map(String::into_boxed_str).collect(),
        bounds: bounds.into(),
        birth,
        series,
    }
}
