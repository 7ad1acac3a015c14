//! Word indexes in a block: the words before its cells, and the cells of kinds that have several.

/// The words before a block's cells.
pub mod block {
    /// [`super::BlockHead`]; stored last when a block is made. 0 ends the slab.
    pub const HEAD: u64 = 0;
    /// [`super::BlockKey`].
    pub const KEY: u64 = 1;
    /// [`super::BlockBirth`].
    pub const BIRTH: u64 = 2;
    /// First cell.
    pub const CELLS: u64 = 3;
}

/// The words of an exemplar's block after its head.
pub mod exemplar {
    /// Reference of the block of the series that it belongs to.
    pub const OF: u64 = 3;
    /// 0 for a counter, else which bucket in configured order, the one above all bounds last.
    pub const BUCKET: u64 = 4;
    /// The exemplar, see [`crate::cells::exemplar`].
    pub const CELLS: u64 = 5;
}

/// Octave buckets have their [`OctaveLink`] in place of the birth.
pub const LINK: u64 = block::BIRTH;

/// The cells of a summary's block.
pub mod summary {
    /// First sequence word.
    pub const FIRST: u64 = 0;
    /// Number of observations.
    pub const COUNT: u64 = 1;
    /// Their sum.
    pub const SUM: u64 = 2;
    /// Reference of the first octave buckets; 0 for none.
    pub const OCTAVES: u64 = 3;
    /// The first sub-window; without a window there is a single one.
    pub const SUB_WINDOWS: u64 = 4;
    /// Cells of a block beside those of its sub-windows.
    pub const CELLS: u64 = 5;
}

/// The cells of a sub-window in a summary's block.
pub mod sub_window {
    /// Cells of a sub-window.
    pub const WORDS: u64 = 4;
    /// Its number, counted from 1970 on; NaN while the cells are cleared for another one.
    pub const NUMBER: u64 = 0;
    /// Observations of zero.
    pub const ZEROS: u64 = 1;
    /// The smallest observation; infinity for none.
    pub const MIN: u64 = 2;
    /// The largest observation; minus infinity for none.
    pub const MAX: u64 = 3;
}

/// 32-bit words between a block's flags and its first cell: `u32[2 * cell - FLAGS_BACK]`.
pub const FLAGS_BACK: u32 = 2 * (block::CELLS - block::HEAD) as u32;
