//! Label text: reading `a="1",b="x\"y"` pair by pair, and whether two texts name the same series.

mod identity;
#[cfg(test)]
mod tests;
mod text;

pub use identity::{identity_hash, same_set};
pub use text::{escape, is_whole, pairs, push_pair, unescape, Malformed, Pair, Pairs};
