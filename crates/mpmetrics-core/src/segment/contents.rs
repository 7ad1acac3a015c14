//! The contents of a segment's file, as far as making, attaching to and removing the file depend on them.

use crate::error::Result;
use crate::os::ProcessIdentity;
use std::fs::File;
use std::ops::Range;

/// The contents of a file, as far as making, attaching to and removing the file depend on them.
pub trait Contents {
    /// Allocates and fills a new, empty file that no other process uses yet. The segment may be reaped when `root` is
    /// dead; without a root it is never reaped.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Full`] if the file system has no room. Unless the user named the path, the caller then removes
    /// old segments, or tries another directory.
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()>;

    /// Reads the contents that [`open`](super::open()) and reaping need, without trusting any byte and without any
    /// lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Corrupt`], [`crate::Error::Version`]: no process attaches to such a file, or reaps it.
    fn inspect(&self, file: &File) -> Result<Inspection>;

    /// Marks the segment as retired, so that no process attaches any more. The caller holds the heap lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn retire(&self, file: &File) -> Result<()>;

    /// Notes the time at which no slot was found locked, for the next process that checks. The caller holds the heap
    /// lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()>;

    /// Returns the byte that the holder of the heap lock locks.
    fn heap_lock_byte(&self) -> u64;

    /// Returns the range of bytes of which each living writer locks one.
    fn slot_lock_range(&self) -> Range<u64>;
}

/// The contents that [`Contents::inspect`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The root of the application; `None` in a segment that the user named.
    pub root: Option<ProcessIdentity>,
    /// Whether the segment is removed, or about to be removed.
    pub retired: bool,
    /// Time at which a writer last attached, in milliseconds since 1970.
    pub last_attach_ms: u64,
    /// Whether the root itself was a writer. Then its slot's byte is locked as long as it lives.
    pub root_wrote: bool,
    /// Time at which no slot was found locked, in milliseconds since 1970. It has no meaning unless it is later than
    /// `last_attach_ms`.
    pub idle_since_ms: u64,
}
