//! Node.js binding: converts, wraps, offers async tasks. No logic of its own.
#![deny(clippy::all)]

mod cells;
mod convert;
mod doorbell;
mod extra;
mod heap;
mod limits;
mod process;
mod scrape;
mod stats;
mod status;
mod text;
mod turns;
mod views;
mod writer;
