//! The forms of blocks that count: a row for each kind of block says of which metrics it is, how its cells lie, and
//! what happens to them when their writer dies.

use crate::aggregator::Aggregator;
use crate::layout::{sub_window, summary, BlockKind};
use crate::metric_type::MetricType;
use crate::quantile::summary::{SummaryOptions, MAX_SUB_WINDOWS};

/// How the cells of a block are stored, and therefore read and merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One number in one cell: [`crate::cells::scalar`].
    Plain,
    /// One number that all writers change by compare-exchange: [`crate::cells::shared`].
    Exchanged,
    /// Numbers between two sequence words: [`crate::cells::sequence`].
    Sequenced,
    /// The same, with octave buckets in blocks of their own: [`crate::cells::sketch`].
    Sketched,
}

/// One kind of block.
#[derive(Debug)]
pub struct Form {
    /// The kind.
    pub block: BlockKind,
    /// Its metrics.
    pub metric_type: MetricType,
    /// The aggregator that its metrics have; `None` for any that has no form of its own.
    pub aggregator: Option<Aggregator>,
    /// Its number among the forms of the type, in a family's record.
    pub number: u8,
    /// How its cells are stored.
    pub protocol: Protocol,
    /// Its cells, beside those that are repeated.
    pub cells: u64,
    /// Cells for each bound or sub-window of the family.
    pub repeated: u64,
    /// Least and most bounds or sub-windows.
    pub repeats: (u64, u64),
    /// What there are too many of, if a block would be too long.
    pub limited: &'static str,
    /// Whether its counts end with the life that made it, and are not shown after that.
    pub of_one_life: bool,
    /// How many exemplars a block with so many cells may have.
    pub exemplars: fn(cells: u32) -> u32,
}

const PLAIN: Form = Form {
    block: BlockKind::Counter,
    metric_type: MetricType::Counter,
    aggregator: None,
    number: 0,
    protocol: Protocol::Plain,
    cells: 1,
    repeated: 0,
    repeats: (0, u64::MAX),
    limited: "buckets of a histogram",
    of_one_life: false,
    exemplars: |_| 0,
};

/// Of one type, the forms for an aggregator come first.
static FORMS: [Form; 6] = [
    Form { exemplars: |_| 1, ..PLAIN },
    Form {
        block: BlockKind::Recent,
        metric_type: MetricType::Gauge,
        aggregator: Some(Aggregator::MostRecent),
        number: 1,
        protocol: Protocol::Sequenced,
        cells: 4,
        of_one_life: true,
        ..PLAIN
    },
    Form {
        block: BlockKind::Shared,
        metric_type: MetricType::Gauge,
        aggregator: Some(Aggregator::Shared),
        number: 2,
        protocol: Protocol::Exchanged,
        cells: 3,
        ..PLAIN
    },
    Form { block: BlockKind::Gauge, metric_type: MetricType::Gauge, of_one_life: true, ..PLAIN },
    Form {
        block: BlockKind::Histogram,
        metric_type: MetricType::Histogram,
        protocol: Protocol::Sequenced,
        cells: 4,
        repeated: 1,
        // All cells but the two sequence words and the sum.
        exemplars: |cells| cells.saturating_sub(3),
        ..PLAIN
    },
    Form {
        block: BlockKind::Summary,
        metric_type: MetricType::Summary,
        protocol: Protocol::Sketched,
        cells: summary::CELLS,
        repeated: sub_window::WORDS,
        repeats: (1, MAX_SUB_WINDOWS),
        limited: "sub-windows of a summary",
        ..PLAIN
    },
];

impl Form {
    /// The form of a family's blocks.
    #[must_use]
    pub fn of(metric_type: MetricType, aggregator: &str) -> &'static Self {
        let named = Aggregator::parse(aggregator);
        let fits = |form: &&Self| {
            form.metric_type == metric_type
                && (form.aggregator.is_none() || form.aggregator == named)
        };
        FORMS.iter().find(fits).unwrap_or(&FORMS[0])
    }

    /// The form with this number among those of the type with that number.
    #[must_use]
    pub fn of_numbers(metric_type: u8, number: u8) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.metric_type as u8 == metric_type && form.number == number)
    }

    /// The form of a block; `None` for one that counts nothing.
    #[inline]
    #[must_use]
    pub fn of_block(kind: BlockKind) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.block == kind)
    }

    /// How many bounds a histogram of these numbers has, or sub-windows a summary: the length of a family's blocks
    /// depends on it.
    #[must_use]
    pub fn repeats_of(&self, numbers: &[f64]) -> u64 {
        match self.protocol {
            Protocol::Sketched => u64::from(SummaryOptions::from_numbers(numbers).sub_windows()),
            _ => numbers.len() as u64,
        }
    }

    /// Cells of a block with so many bounds or sub-windows.
    #[must_use]
    pub fn cells_of(&self, repeats: u64) -> u64 {
        let repeated = self.repeated.saturating_mul(repeats.max(self.repeats.0));
        self.cells.saturating_add(repeated)
    }

    /// Whether its first and its last cell are sequence words.
    #[must_use]
    pub fn is_sequenced(&self) -> bool {
        matches!(self.protocol, Protocol::Sequenced | Protocol::Sketched)
    }
}

/// Whether blocks of a kind belong to the life that made them, and are not shown after its end.
#[must_use]
pub fn of_one_life(kind: BlockKind) -> bool {
    Form::of_block(kind).is_some_and(|form| form.of_one_life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_by_its_block_its_numbers_and_its_metrics() {
        for form in &FORMS {
            let is = |found: &Form| found.block == form.block;
            assert!(form.block.counts());
            assert!(Form::of_block(form.block).is_some_and(is));
            assert!(Form::of_numbers(form.metric_type as u8, form.number).is_some_and(is));
            let name = match form.aggregator {
                Some(Aggregator::MostRecent) => "mostrecent",
                Some(Aggregator::Shared) => "shared",
                _ => "sum",
            };
            assert!(is(Form::of(form.metric_type, name)));
        }
    }

    #[test]
    fn aggregators_of_gauges_are_nothing_to_other_types() {
        for name in ["mostrecent", "shared", "all", "unheard of"] {
            assert_eq!(Form::of(MetricType::Counter, name).block, BlockKind::Counter);
            assert_eq!(Form::of(MetricType::Histogram, name).block, BlockKind::Histogram);
            assert_eq!(Form::of(MetricType::Summary, name).block, BlockKind::Summary);
        }
        assert_eq!(Form::of(MetricType::Gauge, "all").block, BlockKind::Gauge);
    }

    #[test]
    fn all_blocks_that_count_have_a_form_and_no_others() {
        let kinds =
            (1..32).filter_map(|kind| crate::layout::BlockHead::unpack(kind | 1 << 16).ok()?);
        let kinds: Vec<BlockKind> = kinds.map(|head| head.kind).collect();
        assert_eq!(kinds.len(), 11);
        for kind in kinds {
            assert_eq!(Form::of_block(kind).is_some(), kind.counts(), "{kind:?}");
        }
    }
}
