//! Reading everything at once: from words to plain data.

pub mod aggregate;
mod bounds;
mod gather;
pub mod labels;
pub mod mode;
pub mod model;
mod newest;
mod own;
pub mod scrape;
mod spare;
pub mod walk;

pub use spare::recycle;
