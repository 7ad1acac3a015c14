//! Taking the heap lock, and recovery if its last holder died at any instruction.

use super::blocks::{block, moving, reclaim, shared};
use super::directory::index::{self, Target};
use super::directory::{defaults, family, generation, series};
use super::memory::heap::Heap;
use super::memory::lock::Locked;
use super::memory::table::{DEFAULTS, FAMILIES, SERIES, SLOTS};
use super::memory::{extent, text};
use super::slots::claimed;
use crate::error::Result;
use crate::layout::{
    defaults as def, family as fam, header, retired, series as ser, slot as slt, ExtentKind, Words,
};
use crate::region::Locks;
use std::collections::{HashMap, HashSet};

/// Takes the heap lock. Waits at most [`LOCK_DEADLINE_US`](super::LOCK_DEADLINE_US), plus the rest of an extra time
/// that each thread has once for all its waits (`GRACE_US` in `memory::lock`). Recovers the heap if the last holder
/// died.
///
/// # Errors
/// [`crate::Error::Busy`] after the deadline, [`crate::Error::Retired`] if the segment was removed,
/// [`crate::Error::Corrupt`] if the heap cannot be recovered.
pub fn lock<'a>(heap: &'a Heap, locks: &'a dyn Locks) -> Result<Locked<'a>> {
    lock_if(heap, locks, |state| state == retired::NO)
}

/// Takes the heap lock like [`lock`], but in any segment for which `wanted` accepts the value of [`header::RETIRED`].
///
/// # Errors
/// As [`lock`].
pub fn lock_if<'a>(
    heap: &'a Heap,
    locks: &'a dyn Locks,
    wanted: impl Fn(u64) -> bool,
) -> Result<Locked<'a>> {
    let (mut locked, interrupted) = Locked::take(heap, locks, wanted)?;
    let words = locked.words();
    if interrupted {
        rebuild(&locked)?;
        words.add_header(header::RECOVERIES, 1);
    }
    locked.recovered();
    if words.header(header::DIRTY) != 0 {
        words.set_header(header::DIRTY, 0);
        reclaim::reclaim_removed(&locked)?;
    }
    Ok(locked)
}

/// All texts, index entries, blocks, default labels and slabs in use, found by walking all records and blocks.
#[derive(Default)]
struct Census {
    texts: HashSet<u64>,
    entries: Vec<(u64, Target)>,
    blocks: HashMap<u32, u64>,
    users: HashMap<u16, u64>,
    slabs: HashSet<u64>,
}

/// Rebuilds free lists, the index and all counts from records and blocks.
fn rebuild(locked: &Locked<'_>) -> Result<()> {
    let words = locked.words();
    kill_point!("recover.begun");
    moving::finish(words)?;
    let mut census = Census::default();
    count_families(words, &mut census)?;
    count_blocks(words, &mut census)?;
    kill_point!("recover.blocks");
    rebuild_series(words, &mut census)?;
    kill_point!("recover.series");
    rebuild_defaults(words, &mut census)?;
    rebuild_extents(words, &census)?;
    kill_point!("recover.extents");
    index::rebuild(locked, &census.entries)?;
    kill_point!("recover.done");
    Ok(())
}

fn count_families(words: Words<'_>, census: &mut Census) -> Result<()> {
    let count = words.header(header::FAMILIES) as u32;
    for id in 0..count {
        let at = FAMILIES.find(words, id)?;
        census.texts.insert(words.load(at + fam::TEXT)?);
        census.entries.push((words.load(at + fam::HASH)?, Target::Family(id)));
        words.store(at + fam::SERIES, 0)?;
        // Ends the list of the family's series, because one may be missing from it: the last holder may have died after
        // it published a series and before it added the series to the list. Readers then read all series.
        words.store(at + fam::LATEST, 0)?;
    }
    // Drops a family whose record was filled but not counted yet: no other process has seen it.
    if let Ok(at) = FAMILIES.find(words, count) {
        words.store(at + fam::STATE, 0)?;
    }
    Ok(())
}

