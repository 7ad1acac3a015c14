//! Records that are found by name or labels: families, series with their generations, sets of default labels.

pub mod defaults;
pub mod family;
pub mod generation;
pub mod index;
pub mod kin;
pub mod label_text;
pub mod label_values;
pub mod series;
