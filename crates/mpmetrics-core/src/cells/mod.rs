//! Updating and reading the cells of one series: algorithms over words, which know nothing of the heap. Every cell has
//! one writer, so an update is a load and a store, which JavaScript makes with typed arrays. Only a [`shared`] value
//! has several writers, which change it by compare-exchange.

pub mod exemplar;
pub mod recent;
pub mod scalar;
pub mod sequence;
pub mod shared;
pub mod sketch;
pub mod stores;
