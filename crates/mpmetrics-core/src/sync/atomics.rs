//! The atomics of the standard library, or a model checker's.

#[cfg(not(any(loom, feature = "locked")))]
pub use core::sync::atomic::AtomicU64;
#[cfg(not(loom))]
pub use core::sync::atomic::{fence, AtomicU32, Ordering};
#[cfg(all(loom, not(feature = "locked")))]
pub use loom::sync::atomic::AtomicU64;
#[cfg(loom)]
pub use loom::sync::atomic::{fence, AtomicU32, Ordering};
