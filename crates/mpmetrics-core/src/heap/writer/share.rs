//! Updating, reading and taking values of shared gauges.

use super::Writer;
use crate::cells::shared;
use crate::error::{Error, Result};
use crate::heap::blocks::shared::{cells, is_of};
use crate::heap::directory::{generation, series};
use crate::heap::memory::heap::Heap;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{header, retired, series as ser, slot as slt, BlockKey, Words};
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
    /// Changes the value of a shared gauge, which other writers may change at the same time. Returns the new value. If
    /// the value is sealed, because a copy of the segment has it, changes that of the copy.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed. [`Error::Retired`] if the segment was removed, and the writer has
    /// not tried to [follow](Writer::follow) to a copy of it. [`Error::Lost`], [`Error::Corrupt`].
    pub fn share(&self, key: BlockKey, change: impl Fn(f64) -> f64) -> Result<f64> {
        self.in_either(key, |cells| shared::change(cells, &change))
    }

    /// Replaces the value of a shared gauge.
    ///
    /// # Errors
    /// As [`Writer::share`].
    pub fn set_shared(&self, key: BlockKey, value: f64) -> Result<()> {
        let set = |cells: &_| shared::set(cells, value).then_some(value);
        self.in_either(key, set).map(drop)
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
            let found = self.announce(&self.heap, key, |words, at| {
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
        let read = |cells: &_| (!shared::sealed(cells)).then(|| shared::get(cells));
        match self.in_either(key, read) {
            // No copy is known yet.
            Err(Error::Retired) => {
                self.announce(&self.heap, key, |words, at| Ok(shared::get(living(words, at, key)?)))
            }
            found => found,
        }
    }

    /// Calls `work` with the cells of a series in this segment; if it returns `None`, because they are sealed, with
    /// those in the copy to which this writer has to follow.
    fn in_either(
        &self,
        key: BlockKey,
        work: impl Fn(&[AtomicU64; shared::CELLS]) -> Option<f64>,
    ) -> Result<f64> {
        let try_in = |heap: &Heap| {
            self.announce(heap, key, |words, at| {
                if heap.words().header(header::RETIRED) == retired::REMOVED {
                    return Err(Error::Retired);
                }
                work(living(words, at, key)?).ok_or(Error::Retired)
            })
        };
        match (try_in(&self.heap), &self.ahead) {
            (Err(Error::Retired), Some(ahead)) if self.is_awaited_in(ahead)? => try_in(ahead),
            (done, _) => done,
        }
    }

    /// Whether this writer's slot in a copy of the segment waits for it.
    fn is_awaited_in(&self, copy: &Heap) -> Result<bool> {
        let (words, id) = (copy.words(), self.heap.words().header(header::ID));
        Ok(words.load(SLOTS.find(words, self.mine.slot)? + slt::AWAITED)? == id)
    }

    /// Announces the block of a series, so that no process reuses the block for another series, and calls `work` with
    /// the block's reference meanwhile.
    fn announce(
        &self,
        heap: &Heap,
        key: BlockKey,
        work: impl FnOnce(Words<'_>, u64) -> Result<f64>,
    ) -> Result<f64> {
        self.same_life()?;
        let words = heap.words();
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
