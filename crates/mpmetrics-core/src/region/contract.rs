//! What every region, and every holder of its locks, does.

use crate::error::Result;
use crate::sync::AtomicU64;

/// Memory for one heap, shared by all of its writers.
pub trait Region: Send + Sync {
    /// The words that are backed by memory now. They may become more; they never become fewer, and none moves.
    fn words(&self) -> &[AtomicU64];

    /// Backs at least this many words. Called under the heap lock.
    ///
    /// # Errors
    /// [`crate::Error::Full`] if memory or the segment's own limit does not allow it.
    fn grow(&self, words: u64) -> Result<()>;

    /// Makes a holder of locks for one writer.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system has no descriptor left.
    fn holder(&self) -> Result<Box<dyn Locks>>;

    /// The first byte in `from..to` that some holder has locked.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn first_locked(&self, from: u64, to: u64) -> Result<Option<u64>>;
}

/// The locks of one writer, which are freed at its death, however it dies.
pub trait Locks: Send + Sync {
    /// Locks a byte unless another holder has it.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn try_lock(&self, byte: u64) -> Result<bool>;

    /// Frees a byte.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    fn unlock(&self, byte: u64) -> Result<()>;
}
