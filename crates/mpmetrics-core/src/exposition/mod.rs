//! The formats that print a [`crate::scrape::snapshot`], and families that the heap does not hold.
//!
//! Label text is printed as the snapshot has it. So a series whose label text, or whose default
//! labels' text, breaks the grammar of [`crate::labels`] is left out: one such line would make
//! the whole scrape unreadable. Only a corrupt heap has such a text.

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
