//! What a segment's file holds, as far as its life depends on it.

use crate::error::Result;
use crate::os::ProcessIdentity;
use std::fs::File;
use std::ops::Range;

/// What lies in the file, as far as its life depends on it.
pub trait Contents {
    /// Allocates and fills a fresh, empty file that nobody else has yet. `root` is whose death lets the
    /// segment be reaped; without one it is never reaped.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Full`] if the file system has no room: another directory is tried then.
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()>;

    /// Reads what [`open`](super::open()) and the reaping need, without trusting a byte and without any lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Corrupt`], [`crate::Error::Version`]: such a file is neither attached nor reaped.
    fn inspect(&self, file: &File) -> Result<Inspection>;

    /// Marks it retired: nobody attaches any more. The caller holds the heap's lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn retire(&self, file: &File) -> Result<()>;

    /// Notes when nobody was found in it, for the next who looks. The caller holds the heap's lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()>;

    /// The byte that who holds the heap's lock has locked.
    fn heap_lock_byte(&self) -> u64;

    /// The bytes of which a living writer has locked one.
    fn slot_lock_range(&self) -> Range<u64>;
}

/// What [`Contents::inspect`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The root of the application; `None` in a segment that the user named.
    pub root: Option<ProcessIdentity>,
    /// Whether it is, or is about to be, removed.
    pub retired: bool,
    /// When a writer last attached, in milliseconds since 1970.
    pub last_attach_ms: u64,
    /// Whether the root itself was a writer, which it is as long as it lives.
    pub root_wrote: bool,
    /// When nobody was found in it, in milliseconds since 1970; of no meaning unless after `last_attach_ms`.
    pub idle_since_ms: u64,
}
