//! Snapshots as bytes, which can be stored, sent, joined with those of other applications, and printed.
//!
//! The bytes are the word [`frame::MAGIC`], and a *frame* for each family. A frame is complete in itself: it has the
//! family's name, help, type and aggregator, and its series with their labels and numbers. Frames of the same content
//! have the same bytes, so that they can be compared, and a snapshot can be made of frames of several others.
//!
//! All numbers of more than one byte are little-endian. Lengths are variable: 7 bits a byte, the lowest first, and the
//! highest bit is set in all bytes but the last. A text is its length and its UTF-8 bytes. A count that is a whole
//! number below 2^53 is variable: twice its value. Any other double is the byte 1 and its 8 bytes.

mod decode;
mod difference;
mod encode;
pub mod frame;
mod input;
mod operations;
mod output;
mod rows;

pub use decode::Source;
pub use encode::encode;
pub use operations::{join, minus, missing, sum, without, Contents};
