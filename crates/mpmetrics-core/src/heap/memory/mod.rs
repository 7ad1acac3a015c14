//! The memory of a segment: its words, the heap lock under which they are allocated, extents, tables and texts.

pub mod address;
pub mod extent;
pub mod heap;
pub mod lock;
pub mod table;
pub mod text;
