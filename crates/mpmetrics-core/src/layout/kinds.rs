//! The kinds of extents and of blocks.

/// The use of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExtentKind {
    /// Free for another use.
    Free = 1,
    /// A chunk of a table.
    Table = 2,
    /// Blocks of one writer, or of shared gauges.
    Slab = 3,
    /// Texts of one size class.
    Text = 4,
    /// The hash index.
    Index = 5,
}

/// The content of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BlockKind {
    /// Unused room at a page's end.
    Pad = 1,
    /// Free; the slot's owner may reuse it.
    Free = 2,
    /// A note that the writer declared a family.
    Family = 3,
    /// One cell.
    Counter = 4,
    /// One cell. If the gauge's family counts the dead, the block has further cells, which are for residues. If the
    /// family does not count the dead, scrapes show the block only during the life in which it was made.
    Gauge = 5,
    /// Sequence word, buckets, sum, sequence word.
    Histogram = 6,
    /// Sequence word, count, sum, first octave buckets, sub-windows, sequence word.
    Summary = 7,
    /// A gauge with the time when it was set: sequence word, value, time, sequence word. Shown as long as a
    /// [`Self::Gauge`] would be.
    Recent = 8,
    /// The buckets of one octave of a summary.
    OctaveBuckets = 9,
    /// An exemplar of a counter or of a histogram's bucket.
    Exemplar = 16,
    /// A shared gauge: value, sealed value, marks.
    Shared = 17,
}

impl BlockKind {
    /// Returns whether such a block has the counts of a series, and keeps the series alive.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(
            self,
            Self::Pad | Self::Free | Self::Family | Self::OctaveBuckets | Self::Exemplar
        )
    }
}
