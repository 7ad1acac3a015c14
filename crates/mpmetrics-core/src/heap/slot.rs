//! Slots: the places of writers. A slot lives while its byte is locked; when its writer dies, in
//! whatever way, the next new writer adopts it and goes on from its counts.

use super::exemplar::{self, Exemplars};
use super::guard::Locked;
use super::slab::Slab;
use super::succession::is_awaited;
use super::{block, chunk, defaults, family, init, merge, series, SLOTS};
use crate::error::{Error, Result};
use crate::layout::{block as blk, header, lock, slot, BlockHead, BlockKind, Words, MAX_SLOTS};
use crate::os::{self, NotHeld, SharedMutex};
use crate::region::Locks;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// What a new writer found in its slot.
#[derive(Default)]
pub struct Claimed {
    /// Slot number.
    pub slot: u32,
    /// This life's number.
    pub incarnation: u32,
    /// Slabs, in order.
    pub slabs: Vec<Slab>,
    /// Blocks by series and set of default labels.
    pub blocks: HashMap<(u32, u16), u64>,
    /// Declarations by family.
    pub families: HashMap<u32, u64>,
    /// Free blocks by length.
    pub free: HashMap<u16, Vec<u64>>,
    /// Exemplars of the blocks.
    pub exemplars: Exemplars,
}

/// Who claims a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Key of the process.
    pub process: u64,
    /// Its pid, in its own namespace: shown by gauges of mode `all`.
    pub pid: u32,
    /// Number of the thread in the process, 0 for the main thread: shown by gauges of mode `all`.
    pub thread: u32,
}

/// The key of the process that lives, or last lived, in a slot.
pub fn process_of(words: Words<'_>, id: u32) -> Result<u64> {
    words.load(SLOTS.find(words, id)? + slot::PROCESS)
}

/// Most sets of default labels that a slot's life carries: as many as one word holds.
pub const CARRIED: usize = 4;

/// The sets of default labels that a slot's life carries.
pub fn carried(words: Words<'_>, id: u32) -> Result<[u16; CARRIED]> {
    let packed = words.load(SLOTS.find(words, id)? + slot::DEFAULTS)?;
    Ok(core::array::from_fn(|index| (packed >> (16 * index)) as u16))
}

/// Locks a slot's byte and takes the slot over. Its first unlocked slot serves, so that there are
/// never more slots than writers that lived at once.
pub fn claim(locked: &Locked<'_>, locks: &dyn Locks, owner: Owner) -> Result<Claimed> {
    init::first_tables(locked)?;
    let slots = locked.words().header(header::SLOTS) as u32;
    let mut id = 0;
    while id < slots
        && (is_awaited(locked.words(), id)? || !locks.try_lock(lock::SLOTS + u64::from(id))?)
    {
        id += 1;
    }
    if id == slots {
        if id >= MAX_SLOTS {
            return Err(Error::Limit { what: "writers at once", limit: u64::from(MAX_SLOTS) });
        }
        SLOTS.ensure(locked, id)?;
        if !locks.try_lock(lock::SLOTS + u64::from(id))? {
            return Err(Error::Corrupt { what: "a free slot", at: header::SLOTS as u64 * 8 });
        }
        locked.words().set_header(header::SLOTS, u64::from(id) + 1);
        kill_point!("claim.counted");
    }
    kill_point!("claim.locked");
    let claimed = take_over(locked, id, owner);
    if claimed.is_err() {
        let _ = locks.unlock(lock::SLOTS + u64::from(id));
    }
    claimed
}

fn take_over(locked: &Locked<'_>, id: u32, owner: Owner) -> Result<Claimed> {
    let words = locked.words();
    let at = SLOTS.find(words, id)?;
    let lived = words.load(at + slot::INCARNATION)?;
    // 0 is "never used".
    let incarnation = (lived as u32).wrapping_add(1).max(1);
    let mut claimed = Claimed { slot: id, incarnation, ..Claimed::default() };
    if lived != 0 {
        adopt(locked, id, &mut claimed)?;
        words.add_header(header::ADOPTIONS, 1);
    }
    make_mutex(words, id)?;
    let now = os::unix_ms();
    words.store(at + slot::PROCESS, owner.process)?;
    // By now no gauge of the past life is there to be shown under these: see `collect::walk`.
    words.store(at + slot::PID, u64::from(owner.pid))?;
    words.store(at + slot::THREAD, u64::from(owner.thread))?;
    // Who announced something is dead, or found out that it lost the slot.
    words.store(at + slot::SHARED, 0)?;
    words.store(at + slot::AWAITED, 0)?;
    words.store(at + slot::CLAIMED, now)?;
    words.set_header(header::LAST_ATTACH, now);
    if owner.thread == 0 && init::root(words).is_some_and(|root| root.key() == owner.process) {
        words.set_header(header::ROOT_WROTE, 1);
    }
    kill_point!("claim.filled");
    // SYNC POINT: from here on the gauges of the past life are not shown.
    words.store(at + slot::INCARNATION, u64::from(incarnation))?;
    kill_point!("claim.done");
    Ok(claimed)
}

