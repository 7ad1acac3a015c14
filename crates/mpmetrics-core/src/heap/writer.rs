//! A writer: one isolate's place in a heap. Everything here happens once per series, not once per
//! update; updates are stores to the cells that [`Writer::bind`] hands out.

use super::bound::Bound;
use super::family::Shape;
use super::guard::Locked;
use super::kin::Kin;
use super::series::Labels;
use super::slot::{self, Claimed, Owner};
use super::{
    block, defaults, exemplar, extent, family, series, shared, FamilySpec, Heap, GENERATIONS,
    SERIES, SLOTS,
};
use crate::cells::exemplar::Given;
use crate::collect::labels;
use crate::error::{Error, Refusal, Result};
use crate::layout::{
    block as blk, header, lock, series as ser, slot as slt, BlockBirth, BlockHead, BlockKey,
    BlockKind,
};
use crate::os;
use crate::region::Locks;
use std::cell::Cell;
use std::collections::HashMap;

/// A living slot and what lies in it.
pub struct Writer {
    pub(super) heap: Heap,
    pub(super) locks: Box<dyn Locks>,
    pub(super) mine: Claimed,
    /// The families that this life declared.
    groups: HashMap<u32, Declared>,
    /// The set of default labels of each group.
    sets: HashMap<u32, u16>,
    pub(super) kin: Kin,
    /// When the slot's byte was last seen to be locked, in microseconds.
    pub(super) asked_us: Cell<u64>,
    /// Observations whose buckets found no room that are not to be tried again yet.
    pub(super) skips: Cell<u32>,
}

/// A family as its declarer knows it.
#[derive(Clone, Copy)]
struct Declared {
    /// The registry whose default labels its series carry.
    group: u32,
    /// Its blocks, by what was declared. The record in the heap may be damaged.
    shape: Shape,
}

/// How long an answer to "is the slot's byte still locked" serves: asking costs as much as making a
/// series, and a hundred thousand may be made in a row.
const ASK_AGAIN_US: u64 = 1_000;

