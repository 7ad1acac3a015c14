//! The memory of a heap, and the locks that show which of its writers live.

mod contract;
mod mapped;
mod owned;
#[cfg(feature = "locked")]
mod stripes;

pub use contract::{Locks, Region};
pub use mapped::Mapped;
pub use owned::Owned;
#[cfg(feature = "locked")]
pub(crate) use stripes::make as make_stripes;
