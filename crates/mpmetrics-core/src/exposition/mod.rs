//! Formats, from [`crate::scrape::snapshot`] and from families that the heap does not hold.
//!
//! Label text is printed as the snapshot has it, so a series whose text (or whose default
//! labels' text) breaks the grammar of [`crate::labels`] is left out: one such line would
//! cost the reader the whole scrape. Only a corrupt heap has any.

pub mod extra;
pub mod json;
pub mod number;
pub mod openmetrics;
pub mod text;

mod effective;
mod names;
mod rows;

pub use json::json;
pub use openmetrics::openmetrics;
pub use text::text;