fn count_blocks(words: Words<'_>, census: &mut Census) -> Result<()> {
    for id in 0..words.header(header::SLOTS) as u32 {
        let at = SLOTS.find(words, id)?;
        for set in claimed::carried(words, id)? {
            *census.users.entry(set).or_default() += 1;
        }
        block::for_each_slab(words, words.load(at + slt::FIRST_SLAB)?, |slab, len| {
            census.slabs.insert(slab);
            block::for_each_block(words, slab, len, |at, head| {
                if !head.kind.counts() {
                    return Ok(());
                }
                let key = block::key(words, at)?;
                *census.users.entry(block::birth(words, at)?.defaults).or_default() += 1;
                if generation::of(words, key.series)? == key.generation {
                    *census.blocks.entry(key.series).or_default() += 1;
                }
                Ok(())
            })
            .map(drop)
        })?;
    }
    shared::recount(words, |found| match found {
        shared::Found::Slab(slab) => {
            census.slabs.insert(slab);
        }
        shared::Found::Block(key, set) => {
            *census.users.entry(set).or_default() += 1;
            *census.blocks.entry(key.series).or_default() += 1;
        }
    })
}

/// Rebuilds the counts of living series and the list of free places. Frees the places of series that
/// have no block yet, or whose removal was under way.
fn rebuild_series(words: Words<'_>, census: &mut Census) -> Result<()> {
    for index in [header::FREE_HEAD, header::FREE_TAIL, header::FREE_COUNT, header::LIVE_SERIES] {
        words.set_header(index, 0);
    }
    for id in 0..words.header(header::SERIES) as u32 {
        let at = SERIES.find(words, id)?;
        let generation = generation::of(words, id)?;
        let blocks = census.blocks.get(&id).copied().unwrap_or(0);
        if generation::lives(generation) && blocks > 0 {
            words.store(at + ser::BLOCKS, blocks)?;
            census.texts.insert(words.load(at + ser::TEXT)?);
            census.entries.push((words.load(at + ser::HASH)?, Target::Series(id)));
            family::count_series(words, words.load(at + ser::FAMILY)? as u32, 1)?;
            words.add_header(header::LIVE_SERIES, 1);
            continue;
        }
        if generation::lives(generation) {
            generation::advance(words, id, generation)?;
        }
        series::take(words, at, false)?;
        series::push_free(words, id)?;
    }
    Ok(())
}

fn rebuild_defaults(words: Words<'_>, census: &mut Census) -> Result<()> {
    for id in 0..words.header(header::DEFAULTS) as u32 {
        let at = DEFAULTS.find(words, id)?;
        let taken = defaults::state(words, at)?.is_taken();
        let users = census.users.get(&(id as u16 + 1)).copied().unwrap_or(0);
        words.store(at + def::USERS, users)?;
        if taken && users == 0 {
            defaults::vacate(words, id as u16 + 1)?;
        } else if taken {
            census.texts.insert(words.load(at + def::TEXT)?);
        }
    }
    Ok(())
}

/// Rebuilds the free lists of extents and texts. Frees extents without a reference.
fn rebuild_extents(words: Words<'_>, census: &Census) -> Result<()> {
    words.set_header(header::FREE_EXTENTS, 0);
    words.set_header(header::TEXT_BYTES, 0);
    for class in 0..text::CLASSES.len() {
        words.set_header(header::TEXT_FREE + class, 0);
    }
    let mut extents = Vec::new();
    extent::for_each(words, |at, head| {
        extents.push((at, head.kind));
        if head.kind == ExtentKind::Text {
            words.add_header(header::TEXT_BYTES, head.words * 8);
        }
        Ok(())
    })?;
    let tables: HashSet<u64> = (header::SLOT_CHUNKS..header::DEFAULTS_CHUNKS + header::CHUNKS)
        .map(|index| words.header(index))
        .collect();
    for (at, kind) in extents {
        let used = match kind {
            ExtentKind::Free => false,
            ExtentKind::Table => tables.contains(&at),
            ExtentKind::Slab => census.slabs.contains(&at),
            ExtentKind::Index => words.header(header::INDEX) == at,
            ExtentKind::Text => {
                let mut places = Vec::new();
                let class = text::for_each_place(words, at, |place| {
                    places.push(place);
                    Ok(())
                })?;
                for place in places.into_iter().rev().filter(|place| !census.texts.contains(place))
                {
                    text::push(words, class, place)?;
                }
                true
            }
        };
        if !used {
            extent::free(words, at)?;
        }
    }
    Ok(())
}
