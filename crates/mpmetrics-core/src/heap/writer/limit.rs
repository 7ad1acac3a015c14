//! Limits on families that only this writer obeys, in addition to those of the segment.

use super::{FamilyLimit, Writer};
use crate::error::Result;
use crate::heap::directory::label_values::{self, Values};

impl Writer {
    /// Limits the series of a family that this writer has declared, until it declares the family again.
    ///
    /// This writer makes no series while the family has `most` series or more, those of all writers included. `drops`
    /// is false if the caller counts updates of refused series in another series.
    pub fn limit(&mut self, family: u32, most: u64, drops: bool) {
        if let Some(declared) = self.groups.get_mut(&family) {
            declared.limit = FamilyLimit { most, drops };
        }
    }

    /// Returns the values that a label has in living series of a family, and the series that was made last. A series that
    /// another process makes or removes meanwhile may be missing, and so is one whose words are damaged.
    ///
    /// `after` is the series that an earlier call returned; 0 for none. With it, this call reads only the series that
    /// were made since the earlier one, so values of older series may be missing. But if one of the newer series was
    /// removed again, this call reads all series.
    ///
    /// # Errors
    /// [`Error::Lost`](crate::Error::Lost), [`Error::Retired`](crate::Error::Retired),
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn label_values(&self, family: u32, label: &[u8], after: u64) -> Result<Values> {
        self.check()?;
        label_values::of(&self.heap, family, label, after)
    }
}
