//! Quantiles: the buckets in which values are counted, the observations of a summary, and its options. Plain data and
//! pure functions.

pub mod octave;
pub mod sketch;
pub mod summary;