/// The mutex of a slot, made or not.
pub fn mutex(words: Words<'_>, id: u32) -> Result<SharedMutex<'_>> {
    let at = SLOTS.find(words, id)? + slot::MUTEX;
    let found = SharedMutex::at(words.run(at, slot::MUTEX_WORDS)?);
    found.ok_or(Error::Corrupt { what: "a slot's mutex", at: at * 8 })
}

/// Makes a slot's mutex if it was never made, or is of no use: who held it last is dead.
///
/// One that is held all the same (a writer that lost its slot by accident is in the middle of
/// something) is left as it is. What the dead left half-changed says so by itself, so that nothing needs
/// to be mended here. Where the system has no such mutex, what needs it is not recorded.
pub fn make_mutex(words: Words<'_>, id: u32) -> Result<()> {
    let mutex = mutex(words, id)?;
    if let Err(NotHeld::Broken) = mutex.lock(Duration::ZERO, || ()) {
        let _ = mutex.make();
    }
    Ok(())
}

/// Scans a dead writer's slabs once: whole sequence words, no gauges of the past, no series whose
/// default labels nobody carries any more. Begun anew by the next adopter if this one dies.
fn adopt(locked: &Locked<'_>, id: u32, claimed: &mut Claimed) -> Result<()> {
    let words = locked.words();
    let at = SLOTS.find(words, id)?;
    let past = carried(words, id)?;
    words.store(at + slot::DEFAULTS, 0)?;
    for set in past {
        defaults::drop_user(words, set)?;
    }
    kill_point!("adopt.begun");
    let alive = carried_by_living(locked)?;
    let mut orphans = HashMap::new();
    let (mut slabs, mut exemplars, mut chunks) = (Vec::new(), Vec::new(), Vec::new());
    for_slabs(words, words.load(at + slot::FIRST_SLAB)?, &mut slabs)?;
    for slab in &mut slabs {
        let end = block::for_each_block(words, slab.at, slab.words, |block, head| {
            let keep = match head.kind {
                BlockKind::Pad => return Ok(()),
                BlockKind::Chunk => {
                    chunks.push(block);
                    return Ok(());
                }
                BlockKind::Free => false,
                BlockKind::Exemplar => {
                    exemplars.push(block);
                    return Ok(());
                }
                BlockKind::Family => adopt_family(words, block, claimed)?,
                _ => adopt_series(locked, block, head, &alive, &mut orphans, claimed)?,
            };
            if !keep {
                if head.kind != BlockKind::Free {
                    block::free(words, block, head)?;
                    kill_point!("adopt.freed");
                }
                claimed.free.entry(head.words).or_default().push(block);
            }
            Ok(())
        })?;
        slab.end = end;
    }
    claimed.slabs = slabs;
    exemplar::adopt(words, &exemplars, claimed)?;
    kill_point!("adopt.scanned");
    give_back_chunks(words, claimed, chunks)
}

/// Frees the chunks that no block refers to any more.
fn give_back_chunks(words: Words<'_>, claimed: &mut Claimed, mut chunks: Vec<u64>) -> Result<()> {
    let mut used = HashSet::new();
    for at in claimed.blocks.values() {
        used.extend(chunk::all(words, *at, block::head(words, *at)?)?);
    }
    chunks.retain(|at| !used.contains(at));
    chunk::give_back(words, claimed, chunks)
}

/// The slabs of a chain, each with its end unknown.
fn for_slabs(words: Words<'_>, first: u64, to: &mut Vec<Slab>) -> Result<()> {
    block::for_each_slab(words, first, |at, len| {
        to.push(Slab { at, words: len, end: at + len });
        Ok(())
    })
}

fn carried_by_living(locked: &Locked<'_>) -> Result<HashSet<u16>> {
    let mut alive = HashSet::new();
    for (id, living) in locked.heap().living()?.into_iter().enumerate() {
        if living {
            alive.extend(carried(locked.words(), id as u32)?);
        }
    }
    Ok(alive)
}

/// A declaration stays with the counts it is of; those of gauges were of the past life.
fn adopt_family(words: Words<'_>, at: u64, claimed: &mut Claimed) -> Result<bool> {
    let id = block::key(words, at)?.series;
    let keep = !of_one_life(family::shape_of(words, id)?.kind);
    Ok(keep && claimed.families.insert(id, at).is_none())
}

fn adopt_series(
    locked: &Locked<'_>,
    at: u64,
    head: BlockHead,
    alive: &HashSet<u16>,
    orphans: &mut HashMap<u16, bool>,
    claimed: &mut Claimed,
) -> Result<bool> {
    let words = locked.words();
    let key = block::key(words, at)?;
    let set = block::birth(words, at)?.defaults;
    let stale = series::generation(words, key.series)? != key.generation;
    let orphan = set != 0
        && match orphans.get(&set) {
            Some(orphan) => *orphan,
            None => {
                let orphan = defaults::orphaned(words, set, alive.contains(&set))?;
                orphans.insert(set, orphan);
                orphan
            }
        };
    if !stale && !orphan && !head.absent && !of_one_life(head.kind) {
        block::settle(words, at, head)?;
        kill_point!("adopt.settled");
        match claimed.blocks.get(&(key.series, set)) {
            None => {
                claimed.blocks.insert((key.series, set), at);
                return Ok(true);
            }
            Some(other) if block::head(words, *other)?.words == head.words => {
                merge::blocks(words, at, *other, head)?;
            }
            Some(_) => return Err(Error::Corrupt { what: "two blocks of one length", at: at * 8 }),
        }
    }
    defaults::drop_user(words, set)?;
    series::drop_block(locked, key.series, key.generation)?;
    Ok(false)
}

/// Whether a block has the counts of an earlier life of its slot.
pub fn inherited(head: BlockHead, incarnation: u32) -> bool {
    head.incarnation != incarnation && !of_one_life(head.kind)
}

/// Whether a block is of the life that made it, and is not shown after its end.
pub fn of_one_life(kind: BlockKind) -> bool {
    matches!(kind, BlockKind::Gauge | BlockKind::Recent)
}

const _: () = assert!(blk::CELLS == 3 && slot::MUTEX_WORDS as usize == os::MUTEX_WORDS);
