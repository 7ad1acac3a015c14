//! Updating a shared gauge.

use super::Writer;
use crate::cells::shared;
use crate::error::{Error, Result};
use crate::heap::blocks::shared::{cells, is_of};
use crate::heap::directory::generation;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{series as ser, slot as slt, BlockKey, Words};
use crate::sync::{fence, AtomicU64, Ordering};

impl Writer {
    /// Changes the value of a shared gauge, which other writers may change at the same time; what it became.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Retired`] if the segment was, [`Error::Lost`],
    /// [`Error::Corrupt`].
    pub fn share(&self, key: BlockKey, change: impl Fn(f64) -> f64) -> Result<f64> {
        self.announce(key, |words, at| {
            if self.heap.retired() {
                return Err(Error::Retired);
            }
            // If the value was sealed meanwhile, a copy of the segment has it without this change.
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

    /// Takes the value of a shared gauge out of a segment that was left for one that is no copy of it. Only the first
    /// writer gets it: the value, and whether it was ever set rather than added to.
    ///
    /// # Errors
    /// As [`Writer::shared`].
    pub fn take_shared(&self, key: BlockKey) -> Result<Option<(f64, bool)>> {
        let mut taken = None;
        self.announce(key, |words, at| {
            taken = shared::take(living(words, at, key)?);
            Ok(0.0)
        })?;
        Ok(taken)
    }

    /// The value of a shared gauge.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Lost`], [`Error::Corrupt`].
    pub fn shared(&self, key: BlockKey) -> Result<f64> {
        self.announce(key, |words, at| Ok(shared::get(living(words, at, key)?)))
    }

    /// Works on the block of a series, which is not given to another series meanwhile.
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
        // Release: the exchange comes before this store.
        announced.store(0, Ordering::Release);
        done
    }
}

/// The cells of a series that was not removed.
fn living(words: Words<'_>, at: u64, key: BlockKey) -> Result<&[AtomicU64; shared::CELLS]> {
    let gone = || Error::Invalid { what: "a shared gauge", value: key.series.to_string() };
    let living = generation::of(words, key.series)? == key.generation;
    if !living || at == 0 || !is_of(words, at, key).map_err(|_| gone())? {
        return Err(gone());
    }
    cells(words, at)
}
