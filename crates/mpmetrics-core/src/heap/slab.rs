//! A writer's slabs: room for blocks, and blocks that serve again.

use super::bound::Bound;
use super::guard::Locked;
use super::slot::{self, Claimed};
use super::{block, chunk, defaults, exemplar, extent, series, GENERATIONS, SLOTS};
use crate::error::{Error, Result};
use crate::layout::{
    block as blk, extent as ext, slot as slt, BlockHead, BlockKey, BlockKind, ExtentKind,
    EXTENT_HEADER, PAGE_WORDS,
};
use std::collections::HashMap;

/// One slab of a writer.
#[derive(Clone, Copy, Debug)]
pub struct Slab {
    /// Reference of its extent.
    pub at: u64,
    /// Length in words.
    pub words: u64,
    /// Where its last block ends.
    pub end: u64,
}

/// Words of the first slab and of the largest. Each is an eighth of all before it, so that what is not
/// used yet is no more than that: where slabs doubled, a writer of many summaries left half its memory idle.
const FIRST_SLAB: u64 = 2048;
const LARGEST_SLAB: u64 = 131_072;
const GROWTH: u64 = 8;

impl Claimed {
    /// The number of the slab that a block lies in, and the index of its first cell there.
    pub fn place(&self, at: u64) -> Result<(u32, u32)> {
        let within = |slab: &&Slab| (slab.at..slab.at + slab.words).contains(&at);
        let found = (0..).zip(&self.slabs).find(|(_, slab)| within(slab));
        let Some((number, slab)) = found else {
            let at = at.saturating_mul(8);
            return Err(Error::Corrupt { what: "a block in a slab of its slot", at });
        };
        Ok((number, (at - slab.at + blk::CELLS) as u32))
    }

    pub fn bound(&self, locked: &Locked<'_>, at: u64, key: BlockKey) -> Result<Bound> {
        let (slab, cell) = self.place(at)?;
        let (chunk, index) = GENERATIONS.place(key.series / 2);
        Ok(Bound {
            slab,
            cell,
            chunk,
            word: ((EXTENT_HEADER + index) * 2) as u32 + key.series % 2,
            generation: key.generation,
            series: key.series,
            inherited: slot::inherited(block::head(locked.words(), at)?, self.incarnation),
        })
    }

    /// Room for a block: a free one of the same length, the end of the last slab, one that a
    /// removed series left, or a new slab.
    pub fn room(&mut self, locked: &Locked<'_>, length: u16) -> Result<u64> {
        if let Some(at) = self.free.get_mut(&length).and_then(Vec::pop) {
            return Ok(at);
        }
        if let Some(at) = self.fill(locked, length)? {
            return Ok(at);
        }
        // Sweeping costs as much as the slabs are long, so it must find enough to be worth it:
        // else the next slab puts the next sweep off.
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

    /// The next room in the last slab. A block that fits a page does not cross one, so that a
    /// copy of the segment by pages has it whole.
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
            let head =
                BlockHead { kind: BlockKind::Pad, absent: false, words: pad as u16, incarnation };
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
        // SYNC POINT: readers find the slab. Its blocks follow, one by one.
        match self.slabs.last() {
            Some(slab) => heap.store(slab.at + ext::NEXT, at)?,
            None => heap.store(SLOTS.find(heap, self.slot)? + slt::FIRST_SLAB, at)?,
        }
        kill_point!("allocate.linked");
        self.slabs.push(Slab { at, words, end: at + EXTENT_HEADER });
        Ok(())
    }

    /// Frees the blocks of removed series, and those marked absent. Words in all slabs, and freed.
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
                if head.absent || series::generation(words, key.series)? != key.generation {
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

    /// Words of the blocks that wait to serve again. What a sweep freed is told by these: a block brings its
    /// chunks and exemplars with it, and those of a summary are many times as long as itself.
    fn idle(&self) -> u64 {
        self.free.iter().map(|(length, blocks)| u64::from(*length) * blocks.len() as u64).sum()
    }

    pub fn give_back(&mut self, locked: &Locked<'_>, at: u64, head: BlockHead) -> Result<()> {
        let words = locked.words();
        let key = block::key(words, at)?;
        let set = block::birth(words, at)?.defaults;
        exemplar::give_back(words, self, at)?;
        let chunks = chunk::all(words, at, head)?;
        block::free(words, at, head)?;
        kill_point!("release.freed");
        chunk::give_back(words, self, chunks)?;
        self.free.entry(head.words).or_default().push(at);
        if self.blocks.get(&(key.series, set)) == Some(&at) {
            self.blocks.remove(&(key.series, set));
        }
        defaults::drop_user(words, set)?;
        kill_point!("release.dropped");
        series::drop_block(locked, key.series, key.generation)
    }

    /// Notes in the slot which sets of default labels this life carries.
    pub fn carry(&self, locked: &Locked<'_>, sets: &HashMap<u32, u16>) -> Result<()> {
        let words = locked.words();
        let at = SLOTS.find(words, self.slot)? + slt::DEFAULTS;
        let mut carried: Vec<u16> = sets.values().copied().filter(|set| *set != 0).collect();
        carried.sort_unstable();
        carried.dedup();
        let packed = carried
            .iter()
            .take(slot::CARRIED)
            .rev()
            .fold(0, |packed, set| packed << 16 | u64::from(*set));
        let before = slot::carried(words, self.slot)?;
        for set in carried.into_iter().take(slot::CARRIED) {
            defaults::add_user(words, set)?;
        }
        words.store(at, packed)?;
        kill_point!("defaults.carried");
        for set in before {
            defaults::drop_user(words, set)?;
        }
        Ok(())
    }
}
