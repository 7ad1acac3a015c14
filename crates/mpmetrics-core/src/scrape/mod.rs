//! One scrape: reads the words of a heap and makes plain data of them, a [`snapshot`].

pub mod aggregate;
pub(crate) mod bounds;
pub mod filter;
mod gather;
mod generations;
mod life;
#[cfg(all(test, loom))]
mod loom;
pub mod names;
mod newest;
mod own;
mod part;
pub(crate) mod printed_labels;
mod reduced;
mod rounds;
mod sets;
pub mod snapshot;
mod spare;
mod states;
mod summary;
pub mod walk;
mod writer_labels;

pub use own::{fill, largest};
pub use rounds::scrape;
pub use spare::recycle;
