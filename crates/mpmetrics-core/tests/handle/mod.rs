//! Updates the cells of a writer's blocks as JavaScript does, but in Rust.
#![allow(dead_code, reason = "each test program uses its part")]

use mpmetrics_core::heap::{Address, FamilySpec, Heap, Writer};
use mpmetrics_core::layout::{block, BlockKey, ABSENT, EXTENT_HEADER};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::summary::SummaryOptions;
use mpmetrics_core::sync::Ordering;
use mpmetrics_core::{Error, Result};

/// A bound series of one writer, as an application keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Handle {
    pub metric_type: MetricType,
    pub address: Address,
    /// Reference of the first cell.
    pub cell: u64,
    /// Reference of the word that holds the series' generation.
    generation: u64,
}

/// The family of each type that the tests use: two bounds for the histogram, two percentiles for the
/// summary.
pub fn spec(metric_type: MetricType) -> FamilySpec {
    FamilySpec {
        tag: "default".into(),
        name: format!("{metric_type:?}").to_lowercase(),
        help: "help".into(),
        metric_type,
        aggregator: "sum".into(),
        label_names: vec!["a".into(), "b".into()],
        states: Vec::new(),
        numbers: match metric_type {
            MetricType::Histogram => vec![1.0, 2.0],
            MetricType::Summary => {
                let percentiles = vec![0.5, 0.9];
                SummaryOptions { percentiles, ..SummaryOptions::default() }.numbers()
            }
            _ => vec![],
        },
    }
}

impl Handle {
    pub fn bind(
        writer: &mut Writer,
        metric_type: MetricType,
        family: u32,
        text: &[u8],
    ) -> Result<Self> {
        let address = writer.bind(family, text, b"")?;
        let (slab, _) = writer.slab(address.slab).expect("the slab of a block that was just bound");
        let (chunk, _) = writer.generations(address.chunk)?;
        let generation = chunk + u64::from(address.word / 2);
        assert!(u64::from(address.word / 2) >= EXTENT_HEADER);
        Ok(Self { metric_type, address, cell: slab + u64::from(address.cell), generation })
    }

    pub fn key(&self) -> BlockKey {
        BlockKey { series: self.address.series, generation: self.address.generation }
    }

    /// Whether the place still has the series that was bound. JavaScript checks this before each store.
    pub fn fresh(&self, heap: &Heap) -> Result<bool> {
        let word = heap.words().load(self.generation)?;
        // `address.word` counts halves of words in the order of their bytes.
        let half = (self.address.word % 2) ^ u32::from(cfg!(target_endian = "big"));
        Ok((word >> (half * 32)) as u32 == self.address.generation)
    }

    /// Counts, sets or observes a value, depending on the type. Does not check whether the handle is stale.
    pub fn update(&self, writer: &mut Writer, value: f64) -> Result<()> {
        let heap = &writer.heap().clone();
        match self.metric_type {
            MetricType::Counter => self.add(heap, 0, value),
            MetricType::Gauge | MetricType::StateSet | MetricType::Info => {
                heap.words().store(self.cell, value.to_bits())
            }
            MetricType::Histogram => {
                let bucket = [1.0, 2.0].iter().position(|bound| value <= *bound).unwrap_or(2);
                self.sequenced(heap, 5, &[(1 + bucket as u64, 1.0), (4, value)])
            }
            MetricType::Summary => match writer.observe(&self.address, (value, 1.0), None, 0.0) {
                // The series was removed. If that happens after JavaScript's check, JavaScript stores to the old block,
                // which no scrape reads any more. So it is no error here either.
                Err(Error::Invalid { .. }) => Ok(()),
                done => done,
            },
        }
    }

    fn add(&self, heap: &Heap, cell: u64, value: f64) -> Result<()> {
        let word = heap.words().at(self.cell + cell)?;
        let sum = f64::from_bits(word.load(Ordering::Relaxed)) + value;
        word.store(sum.to_bits(), Ordering::Release);
        Ok(())
    }

    /// Adds to cells between the sequence words. Stores the last word first, and the first word last.
    fn sequenced(&self, heap: &Heap, last: u64, cells: &[(u64, f64)]) -> Result<()> {
        let next = heap.words().load(self.cell)?.wrapping_add(1);
        heap.words().store(self.cell + last, next)?;
        for (cell, value) in cells {
            self.add(heap, *cell, *value)?;
        }
        heap.words().store(self.cell, next)
    }

    /// Hides the block from scrapes, as `reset()` of a labelled metric does.
    pub fn hide(&self, heap: &Heap) -> Result<()> {
        let head = heap.words().at(self.cell - block::CELLS + block::HEAD)?;
        head.fetch_or(u64::from(ABSENT), Ordering::AcqRel);
        Ok(())
    }

    /// Gives the cells the values that they had before the first update, as the owner does before it shows the block
    /// again. A summary's minimum and maximum become infinite; all other counts and sums become 0.
    pub fn zero(&self, writer: &Writer) -> Result<()> {
        let heap = writer.heap();
        let cells = match self.metric_type {
            MetricType::Counter | MetricType::Gauge | MetricType::StateSet | MetricType::Info => 1,
            MetricType::Histogram => 6,
            MetricType::Summary => {
                let (min, max) = (self.cell + 6, self.cell + 7);
                for (cell, value) in [(1, 0.0), (2, 0.0), (5, 0.0)] {
                    heap.words().store(self.cell + cell, f64::to_bits(value))?;
                }
                heap.words().store(min, f64::INFINITY.to_bits())?;
                heap.words().store(max, f64::NEG_INFINITY.to_bits())?;
                let Address { slab, cell, .. } = self.address;
                for buckets in writer.all_buckets(slab, cell, self.key())? {
                    let (slab, _) = writer.slab(buckets.slab).expect("a slab");
                    let first = slab + u64::from(buckets.cell);
                    (0..32).try_for_each(|cell| heap.words().store(first + cell, 0))?;
                }
                return Ok(());
            }
        };
        (0..cells).try_for_each(|cell| heap.words().store(self.cell + cell, 0))
    }
}
