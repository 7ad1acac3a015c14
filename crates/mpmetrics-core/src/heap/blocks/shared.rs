//! Blocks of shared gauges, which all writers of an application update: one for each series, in slabs that belong to
//! the heap and to no slot, so that no writer's death affects them.
//!
//! Processes make and free these blocks under the heap lock, but update them without it, by compare-exchange. So a
//! writer that found the series alive and was stopped then may still update the block after it was freed. Therefore:
//!
//! - A writer first announces the block in its slot ([`slt::SHARED`]), and then checks that the series lives.
//! - A process that reuses a freed block reads all announcements first. The block's series was removed before that.
//!
//! Either the writer finds the series removed, or the other process finds the announcement: no block is reused while a
//! writer uses it. The announcement of a stopped writer reserves one block until the writer goes on, and that of a dead
//! writer until its slot is adopted.

use super::block;
use crate::cells::shared;
use crate::error::{Error, Result};
use crate::heap::directory::{defaults, generation, series};
use crate::heap::memory::address::Address;
use crate::heap::memory::extent;
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{
    block as blk, extent as ext, header, series as ser, slot as slt, BlockBirth, BlockHead,
    BlockKey, BlockKind, ExtentKind, Words, EXTENT_HEADER, MAX_SLOTS, PAGE_WORDS,
};
use crate::sync::{fence, AtomicU64, Ordering};

/// Number of words of a block: its head and its cells.
pub const WORDS: u16 = (blk::CELLS as usize + shared::CELLS) as u16;
/// Number of words of a slab.
const SLAB_WORDS: u64 = 4 * PAGE_WORDS;
/// The owner of a slab with shared gauges' blocks: no slot.
const NOBODY: u64 = MAX_SLOTS as u64;
/// The incarnation of a shared gauge's block: no life of a slot.
const NO_LIFE: u32 = 0;

/// Slab number that marks a handle to a shared gauge, whose block is in no writer's slab.
pub const SLAB: u32 = u32::MAX;

/// Finds or makes the block of a living series, and gives the block these default labels.
pub fn bind(locked: &Locked<'_>, key: BlockKey, set: u16) -> Result<()> {
    let words = locked.words();
    let record = SERIES.find(words, key.series)?;
    let at = words.load(record + ser::SHARED)?;
    if at != 0 && is_of(words, at, key)? {
        // A writer that has no default labels, or none yet, keeps those that another writer gave the block.
        return if set == 0 { Ok(()) } else { rename(words, at, set) };
    }
    let at = room(locked)?;
    kill_point!("shared.room");
    let words = locked.words();
    defaults::add_user(words, set)?;
    series::add_block(words, key.series)?;
    let head = BlockHead {
        kind: BlockKind::Shared,
        absent: false,
        residue: false,
        words: WORDS,
        incarnation: NO_LIFE,
    };
    block::publish(words, at, head, key, set)?;
    kill_point!("shared.made");
    words.store(record + ser::SHARED, at)
}

/// Returns the address for a writer's handle. It does not name the block: a writer finds the block by the key.
pub fn address(key: BlockKey) -> Address {
    Address::new((SLAB, 0), key, false)
}

/// Gives a block other default labels: a series of a shared gauge has the default labels that were set last, by any
/// process.
fn rename(words: Words<'_>, at: u64, set: u16) -> Result<()> {
    let birth = block::birth(words, at)?;
    if birth.defaults == set {
        return Ok(());
    }
    defaults::add_user(words, set)?;
    words.store(at + blk::BIRTH, BlockBirth { defaults: set, ..birth }.pack())?;
    defaults::drop_user(words, birth.defaults)
}

/// Gives other default labels to the blocks of all living series whose family `chosen` accepts.
pub fn rename_all(locked: &Locked<'_>, set: u16, chosen: impl Fn(u32) -> bool) -> Result<()> {
    let words = locked.words();
    for_each(words, |at, head| {
        let key = block::key(words, at)?;
        let living =
            head.kind == BlockKind::Shared && generation::of(words, key.series)? == key.generation;
        if living && chosen(words.load(SERIES.find(words, key.series)? + ser::FAMILY)? as u32) {
            rename(words, at, set)?;
        }
        Ok(())
    })
}

/// Frees the block of a series that was removed.
pub fn free(words: Words<'_>, series: u32) -> Result<()> {
    let record = SERIES.find(words, series)?;
    let at = words.load(record + ser::SHARED)?;
    if at != 0 {
        words.store(record + ser::SHARED, 0)?;
        kill_point!("shared.unlinked");
        let head = block::head(words, at)?;
        if head.kind == BlockKind::Shared && block::key(words, at)?.series == series {
            let set = block::birth(words, at)?.defaults;
            block::free(words, at, head)?;
            kill_point!("shared.freed");
            words.add_header(header::SHARED_FREE, 1);
            defaults::drop_user(words, set)?;
        }
    }
    Ok(())
}

/// Calls `visit` with every block of a shared gauge, also free ones.
pub fn for_each(
    words: Words<'_>,
    mut visit: impl FnMut(u64, BlockHead) -> Result<()>,
) -> Result<()> {
    block::for_each_slab(words, words.header(header::SHARED), |slab, len| {
        block::for_each_block(words, slab, len, &mut visit).map(drop)
    })
}

