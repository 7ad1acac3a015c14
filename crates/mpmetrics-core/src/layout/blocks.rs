//! Word indexes in a block: the words before its cells, and the cells of kinds that have several.

/// The words before a block's cells.
pub mod block {
    /// [`BlockHead`](super::super::BlockHead); stored last when a block is made. A 0 here ends the slab.
    pub const HEAD: u64 = 0;
    /// [`BlockKey`](super::super::BlockKey).
    pub const KEY: u64 = 1;
    /// [`BlockBirth`](super::super::BlockBirth).
    pub const BIRTH: u64 = 2;
    /// First cell.
    pub const CELLS: u64 = 3;
}

/// The cells of a gauge's block.
pub mod gauge {
    /// The value.
    pub const VALUE: u64 = 0;
    /// In a family that shows each ended life by itself: the [`WriterName`](super::super::WriterName) of the writer, once
    /// the block is a residue.
    pub const WRITER: u64 = 1;
    /// In a state set that counts the dead in each state: how many dead writers were in the first state, once the block
    /// is a residue. A cell for each further state follows.
    pub const TALLY: u64 = 1;
}

/// The words of an exemplar's block after its head.
pub mod exemplar {
    /// Reference of the series' block to which the exemplar belongs.
    pub const OF: u64 = 3;
    /// 0 for a counter. For a histogram, the index of the bucket in configured order; the bucket above all bounds is
    /// the last.
    pub const BUCKET: u64 = 4;
    /// The words of the exemplar, see [`crate::cells::exemplar`].
    pub const CELLS: u64 = 5;
}

/// The [`OctaveLink`](super::OctaveLink) of octave buckets, which they have in place of a birth.
pub const LINK: u64 = block::BIRTH;

/// The cells of a summary's block.
pub mod summary {
    /// First sequence word.
    pub const FIRST: u64 = 0;
    /// Number of observations.
    pub const COUNT: u64 = 1;
    /// Sum of the observations.
    pub const SUM: u64 = 2;
    /// Reference of the first octave buckets; 0 for none.
    pub const OCTAVES: u64 = 3;
    /// The first sub-window. A summary without a window has a single one.
    pub const SUB_WINDOWS: u64 = 4;
    /// Number of cells of a block beside those of its sub-windows.
    pub const CELLS: u64 = 5;
}

/// The cells of a sub-window in a summary's block.
pub mod sub_window {
    /// Number of cells of a sub-window.
    pub const WORDS: u64 = 4;
    /// Number of the sub-window, counted from 1970 on; NaN while the cells are cleared for another sub-window.
    pub const NUMBER: u64 = 0;
    /// Number of observations that are zero.
    pub const ZEROS: u64 = 1;
    /// The smallest observation; infinity for none.
    pub const MIN: u64 = 2;
    /// The largest observation; minus infinity for none.
    pub const MAX: u64 = 3;
}

/// Number of 32-bit words from a block's flags to its first cell: the flags of the block with first cell `cell` are
/// `u32[2 * cell - FLAGS_BACK]`.
pub const FLAGS_BACK: u32 = 2 * (block::CELLS - block::HEAD) as u32;