impl Writer {
    pub(super) fn claim(heap: &Heap, owner: Owner) -> Result<Self> {
        let locks = heap.region().holder()?;
        let mine = slot::claim(&Locked::acquire(heap, &*locks)?, &*locks, owner)?;
        let (groups, sets, kin) = (HashMap::new(), HashMap::new(), Kin::default());
        let (asked_us, skips) = (Cell::new(0), Cell::new(0));
        Ok(Self { heap: heap.clone(), locks, mine, groups, sets, kin, asked_us, skips })
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

    /// Declares a family on this writer, so that it is shown even without series. `group` names
    /// the registry whose default labels its series carry.
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
            let head =
                BlockHead { kind: BlockKind::Family, absent: false, words: length, incarnation };
            block::publish(locked.words(), at, head, BlockKey { series: id, generation: 0 }, 0)?;
            kill_point!("family.declared");
            mine.families.insert(id, at);
        }
        groups.insert(id, Declared { group, shape });
        Ok(id)
    }

    /// Takes this life's declaration of a family back.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Corrupt`].
    pub fn withdraw(&mut self, id: u32) -> Result<()> {
        self.check()?;
        if let Some(at) = self.mine.families.remove(&id) {
            let words = self.heap.words();
            let head = block::head(words, at)?;
            block::free(words, at, head)?;
            self.mine.free.entry(head.words).or_default().push(at);
        }
        Ok(())
    }

    /// Finds or makes a series and this writer's block of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the labels are not well-formed, [`Error::Busy`], [`Error::Full`],
    /// [`Error::Limit`], [`Error::Lost`], [`Error::Corrupt`].
    pub fn bind(&mut self, family: u32, text: &[u8], types: &[u8]) -> Result<Bound> {
        self.check()?;
        let given = checked(text, types)?;
        let Self { heap, locks, mine, groups, sets, .. } = self;
        let declared = groups.get(&family).copied();
        let set = declared.and_then(|one| sets.get(&one.group)).copied().unwrap_or(0);
        let locked = take_lock(heap, &**locks, mine)?;
        kill_point!("register.begun");
        let shape =
            declared.map_or_else(|| family::shape_of(heap.words(), family), |one| Ok(one.shape));
        let made = shape.and_then(|shape| bind(&locked, mine, (family, shape), given, set));
        if let Some(refusal) = made.as_ref().err().and_then(Error::refusal) {
            locked.words().add_header(header::DROPPED + refusal as usize, 1);
        }
        made
    }

    /// Counts updates of series that the caller refused by itself, having been refused them before.
    pub fn count_dropped(&self, refusal: Refusal, updates: u32) {
        let index = header::DROPPED + refusal as usize;
        self.heap.words().add_header(index, u64::from(updates));
    }

    /// Whether the slot is still this writer's.
    #[must_use]
    pub fn owns_slot(&self) -> bool {
        // In a segment that was removed, what was counted is this writer's all the same.
        matches!(self.check(), Ok(()) | Err(Error::Retired))
    }

    /// Shows a block again that was marked absent, as if its series was new.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the block is another series' now, [`Error::Lost`],
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

    /// Records an exemplar for a place of a block: 0 for a counter, else the number of a bucket. What is
    /// not recorded is counted.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the block is another series' now, has no such place or the labels are not
    /// well-formed, [`Error::Busy`], [`Error::Full`], [`Error::Limit`], [`Error::Lost`], [`Error::Corrupt`].
    pub fn exemplar(
        &mut self,
        (slab, cell, key): (u32, u32, BlockKey),
        place: u32,
        given: &Given<'_>,
    ) -> Result<()> {
        self.check()?;
        checked(given.text, given.types)?;
        let of = self.own(slab, cell, key)?;
        let Self { heap, locks, mine, .. } = self;
        let (slot, incarnation) = (mine.slot, mine.incarnation);
        let lock = || {
            let locked = Locked::acquire(heap, &**locks)?;
            same_life(heap, slot, incarnation).map(|()| locked)
        };
        exemplar::record(heap, mine, of, place, given, lock)
    }

    /// Whether [`Writer::exemplar`] would make room for a block first. That may give blocks of removed series
    /// to others.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the block is another series' now, [`Error::Corrupt`].
    pub fn exemplar_needs_room(
        &self,
        (slab, cell, key): (u32, u32, BlockKey),
        place: u32,
        given: &Given<'_>,
    ) -> Result<bool> {
        let (of, _) = self.own(slab, cell, key)?;
        exemplar::fitting(self.heap.words(), &self.mine, of, place, given).map(|at| at.is_none())
    }

    /// The exemplars of a block are not shown any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the block is another series' now, [`Error::Lost`], [`Error::Corrupt`].
    pub fn clear_exemplars(&self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        self.check()?;
        let (of, _) = self.own(slab, cell, key)?;
        exemplar::clear(self.heap.words(), &self.mine, of)
    }

    /// Gives a block back: this writer's part of the series is gone. A part that an earlier life
    /// of the slot counted stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the block is another series' now, [`Error::Busy`] (it is not shown
    /// any more all the same), [`Error::Lost`], [`Error::Corrupt`].
    pub fn release(&mut self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        self.check()?;
        let (at, head) = self.own(slab, cell, key)?;
        if slot::inherited(head, self.mine.incarnation) {
            return Ok(());
        }
        let words = self.heap.words();
        words.store(at + blk::HEAD, BlockHead { absent: true, ..head }.pack())?;
        kill_point!("release.hidden");
        let Self { heap, locks, mine, .. } = self;
        let locked = take_lock(heap, &**locks, mine)?;
        mine.give_back(&locked, at, head)
    }

    /// Sets the default labels of a group: of the series that this life made there, and of those
    /// that it will make.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the labels are not well-formed, [`Error::Busy`], [`Error::Full`],
    /// [`Error::Limit`], [`Error::Lost`], [`Error::Corrupt`].
    pub fn default_labels(&mut self, group: u32, text: &[u8], types: &[u8]) -> Result<()> {
        self.check()?;
        let given = checked(text, types)?;
        let Self { heap, locks, mine, groups, sets, .. } = self;
        let locked = take_lock(heap, &**locks, mine)?;
        let set = if text.is_empty() { 0 } else { defaults::declare(&locked, given)? };
        let before = sets.get(&group).copied().unwrap_or(0);
        let others = sets.iter().filter(|(of, other)| **of != group && **other != 0);
        let mut others: Vec<u16> = others.map(|(_, other)| *other).collect();
        others.sort_unstable();
        others.dedup();
        if set != 0 && !others.contains(&set) && others.len() >= slot::CARRIED {
            // One that the slot cannot carry would be given away while it is in use.
            defaults::add_user(locked.words(), set)?;
            defaults::drop_user(locked.words(), set)?;
            let (what, limit) = ("sets of default labels in one thread", slot::CARRIED as u64);
            return Err(Error::Limit { what, limit });
        }
        sets.insert(group, set);
        if set == before {
            return Ok(());
        }
        mine.carry(&locked, sets)?;
        let words = locked.words();
        let in_group = |family: u32| groups.get(&family).is_some_and(|one| one.group == group);
        let own: Vec<(u32, u64)> = mine
            .blocks
            .iter()
            .filter(|((_, of), _)| *of == before)
            .map(|((id, _), at)| (*id, *at))
            .collect();
        for (id, at) in own {
            let family = words.load(SERIES.find(words, id)? + ser::FAMILY)? as u32;
            let head = block::head(words, at)?;
            if !in_group(family) || slot::inherited(head, mine.incarnation) {
                continue;
            }
            let birth = block::birth(words, at)?;
            words.store(at + blk::BIRTH, BlockBirth { defaults: set, ..birth }.pack())?;
            kill_point!("defaults.renamed");
            defaults::add_user(words, set)?;
            defaults::drop_user(words, before)?;
            mine.blocks.remove(&(id, before));
            mine.blocks.insert((id, set), at);
        }
        shared::rename_all(&locked, set, in_group)
    }

    /// Whether the slot is still this writer's. A stray `close` of our descriptor frees its byte, and
    /// from then on what is locked through that descriptor may be a byte of any other file: so this is
    /// asked before the heap lock is taken through it.
    pub(super) fn check(&self) -> Result<()> {
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

/// Whether nobody adopted the slot of a writer.
pub(super) fn same_life(heap: &Heap, slot: u32, incarnation: u32) -> Result<()> {
    let words = heap.words();
    let lived = words.load(SLOTS.find(words, slot)? + slt::INCARNATION)?;
    if lived == u64::from(incarnation) {
        Ok(())
    } else {
        Err(Error::Lost)
    }
}

/// Takes the heap lock for the owner of a slot, who may have lost it while this waited.
pub(super) fn take_lock<'a>(
    heap: &'a Heap,
    locks: &'a dyn Locks,
    mine: &Claimed,
) -> Result<Locked<'a>> {
    let locked = Locked::acquire(heap, locks)?;
    same_life(heap, mine.slot, mine.incarnation)?;
    Ok(locked)
}

