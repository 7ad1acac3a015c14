//! The blocks to which writers store, and the octave buckets of summaries: making, merging and removing them.

pub mod block;
pub mod copying;
pub mod merge;
pub mod moving;
pub mod octave_buckets;
pub mod reclaim;
pub mod shared;
