//! The segment as memory: its words, the lock under which they are handed out, and who has which.

pub mod bound;
pub mod extent;
pub mod heap;
pub mod lock;
pub mod table;
pub mod text;
