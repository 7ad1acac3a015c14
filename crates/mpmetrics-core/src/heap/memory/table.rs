//! Tables of records. A table consists of chunks, each twice as long as the chunk before: so a record never moves, and
//! a few chunks hold millions of records.

use super::extent;
use super::lock::Locked;
use crate::error::{Error, Result};
use crate::layout::{
    defaults, family, header, series, slot, ExtentKind, Words, EXTENT_HEADER, MAX_DEFAULTS,
    MAX_FAMILIES, MAX_SERIES, MAX_SLOTS,
};

/// A table: where the header has the references of its chunks, and how large chunks and records are.
pub struct Table {
    chunks: usize,
    first: u64,
    record: u64,
    /// Largest number of records.
    pub max: u32,
}

/// Returns the number of records of a first chunk: 1 in loom models, which have to stay small.
const fn few(records: u64) -> u64 {
    if cfg!(loom) {
        1
    } else {
        records
    }
}

/// The table of slots.
pub const SLOTS: Table =
    Table { chunks: header::SLOT_CHUNKS, first: few(15), record: slot::WORDS, max: MAX_SLOTS };
/// The table of families.
pub const FAMILIES: Table =
    Table { chunks: header::FAMILY_CHUNKS, first: 63, record: family::WORDS, max: MAX_FAMILIES };
/// The table of series.
pub const SERIES: Table = Table {
    chunks: header::SERIES_CHUNKS,
    first: few(256),
    record: series::WORDS,
    max: MAX_SERIES,
};
/// The table of generations. A record is one word with the generations of two series.
pub const GENERATIONS: Table =
    Table { chunks: header::GENERATION_CHUNKS, first: few(128), record: 1, max: MAX_SERIES / 2 };
/// The table of sets of default labels.
pub const DEFAULTS: Table = Table {
    chunks: header::DEFAULTS_CHUNKS,
    first: 63,
    record: defaults::WORDS,
    max: MAX_DEFAULTS,
};

impl Table {
    /// Returns the chunk that holds a record, and the record's index in it.
    #[inline]
    pub fn locate(&self, id: u32) -> (u32, u64) {
        let chunk = (u64::from(id) / self.first + 1).ilog2();
        (chunk, u64::from(id) - self.first * ((1 << chunk) - 1))
    }

    /// Returns the number of records in a chunk.
    pub fn records(&self, chunk: u32) -> u64 {
        self.first << chunk
    }

    /// Returns the number of records, which a word of the header tells. The word is read once: a caller that reads it
    /// again may find it damaged since.
    pub fn count(&self, words: Words<'_>, index: usize) -> Result<u32> {
        match u32::try_from(words.header(index)) {
            Ok(count) if count <= self.max => Ok(count),
            _ => Err(Error::Corrupt { what: "the length of a table", at: index as u64 * 8 }),
        }
    }

    /// Returns the reference of a record.
    #[inline]
    pub fn find(&self, words: Words<'_>, id: u32) -> Result<u64> {
        let (chunk, index) = self.locate(id);
        let Some(start) = self.chunk(words, chunk) else {
            let at = (self.chunks as u64 + u64::from(chunk)) * 8;
            return Err(Error::Corrupt { what: "a chunk of a table", at });
        };
        let at = start + EXTENT_HEADER + index * self.record;
        words.run(at, self.record)?;
        Ok(at)
    }

    /// Returns the reference of a chunk's extent, or `None` if the chunk was not made or does not lie in the heap.
    #[inline]
    pub fn chunk(&self, words: Words<'_>, chunk: u32) -> Option<u64> {
        let at = (chunk < header::CHUNKS as u32)
            .then(|| words.header(self.chunks + chunk as usize))
            .filter(|at| *at != 0)?;
        words.run(at, EXTENT_HEADER + (self.first << chunk) * self.record).ok()?;
        Some(at)
    }

    /// Makes the chunk of a record unless it exists. Returns the reference of the record.
    pub fn ensure(&self, locked: &Locked<'_>, id: u32) -> Result<u64> {
        let (chunk, _) = self.locate(id);
        if id >= self.max || chunk >= header::CHUNKS as u32 {
            return Err(Error::Limit { what: "records of one kind", limit: u64::from(self.max) });
        }
        if locked.words().header(self.chunks + chunk as usize) == 0 {
            let data = (self.first << chunk) * self.record;
            let at = extent::allocate(locked, ExtentKind::Table, data, u64::from(chunk))?;
            kill_point!("allocate.table");
            // SYNC POINT: readers find the chunk from here on.
            locked.words().set_header(self.chunks + chunk as usize, at);
        }
        self.find(locked.words(), id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dense_and_in_order() {
        let mut expected = (0, 0);
        for id in 0..100_000 {
            assert_eq!(SERIES.locate(id), expected);
            expected.1 += 1;
            if expected.1 == 256 << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(SERIES.locate(MAX_SERIES - 1).0 < header::CHUNKS as u32);
        assert!(GENERATIONS.locate(MAX_SERIES / 2 - 1).0 < header::CHUNKS as u32);
        assert!(SLOTS.locate(MAX_SLOTS - 1).0 < header::CHUNKS as u32);
        assert!(FAMILIES.locate(MAX_FAMILIES - 1).0 < header::CHUNKS as u32);
    }
}
