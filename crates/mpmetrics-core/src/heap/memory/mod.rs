//! The segment as memory: its words, the lock under which they are allocated, and what they are used for.

pub mod address;
pub mod extent;
pub mod heap;
pub mod lock;
pub mod table;
pub mod text;
