//! The one door to atomics: every other module imports them from here, so that a model checker can replace them
//! (`RUSTFLAGS="--cfg loom"`), and so can the feature `locked`, for targets without 64-bit atomics.

mod atomics;
#[cfg(feature = "locked")]
mod locked;

pub use atomics::{fence, AtomicU32, Ordering};

#[cfg(not(feature = "locked"))]
pub use atomics::AtomicU64;
#[cfg(feature = "locked")]
pub use locked::{guard, AtomicU64, Guard, Guarded, Note};
