//! Adding one word to another and setting the former to 0, as one step: see [`super::merge`].

use crate::error::{Error, Result};
use crate::layout::{header, Words, HEADER_WORDS};

/// Adds the number in one cell to another cell, and sets the former to 0, as one step.
pub fn cell(words: Words<'_>, from: u64, to: u64) -> Result<()> {
    let part = f64::from_bits(words.load(from)?);
    if part == 0.0 {
        return Ok(());
    }
    let sum = part + f64::from_bits(words.load(to)?);
    note(words, from, to, sum.to_bits())
}

/// Joins the values of two blocks: stores `becomes`, the value of both, to cell `to` of one block. The caller frees the
/// other block next. A scrape that has read the cell before, and finds the other block freed, reads again.
pub fn replace(words: Words<'_>, to: u64, becomes: u64) -> Result<()> {
    words.store(to, becomes)?;
    kill_point!("residue.joined");
    // SYNC POINT with `scrape::rounds`: a scrape that finds the other block freed sees that `MERGES` has changed.
    let merges = words.header(header::MERGES);
    words.set_header(header::MERGES, merges.wrapping_add(2));
    Ok(())
}

/// Stores `becomes` to word `to` and 0 to word `from`, as one step: if the caller dies, the next holder of the heap
/// lock makes both stores again.
pub fn note(words: Words<'_>, from: u64, to: u64, becomes: u64) -> Result<()> {
    words.set_header(header::MERGE_SUM, becomes);
    words.set_header(header::MERGE_TO, to);
    // If the caller dies after this store, the next holder of the heap lock completes the addition.
    words.set_header(header::MERGE_FROM, from);
    kill_point!("merge.begun");
    carry_out(words)
}

/// Completes the noted addition, if the last holder of the heap lock died in the middle of one.
pub fn finish(words: Words<'_>) -> Result<()> {
    carry_out(words)?;
    let merges = words.header(header::MERGES);
    words.set_header(header::MERGES, merges.wrapping_add(merges % 2));
    Ok(())
}

/// The note in the header: word `from` is being added to word `to`, and set to 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moving {
    from: u64,
    to: u64,
    becomes: u64,
}

impl Moving {
    /// Returns the addition that is under way, or `None`. The result is valid if `MERGES` is unchanged afterwards.
    pub fn read(words: Words<'_>) -> Option<Self> {
        if words.header(header::MERGES).is_multiple_of(2) {
            return None;
        }
        let from = words.header(header::MERGE_FROM);
        let (to, becomes) = (words.header(header::MERGE_TO), words.header(header::MERGE_SUM));
        (from != 0).then_some(Self { from, to, becomes })
    }

    /// Returns the value of a word after the addition, given the value that was read.
    pub fn after(&self, word: u64, read: u64) -> u64 {
        match word {
            _ if word == self.from => 0,
            _ if word == self.to => self.becomes,
            _ => read,
        }
    }

    /// Applies the addition to values that were read from adjacent cells; `first` is the reference of the first cell.
    /// If the adopter died or was stopped between its two stores, one cell has the sum and the other still its addend.
    pub fn correct(&self, first: u64, cells: &mut [f64]) {
        for (word, value) in [(self.from, 0.0), (self.to, f64::from_bits(self.becomes))] {
            let index = word.checked_sub(first).and_then(|index| usize::try_from(index).ok());
            if let Some(cell) = index.and_then(|index| cells.get_mut(index)) {
                *cell = value;
            }
        }
    }
}

/// Makes the two stores of the note. They may be made a second time, with the same result.
fn carry_out(words: Words<'_>) -> Result<()> {
    let (from, to) = (words.header(header::MERGE_FROM), words.header(header::MERGE_TO));
    if from == 0 {
        return Ok(());
    }
    if from.min(to) < HEADER_WORDS {
        return Err(Error::Corrupt { what: "two cells", at: header::MERGE_FROM as u64 * 8 });
    }
    // SYNC POINT with `scrape::rounds`: `MERGES` is odd while the note is valid.
    let odd = words.header(header::MERGES) | 1;
    words.set_header(header::MERGES, odd);
    kill_point!("merge.noted");
    words.store(to, words.header(header::MERGE_SUM))?;
    kill_point!("merge.added");
    words.store(from, 0)?;
    kill_point!("merge.cleared");
    words.set_header(header::MERGE_FROM, 0);
    words.set_header(header::MERGES, odd.wrapping_add(1));
    Ok(())
}