pub(super) fn checked<'a>(text: &'a [u8], types: &'a [u8]) -> Result<Labels<'a>> {
    if labels::is_whole(text, types) {
        Ok(Labels { text, types })
    } else {
        let value = String::from_utf8_lossy(text).into_owned();
        Err(Error::Invalid {
            what: "labels must read name=\"value\",… with one type each", value
        })
    }
}

fn bind(
    locked: &Locked<'_>,
    mine: &mut Claimed,
    (family, shape): (u32, Shape),
    given: Labels<'_>,
    set: u16,
) -> Result<Bound> {
    let hash = series::hash(locked, family, given);
    let (id, generation) = loop {
        let id = match series::find(locked, family, hash, given)? {
            Some(id) => id,
            None => series::create(locked, family, hash, given)?,
        };
        let generation = series::generation(locked.words(), id)?;
        // Who found the lock busy may have removed it just now.
        if series::lives(generation) {
            break (id, generation);
        }
    };
    let key = BlockKey { series: id, generation };
    if shape.kind == BlockKind::Shared {
        if let Err(error) = shared::bind(locked, key, set) {
            series::remove_unused(locked, id, generation)?;
            return Err(error);
        }
        return Ok(shared::bound(key));
    }
    if let Some(at) = mine.blocks.get(&(id, set)).copied() {
        let words = locked.words();
        let head = block::head(words, at)?;
        if block::key(words, at)? == key && (head.kind, head.words) == (shape.kind, shape.words) {
            if head.absent {
                block::zero(words, at, head)?;
                block::show(words, at, head)?;
            }
            return mine.bound(locked, at, key);
        }
        // The place of a removed series serves another one: this block is of the removed one.
        mine.blocks.remove(&(id, set));
    }
    let at = match mine.room(locked, shape.words) {
        Ok(at) => at,
        Err(error) => {
            series::remove_unused(locked, id, generation)?;
            return Err(error);
        }
    };
    let incarnation = mine.incarnation;
    let head = BlockHead { kind: shape.kind, absent: false, words: shape.words, incarnation };
    series::add_block(locked.words(), id)?;
    defaults::add_user(locked.words(), set)?;
    kill_point!("register.counted");
    block::publish(locked.words(), at, head, key, set)?;
    kill_point!("register.done");
    mine.blocks.insert((id, set), at);
    mine.bound(locked, at, key)
}
