//! The one door to atomics: every other module imports them from here, so that a model checker
//! can put its own in their place (`RUSTFLAGS="--cfg loom"`), and so that the feature `locked` can, for
//! targets that have none of 64 bits.

mod atomics;
#[cfg(feature = "locked")]
mod locked;

pub use atomics::{fence, AtomicU32, Ordering};

#[cfg(not(feature = "locked"))]
pub use atomics::AtomicU64;
#[cfg(feature = "locked")]
pub use locked::{guard, AtomicU64, Guard, Guarded, Note};
