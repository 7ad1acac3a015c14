//! Quantiles: the buckets that values are counted in, what a summary keeps of them, and what it is
//! configured with. Plain data and pure functions.

pub mod octave;
pub mod sketch;
pub mod summary;
