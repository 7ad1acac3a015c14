//! The values that a label has in a family's series, read without the heap lock.

use super::{generation, series};
use crate::error::{Error, Result};
use crate::heap::memory::heap::Heap;
use crate::heap::memory::table::{FAMILIES, SERIES};
use crate::labels::{pairs, unescape};
use crate::layout::{family as fam, header, series as ser, BlockKey, Words};
use std::collections::HashSet;

/// The values of a label.
#[derive(Debug)]
pub struct Values {
    /// Values, unescaped.
    pub values: HashSet<Vec<u8>>,
    /// The series that was made last, for the next call.
    pub latest: u64,
}

/// Returns the values of a label: see [`Writer::label_values`](crate::heap::Writer::label_values).
pub fn of(heap: &Heap, family: u32, label: &[u8], after: u64) -> Result<Values> {
    let words = heap.words();
    let at = FAMILIES.find(words, family)?;
    // Read before the series, so that one that is made meanwhile is read by the next call.
    let latest = words.load(at + fam::LATEST)?;
    let mut read = Read { heap, family, label, values: HashSet::new() };
    if after == 0 || !read.since(latest, after)? {
        read.all()?;
    }
    Ok(Values { values: read.values, latest })
}

/// A reading of the values that a label has.
struct Read<'a> {
    heap: &'a Heap,
    family: u32,
    label: &'a [u8],
    values: HashSet<Vec<u8>>,
}

impl Read<'_> {
    /// Reads the series that were made after the series `after`, the newest first. Returns false if one of them is not
    /// there any more, so that the list cannot be followed.
    fn since(&mut self, latest: u64, after: u64) -> Result<bool> {
        let mut next = latest;
        // In a damaged heap the list may be a circle.
        for _ in 0..=self.heap.words().header(header::SERIES) {
            if next == after {
                return Ok(true);
            }
            let BlockKey { series: id, generation } = BlockKey::unpack(next);
            if !generation::lives(generation) {
                return Ok(false);
            }
            let words = self.heap.words();
            let before = match SERIES.find(words, id) {
                Ok(at) => words.load(at + ser::NEXT)?,
                Err(_) => return Ok(false),
            };
            if self.one(words, id, Some(generation))? != Found::Living {
                return Ok(false);
            }
            next = before;
        }
        Ok(false)
    }

    /// Reads the places of all series. It does not stop when it has found as many series as the family had before: one
    /// of those found may be a new series of another process, and then an older one at a later place would be missed.
    fn all(&mut self) -> Result<()> {
        let mut words = self.heap.words();
        for id in 0..words.header(header::SERIES) as u32 {
            if self.one(words, id, None)? == Found::Damaged {
                // Another process may have let the heap grow, so that the series lies after the words known so far.
                words = self.heap.words();
                self.one(words, id, None)?;
            }
        }
        Ok(())
    }

    /// Reads one series; with `generation`, only if it is of that generation.
    fn one(&mut self, words: Words<'_>, id: u32, generation: Option<u32>) -> Result<Found> {
        let mut text = Vec::new();
        let split = match living(words, id, self.family, generation, &mut text) {
            Ok(Some(split)) => split,
            Ok(None) => return Ok(Found::None),
            Err(Error::Corrupt { .. }) => return Ok(Found::Damaged),
            Err(error) => return Err(error),
        };
        let (text, types) = text.split_at(split);
        let found = pairs(text, types).flatten().find(|pair| pair.name == self.label);
        self.values.extend(found.map(|pair| unescape(pair.escaped).into_owned()));
        Ok(Found::Living)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Living,
    None,
    Damaged,
}

/// Reads label text and types of a series, if it lives and is one of this family. Returns where the types begin.
fn living(
    words: Words<'_>,
    id: u32,
    family: u32,
    wanted: Option<u32>,
    text: &mut Vec<u8>,
) -> Result<Option<usize>> {
    let at = SERIES.find(words, id)?;
    let generation = generation::of(words, id)?;
    let own = words.load(at + ser::FAMILY)? == u64::from(family);
    if !own || !generation::lives(generation) || wanted.is_some_and(|one| one != generation) {
        return Ok(None);
    }
    series::read(words, id, generation, text)
}
