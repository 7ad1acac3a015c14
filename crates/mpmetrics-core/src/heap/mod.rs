//! The heap: what is laid out in a segment, and everything that may change it.
//!
//! Truth and derivation: the records of families, series, default labels and slots, and the blocks
//! in the slabs, are the truth. Free lists, the hash index and all counts of users are derived
//! from them. Only the holder of the heap lock changes derived structures, and the header's intent
//! word is set while it does: whoever finds the word set after its holder's death derives them
//! anew (`recover`). So a holder may die at any instruction.

mod block;
mod bound;
mod chunk;
mod defaults;
mod exemplar;
mod extent;
mod family;
mod guard;
mod index;
mod init;
mod kin;
mod merge;
#[cfg(all(test, loom))]
pub(crate) mod models;
mod observe;
mod recover;
mod removal;
mod series;
mod shared;
mod slab;
mod slot;
mod succession;
mod table;
mod text;
mod writer;

pub use bound::Bound;
pub use family::FamilySpec;
pub use init::{Limits, Setup};
pub use observe::Buckets;
pub use slot::Owner;
pub(crate) use succession::{copy, Succession};
pub use writer::Writer;

pub(crate) use block::{again, for_each_block, for_each_slab, Again};
pub(crate) use chunk::{for_each_settled as for_each_chunk, parts_of};
pub(crate) use defaults::read as read_defaults;
pub(crate) use exemplar::places as exemplar_places;
pub(crate) use family::{decode as decode_family, is_of_epoch};
pub(crate) use init::{check, check_header, root};
pub(crate) use merge::Moving;
pub(crate) use series::read as read_labels;
pub(crate) use shared::for_each as for_each_shared;
pub use shared::SLAB as SHARED_SLAB;
pub(crate) use slot::of_one_life;
pub(crate) use table::{DEFAULTS, FAMILIES, GENERATIONS, SERIES, SLOTS};
/// What models race against a scrape.
#[cfg(all(test, loom))]
pub(crate) use {
    block::free as free_block, chunk::publish as publish_chunk, merge::cell as merge_cell,
};

use crate::error::{Error, Result};
use crate::layout::{header, lock, retired, BlockKey, Words, MAX_SLOTS};
use crate::region::{Locks, Region};
use guard::Locked;
use std::sync::Arc;

/// A segment's heap, open for reading, and for writing through [`Heap::writer`].
#[derive(Clone)]
pub struct Heap {
    region: Arc<dyn Region>,
}

/// How long the heap lock is waited for, in microseconds. Robustness of the lock covers death and
/// not SIGSTOP, a debugger or a frozen cgroup: those must not freeze every other event loop.
pub const LOCK_DEADLINE_US: u64 = 20_000;

impl Heap {
    /// Opens the heap in a region, checking what it was made by.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if this is no heap, [`Error::Version`] if another layout, machine or C
    /// library made it.
    pub fn open(region: Arc<dyn Region>) -> Result<Self> {
        init::check(Words(region.words()))?;
        Ok(Self { region })
    }

    /// Lays out a heap in an empty region.
    ///
    /// # Errors
    /// [`Error::Full`] if the region has no room for the smallest heap.
    pub fn create(region: Arc<dyn Region>, setup: &Setup) -> Result<Self> {
        init::initialise(&*region, setup)?;
        Self::open(region)
    }

    /// The words that are there now.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words(self.region.words())
    }

    /// Whether the segment was removed from its directory.
    #[must_use]
    pub fn retired(&self) -> bool {
        self.words().header(header::RETIRED) != 0
    }

    /// Claims a slot for a process's main thread, adopting a dead writer's if there is one.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not to be had, [`Error::Retired`] if the segment was
    /// removed, [`Error::Full`] or [`Error::Limit`] if there is no room for a writer.
    pub fn writer(&self, process: u64, pid: u32) -> Result<Writer> {
        self.writer_of(Owner { process, pid, thread: 0 })
    }

    /// The same for any thread.
    ///
    /// # Errors
    /// As [`Heap::writer`].
    pub fn writer_of(&self, owner: Owner) -> Result<Writer> {
        Writer::claim(self, owner)
    }

    /// Which slots live, by the locks of their writers.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses the question.
    pub fn living(&self) -> Result<Vec<bool>> {
        let slots = self.words().header(header::SLOTS).min(u64::from(MAX_SLOTS));
        let mut living = vec![false; slots as usize];
        let mut from = lock::SLOTS;
        while let Some(byte) = self.region.first_locked(from, lock::SLOTS + slots)? {
            if let Some(slot) = living.get_mut(byte.saturating_sub(lock::SLOTS) as usize) {
                *slot = true;
            }
            from = byte.max(from) + 1;
        }
        Ok(living)
    }

    /// How many writers of the process with this key live.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses the question, [`Error::Corrupt`] if a slot is not there.
    pub fn living_of(&self, process: u64) -> Result<u32> {
        let mut count = 0;
        for (slot, living) in self.living()?.into_iter().enumerate() {
            if living && slot::process_of(self.words(), slot as u32)? == process {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Marks the segment as removed if no writer but those of `process` lives in it, so that
    /// nobody attaches any more; its file may then be unlinked.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not to be had.
    pub fn retire(&self, process: Option<u64>) -> Result<bool> {
        let locks = self.region.holder()?;
        let locked = match Locked::acquire(self, &*locks) {
            Err(Error::Retired) => return Ok(true),
            locked => locked?,
        };
        for (slot, living) in self.living()?.into_iter().enumerate() {
            let (words, slot) = (self.words(), slot as u32);
            if living && process != Some(slot::process_of(words, slot)?)
                || succession::is_awaited(words, slot)?
            {
                return Ok(false);
            }
        }
        kill_point!("retire.locked");
        locked.words().set_header(header::RETIRED, retired::REMOVED);
        kill_point!("retire.marked");
        Ok(true)
    }

    /// Begins another epoch if no writer lives: families that nobody declares from then on are not shown. Called by who
    /// is about to claim a slot, where programs replace each other under a root that has no metrics.
    ///
    /// # Errors
    /// [`Error::Busy`] if the heap lock is not to be had, [`Error::Retired`] if the segment was removed.
    pub fn begin_epoch(&self) -> Result<()> {
        let locks = self.region.holder()?;
        let locked = Locked::acquire(self, &*locks)?;
        for (slot, living) in self.living()?.into_iter().enumerate() {
            if living || succession::is_awaited(self.words(), slot as u32)? {
                return Ok(());
            }
        }
        locked.words().add_header(header::EPOCH, 1);
        Ok(())
    }

    /// Holds the heap lock until the guard is dropped: for tests of what others then do.
    ///
    /// # Errors
    /// [`Error::Busy`] if it is not to be had.
    pub fn hold_lock(&self) -> Result<HeldLock> {
        let locks = self.region.holder()?;
        std::mem::forget(Locked::acquire(self, &*locks)?);
        Ok(HeldLock { heap: self.clone(), locks })
    }

    /// Removes a series for everybody, without the lock, unless it was removed already.
    pub(crate) fn expire(&self, key: BlockKey) -> Result<()> {
        series::remove_unlocked(self.words(), key.series, key.generation)
    }

    pub(crate) fn region(&self) -> &dyn Region {
        &*self.region
    }

    pub(crate) fn hash_key(&self) -> (u64, u64) {
        let words = self.words();
        (words.header(header::HASH_KEY), words.header(header::HASH_KEY + 1))
    }
}

/// The heap lock, held for as long as this lives.
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
