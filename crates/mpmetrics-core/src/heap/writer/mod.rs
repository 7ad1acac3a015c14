//! A writer: what one isolate has in a heap. Most calls are made once per series, not once per update: updates are
//! stores to the cells that [`Writer::bind`] finds. A shared gauge, an exemplar, and a summary that native code updates
//! need a call for each update.

mod bind;
mod default_labels;
mod exemplars;
mod follow;
mod handle;
mod limit;
mod observe;
mod removal;
mod share;
mod turn;

use super::blocks::block;
use super::directory::family::{self, FamilySpec, Shape};
use super::directory::kin::Kin;
use super::directory::label_text::Labels;
use super::memory::extent;
use super::memory::heap::Heap;
use super::memory::lock::Locked;
use super::memory::table::{GENERATIONS, SLOTS};
use super::recover;
use super::slots::claimed::{self, Claimed, Owner};
use super::slots::{room, slot};
use crate::error::{Error, Refusal, Result};
use crate::labels;
use crate::layout::{block as blk, header, lock, slot as slt, BlockHead, BlockKey, BlockKind};
use crate::os;
use crate::region::Locks;
use std::cell::Cell;
use std::collections::HashMap;

/// A living slot and what belongs to it.
pub struct Writer {
    heap: Heap,
    /// The copy of the segment to which the writer has to [follow](Writer::follow), while it could not yet.
    ahead: Option<Heap>,
    locks: Box<dyn Locks>,
    mine: Claimed,
    /// The families that this life declared.
    groups: HashMap<u32, Declared>,
    /// The set of default labels of each group.
    sets: HashMap<u32, u16>,
    kin: Kin,
    /// When the slot's byte was last seen to be locked, in microseconds.
    asked_us: Cell<u64>,
    /// After a request for octave buckets failed, for want of room or of the heap lock: how many further observations
    /// go unranked before the writer requests octave buckets again.
    skips: Cell<u32>,
}

/// A family as this writer declared it.
#[derive(Clone, Copy)]
struct Declared {
    /// The number of the registry whose default labels the family's series have.
    group: u32,
    /// The shape that was declared; that in the heap's record may be damaged.
    shape: Shape,
    limit: FamilyLimit,
}

/// What a writer does at a family's limit.
#[derive(Clone, Copy)]
struct FamilyLimit {
    /// This writer makes no series while the family has this many or more, those of all writers included.
    most: u64,
    /// Whether updates of refused series are dropped, and counted as such. If not, the caller counts them in another
    /// series.
    drops: bool,
}

impl Default for FamilyLimit {
    fn default() -> Self {
        Self { most: u64::MAX, drops: true }
    }
}

/// Microseconds for which the writer does not ask again whether its slot's byte is locked: asking costs as much as
/// making a series, and a hundred thousand may be made in a row.
const ASK_AGAIN_US: u64 = 1_000;

impl Writer {
    pub(super) fn claim(heap: &Heap, owner: Owner) -> Result<Self> {
        let locks = heap.region().holder()?;
        let mine = slot::claim(&recover::lock(heap, &*locks)?, &*locks, owner)?;
        let (groups, sets, kin) = (HashMap::new(), HashMap::new(), Kin::default());
        let (asked_us, skips) = (Cell::new(0), Cell::new(0));
        Ok(Self {
            heap: heap.clone(),
            ahead: None,
            locks,
            mine,
            groups,
            sets,
            kin,
            asked_us,
            skips,
        })
    }

