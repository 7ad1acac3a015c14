//! Limits of single families, as JavaScript sets them.

use crate::convert::{failure, Result};
use crate::writer::NativeWriter;
use mpmetrics_core::heap::Values;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

#[napi]
impl NativeWriter {
    /// Limits the series of a family: this writer makes no series while the family has `most` or more. `drops` says
    /// whether updates of refused series count as dropped. Has no effect on a family that this writer has not declared.
    #[napi]
    pub fn limit(&self, family: u32, most: u32, drops: bool) -> Result<()> {
        let call = self.with(|writer| {
            writer.limit(family, u64::from(most), drops);
            Ok(())
        });
        call.map_err(|error| failure(&error))
    }

    /// Returns values that a label has in living series of a family. `after` is `latest` of the call before: the result
    /// then has at least the values of series that were made since that call. Without `after` it has all values.
    #[napi]
    pub fn label_values(
        &self,
        family: u32,
        label: String,
        after: Option<BigInt>,
    ) -> Result<LabelValues> {
        let after = after.map_or(0, |after| after.get_u64().1);
        let found = self.with(|writer| writer.label_values(family, label.as_bytes(), after));
        let Values { values, latest } = found.map_err(|error| failure(&error))?;
        let values = values.iter().map(|value| String::from_utf8_lossy(value).into_owned());
        Ok(LabelValues { values: values.collect(), latest: latest.into() })
    }
}

/// Values of a label.
#[napi(object)]
pub struct LabelValues {
    /// The values.
    pub values: Vec<String>,
    /// For the next call.
    pub latest: BigInt,
}
