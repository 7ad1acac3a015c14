//! Reading everything at once: from words to plain data.

pub mod aggregate;
mod bounds;
mod chunks;
pub mod filter;
mod gather;
mod generations;
#[cfg(all(test, loom))]
mod loom;
pub mod names;
mod newest;
mod own;
mod part;
pub mod scrape;
pub mod snapshot;
mod spare;
pub mod walk;
mod writer_labels;

pub use spare::recycle;
