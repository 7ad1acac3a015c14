//! Opening a heap, claiming a slot in it, and retiring its segment.

use super::blocks::reclaim;
use super::init::{self, Setup};
use super::memory::heap::Heap;
use super::recover;
use super::slots::awaited::is_awaited;
use super::slots::claimed::{process_of, Owner};
use super::slots::slot;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::layout::{header, lock, retired, BlockKey, Words};
use crate::region::{Locks, Region};
use std::sync::Arc;

impl Heap {
    /// Opens the heap in a region, if its layout and machine are this build's.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the region has no heap, [`Error::Version`] or [`Error::Machine`] if a build with another
    /// layout or for another machine or C library made the heap.
    pub fn open(region: Arc<dyn Region>) -> Result<Self> {
        init::check(Words(region.words()))?;
        Ok(Self::over(region))
    }

    /// Lays out a heap in an empty region.
    ///
    /// # Errors
    /// [`Error::Full`] if the region has no room for the smallest heap.
    pub fn create(region: Arc<dyn Region>, setup: &Setup) -> Result<Self> {
        init::initialise(&*region, setup)?;
        Self::open(region)
    }

    /// Claims a slot for the main thread of a process: a dead writer's slot, which is adopted, or else a new one.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not free in time, [`Error::Retired`] if the segment was removed,
    /// [`Error::Full`] or [`Error::Limit`] if there is no room for a writer.
    pub fn writer(&self, process: u64, pid: u32) -> Result<Writer> {
        self.writer_of(Owner { process, pid, ..Owner::default() })
    }

    /// Claims a slot for any thread, like [`Heap::writer`] for a main thread.
    ///
    /// # Errors
    /// As [`Heap::writer`].
    pub fn writer_of(&self, owner: Owner) -> Result<Writer> {
        Writer::claim(self, owner)
    }

    /// Returns how many writers of the process with this key live.
    ///
    /// # Errors
    /// [`Error::Io`] if the system does not tell which slots are locked, [`Error::Corrupt`] if a slot has no record.
    pub fn living_of(&self, process: u64) -> Result<u32> {
        let mut count = 0;
        for (slot, living) in self.living()?.into_iter().enumerate() {
            if living && process_of(self.words(), slot as u32)? == process {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Marks the segment as removed if no slot is awaited, and if no writer lives in it except writers of `process`.
    /// From then on no process attaches to the segment, and its file may be unlinked. Returns whether the segment is
    /// marked.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not free in time.
    pub fn retire(&self, process: Option<u64>) -> Result<bool> {
        let locks = self.region().holder()?;
        let locked = match recover::lock(self, &*locks) {
            Err(Error::Retired) => return Ok(true),
            locked => locked?,
        };
        for (slot, living) in self.living()?.into_iter().enumerate() {
            let (words, slot) = (self.words(), slot as u32);
            if living && process != Some(process_of(words, slot)?) || is_awaited(words, slot)? {
                return Ok(false);
            }
        }
        kill_point!("retire.locked");
        locked.words().set_header(header::RETIRED, retired::REMOVED);
        kill_point!("retire.marked");
        Ok(true)
    }

    /// Begins another epoch if no writer lives and no slot is awaited. Scrapes then show only families that are
    /// declared in this epoch. Called before a slot is claimed, in an application whose root does not load this
    /// package: the root goes on while the programs under it end and others start.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not free in time, [`Error::Retired`] if the segment was removed.
    pub fn begin_epoch(&self) -> Result<()> {
        let locks = self.region().holder()?;
        let locked = recover::lock(self, &*locks)?;
        for (slot, living) in self.living()?.into_iter().enumerate() {
            if living || is_awaited(self.words(), slot as u32)? {
                return Ok(());
            }
        }
        locked.words().add_header(header::EPOCH, 1);
        Ok(())
    }

    /// Takes the gauges of a process's dead writers out of their slots now, before the next writer of each slot does.
    /// Scrapes show the same before and after. Returns how many gauges there were; for a living process, those of its
    /// threads that have ended.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not free in time, [`Error::Retired`] if the segment was removed,
    /// [`Error::Corrupt`].
    pub fn end_lives(&self, pid: u32) -> Result<u32> {
        let locks = self.region().holder()?;
        let locked = recover::lock(self, &*locks)?;
        slot::end_lives(&locked, pid)
    }

    /// Hides the gauges of a writer that lost its slot, to be called before their values move to another slot. Returns
    /// false if nothing was hidden, because the slot lives, or another writer has had it since.
    ///
    /// # Errors
    /// As [`Heap::end_lives`].
    pub fn hide_lost(&self, slot: u32, incarnation: u32) -> Result<bool> {
        let locks = self.region().holder()?;
        let locked = recover::lock(self, &*locks)?;
        slot::hide_lost(&locked, slot, incarnation)
    }

    /// Holds the heap lock until the guard is dropped, for tests of other processes that need the lock meanwhile.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not free in time.
    pub fn hold_lock(&self) -> Result<HeldLock> {
        let locks = self.region().holder()?;
        std::mem::forget(recover::lock(self, &*locks)?);
        Ok(HeldLock { heap: self.clone(), locks })
    }

    /// Removes a series for all processes, without the heap lock, unless the series is removed already.
    pub(crate) fn prune(&self, key: BlockKey) -> Result<()> {
        reclaim::remove_unlocked(self.words(), key.series, key.generation)
    }
}

/// A guard that holds the heap lock until the guard is dropped.
pub struct HeldLock {
    heap: Heap,
    locks: Box<dyn Locks>,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.heap.words().set_header(header::INTENT, 0);
        let _ = self.locks.unlock(lock::HEAP);
    }
}
