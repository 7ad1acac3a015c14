//! The contracts of a region and of the holders of its locks.

use crate::error::Result;
use crate::sync::AtomicU64;

/// Memory for one heap, shared by all of its writers.
pub trait Region: Send + Sync {
    /// Returns the words that are backed by memory now. Their number may grow, but never shrinks, and no word moves.
    fn words(&self) -> &[AtomicU64];

    /// Backs at least this many words with memory. Called under the heap lock.
    ///
    /// # Errors
    /// [`crate::Error::Full`] if memory or the segment's own limit does not allow it.
    fn grow(&self, words: u64) -> Result<()>;

    /// Makes a holder of locks for one writer.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system has no descriptor left.
    fn holder(&self) -> Result<Box<dyn Locks>>;

    /// Returns the first byte in `from..to` that any holder has locked.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn first_locked(&self, from: u64, to: u64) -> Result<Option<u64>>;
}

/// The locks of one writer. They are freed when it dies in any way.
pub trait Locks: Send + Sync {
    /// Locks a byte unless another holder has locked it. Returns whether it is locked by this holder now.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn try_lock(&self, byte: u64) -> Result<bool>;

    /// Unlocks a byte.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn unlock(&self, byte: u64) -> Result<()>;
}
