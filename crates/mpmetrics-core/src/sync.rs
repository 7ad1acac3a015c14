//! The one door to atomics: every other module imports them from here, so that a model checker
//! can put its own in their place (`RUSTFLAGS="--cfg loom"`), and so that the feature `locked` can, for
//! targets that have none of 64 bits.

#[cfg(feature = "locked")]
mod locked;

#[cfg(not(any(loom, feature = "locked")))]
pub use core::sync::atomic::AtomicU64;
#[cfg(not(loom))]
pub use core::sync::atomic::{fence, AtomicU32, Ordering};
#[cfg(feature = "locked")]
pub use locked::{guard, AtomicU64, Guard, Guarded, Note};
#[cfg(all(loom, not(feature = "locked")))]
pub use loom::sync::atomic::AtomicU64;
#[cfg(loom)]
pub use loom::sync::atomic::{fence, AtomicU32, Ordering};
