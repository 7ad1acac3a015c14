//! The binding for Node.js: converts arguments and results, wraps objects of the core, and runs scrapes as async tasks.
//! All logic is in the core.
#![deny(clippy::all)]

mod candidate;
mod cells;
mod convert;
mod doorbell;
mod extra;
mod family_limits;
mod heap;
mod job;
mod limits;
mod process;
mod reader;
mod scrape;
mod snapshots;
mod stats;
mod status;
mod text;
mod turns;
mod views;
mod writer;