/// Rebuilds the words that are derived from the slabs: their end, the number of free blocks, and the block of each
/// living series. Frees blocks of removed series. Calls `found` with all slabs, and with the blocks of living series.
pub fn recount(words: Words<'_>, mut found: impl FnMut(Found)) -> Result<()> {
    let (mut end, mut free) = (0, 0);
    block::for_each_slab(words, words.header(header::SHARED), |slab, len| {
        found(Found::Slab(slab));
        end = block::for_each_block(words, slab, len, |at, head| {
            let key = block::key(words, at)?;
            if head.kind == BlockKind::Shared
                && generation::of(words, key.series)? == key.generation
            {
                found(Found::Block(key, block::birth(words, at)?.defaults));
                return words.store(SERIES.find(words, key.series)? + ser::SHARED, at);
            }
            if head.kind == BlockKind::Shared {
                block::free(words, at, head)?;
            }
            free += u64::from(head.kind != BlockKind::Pad);
            Ok(())
        })?;
        Ok(())
    })?;
    words.set_header(header::SHARED_END, end);
    words.set_header(header::SHARED_FREE, free);
    Ok(())
}

/// A slab or block that [`recount`] finds.
pub enum Found {
    /// A slab, by its reference.
    Slab(u64),
    /// A block of a living series, with its set of default labels.
    Block(BlockKey, u16),
}

/// Returns whether a block is the shared block of this series.
pub fn is_of(words: Words<'_>, at: u64, key: BlockKey) -> Result<bool> {
    let head = block::head(words, at)?;
    Ok(head.kind == BlockKind::Shared && head.words == WORDS && block::key(words, at)? == key)
}

/// Returns the cells of a block.
pub fn cells(words: Words<'_>, at: u64) -> Result<&[AtomicU64; shared::CELLS]> {
    let found = words.run(at + blk::CELLS, shared::CELLS as u64)?;
    found.try_into().map_err(|_| Error::Corrupt { what: "a shared gauge", at: at * 8 })
}

/// Seals the values of all shared gauges.
pub fn seal_all(words: Words<'_>) -> Result<()> {
    for_each_value(words, shared::seal)
}

/// Notes that the values of all shared gauges were taken to another segment.
pub fn give_all(words: Words<'_>) -> Result<()> {
    for_each_value(words, shared::give)
}

/// Unseals the values of all shared gauges.
pub fn unseal_all(words: Words<'_>) -> Result<()> {
    for_each_value(words, shared::unseal)
}

/// Copies the sealed values of all shared gauges to a copy of the segment.
pub fn copy_all(from: Words<'_>, to: Words<'_>) -> Result<()> {
    for_each_block(from, |at| {
        for (old, new) in cells(from, at)?.iter().zip(cells(to, at)?) {
            new.store(old.load(Ordering::Acquire), Ordering::Release);
        }
        Ok(())
    })
}

fn for_each_value(words: Words<'_>, change: impl Fn(&[AtomicU64; shared::CELLS])) -> Result<()> {
    for_each_block(words, |at| {
        change(cells(words, at)?);
        Ok(())
    })
}

fn for_each_block(words: Words<'_>, mut found: impl FnMut(u64) -> Result<()>) -> Result<()> {
    for_each(words, |at, head| match head.kind {
        BlockKind::Shared if head.words == WORDS => found(at),
        _ => Ok(()),
    })
}

/// Returns room for a block: a freed block that no writer uses, the end of the last slab, or a new slab.
fn room(locked: &Locked<'_>) -> Result<u64> {
    let words = locked.words();
    if let Some(at) = freed(words)? {
        let left = words.header(header::SHARED_FREE);
        words.set_header(header::SHARED_FREE, left.saturating_sub(1));
        return Ok(at);
    }
    let end = words.header(header::SHARED_END);
    let last = last_slab(words)?;
    if let Some((slab, len)) = last {
        if end >= slab + EXTENT_HEADER && end + u64::from(WORDS) <= slab + len {
            words.set_header(header::SHARED_END, end + u64::from(WORDS));
            return Ok(end);
        }
    }
    let at = extent::allocate(locked, ExtentKind::Slab, SLAB_WORDS - EXTENT_HEADER, NOBODY)?;
    let words = locked.words();
    kill_point!("shared.slab");
    // SYNC POINT: readers find the slab from here on.
    match last {
        Some((slab, _)) => words.store(slab + ext::NEXT, at)?,
        None => words.set_header(header::SHARED, at),
    }
    let first = at + EXTENT_HEADER;
    words.set_header(header::SHARED_END, first + u64::from(WORDS));
    Ok(first)
}

/// Returns a freed block that no writer announces.
fn freed(words: Words<'_>) -> Result<Option<u64>> {
    if words.header(header::SHARED_FREE) == 0 {
        return Ok(None);
    }
    // SYNC POINT: pairs with the fence in `Writer::announce`. The series of a freed block was removed before this
    // fence, so a writer that does not find the series removed has announced the block before this fence.
    fence(Ordering::SeqCst);
    let mut held = Vec::new();
    for id in 0..words.header(header::SLOTS) as u32 {
        held.push(words.load(SLOTS.find(words, id)? + slt::SHARED)?);
    }
    let mut found = None;
    for_each(words, |at, head| {
        let fits = head.kind == BlockKind::Free && head.words == WORDS;
        if found.is_none() && fits && !held.contains(&at) {
            found = Some(at);
        }
        Ok(())
    })?;
    Ok(found)
}

fn last_slab(words: Words<'_>) -> Result<Option<(u64, u64)>> {
    let mut last = None;
    block::for_each_slab(words, words.header(header::SHARED), |slab, len| {
        last = Some((slab, len));
        Ok(())
    })?;
    Ok(last)
}
