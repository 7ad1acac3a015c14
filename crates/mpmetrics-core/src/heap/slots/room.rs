//! A writer's slabs: making room for blocks, and freeing blocks.

use super::claimed::{self, Claimed, Slab};
use crate::error::{Error, Result};
use crate::heap::blocks::{block, octave_buckets, reclaim};
use crate::heap::directory::{defaults, generation};
use crate::heap::memory::address::Address;
use crate::heap::memory::extent;
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::SLOTS;
use crate::layout::{
    block as blk, extent as ext, slot as slt, BlockHead, BlockKey, BlockKind, Carried, ExtentKind,
    Words, EXTENT_HEADER, PAGE_WORDS,
};
use crate::quantile::octave::{Octave, KEPT};
use std::collections::HashMap;

/// Number of words of the first slab. Smaller slabs are made only if there is no room for this one. A later slab has an
/// eighth ([`GROWTH`]) of the words of all slabs before, but not less than the first, and not more than
/// [`LARGEST_SLAB`]. So at most about an eighth of a large writer's memory is unused. If slabs doubled, a writer of
/// many summaries would leave half of its memory unused.
const FIRST_SLAB: u64 = 2048;
const LARGEST_SLAB: u64 = 131_072;
const GROWTH: u64 = 8;

impl Claimed {
    /// Returns the number of the slab in which a block lies, and the index of the block's first cell in the slab.
    pub fn locate(&self, at: u64) -> Result<(u32, u32)> {
        let within = |slab: &&Slab| (slab.at..slab.at + slab.words).contains(&at);
        let found = (0..).zip(&self.slabs).find(|(_, slab)| within(slab));
        let Some((number, slab)) = found else {
            let at = at.saturating_mul(8);
            return Err(Error::Corrupt { what: "a block in a slab of its slot", at });
        };
        Ok((number, (at - slab.at + blk::CELLS) as u32))
    }

    pub fn address(&self, locked: &Locked<'_>, at: u64, key: BlockKey) -> Result<Address> {
        let head = block::head(locked.words(), at)?;
        Ok(Address::new(self.locate(at)?, key, claimed::inherited(head, self.incarnation)))
    }

    /// Returns room for a block: a free block of the same length, the end of the last slab, a removed series' block, or
    /// a new slab.
    pub fn room(&mut self, locked: &Locked<'_>, length: u16) -> Result<u64> {
        if let Some(at) = self.free.get_mut(&length).and_then(Vec::pop) {
            return Ok(at);
        }
        if let Some(at) = self.fill(locked, length)? {
            return Ok(at);
        }
        // A sweep reads all slabs. If it frees little, the writer gets a new slab, so that the next sweep is later.
        let (total, found) = self.sweep(locked)?;
        let enough = found > total / 16;
        if let Some(at) = self.free.get_mut(&length).filter(|_| enough).and_then(Vec::pop) {
            return Ok(at);
        }
        match self.add_slab(locked, length) {
            Ok(()) => {}
            Err(error) => {
                return self.free.get_mut(&length).and_then(Vec::pop).ok_or(error);
            }
        }
        let full = Error::Full { what: "no room for a block in a new slab" };
        self.fill(locked, length)?.ok_or(full)
    }

    /// Returns the next room in the last slab, if the block fits. A block that fits in a page does not cross into the
    /// next page, so that a copy that is made page by page has the whole block from one page.
    fn fill(&mut self, locked: &Locked<'_>, length: u16) -> Result<Option<u64>> {
        let incarnation = self.incarnation;
        let Some(slab) = self.slabs.last_mut() else {
            return Ok(None);
        };
        let need = u64::from(length);
        let left = PAGE_WORDS - slab.end % PAGE_WORDS;
        let pad = if need <= PAGE_WORDS && need > left { left } else { 0 };
        if slab.end + pad + need > slab.at + slab.words {
            return Ok(None);
        }
        if pad > 0 {
            let head = BlockHead {
                kind: BlockKind::Pad,
                absent: false,
                residue: false,
                words: pad as u16,
                incarnation,
            };
            locked.words().store(slab.end + blk::HEAD, head.pack())?;
        }
        let at = slab.end + pad;
        slab.end = at + need;
        Ok(Some(at))
    }

    fn add_slab(&mut self, locked: &Locked<'_>, length: u16) -> Result<()> {
        let least = (EXTENT_HEADER + u64::from(length) + 1).div_ceil(PAGE_WORDS) * PAGE_WORDS;
        let total: u64 = self.slabs.iter().map(|slab| slab.words).sum();
        let share = (total / GROWTH).div_ceil(PAGE_WORDS) * PAGE_WORDS;
        let mut words = share.clamp(FIRST_SLAB, LARGEST_SLAB).max(least);
        let at = loop {
            let data = words - EXTENT_HEADER;
            match extent::allocate(locked, ExtentKind::Slab, data, u64::from(self.slot)) {
                Err(Error::Full { .. }) if words > least => words = (words / 2).max(least),
                at => break at?,
            }
        };
        let heap = locked.words();
        let words = extent::head(heap, at)?.words;
        kill_point!("allocate.slab");
        // SYNC POINT: readers find the slab from here on. Its blocks are published later, one by one.
        match self.slabs.last() {
            Some(slab) => heap.store(slab.at + ext::NEXT, at)?,
            None => heap.store(SLOTS.find(heap, self.slot)? + slt::FIRST_SLAB, at)?,
        }
        kill_point!("allocate.linked");
        self.slabs.push(Slab { at, words, end: at + EXTENT_HEADER });
        Ok(())
    }

