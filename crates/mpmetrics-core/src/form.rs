//! The forms of blocks that count. There is a row for each kind of block: for which metrics it is used, how many cells
//! it has and how they are stored, and whether a scrape shows them after their writer's death.

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
    /// As [`Protocol::Sequenced`], with octave buckets in blocks of their own: [`crate::cells::sketch`].
    Sketched,
}

/// The form of one kind of block.
#[derive(Debug)]
pub struct Form {
    /// The kind.
    pub block: BlockKind,
    /// The type of the metrics that have such blocks.
    pub metric_type: MetricType,
    /// The aggregator of these metrics; `None` for all aggregators that no other form of the type names.
    pub aggregator: Option<Aggregator>,
    /// The form's number among those of the type; a family's record has it.
    pub number: u8,
    /// How its cells are stored.
    pub protocol: Protocol,
    /// How many cells it has, apart from those for bounds or sub-windows.
    pub cells: u64,
    /// How many cells it has for each bound of a histogram, for each sub-window of a summary, or for each number that a
    /// gauge's residue may have beside its value. Such a number is the name of the dead writer, or says how many dead
    /// writers were in one state of a state set. A gauge's block has these cells only if its family counts the dead.
    pub repeated: u64,
    /// The least and the largest number of bounds or sub-windows.
    pub repeats: (u64, u64),
    /// For the error message if a block would be too long: what the family has too many of.
    pub limited: &'static str,
    /// Whether scrapes show the block only during the life that made it, unless its family counts the dead.
    pub of_one_life: bool,
    /// How many exemplars a block with `cells` cells may have.
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

/// All forms. The first that fits is used, so among those of one type the forms that name an aggregator come first.
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
    Form {
        block: BlockKind::Gauge,
        metric_type: MetricType::Gauge,
        // The option `dead` adds cells: see [`gauge::WRITER`](crate::layout::gauge::WRITER).
        repeated: 1,
        of_one_life: true,
        ..PLAIN
    },
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
    /// The form of a family's blocks. State sets and infos have the blocks of gauges, but are never shared ones.
    #[must_use]
    pub fn of(metric_type: MetricType, aggregator: &str) -> &'static Self {
        let stored_as = metric_type.stored_as();
        let named = Aggregator::parse(aggregator)
            .filter(|named| stored_as == metric_type || *named != Aggregator::Shared);
        let fits = |form: &&Self| {
            form.metric_type == stored_as && (form.aggregator.is_none() || form.aggregator == named)
        };
        FORMS.iter().find(fits).unwrap_or(&FORMS[0])
    }

    /// The form by the two numbers in a family's record: the number of the type, and the form's [`Form::number`].
    #[must_use]
    pub fn of_numbers(metric_type: u8, number: u8) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.metric_type as u8 == metric_type && form.number == number)
    }

    /// The form of a block; `None` for a kind of block that counts nothing.
    #[inline]
    #[must_use]
    pub fn of_block(kind: BlockKind) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.block == kind)
    }

    /// How many bounds (of a histogram) or sub-windows (of a summary) the numbers of a declaration give; of a gauge, 1
    /// if it counts the dead.
    #[must_use]
    pub fn repeats_of(&self, numbers: &[f64]) -> u64 {
        match self.protocol {
            Protocol::Sketched => u64::from(SummaryOptions::from_numbers(numbers).sub_windows()),
            _ => numbers.len() as u64,
        }
    }

    /// How many cells a block has with `repeats` bounds or sub-windows.
    #[must_use]
    pub fn cells_of(&self, repeats: u64) -> u64 {
        let repeated = self.repeated.saturating_mul(repeats.max(self.repeats.0));
        self.cells.saturating_add(repeated)
    }

    /// Whether the first and the last cell of a block are sequence words.
    #[must_use]
    pub fn is_sequenced(&self) -> bool {
        matches!(self.protocol, Protocol::Sequenced | Protocol::Sketched)
    }
}

/// Whether scrapes show blocks of a kind only during the life that made them, unless their family counts the dead.
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
    fn state_sets_and_infos_have_blocks_of_gauges() {
        for name in ["any", "every", "all", "count", "shared", "unheard of"] {
            assert_eq!(Form::of(MetricType::StateSet, name).block, BlockKind::Gauge);
            assert_eq!(Form::of(MetricType::Info, name).block, BlockKind::Gauge);
        }
        assert_eq!(Form::of(MetricType::StateSet, "mostrecent").block, BlockKind::Recent);
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
