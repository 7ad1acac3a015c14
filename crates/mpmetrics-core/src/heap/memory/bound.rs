//! Where a series' cells are for one writer: by numbers, which may be another series' by now.

use crate::quantile::octave::Octave;

/// Where a series' cells are for one writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Number of the slab.
    pub slab: u32,
    /// Index of the first cell in the slab, in words.
    pub cell: u32,
    /// Number of the generation chunk.
    pub chunk: u32,
    /// Index of the series' generation in the chunk, in 32-bit words.
    pub word: u32,
    /// The series' generation.
    pub generation: u32,
    /// Series number.
    pub series: u32,
    /// Whether the cells have counts of an earlier life of the slot.
    pub inherited: bool,
}

/// Where the buckets of an octave are for one writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// The octave.
    pub octave: Octave,
    /// Number of the slab.
    pub slab: u32,
    /// Index of the first bucket in the slab, in words.
    pub cell: u32,
}
