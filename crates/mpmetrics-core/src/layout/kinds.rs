//! What an extent is used for, and what a block holds.

/// What an extent is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExtentKind {
    /// Free for another use.
    Free = 1,
    /// Part of a table.
    Table = 2,
    /// A writer's memory.
    Slab = 3,
    /// Texts of one size class.
    Text = 4,
    /// The hash index.
    Index = 5,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BlockKind {
    /// Unused room at a page's end.
    Pad = 1,
    /// Free for its slot's owner.
    Free = 2,
    /// Says that the slot's life declared a family.
    Family = 3,
    /// One cell.
    Counter = 4,
    /// One cell, of one life.
    Gauge = 5,
    /// Sequence word, buckets, sum, sequence word.
    Histogram = 6,
    /// Sequence word, count, sum, first octave buckets, sub-windows, sequence word.
    Summary = 7,
    /// A gauge with the time it was set, of one life: sequence word, value, time, sequence word.
    Recent = 8,
    /// The buckets of one octave of a summary.
    OctaveBuckets = 9,
    /// An exemplar of a counter or of a histogram's bucket.
    Exemplar = 16,
    /// A shared gauge: value, sealed value, how it was changed.
    Shared = 17,
}

impl BlockKind {
    /// Whether such a block holds the counts of a series, and keeps it alive.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(
            self,
            Self::Pad | Self::Free | Self::Family | Self::OctaveBuckets | Self::Exemplar
        )
    }
}
