//! Prometheus metrics of many processes and threads in one shared-memory heap.
//!
//! A module imports only modules of lower rank: see the table in `docs/ARCHITECTURE.md`.

#[macro_use]
pub mod os;

pub mod aggregator;
pub mod cells;
pub mod doorbell;
pub mod error;
pub mod exposition;
pub mod form;
pub mod heap;
pub mod labels;
pub mod layout;
pub mod metric_type;
pub mod metrics;
pub mod quantile;
pub mod reader;
pub mod region;
pub mod scrape;
pub mod segment;
pub mod sync;
pub mod wire;

pub use error::{Code, Error, Refusal, Result};
