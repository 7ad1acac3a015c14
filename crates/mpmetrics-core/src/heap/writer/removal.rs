//! Removing series for all writers: because a program asks for it, or because no writer updates them any more.

use super::turn::Turn;
use super::{checked, take_lock, Writer};
use crate::error::{Error, Result};
use crate::heap::blocks::reclaim;
use crate::heap::directory::kin::Kin;
use crate::heap::directory::label_text::Labels;
use crate::heap::directory::{generation, series};
use crate::heap::memory::table::SERIES;
use crate::labels;
use crate::layout::{header, series as ser, BlockKey, Words};

impl Writer {
    /// Removes a series for all writers, also from the families that a scrape shows as one with this family. Returns
    /// whether there was such a series.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the labels are not well-formed, [`Error::Lost`], [`Error::Corrupt`].
    pub fn remove(&mut self, family: u32, text: &[u8], types: &[u8]) -> Result<bool> {
        self.check()?;
        let given = checked(text, types)?;
        let Self { heap, locks, mine, kin, .. } = self;
        let locked = match take_lock(heap, &**locks, mine) {
            Err(Error::Busy) => return remove_unlocked(heap.words(), kin, family, given),
            locked => locked?,
        };
        let mut found = false;
        for &family in kin.of(locked.words(), family)? {
            let hash = series::hash(&locked, family, given);
            if let Some(id) = series::find(&locked, family, hash, given)? {
                reclaim::remove(&locked, id, generation::of(locked.words(), id)?)?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Removes all series that a scrape shows with this family, for all writers.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Corrupt`].
    pub fn remove_all(&mut self, family: u32) -> Result<()> {
        self.check()?;
        let Self { heap, locks, mine, kin, .. } = self;
        let words = heap.words();
        let kin = kin.of(words, family)?;
        let locked = match take_lock(heap, &**locks, mine) {
            Err(Error::Busy) => None,
            locked => Some(locked?),
        };
        for id in 0..words.header(header::SERIES) as u32 {
            let generation = generation::of(words, id)?;
            let of = words.load(SERIES.find(words, id)? + ser::FAMILY)?;
            if !generation::lives(generation) || !kin.iter().any(|&one| u64::from(one) == of) {
                continue;
            }
            match &locked {
                Some(locked) => reclaim::remove(locked, id, generation)?,
                None => reclaim::remove_unlocked(words, id, generation)?,
            }
        }
        Ok(())
    }

    /// Removes series of this family, by label text and types, for all writers, because no writer updates them. One
    /// call takes the heap lock once. It handles the first two series, and begins further ones until 200 µs have passed
    /// since it began the second. Returns how many of the given series were handled, from the first on, also those that
    /// did not exist any more. Call again for the others.
    ///
    /// # Errors
    /// As [`Writer::remove`]. After [`Error::Busy`], check whether the series are still idle before the next call.
    pub fn expire<'a>(
        &mut self,
        family: u32,
        given: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<usize> {
        self.check()?;
        let locked = take_lock(&self.heap, &*self.locks, &self.mine)?;
        let mut removed = 0;
        for (text, types) in Turn::new(given) {
            let labels = checked(text, types)?;
            let hash = series::hash(&locked, family, labels);
            if let Some(id) = series::find(&locked, family, hash, labels)? {
                reclaim::expire(&locked, id, generation::of(locked.words(), id)?)?;
            }
            removed += 1;
        }
        Ok(removed)
    }

    /// Whether a generation of a series ended by [`Writer::expire`], and not by [`Writer::remove`].
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn expired(&self, key: BlockKey) -> Result<bool> {
        series::expired(self.heap.words(), key.series, key.generation)
    }
}

/// [`Writer::remove`] while another process holds the lock: reads all series.
fn remove_unlocked(
    words: Words<'_>,
    kin: &mut Kin,
    family: u32,
    given: Labels<'_>,
) -> Result<bool> {
    let kin = kin.of(words, family)?;
    let mut found = false;
    let mut stored = Vec::new();
    for id in 0..words.header(header::SERIES) as u32 {
        let at = SERIES.find(words, id)?;
        let generation = generation::of(words, id)?;
        let of = words.load(at + ser::FAMILY)?;
        if !generation::lives(generation) || !kin.iter().any(|&family| u64::from(family) == of) {
            continue;
        }
        stored.clear();
        let Some(split) = series::read(words, id, generation, &mut stored)? else {
            continue;
        };
        if labels::same_set(stored.split_at(split), (given.text, given.types)) {
            reclaim::remove_unlocked(words, id, generation)?;
            found = true;
        }
    }
    Ok(found)
}
