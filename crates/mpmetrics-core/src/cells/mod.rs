//! Updating and reading the cells of one series: algorithms over words, which know nothing of the
//! heap. Every cell has one writer, so an update is a load and a store and never a
//! compare-exchange; but for [`shared`] ones. JavaScript does the same with typed arrays.

pub mod exemplar;
pub mod recent;
pub mod scalar;
pub mod sequence;
pub mod shared;
pub mod sketch;
pub mod stores;
