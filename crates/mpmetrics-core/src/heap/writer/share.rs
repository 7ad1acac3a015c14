//! Updating, reading and taking values of shared gauges.

use super::Writer;
use crate::cells::shared;
use crate::error::{Error, Result};
use crate::heap::blocks::shared::{cells, is_of};
use crate::heap::directory::{generation, series};
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{header, series as ser, slot as slt, BlockKey, Words};
use crate::sync::{fence, AtomicU64, Ordering};

/// A value of a shared gauge that was taken out of a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The series' label text.
    pub text: Vec<u8>,
    /// The types of the series' label values.
    pub types: Vec<u8>,
    /// The value.
    pub value: f64,
    /// Whether the value was ever set, rather than only added to.
    pub set: bool,
}

impl Writer {
    /// Changes the value of a shared gauge, which other writers may change at the same time. Returns the new value.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Retired`] if the segment was removed, [`Error::Lost`],
    /// [`Error::Corrupt`].
    pub fn share(&self, key: BlockKey, change: impl Fn(f64) -> f64) -> Result<f64> {
        self.announce(key, |words, at| {
            if self.heap.retired() {
                return Err(Error::Retired);
            }
            // Fails if the value was sealed meanwhile, because the copy of the segment has it without this change.
            shared::change(living(words, at, key)?, change).ok_or(Error::Retired)
        })
    }

    /// Replaces the value of a shared gauge.
    ///
    /// # Errors
    /// As [`Writer::share`].
    pub fn set_shared(&self, key: BlockKey, value: f64) -> Result<()> {
        self.announce(key, |words, at| {
            let done = !self.heap.retired() && shared::set(living(words, at, key)?, value);
            if done {
                Ok(value)
            } else {
                Err(Error::Retired)
            }
        })
        .map(drop)
    }

    /// Takes the values of a family of shared gauges out of the segment, when its writers leave it for another segment
    /// that is no copy of it. Each value is returned only to the first writer that takes it.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Corrupt`].
    pub fn take_shared(&self, family: u32) -> Result<Vec<Taken>> {
        let words = self.heap.words();
        let mut all = Vec::new();
        for id in 0..words.header(header::SERIES) as u32 {
            let at = SERIES.find(words, id)?;
            let generation = generation::of(words, id)?;
            if !generation::lives(generation) || words.load(at + ser::FAMILY)? != u64::from(family)
            {
                continue;
            }
            let mut text = Vec::new();
            let Some(split) = series::read(words, id, generation, &mut text)? else { continue };
            let key = BlockKey { series: id, generation };
            let mut taken = None;
            let found = self.announce(key, |words, at| {
                taken = shared::take(living(words, at, key)?);
                Ok(0.0)
            });
            // The series has no block, or was removed meanwhile.
            if matches!(found, Err(Error::Invalid { .. })) {
                continue;
            }
            found?;
            if let Some((value, set)) = taken {
                let types = text.split_off(split);
                all.push(Taken { text, types, value, set });
            }
        }
        Ok(all)
    }

    /// Returns the value of a shared gauge.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Lost`], [`Error::Corrupt`].
    pub fn shared(&self, key: BlockKey) -> Result<f64> {
        self.announce(key, |words, at| Ok(shared::get(living(words, at, key)?)))
    }

    /// Announces the block of a series, so that no process reuses the block for another series, and calls `work` with
    /// the block's reference meanwhile.
    fn announce(
        &self,
        key: BlockKey,
        work: impl FnOnce(Words<'_>, u64) -> Result<f64>,
    ) -> Result<f64> {
        self.same_life()?;
        let words = self.heap.words();
        let at = words.load(SERIES.find(words, key.series)? + ser::SHARED)?;
        let announced = words.at(SLOTS.find(words, self.mine.slot)? + slt::SHARED)?;
        announced.store(at, Ordering::SeqCst);
        kill_point!("shared.announced");
        // SYNC POINT: pairs with the fence in `freed`.
        fence(Ordering::SeqCst);
        let done = work(words, at);
        kill_point!("shared.changed");
        // Release: a process that sees this store sees the change of the value, too.
        announced.store(0, Ordering::Release);
        done
    }
}

/// Returns the cells of a living series.
fn living(words: Words<'_>, at: u64, key: BlockKey) -> Result<&[AtomicU64; shared::CELLS]> {
    let gone = || Error::Invalid { what: "a shared gauge", value: key.series.to_string() };
    let living = generation::of(words, key.series)? == key.generation;
    if !living || at == 0 || !is_of(words, at, key).map_err(|_| gone())? {
        return Err(gone());
    }
    cells(words, at)
}
