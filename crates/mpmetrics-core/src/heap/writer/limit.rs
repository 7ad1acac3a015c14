//! Limits on families that only this writer obeys, in addition to those of the segment.

use super::{FamilyLimit, Writer};
use crate::error::{Error, Result};
use crate::heap::directory::{generation, series};
use crate::heap::memory::table::{FAMILIES, SERIES};
use crate::labels::{pairs, unescape};
use crate::layout::{family as fam, header, series as ser, Words};
use std::collections::HashSet;

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

    /// Returns the values that a label has in the living series of a family. A series that another process makes or
    /// removes meanwhile may be missing; a series whose words are damaged is missing.
    ///
    /// # Errors
    /// [`Error::Lost`](crate::Error::Lost), [`Error::Retired`](crate::Error::Retired),
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn label_values(&self, family: u32, label: &[u8]) -> Result<HashSet<Vec<u8>>> {
        self.check()?;
        let mut words = self.heap.words();
        let mut left = words.load(FAMILIES.find(words, family)? + fam::SERIES)?;
        let mut values = HashSet::new();
        let mut text = Vec::new();
        for id in 0..words.header(header::SERIES) as u32 {
            if left == 0 {
                break;
            }
            let mut read = living(words, id, family, &mut text);
            if matches!(read, Err(Error::Corrupt { .. })) {
                // Another process may have extended the heap, so that the series lies beyond the words that were known.
                words = self.heap.words();
                read = living(words, id, family, &mut text);
            }
            let split = match read {
                Ok(Some(split)) => split,
                Ok(None) | Err(Error::Corrupt { .. }) => continue,
                Err(error) => return Err(error),
            };
            left -= 1;
            let (text, types) = text.split_at(split);
            let found = pairs(text, types).flatten().find(|pair| pair.name == label);
            values.extend(found.map(|pair| unescape(pair.escaped).into_owned()));
        }
        Ok(values)
    }
}

/// Reads label text and types of a series, if it lives and belongs to this family. Returns where the types begin.
fn living(words: Words<'_>, id: u32, family: u32, text: &mut Vec<u8>) -> Result<Option<usize>> {
    text.clear();
    let at = SERIES.find(words, id)?;
    let generation = generation::of(words, id)?;
    let own = words.load(at + ser::FAMILY)? == u64::from(family);
    if !own || !generation::lives(generation) {
        return Ok(None);
    }
    series::read(words, id, generation, text)
}
