//! Limits of single families, as JavaScript sets them.

use crate::convert::{failure, Result};
use crate::writer::NativeWriter;
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

    /// Returns the values that a label has in the living series of a family.
    #[napi]
    pub fn label_values(&self, family: u32, label: String) -> Result<Vec<String>> {
        let found = self.with(|writer| writer.label_values(family, label.as_bytes()));
        let values = found.map_err(|error| failure(&error))?;
        Ok(values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect())
    }
}
