//! Updating and reading the cells of one series: algorithms over words, which know nothing of the heap. Every cell has
//! one writer, so an update is a load and a store; JavaScript makes both with typed arrays. Only the cells of a
//! [`shared`] gauge have several writers, which change the value by compare-exchange.

pub mod exemplar;
pub mod recent;
pub mod scalar;
pub mod sequence;
pub mod shared;
pub mod sketch;
pub mod stores;
