//! The blocks that writers count in, with the buckets of summaries; merging and removing them.

pub mod block;
pub mod merge;
pub mod moving;
pub mod octave_buckets;
pub mod reclaim;
pub mod shared;
