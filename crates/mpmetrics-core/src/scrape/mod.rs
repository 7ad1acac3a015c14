//! One scrape: reads the words of a heap and makes plain data of them, a [`snapshot`].

pub mod aggregate;
mod bounds;
pub mod filter;
mod gather;
mod generations;
#[cfg(all(test, loom))]
mod loom;
pub mod names;
mod newest;
mod own;
mod part;
mod rounds;
pub mod snapshot;
mod spare;
mod summary;
pub mod walk;
mod writer_labels;

pub use rounds::scrape;
pub use spare::recycle;
