//! The one door to atomics: every other module imports them from here, so that a model checker
//! can put its own in their place.

pub use core::sync::atomic::{fence, AtomicU32, AtomicU64, Ordering};
