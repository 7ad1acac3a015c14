//! Adopts a slot: its next writer takes over the blocks of the dead one.

use super::claimed::{carried, Claimed, Slab};
use super::residue::Ended;
use super::{exemplar, room};
use crate::error::{Error, Result};
use crate::form::of_one_life;
use crate::heap::blocks::{block, merge, octave_buckets, reclaim};
use crate::heap::directory::{defaults, family, generation};
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::SLOTS;
use crate::layout::{slot, BlockHead, BlockKind, Words};
use std::collections::{HashMap, HashSet};

/// Scans a dead writer's slabs once. Frees gauges of the past life, blocks of removed series, absent blocks, and blocks
/// whose default labels no living slot has carried for some adoptions. Gauges that count the dead become residues.
/// Keeps the other blocks, and makes the sequence words of each equal. Two of one series with the same default labels
/// are merged. If the adopter dies, the next one starts from the beginning.
///
/// Returns how many gauges of the past life were freed or became residues.
pub fn adopt(locked: &Locked<'_>, id: u32, claimed: &mut Claimed) -> Result<u32> {
    let words = locked.words();
    let at = SLOTS.find(words, id)?;
    let past = carried(words, id)?;
    words.store(at + slot::DEFAULTS, 0)?;
    for set in past {
        defaults::drop_user(words, set)?;
    }
    kill_point!("adopt.begun");
    let alive = carried_by_living(locked)?;
    let (mut orphans, mut ended, mut gauges) = (HashMap::new(), Ended::default(), 0);
    let (mut slabs, mut exemplars, mut octaves) = (Vec::new(), Vec::new(), Vec::new());
    for_slabs(words, words.load(at + slot::FIRST_SLAB)?, &mut slabs)?;
    for slab in &mut slabs {
        let end = block::for_each_block(words, slab.at, slab.words, |block, head| {
            let keep = match head.kind {
                BlockKind::Pad => return Ok(()),
                BlockKind::OctaveBuckets => {
                    octaves.push(block);
                    return Ok(());
                }
                BlockKind::Free => false,
                BlockKind::Exemplar => {
                    exemplars.push(block);
                    return Ok(());
                }
                BlockKind::Family => adopt_family(words, block, claimed)?,
                _ => {
                    let wanted = is_wanted(words, block, head, &alive, &mut orphans)?;
                    if wanted && !of_one_life(head.kind) {
                        if let Some((left, head)) = adopt_series(words, block, head, claimed)? {
                            leave_series(locked, left)?;
                            give_back(words, left, head, claimed)?;
                        }
                        return Ok(());
                    }
                    gauges += u32::from(wanted && !head.residue);
                    let keep = wanted && ended.note(words, block, head)?;
                    if !keep {
                        leave_series(locked, block)?;
                    }
                    keep
                }
            };
            if !keep {
                give_back(words, block, head, claimed)?;
            }
            Ok(())
        })?;
        slab.end = end;
    }
    claimed.slabs = slabs;
    exemplar::adopt(words, &exemplars, claimed)?;
    kill_point!("adopt.scanned");
    ended.fold(locked, claimed)?;
    give_back_octaves(words, claimed, octaves)?;
    Ok(gauges)
}

/// Frees the octave buckets that no block refers to any more.
fn give_back_octaves(words: Words<'_>, claimed: &mut Claimed, mut octaves: Vec<u64>) -> Result<()> {
    let mut used = HashSet::new();
    for at in claimed.blocks.values() {
        used.extend(octave_buckets::all(words, *at, block::head(words, *at)?)?);
    }
    octaves.retain(|at| !used.contains(at));
    room::give_back_octaves(words, claimed, octaves)
}

/// Appends the slabs of a chain to a list. Their `end`, where the last block ends, is not known yet.
fn for_slabs(words: Words<'_>, first: u64, to: &mut Vec<Slab>) -> Result<()> {
    block::for_each_slab(words, first, |at, len| {
        to.push(Slab { at, words: len, end: at + len });
        Ok(())
    })
}

fn carried_by_living(locked: &Locked<'_>) -> Result<HashSet<u16>> {
    let mut alive = HashSet::new();
    for (id, present) in locked.heap().present()?.into_iter().enumerate() {
        if present {
            alive.extend(carried(locked.words(), id as u32)?);
        }
    }
    Ok(alive)
}

/// Whether the declaration of a family is kept. It is kept for a family of counts, because they are shown after their
/// writer's death. A family whose gauges belong to one life is declared for that life only, even if it counts the dead.
fn adopt_family(words: Words<'_>, at: u64, claimed: &mut Claimed) -> Result<bool> {
    let id = block::key(words, at)?.series;
    let keep = !of_one_life(family::shape_of(words, id)?.kind);
    Ok(keep && claimed.families.insert(id, at).is_none())
}

/// Whether a block is kept at all: unless it is absent, its series was removed, or no living slot has carried its
/// default labels for some adoptions.
fn is_wanted(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    alive: &HashSet<u16>,
    orphans: &mut HashMap<u16, bool>,
) -> Result<bool> {
    let key = block::key(words, at)?;
    let set = block::birth(words, at)?.defaults;
    let stale = generation::of(words, key.series)? != key.generation;
    let orphan = set != 0
        && match orphans.get(&set) {
            Some(orphan) => *orphan,
            None => {
                let orphan = defaults::orphaned(words, set, alive.contains(&set))?;
                orphans.insert(set, orphan);
                orphan
            }
        };
    Ok(!stale && !orphan && !head.absent)
}

/// Frees a block for the adopter's use.
fn give_back(words: Words<'_>, at: u64, head: BlockHead, claimed: &mut Claimed) -> Result<()> {
    if head.kind != BlockKind::Free {
        block::free(words, at, head)?;
        kill_point!("adopt.freed");
    }
    claimed.free.entry(head.words).or_default().push(at);
    Ok(())
}

/// Takes over a block with counts. If there is another block of the same series, the counts of both go to the one with
/// the lower birth, which tells when the series began. Returns the other, which is to be freed.
fn adopt_series(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    claimed: &mut Claimed,
) -> Result<Option<(u64, BlockHead)>> {
    let key = block::key(words, at)?;
    let own = block::birth(words, at)?;
    block::close_sequence(words, at, head)?;
    kill_point!("adopt.closed");
    let series = (key.series, own.defaults);
    let Some(other) = claimed.blocks.get(&series).copied() else {
        claimed.blocks.insert(series, at);
        return Ok(None);
    };
    let other_head = block::head(words, other)?;
    if other_head.words != head.words {
        return Err(Error::Corrupt { what: "two blocks of one length", at: at * 8 });
    }
    if own.birth < block::birth(words, other)?.birth {
        merge::blocks(words, other, at, other_head)?;
        claimed.blocks.insert(series, at);
        return Ok(Some((other, other_head)));
    }
    merge::blocks(words, at, other, head)?;
    Ok(Some((at, head)))
}

/// Called before a block is freed: takes the block out of the counts that its series and its default labels keep.
fn leave_series(locked: &Locked<'_>, at: u64) -> Result<()> {
    let words = locked.words();
    let (key, birth) = (block::key(words, at)?, block::birth(words, at)?);
    defaults::drop_user(words, birth.defaults)?;
    reclaim::drop_block(locked, key.series, key.generation)
}
