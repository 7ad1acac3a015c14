//! The file of a segment: where it is, which process makes it, and when it may be removed.
//!
//! [`Contents`] knows what is in the file. This module ensures that all processes of an application map the same file,
//! that it is safe to map, and that it is removed only when no process needs it:
//!
//! - A process makes a segment under a temporary name, fills it, and renames it by a call that fails if the name is
//!   taken; in that case the process attaches to the file that has the name. So creation needs no lock.
//! - A process that attaches takes the heap lock, checks that the segment is not retired, claims a slot, and then asks
//!   [`crate::os::same_file`] whether the path still names its file; if not, it calls `open` again.
//! - A process removes a file under the directory's lock, after it marked the segment as retired under the heap lock
//!   and compared the file's inode with that of the path. If the name is to go to a copy of an older segment, the
//!   process holds the heap lock during the removal, and marks the segment afterwards. While a file has the name, no
//!   other file can get it, so the path names the same file at the comparison and at the removal.

mod contents;
mod create;
mod directory;
mod heap_file;
mod listing;
mod open;
mod probe;
mod reap;
mod removal;
mod state;
mod succession;
#[cfg(test)]
mod tests;

pub use contents::{Contents, Inspection};
pub use heap_file::{HeapContents, Segment};
pub use listing::list;
pub use open::{open, OpenOptions, Opened};
pub use reap::unlink;
pub use removal::{remove, Removal};
