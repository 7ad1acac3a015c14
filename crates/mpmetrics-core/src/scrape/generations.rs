//! The generations of all series, as a walk reads them.

use crate::error::Result;
use crate::heap::GENERATIONS;
use crate::layout::{GenerationPair, Words, EXTENT_HEADER};
use crate::sync::{AtomicU64, Ordering};

/// The chunks of the table of generations, which are found once for a walk.
pub(super) struct Generations<'a>(Vec<&'a [AtomicU64]>);

impl<'a> Generations<'a> {
    pub fn new(words: Words<'a>) -> Result<Self> {
        let mut chunks = Vec::new();
        while let Some(at) = GENERATIONS.chunk(words, chunks.len() as u32) {
            let len = GENERATIONS.records(chunks.len() as u32);
            chunks.push(words.run(at + EXTENT_HEADER, len)?);
        }
        Ok(Self(chunks))
    }

    pub fn get(&self, id: u32) -> u32 {
        let (chunk, index) = GENERATIONS.locate(id / 2);
        let word = self.0.get(chunk as usize).and_then(|chunk| chunk.get(index as usize));
        // Pairs with `heap::directory::generation::advance`.
        word.map_or(0, |word| GenerationPair(word.load(Ordering::Acquire)).of(id))
    }
}
