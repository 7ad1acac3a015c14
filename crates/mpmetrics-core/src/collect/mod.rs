//! Reading everything at once: from words to plain data.

pub mod aggregate;
mod bounds;
mod chunks;
mod gather;
pub mod labels;
pub mod mode;
pub mod model;
#[cfg(all(test, loom))]
mod models;
pub mod names;
mod newest;
mod own;
mod part;
pub mod scrape;
pub mod sketch;
mod spare;
pub mod summary;
pub mod walk;

pub use spare::recycle;
