//! What the life of a segment's file depends on in its contents.

use crate::error::Result;
use crate::os::ProcessIdentity;
use std::fs::File;
use std::ops::Range;

/// What the life of a file depends on in its contents.
pub trait Contents {
    /// Allocates and fills a new, empty file that no other process has yet. The segment may be reaped when `root` is
    /// dead; without a root it is never reaped.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Full`] if the file system has no room: another directory is tried then.
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()>;

    /// Reads what [`open`](super::open()) and reaping need, without trusting a byte and without any lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Corrupt`], [`crate::Error::Version`]: such a file is neither attached nor reaped.
    fn inspect(&self, file: &File) -> Result<Inspection>;

    /// Marks it retired: no process attaches any more. The caller holds the heap lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn retire(&self, file: &File) -> Result<()>;

    /// Notes when no slot was found locked, for the next process that checks. The caller holds the heap lock.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`].
    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()>;

    /// The byte that the holder of the heap lock has locked.
    fn heap_lock_byte(&self) -> u64;

    /// The bytes of which each living writer has locked one.
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
    /// Whether the root itself was a writer. Then it is one as long as it lives.
    pub root_wrote: bool,
    /// When no slot was found locked, in milliseconds since 1970; without meaning unless after `last_attach_ms`.
    pub idle_since_ms: u64,
}
