//! The life of the file that the processes of an application share: where it lies, who makes it, who
//! may remove it.
//!
//! What is in the file is somebody else's ([`Contents`]); that it is *one* file, safe to map and removed
//! only when nobody can miss it, is decided here:
//!
//! - A segment is born under a temporary name, filled, and gets its name by a step that fails if the name
//!   is taken; who meets a taken name attaches. So creation needs no lock to be right.
//! - Who attaches locks the heap, sees that it is not retired, claims its place, and then asks
//!   [`crate::os::same_file`] whether the path still names what it has; if not, it calls [`open`] again.
//! - A file is removed under the directory's lock, after it was marked retired under the heap's lock and
//!   its inode was compared with the path's. As long as a file of the name is there, no other can come to
//!   have the name, so between the comparison and the removal nothing changes.

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
