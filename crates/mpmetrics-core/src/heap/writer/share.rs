//! Updating a gauge that all writers share.

use super::Writer;
use crate::error::{Error, Result};
use crate::heap::blocks::shared::is_of;
use crate::heap::directory::generation;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{block as blk, series as ser, slot as slt, BlockKey, Words};
use crate::sync::{fence, Ordering};

impl Writer {
    /// Changes the value of a shared gauge, whoever else does at the same time; what it became.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Retired`] if the segment was, [`Error::Lost`],
    /// [`Error::Corrupt`].
    pub fn share(&self, key: BlockKey, change: impl Fn(f64) -> f64) -> Result<f64> {
        self.announce(key, |words, at| {
            if self.heap.retired() {
                // SYNC POINT: pairs with the fence in `Succession::begin`, which waits for announcements before the
                // value is copied.
                return Err(Error::Retired);
            }
            exchange(words, at, key, change)
        })
    }

    /// The value of a shared gauge.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed, [`Error::Lost`], [`Error::Corrupt`].
    pub fn shared(&self, key: BlockKey) -> Result<f64> {
        self.announce(key, |words, at| exchange(words, at, key, |value| value))
    }

    /// Does something with the block of a series, which serves no other meanwhile.
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
        // Release: the exchange was before.
        announced.store(0, Ordering::Release);
        done
    }
}

fn exchange(words: Words<'_>, at: u64, key: BlockKey, change: impl Fn(f64) -> f64) -> Result<f64> {
    let gone = || Error::Invalid { what: "a shared gauge", value: key.series.to_string() };
    let living = generation::of(words, key.series)? == key.generation;
    if !living || at == 0 || !is_of(words, at, key).map_err(|_| gone())? {
        return Err(gone());
    }
    let cell = words.at(at + blk::CELLS)?;
    let mut seen = cell.load(Ordering::Acquire);
    loop {
        let next = change(f64::from_bits(seen));
        // Each try fails only because another writer's succeeded.
        match cell.compare_exchange(seen, next.to_bits(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Ok(next),
            Err(now) => seen = now,
        }
    }
}