    /// The heap.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// Slot number.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.mine.slot
    }

    /// Number of this life of the slot.
    #[must_use]
    pub fn incarnation(&self) -> u32 {
        self.mine.incarnation
    }

    /// Notes that this writer's event loop runs, for those who look at the segment. Does nothing if the slot belongs to
    /// another writer by now.
    pub fn show_life(&self) {
        let words = self.heap.words();
        let Ok(at) = SLOTS.find(words, self.mine.slot) else { return };
        if matches!(words.load(at + slt::INCARNATION), Ok(life) if life == u64::from(self.mine.incarnation))
        {
            // The words of a slot that was found have memory.
            let _ = words.store(at + slt::SEEN, os::unix_ms());
        }
    }

    /// Reference and length in words of a slab, for a view of it.
    #[must_use]
    pub fn slab(&self, number: u32) -> Option<(u64, u64)> {
        self.mine.slabs.get(number as usize).map(|slab| (slab.at, slab.words))
    }

    /// Reference and length in words of a generation chunk, for a view of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is no such chunk.
    pub fn generations(&self, chunk: u32) -> Result<(u64, u64)> {
        let words = self.heap.words();
        let at = GENERATIONS.chunk(words, chunk);
        let value = chunk.to_string();
        let at = at.ok_or(Error::Invalid { what: "the number of a generation chunk", value })?;
        Ok((at, extent::head(words, at)?.words))
    }

    /// Declares a family on this writer, so that it is shown even without series. `group` is the
    /// number of the registry whose default labels its series have.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Full`], [`Error::Limit`], [`Error::Lost`], [`Error::Corrupt`].
    pub fn family(&mut self, spec: &FamilySpec, group: u32) -> Result<u32> {
        self.check()?;
        let Self { heap, locks, mine, groups, .. } = self;
        let locked = take_lock(heap, &**locks, mine)?;
        let (id, shape) = family::declare(&locked, spec)?;
        let words = locked.words();
        family::renew(words, id)?;
        let incarnation = mine.incarnation;
        if let Some(at) = mine.families.get(&id) {
            let head = block::head(words, *at)?;
            words.store(*at + blk::HEAD, BlockHead { incarnation, ..head }.pack())?;
        } else {
            let length = blk::CELLS as u16;
            let at = mine.room(&locked, length)?;
            let head = BlockHead {
                kind: BlockKind::Family,
                absent: false,
                residue: false,
                words: length,
                incarnation,
            };
            block::publish(locked.words(), at, head, BlockKey { series: id, generation: 0 }, 0)?;
            kill_point!("family.declared");
            mine.families.insert(id, at);
        }
        groups.insert(id, Declared { group, shape, limit: FamilyLimit::default() });
        Ok(id)
    }

    /// Withdraws this life's declaration of a family.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Corrupt`].
    pub fn withdraw(&mut self, id: u32) -> Result<()> {
        self.check()?;
        if let Some(at) = self.mine.families.remove(&id) {
            room::put_back(self.heap.words(), &mut self.mine, at)?;
        }
        Ok(())
    }

    /// Counts updates that the caller dropped by itself, because their series had been refused before.
    pub fn count_dropped(&self, refusal: Refusal, updates: u32) {
        let index = header::DROPPED + refusal as usize;
        self.heap.words().add_header(index, u64::from(updates));
    }

    /// Whether the slot is still this writer's.
    #[must_use]
    pub fn owns_slot(&self) -> bool {
        // Also in a removed segment, the slot is this writer's.
        matches!(self.check(), Ok(()) | Err(Error::Retired))
    }

    /// Shows a block again that was marked absent, as if its series were new.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed or the block freed, [`Error::Lost`],
    /// [`Error::Corrupt`].
    pub fn revive(&mut self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        self.check()?;
        let words = self.heap.words();
        let (at, head) = self.own(slab, cell, key)?;
        if head.absent {
            block::show(words, at, head)?;
        }
        Ok(())
    }

    /// Frees a block, and with it this writer's part of the series. A part that an earlier life of the slot counted
    /// stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed or the block freed, [`Error::Busy`] (the block is hidden then),
    /// [`Error::Lost`], [`Error::Corrupt`].
    pub fn release(&mut self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        self.check()?;
        let (at, head) = self.own(slab, cell, key)?;
        if claimed::inherited(head, self.mine.incarnation) {
            return Ok(());
        }
        let words = self.heap.words();
        words.store(at + blk::HEAD, BlockHead { absent: true, ..head }.pack())?;
        kill_point!("release.hidden");
        let Self { heap, locks, mine, .. } = self;
        let locked = take_lock(heap, &**locks, mine)?;
        mine.give_back(&locked, at, head)
    }

    /// Fails if the segment was removed, or if the slot is not this writer's any more. A stray `close` of the writer's
    /// descriptor unlocks the slot's byte, and the descriptor's number may then be that of another file. So the writer
    /// calls this before it takes the heap lock through that descriptor.
    fn check(&self) -> Result<()> {
        if self.heap.words().header(header::RETIRED) != 0 {
            return Err(Error::Retired);
        }
        let now = os::monotonic_us();
        if now.saturating_sub(self.asked_us.get()) >= ASK_AGAIN_US {
            let byte = lock::SLOTS + u64::from(self.mine.slot);
            if self.heap.region().first_locked(byte, byte + 1)?.is_none() {
                return Err(Error::Lost);
            }
            self.asked_us.set(now);
        }
        same_life(&self.heap, self.mine.slot, self.mine.incarnation)
    }
}

/// Fails with [`Error::Lost`] if another writer has adopted the slot.
fn same_life(heap: &Heap, slot: u32, incarnation: u32) -> Result<()> {
    let words = heap.words();
    let lived = words.load(SLOTS.find(words, slot)? + slt::INCARNATION)?;
    if lived == u64::from(incarnation) {
        Ok(())
    } else {
        Err(Error::Lost)
    }
}

/// Takes the heap lock for a writer, which may have lost its slot while it waited.
fn take_lock<'a>(heap: &'a Heap, locks: &'a dyn Locks, mine: &Claimed) -> Result<Locked<'a>> {
    let locked = recover::lock(heap, locks)?;
    same_life(heap, mine.slot, mine.incarnation)?;
    Ok(locked)
}

fn checked<'a>(text: &'a [u8], types: &'a [u8]) -> Result<Labels<'a>> {
    if labels::is_whole(text, types) {
        Ok(Labels { text, types })
    } else {
        let value = String::from_utf8_lossy(text).into_owned();
        Err(Error::Invalid {
            what: "labels must read name=\"value\",… with one type each", value
        })
    }
}
