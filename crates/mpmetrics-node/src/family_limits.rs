//! Limits of single families, as JavaScript sets them.

use crate::convert::{failure, Result};
use crate::writer::NativeWriter;
use napi_derive::napi;

#[napi]
impl NativeWriter {
    /// Sets from how many series of a family on this writer makes none, and whether it counts updates of refused
    /// series as dropped. Has no effect on a family that this life did not declare.
    #[napi]
    pub fn limit(&self, family: u32, most: u32, drops: bool) -> Result<()> {
        let call = self.with(|writer| {
            writer.limit(family, u64::from(most), drops);
            Ok(())
        });
        call.map_err(|error| failure(&error))
    }

    /// Returns the values that a label has in living series of a family.
    #[napi]
    pub fn label_values(&self, family: u32, label: String) -> Result<Vec<String>> {
        let found = self.with(|writer| writer.label_values(family, label.as_bytes()));
        let values = found.map_err(|error| failure(&error))?;
        Ok(values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect())
    }
}
