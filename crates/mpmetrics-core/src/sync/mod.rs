//! Atomics. Every other module imports them from here, so that they can be replaced: by those of a model checker
//! (`RUSTFLAGS="--cfg loom"`), or by the feature `locked` for targets without 64-bit atomics.

mod atomics;
#[cfg(feature = "locked")]
mod locked;

pub use atomics::{fence, AtomicU32, Ordering};

#[cfg(not(feature = "locked"))]
pub use atomics::AtomicU64;
#[cfg(feature = "locked")]
pub use locked::{guard, AtomicU64, Guard, Guarded, Note};
