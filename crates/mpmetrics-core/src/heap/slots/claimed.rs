//! Plain data of a writer's slot: its number and life, and where its slabs, blocks and exemplars are.

use crate::error::{Error, Result};
use crate::form::of_one_life;
use crate::heap::memory::table::SLOTS;
use crate::layout::{slot, BlockHead, Carried, Words};
use crate::os::SharedMutex;
use std::collections::{BTreeMap, HashMap};

/// The contents of a slot that a writer has claimed.
#[derive(Default)]
pub struct Claimed {
    /// Slot number.
    pub slot: u32,
    /// Number of the slot's life.
    pub incarnation: u32,
    /// Slabs, in the order of their chain.
    pub slabs: Vec<Slab>,
    /// References of blocks, by series and set of default labels.
    pub blocks: HashMap<(u32, u16), u64>,
    /// References of blocks that note declared families, by family.
    pub families: HashMap<u32, u64>,
    /// References of free blocks, by length in words.
    pub free: HashMap<u16, Vec<u64>>,
    /// References of the exemplars of the blocks.
    pub exemplars: Exemplars,
}

/// One slab of a writer.
#[derive(Clone, Copy, Debug)]
pub struct Slab {
    /// Reference of the slab's extent.
    pub at: u64,
    /// Length in words.
    pub words: u64,
    /// Reference of the word after the last block.
    pub end: u64,
}

/// The exemplars of a writer, and the pause in recording them.
#[derive(Default)]
pub struct Exemplars {
    /// References of exemplars, by the block of a series and the bucket in it.
    pub(super) blocks: BTreeMap<(u64, u32), u64>,
    /// The end of the pause in which no exemplar is recorded, on the monotonic clock, and the length of that pause,
    /// both in microseconds.
    pub(super) pause: (u64, u64),
}

/// The thread that claims a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Key of the process.
    pub process: u64,
    /// The process's pid in its own namespace, which gauges with the aggregator `all` show.
    pub pid: u32,
    /// Number of the thread in the process, which gauges with the aggregator `all` show; 0 for the main thread.
    pub thread: u32,
    /// Number of the process among the workers of its cluster; 0 if it is none.
    pub worker: u32,
}

/// Returns the key of the process that owns a slot, or owned it last.
pub fn process_of(words: Words<'_>, id: u32) -> Result<u64> {
    words.load(SLOTS.find(words, id)? + slot::PROCESS)
}

/// Returns the sets of default labels that a slot carries.
pub fn carried(words: Words<'_>, id: u32) -> Result<[u16; Carried::MOST]> {
    Ok(Carried::unpack(words.load(SLOTS.find(words, id)? + slot::DEFAULTS)?).0)
}

/// Returns the mutex of a slot, which may not be initialised yet.
pub fn mutex(words: Words<'_>, id: u32) -> Result<SharedMutex<'_>> {
    let at = SLOTS.find(words, id)? + slot::MUTEX;
    let found = SharedMutex::at(words.run(at, slot::MUTEX_WORDS)?);
    found.ok_or(Error::Corrupt { what: "a slot's mutex", at: at * 8 })
}

/// Returns whether a block has counts of an earlier life of its slot.
pub fn inherited(head: BlockHead, incarnation: u32) -> bool {
    head.incarnation != incarnation && !of_one_life(head.kind)
}
