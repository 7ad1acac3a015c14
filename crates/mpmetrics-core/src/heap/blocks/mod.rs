//! What writers count in: blocks of cells in slabs, with the buckets of summaries, and who has left them.

pub mod block;
pub mod chunk;
pub mod merge;
pub mod moving;
pub mod reclaim;
pub mod shared;
