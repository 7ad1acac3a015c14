//! The blocks that writers count in, with the buckets of summaries; merging and removing them.

pub mod block;
pub mod chunk;
pub mod merge;
pub mod moving;
pub mod reclaim;
pub mod shared;
