//! Prometheus metrics of many processes and threads in one shared-memory heap.
//!
//! Imports only point down the list of modules in `docs/ARCHITECTURE.md`.

#[macro_use]
pub mod os;

pub mod cells;
pub mod collect;
pub mod doorbell;
pub mod error;
pub mod exposition;
pub mod heap;
pub mod layout;
pub mod metrics;
pub mod octave;
pub mod region;
pub mod segment;
pub mod sync;

pub use error::{Code, Error, Refusal, Result};
