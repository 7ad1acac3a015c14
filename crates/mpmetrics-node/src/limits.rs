//! Limits of a segment as JavaScript sees them.

use crate::convert::{invalid, Result};
use mpmetrics_core::heap::Limits;
use mpmetrics_core::layout::MAX_SERIES;
use napi_derive::napi;

/// The limits of a segment. The process that makes the segment sets them for all processes that use it.
#[napi(object)]
#[derive(Default)]
pub struct HeapLimits {
    /// Most bytes of the segment.
    pub bytes: Option<f64>,
    /// Most series in the segment.
    pub series: Option<f64>,
    /// Most series in one family.
    pub family_series: Option<f64>,
    /// Most bytes of a label's value.
    pub label_bytes: Option<f64>,
    /// Most bytes of memory for label text.
    pub text_bytes: Option<f64>,
}

impl HeapLimits {
    /// Checks the limits for a new segment. A limit that is not set gets its default.
    pub fn checked(&self) -> Result<Limits> {
        let mut limits = Limits::default();
        let of = |value: Option<f64>, what, least: f64, most: f64, limit: &mut u64| match value {
            Some(value) if !(least..=most).contains(&value) => Err(invalid(what, value)),
            Some(value) => {
                *limit = value as u64;
                Ok(())
            }
            None => Ok(()),
        };
        let series = f64::from(MAX_SERIES);
        of(self.bytes, "a limit of bytes is 65536 to 4e12", 65_536.0, 4e12, &mut limits.bytes)?;
        limits.bytes &= !4095;
        of(self.series, "a limit of series is 1 to 2^23", 1.0, series, &mut limits.series)?;
        let family = &mut limits.family_series;
        of(self.family_series, "a limit of series in a family is 1 to 2^23", 1.0, series, family)?;
        let label = &mut limits.label_bytes;
        of(self.label_bytes, "a limit of a label's bytes is 1 to 65536", 1.0, 65_536.0, label)?;
        let text = &mut limits.text_bytes;
        of(self.text_bytes, "a limit of label text is 4096 to 4e12", 4_096.0, 4e12, text)?;
        Ok(limits)
    }
}

impl From<Limits> for HeapLimits {
    fn from(of: Limits) -> Self {
        let some = |limit: u64| Some(limit as f64);
        Self {
            bytes: some(of.bytes),
            series: some(of.series),
            family_series: some(of.family_series),
            label_bytes: some(of.label_bytes),
            text_bytes: some(of.text_bytes),
        }
    }
}
