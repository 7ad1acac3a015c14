//! Blocks of gauges that all writers of an application update: one for each series, in slabs that belong
//! to the heap and to no slot, so that no writer's death touches them.
//!
//! Made and freed under the heap lock; updated without it, by compare-exchange. So a freed block may still
//! be in the hands of a writer that found its series alive a moment ago and was stopped since. Before a writer
//! looks at a block it announces it in its slot ([`slt::SHARED`]), and then asks whether the series lives;
//! who takes a freed block for another series has removed the first one before, and then looks at all
//! announcements. One of both sees the other's store, so a block that serves again is in nobody's hands.
//! The announcement of a stopped or dead writer keeps one block from serving again, until its slot is adopted.

use super::block;
use crate::cells::shared;
use crate::error::{Error, Result};
use crate::heap::directory::{defaults, generation, series};
use crate::heap::memory::bound::Bound;
use crate::heap::memory::extent;
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{
    block as blk, extent as ext, header, series as ser, slot as slt, BlockBirth, BlockHead,
    BlockKey, BlockKind, ExtentKind, Words, EXTENT_HEADER, MAX_SLOTS, PAGE_WORDS,
};
use crate::sync::{fence, AtomicU64, Ordering};

/// Words of a block: its head and its cells.
pub const WORDS: u16 = (blk::CELLS as usize + shared::CELLS) as u16;
/// Words of a slab.
const SLAB_WORDS: u64 = 4 * PAGE_WORDS;
/// The owner of a slab that belongs to no slot.
const NOBODY: u64 = MAX_SLOTS as u64;
/// What a block has for the life that made it: none.
const NO_LIFE: u32 = 0;

/// Whether a writer's numbers of a block mean the shared block of the series: it has no slab of a writer.
pub const SLAB: u32 = u32::MAX;

/// Finds or makes the block of a living series, under these default labels from now on.
pub fn bind(locked: &Locked<'_>, key: BlockKey, set: u16) -> Result<()> {
    let words = locked.words();
    let record = SERIES.find(words, key.series)?;
    let at = words.load(record + ser::SHARED)?;
    if at != 0 && is_of(words, at, key)? {
        // Who has no default labels, or none yet, takes nobody else's away.
        return if set == 0 { Ok(()) } else { rename(words, at, set) };
    }
    let at = room(locked)?;
    kill_point!("shared.room");
    let words = locked.words();
    defaults::add_user(words, set)?;
    series::add_block(words, key.series)?;
    let head =
        BlockHead { kind: BlockKind::Shared, absent: false, words: WORDS, incarnation: NO_LIFE };
    block::publish(words, at, head, key, set)?;
    kill_point!("shared.made");
    words.store(record + ser::SHARED, at)
}

/// What a writer knows of the block.
pub fn bound(key: BlockKey) -> Bound {
    Bound::new((SLAB, 0), key, false)
}

/// Carries a block over to other default labels: a shared series has one name, that of who set it last.
fn rename(words: Words<'_>, at: u64, set: u16) -> Result<()> {
    let birth = block::birth(words, at)?;
    if birth.defaults == set {
        return Ok(());
    }
    defaults::add_user(words, set)?;
    words.store(at + blk::BIRTH, BlockBirth { defaults: set, ..birth }.pack())?;
    defaults::drop_user(words, birth.defaults)
}

/// The same for all series of the families that `chosen` names.
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

/// Calls `visit` with every block, free ones too.
pub fn for_each(
    words: Words<'_>,
    mut visit: impl FnMut(u64, BlockHead) -> Result<()>,
) -> Result<()> {
    block::for_each_slab(words, words.header(header::SHARED), |slab, len| {
        block::for_each_block(words, slab, len, &mut visit).map(drop)
    })
}

/// Derives anew what is known of the slabs: their end, the number of free blocks, and which block a
/// living series has. Blocks of the removed are freed; `found` is told of the others and of all slabs.
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

/// What [`recount`] finds.
pub enum Found {
    /// A slab, by its reference.
    Slab(u64),
    /// A block of a living series, with its set of default labels.
    Block(BlockKey, u16),
}

/// Whether a block is that of a series.
pub fn is_of(words: Words<'_>, at: u64, key: BlockKey) -> Result<bool> {
    let head = block::head(words, at)?;
    Ok(head.kind == BlockKind::Shared && head.words == WORDS && block::key(words, at)? == key)
}

/// The cells of a block.
pub fn cells(words: Words<'_>, at: u64) -> Result<&[AtomicU64; shared::CELLS]> {
    let found = words.run(at + blk::CELLS, shared::CELLS as u64)?;
    found.try_into().map_err(|_| Error::Corrupt { what: "a shared gauge", at: at * 8 })
}

/// Lets nobody change the values any more.
pub fn seal_all(words: Words<'_>) -> Result<()> {
    for_each_value(words, shared::seal)
}

/// Lets them be changed again.
pub fn unseal_all(words: Words<'_>) -> Result<()> {
    for_each_value(words, shared::unseal)
}

fn for_each_value(words: Words<'_>, change: impl Fn(&[AtomicU64; shared::CELLS])) -> Result<()> {
    for_each(words, |at, head| {
        if head.kind == BlockKind::Shared && head.words == WORDS {
            change(cells(words, at)?);
        }
        Ok(())
    })
}

/// Room for a block: one that was freed and is in nobody's hands, the end of the last slab, or a new slab.
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
    // SYNC POINT: readers find the slab.
    match last {
        Some((slab, _)) => words.store(slab + ext::NEXT, at)?,
        None => words.set_header(header::SHARED, at),
    }
    let first = at + EXTENT_HEADER;
    words.set_header(header::SHARED_END, first + u64::from(WORDS));
    Ok(first)
}

/// A freed block that no writer announces.
fn freed(words: Words<'_>) -> Result<Option<u64>> {
    if words.header(header::SHARED_FREE) == 0 {
        return Ok(None);
    }
    // SYNC POINT: pairs with the fence in `Writer::share`. The series of a freed block was removed before:
    // who does not find that out has announced the block before this.
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
