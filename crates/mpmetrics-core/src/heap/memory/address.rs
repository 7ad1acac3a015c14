//! Where one writer's cells of a series are, as numbers. An address may be outdated: the cells may belong to another
//! series by now.

use super::table::GENERATIONS;
use crate::layout::{BlockKey, EXTENT_HEADER};
use crate::quantile::octave::Octave;

/// Where one writer's cells of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
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
    /// Whether the cells contain counts of an earlier life of the slot.
    pub inherited: bool,
}

impl Address {
    /// Returns the address of a series' cells, given the number of the slab and the index of the first cell in it.
    pub(in crate::heap) fn new((slab, cell): (u32, u32), key: BlockKey, inherited: bool) -> Self {
        let BlockKey { series, generation } = key;
        let (chunk, index) = GENERATIONS.locate(series / 2);
        // An even series has the lower half of its word, which comes second on a big-endian machine.
        let half = (series % 2) ^ u32::from(cfg!(target_endian = "big"));
        let word = ((EXTENT_HEADER + index) * 2) as u32 + half;
        Self { slab, cell, chunk, word, generation, series, inherited }
    }
}

/// Where one writer's buckets of an octave are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OctaveAddress {
    /// The octave.
    pub octave: Octave,
    /// Number of the slab.
    pub slab: u32,
    /// Index of the first bucket in the slab, in words.
    pub cell: u32,
}
