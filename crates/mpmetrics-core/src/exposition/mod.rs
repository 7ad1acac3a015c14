//! Formats, from [`crate::collect::model`] only.
//!
//! Label text is printed as it stands in the snapshot, so a series whose text (or whose default
//! labels' text) breaks the grammar of [`crate::collect::labels`] is left out: one such line would
//! cost the reader the whole scrape. Only a corrupt heap has any.

pub mod json;
pub mod number;
pub mod openmetrics;
pub mod text;

mod effective;
mod names;

pub use json::json;
pub use openmetrics::openmetrics;
pub use text::text;

use crate::collect::model::Kind;

/// The word for a type in every format.
fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
    }
}
