//! The words that tell whether what was copied belongs together: they are read before the copy and after it.

use super::file::SegmentFile;
use crate::error::Result;
use crate::heap::{self, DEFAULTS, GENERATIONS};
use crate::layout::{defaults, header, GenerationPair, Words, EXTENT_HEADER};
use crate::sync::{AtomicU64, Ordering};

/// The marks of one moment.
pub struct Marks {
    header: Vec<AtomicU64>,
    /// For each slot, whether its writer lives.
    pub living: Vec<bool>,
    /// For each chunk of the table of generations: its reference, and its words.
    generations: Vec<(u64, Vec<AtomicU64>)>,
    /// The states of all sets of default labels: a set whose text changes gets another state.
    states: Vec<u64>,
}

impl Marks {
    /// Reads the marks.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn read(file: &SegmentFile) -> Result<Self> {
        let words = file.header()?;
        let total = file.len()?;
        let header = Words(&words);
        heap::check_header(header, total)?;
        let living = file.living(header.header(header::SLOTS))?;
        let mut generations = Vec::new();
        for (at, len) in
            chunks(header, header::GENERATION_CHUNKS, total, |chunk| GENERATIONS.records(chunk))
        {
            generations.push((at, file.words(at + EXTENT_HEADER, len)?));
        }
        let mut states = Vec::new();
        for (at, len) in chunks(header, header::DEFAULTS_CHUNKS, total, |chunk| {
            DEFAULTS.records(chunk) * defaults::WORDS
        }) {
            let records = file.words(at + EXTENT_HEADER, len)?;
            let records = records.chunks(defaults::WORDS as usize);
            states.extend(records.map(|one| one[0].load(Ordering::Relaxed)));
        }
        Ok(Self { header: words, living, generations, states })
    }

    /// Returns a word of the header.
    pub fn header(&self, index: usize) -> u64 {
        Words(&self.header).header(index)
    }

    /// Whether something moved between these marks and later ones, so that a copy that was made meanwhile may have it
    /// twice, or not at all, or under other labels.
    pub fn moved(&self, after: &Self) -> bool {
        let states = after.states.get(..self.states.len());
        self.header(header::MERGES) != after.header(header::MERGES) || states != Some(&self.states)
    }

    /// Takes out of a copy the series that were made or removed while it was made: a text in the copy may be that of
    /// the series before, or of the series after.
    pub fn leave_out(&self, after: &Self, copy: Words<'_>) -> Result<()> {
        for (index, (at, words)) in after.generations.iter().enumerate() {
            let before = self.generations.get(index).filter(|(before, _)| before == at);
            for (place, word) in words.iter().enumerate() {
                let now = GenerationPair(word.load(Ordering::Relaxed));
                let then = before.and_then(|(_, words)| words.get(place));
                let then = then.map(|word| GenerationPair(word.load(Ordering::Relaxed)));
                if then.map(|then| then.0) == Some(now.0) {
                    continue;
                }
                let mut kept = now;
                for series in 0..2 {
                    if then.is_none_or(|then| then.of(series) != now.of(series)) {
                        // An even generation is that of a place without a series.
                        kept = kept.with(series, now.of(series) & !1);
                    }
                }
                let at = at + EXTENT_HEADER + place as u64;
                // A chunk that was made after the copy is not in it.
                if at < copy.len() {
                    copy.store(at, kept.0)?;
                }
            }
        }
        Ok(())
    }
}

/// Returns reference and length of the data of a table's chunks that lie in the file. The walk reports others.
fn chunks(words: Words<'_>, first: usize, total: u64, len: impl Fn(u32) -> u64) -> Vec<(u64, u64)> {
    let chunks = (0..header::CHUNKS).map(|chunk| (words.header(first + chunk), len(chunk as u32)));
    chunks
        .take_while(|(at, len)| {
            *at != 0 && at.checked_add(EXTENT_HEADER + len).is_some_and(|end| end <= total)
        })
        .collect()
}
