//! Reading a segment as a stranger: without a slot, and without a store to the file.
//!
//! A reader opens the file for reading only, and copies it with `pread`, so a file that is truncated meanwhile is an
//! error and no signal. It asks the kernel which bytes of slots are locked, and walks the copy as a scrape walks the
//! heap. It rings no doorbell, takes no lock and maps nothing: whatever it does or suffers, the application's processes
//! do not notice.
//!
//! A walk over the living heap reads some words again after others, to find out whether what it read in between belongs
//! together. In a copy, these words do not change. So `copy` reads them from the file, before and after the
//! copy, and takes out of the copy what has changed meanwhile; `repair` reads single blocks again.

mod copy;
mod facts;
mod file;
mod marks;
mod reading;
mod repair;
#[cfg(test)]
mod tests;

pub use facts::{Facts, WriterFacts};
pub use file::SegmentFile;
pub use reading::{look, read, Reading};
