//! What a writer holds: plain data of its slot.

use crate::error::{Error, Result};
use crate::form::of_one_life;
use crate::heap::memory::table::SLOTS;
use crate::layout::{slot, BlockHead, Carried, Words};
use crate::os::SharedMutex;
use std::collections::{BTreeMap, HashMap};

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

/// Where a writer's exemplars are.
#[derive(Default)]
pub struct Exemplars {
    /// By block of a series and bucket in it.
    pub(super) blocks: BTreeMap<(u64, u32), u64>,
    /// Until when no exemplar is recorded, and for how long the next time.
    pub(super) pause: (u64, u64),
}

/// The thread that claims a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Key of the process.
    pub process: u64,
    /// Its pid, in its own namespace: shown by gauges with the aggregator `all`.
    pub pid: u32,
    /// Number of the thread in the process, 0 for the main thread: shown by gauges with the aggregator `all`.
    pub thread: u32,
}

/// The key of the process that owns a slot, or owned it last.
pub fn process_of(words: Words<'_>, id: u32) -> Result<u64> {
    words.load(SLOTS.find(words, id)? + slot::PROCESS)
}

/// The sets of default labels that a slot's life carries.
pub fn carried(words: Words<'_>, id: u32) -> Result<[u16; Carried::MOST]> {
    Ok(Carried::unpack(words.load(SLOTS.find(words, id)? + slot::DEFAULTS)?).0)
}

/// The mutex of a slot, initialised or not.
pub fn mutex(words: Words<'_>, id: u32) -> Result<SharedMutex<'_>> {
    let at = SLOTS.find(words, id)? + slot::MUTEX;
    let found = SharedMutex::at(words.run(at, slot::MUTEX_WORDS)?);
    found.ok_or(Error::Corrupt { what: "a slot's mutex", at: at * 8 })
}

/// Whether a block has the counts of an earlier life of its slot.
pub fn inherited(head: BlockHead, incarnation: u32) -> bool {
    head.incarnation != incarnation && !of_one_life(head.kind)
}