    /// Frees the blocks of removed series, and blocks that are marked absent. Returns how many words all slabs have,
    /// and how many words were freed.
    fn sweep(&mut self, locked: &Locked<'_>) -> Result<(u64, u64)> {
        let words = locked.words();
        let (mut total, mut stale) = (0, Vec::new());
        for slab in &self.slabs {
            total += slab.words;
            block::for_each_block(words, slab.at, slab.end - slab.at, |at, head| {
                if !head.kind.counts() {
                    return Ok(());
                }
                let key = block::key(words, at)?;
                if head.absent || generation::of(words, key.series)? != key.generation {
                    stale.push((at, head));
                }
                Ok(())
            })?;
        }
        let before = self.idle();
        for (at, head) in stale {
            self.give_back(locked, at, head)?;
        }
        Ok((total, self.idle() - before))
    }

    /// Returns the number of words of all free blocks. A sweep compares this number before and after: with each block,
    /// its exemplars and octave buckets are freed, too, and those of a summary are many times as long as its block.
    fn idle(&self) -> u64 {
        self.free.iter().map(|(length, blocks)| u64::from(*length) * blocks.len() as u64).sum()
    }

    pub fn give_back(&mut self, locked: &Locked<'_>, at: u64, head: BlockHead) -> Result<()> {
        let words = locked.words();
        let key = block::key(words, at)?;
        let set = block::birth(words, at)?.defaults;
        give_back_exemplars(words, self, at)?;
        let octaves = octave_buckets::all(words, at, head)?;
        block::free(words, at, head)?;
        kill_point!("release.freed");
        give_back_octaves(words, self, octaves)?;
        self.free.entry(head.words).or_default().push(at);
        if self.blocks.get(&(key.series, set)) == Some(&at) {
            self.blocks.remove(&(key.series, set));
        }
        defaults::drop_user(words, set)?;
        kill_point!("release.dropped");
        reclaim::drop_block(locked, key.series, key.generation)
    }

    /// Notes in the slot which sets of default labels it carries.
    pub fn carry(&self, locked: &Locked<'_>, sets: &HashMap<u32, u16>) -> Result<()> {
        let words = locked.words();
        let at = SLOTS.find(words, self.slot)? + slt::DEFAULTS;
        let mut carried: Vec<u16> = sets.values().copied().filter(|set| *set != 0).collect();
        carried.sort_unstable();
        carried.dedup();
        let packed =
            Carried(core::array::from_fn(|index| carried.get(index).copied().unwrap_or(0)));
        let before = claimed::carried(words, self.slot)?;
        for set in carried.into_iter().take(Carried::MOST) {
            defaults::add_user(words, set)?;
        }
        words.store(at, packed.pack())?;
        kill_point!("defaults.carried");
        for set in before {
            defaults::drop_user(words, set)?;
        }
        Ok(())
    }
}

/// Makes the buckets of an octave that a block does not have. Returns their reference.
///
/// # Errors
/// [`Error::Invalid`] if the series was removed meanwhile, [`Error::Limit`] if the block has [`KEPT`] octaves.
pub fn add_octave(
    locked: &Locked<'_>,
    mine: &mut Claimed,
    at: u64,
    head: BlockHead,
    octave: Octave,
) -> Result<u64> {
    if octave_buckets::all(locked.words(), at, head)?.len() >= KEPT {
        return Err(Error::Limit { what: "octaves of a summary's series", limit: KEPT as u64 });
    }
    let key = locked.words().load(at + blk::KEY)?;
    let length = octave_buckets::words_of(octave_buckets::sub_windows_of(head));
    let made = mine.room(locked, length)?;
    kill_point!("octave.room");
    let words = locked.words();
    let incarnation = mine.incarnation;
    let kept = BlockHead {
        kind: BlockKind::OctaveBuckets,
        absent: false,
        residue: false,
        words: length,
        incarnation,
    };
    // `room` may have freed blocks of removed series, and this block may be one of them.
    if block::head(words, at)? != head || words.load(at + blk::KEY)? != key {
        block::free(words, made, kept)?;
        mine.free.entry(length).or_default().push(made);
        return Err(Error::Invalid { what: "a block of this series", value: at.to_string() });
    }
    octave_buckets::publish(words, at, made, kept, octave)?;
    Ok(made)
}

/// Frees octave buckets to which no block of a summary refers any more.
pub fn give_back_octaves(words: Words<'_>, mine: &mut Claimed, octaves: Vec<u64>) -> Result<()> {
    for at in octaves {
        put_back(words, mine, at)?;
        kill_point!("octave.freed");
    }
    Ok(())
}

/// Frees the exemplars of a series' block that is being freed.
pub fn give_back_exemplars(words: Words<'_>, mine: &mut Claimed, of: u64) -> Result<()> {
    let there = mine.exemplars.blocks.range((of, 0)..=(of, u32::MAX));
    let there: Vec<((u64, u32), u64)> = there.map(|(key, at)| (*key, *at)).collect();
    for (key, at) in there {
        mine.exemplars.blocks.remove(&key);
        put_back(words, mine, at)?;
    }
    Ok(())
}

/// Frees the block of an exemplar, a family or octave buckets.
pub fn put_back(words: Words<'_>, mine: &mut Claimed, at: u64) -> Result<()> {
    let head = block::head(words, at)?;
    block::free(words, at, head)?;
    mine.free.entry(head.words).or_default().push(at);
    Ok(())
}
