//! The life of the file that the processes of an application share: where it is, which process makes it, when it may be
//! removed.
//!
//! [`Contents`] knows what is in the file. This module ensures that it is *one* file, safe to map, and removed only
//! when no process needs it:
//!
//! - A segment is made under a temporary name, filled, and gets its name by a step that fails if the name is taken; a
//!   process that finds the name taken attaches. So creation is correct without a lock.
//! - A process that attaches locks the heap, checks that it is not retired, claims its slot, and then asks
//!   [`crate::os::same_file`] whether the path still names its file; if not, it calls [`open`] again.
//! - A file is removed under the directory's lock, after it was marked retired under the heap lock and its inode was
//!   compared with the path's. As long as a file has the name, no other can get it, so nothing changes between the
//!   comparison and the removal.

mod contents;
mod create;
mod directory;
mod heap_file;
mod open;
mod reap;
mod succession;
#[cfg(test)]
mod tests;

pub use contents::{Contents, Inspection};
pub use heap_file::{HeapContents, Segment};
pub use open::{open, OpenOptions, Opened};
pub use reap::unlink;
