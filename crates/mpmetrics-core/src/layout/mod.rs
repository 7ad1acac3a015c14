//! The words of a heap: where they lie and what is packed in them. `docs/FORMAT.md` draws it.
//!
//! Everything is counted in 8-byte words from the start of the segment; a reference is a word
//! index, and 0 (the header) is "none". Little-endian 64-bit machines only: the header says so.

mod packed;
mod words;

pub use packed::{Answer, BlockBirth, BlockHead, BlockKey, ChunkLink, ExtentHead};
pub use words::Words;

/// `MPMETRIC`, little-endian.
pub const MAGIC: u64 = u64::from_le_bytes(*b"MPMETRIC");
/// Layout version: `major << 16 | minor`. Another major is refused, a higher minor only appends.
pub const VERSION: u64 = 1 << 16;
/// What the bytes were written by: byte order, word size, C library. Another mark is refused.
pub const MACHINE: u64 = u64::from_ne_bytes(*b"le64\0\0\0\0") | (LOCKED << 32) | (LIBC << 56);
/// How words change: 1 for under a lock.
const LOCKED: u64 = if cfg!(feature = "locked") { 1 } else { 0 };
const LIBC: u64 = if cfg!(target_env = "musl") { 2 } else { 1 };

/// Words in a page: extents are whole pages.
pub const PAGE_WORDS: u64 = 512;
/// Words of the header: one page.
pub const HEADER_WORDS: u64 = PAGE_WORDS;
/// Words that an extent spends on itself.
pub const EXTENT_HEADER: u64 = 8;

/// Word indexes in the header.
pub mod header {
    /// [`super::MAGIC`]; stored last when a segment is made.
    pub const MAGIC: usize = 0;
    /// [`super::VERSION`].
    pub const VERSION: usize = 1;
    /// [`super::MACHINE`].
    pub const MACHINE: usize = 2;
    /// Not 0 once the segment was removed from its directory: see [`super::retired`].
    pub const RETIRED: usize = 3;
    /// Most bytes the segment may ever have.
    pub const MAX_BYTES: usize = 4;
    /// Bytes that are backed by memory.
    pub const SIZE: usize = 5;
    /// Words handed out, from the start.
    pub const USED: usize = 6;
    /// Boot id of the machine the root runs on, 16 bytes.
    pub const BOOT_ID: usize = 7;
    /// Pid of the root in its namespace (0: no root).
    pub const ROOT_PID: usize = 9;
    /// Start time of the root, clock ticks after boot.
    pub const ROOT_START: usize = 10;
    /// Inode of the root's pid namespace.
    pub const ROOT_NAMESPACE: usize = 11;
    /// SipHash key, 16 bytes.
    pub const HASH_KEY: usize = 12;
    /// Not 0 while the holder of the heap lock is changing derived structures.
    pub const INTENT: usize = 14;
    /// 1 when series were removed without the lock and wait to be reclaimed.
    pub const DIRTY: usize = 15;
    /// The next birth number.
    pub const BIRTH: usize = 16;
    /// Unix time of the last claim of a slot, milliseconds.
    pub const LAST_ATTACH: usize = 17;
    /// The doorbell: times that scrapes asked for `collect` callbacks. Slept on by those who have some.
    pub const DOORBELL: usize = 18;
    /// Times the heap lock was not had in time.
    pub const LOCK_TIMEOUTS: usize = 20;
    /// Reads of a block that were tried again.
    pub const TORN_RETRIES: usize = 21;
    /// Reads of a block that were taken as they stood.
    pub const TORN_GIVEN_UP: usize = 22;
    /// Slots taken over from dead writers.
    pub const ADOPTIONS: usize = 23;
    /// Series ever removed.
    pub const REMOVED: usize = 24;
    /// Times a holder of the heap lock died and its work was made whole.
    pub const RECOVERIES: usize = 25;
    /// Most series in the heap.
    pub const LIMIT_SERIES: usize = 26;
    /// Most series in a family.
    pub const LIMIT_FAMILY_SERIES: usize = 27;
    /// Grows by 1 before and after each cell of a block is added to another's: odd while that is under way.
    pub const MERGES: usize = 28;
    /// The word that is added to another and becomes 0; 0 for none.
    pub const MERGE_FROM: usize = 29;
    /// The word that it is added to.
    pub const MERGE_TO: usize = 30;
    /// What that becomes.
    pub const MERGE_SUM: usize = 31;
    /// Slots ever used.
    pub const SLOTS: usize = 32;
    /// Families ever declared.
    pub const FAMILIES: usize = 33;
    /// Series places ever used.
    pub const SERIES: usize = 34;
    /// Default-label places ever used.
    pub const DEFAULTS: usize = 35;
    /// Series that live now (derived).
    pub const LIVE_SERIES: usize = 36;
    /// First free series place + 1 (derived).
    pub const FREE_HEAD: usize = 37;
    /// Last free series place + 1 (derived).
    pub const FREE_TAIL: usize = 38;
    /// Number of free series places (derived).
    pub const FREE_COUNT: usize = 39;
    /// Extent of the hash index.
    pub const INDEX: usize = 40;
    /// Entries in the hash index (derived).
    pub const INDEX_USED: usize = 41;
    /// First extent that is free for another use (derived).
    pub const FREE_EXTENTS: usize = 42;
    /// Answers ever given to the doorbell. Slept on by scrapes that wait for them.
    pub const ANSWERS: usize = 43;
    /// Writers that had not answered when a scrape's time for them was over.
    pub const COLLECT_TIMEOUTS: usize = 44;
    /// First slab of shared gauges.
    pub const SHARED: usize = 45;
    /// Where the last block in them ends (derived).
    pub const SHARED_END: usize = 46;
    /// Free blocks in them (derived).
    pub const SHARED_FREE: usize = 47;
    /// First free text of each size class (derived).
    pub const TEXT_FREE: usize = 48;
    /// Exemplars that were not recorded: a lock was not to be had in time, or there was no room.
    pub const EXEMPLARS_DROPPED: usize = 71;
    /// Updates of series that were refused: a word for each [`crate::error::Refusal`].
    pub const DROPPED: usize = 72;
    /// Most bytes of a label's value; 0 for any.
    pub const LIMIT_LABEL_BYTES: usize = 80;
    /// Most bytes of extents with text, as far as label text needs them; 0 for any.
    pub const LIMIT_TEXT_BYTES: usize = 81;
    /// Bytes of extents with text (derived).
    pub const TEXT_BYTES: usize = 82;
    /// Observations of summaries that no quantile shows, for want of memory.
    pub const UNRANKED: usize = 83;
    /// Observations of summaries that count in the nearest bucket: their series had all the octaves that a
    /// writer keeps.
    pub const CLAMPED: usize = 84;
    /// Families, series and blocks that scrapes left out, because what the heap has of them is damaged.
    pub const DAMAGED: usize = 85;
    /// 1 once the main thread of the root itself had a slot: it holds that slot's byte as long as it lives.
    pub const ROOT_WROTE: usize = 90;
    /// Unix time at which somebody of another pid namespace found no slot locked, milliseconds; of no
    /// meaning unless it is later than `LAST_ATTACH`.
    pub const IDLE_SINCE: usize = 91;
    /// Chunks of the table of slots.
    pub const SLOT_CHUNKS: usize = 96;
    /// Chunks of the table of families.
    pub const FAMILY_CHUNKS: usize = 112;
    /// Chunks of the table of series.
    pub const SERIES_CHUNKS: usize = 128;
    /// Chunks of the generation words.
    pub const GENERATION_CHUNKS: usize = 144;
    /// Chunks of the table of default labels.
    pub const DEFAULTS_CHUNKS: usize = 160;
    /// A random number that no other segment has.
    pub const ID: usize = 176;
    /// Unix time at which the segment was made, milliseconds.
    pub const MADE: usize = 177;
    /// Unix time at which a copy of it got its name, milliseconds; 0 for never.
    pub const COPIED: usize = 178;
    /// Grows when a writer comes and no other lives, where the root of the application only runs it.
    pub const EPOCH: usize = 179;
    /// The [`ID`]s of the segments that this is a copy of, the latest first.
    pub const ANCESTORS: usize = 184;
    /// Mutexes under which words change where the target has no 64-bit atomics: see [`super::lock_stripe`].
    pub const LOCKS: usize = 384;
    /// Most chunks a table may have.
    pub const CHUNKS: usize = 16;
}

/// Numbers of [`header::ANCESTORS`].
pub const ANCESTORS: usize = 8;

/// What [`header::RETIRED`] says. Nobody registers any more unless it is 0.
pub mod retired {
    /// It has its name, or a stranger removed it and nobody has found that out.
    pub const NO: u64 = 0;
    /// An application that had ended, or its last process, removed it.
    pub const REMOVED: u64 = 1;
    /// A stranger removed it, and somebody makes a copy of it, or died doing so.
    pub const GONE: u64 = 2;
    /// A copy of it got its name.
    pub const SUCCEEDED: u64 = 3;
}

/// The mutexes of a segment whose words change under a lock. Each is for the pages of its number, modulo
/// their number.
pub mod lock_stripe {
    /// How many there are.
    pub const COUNT: usize = 8;
    /// Words of each: the mutex, and a note of the store that its holder is about to make.
    pub const WORDS: usize = 16;
    /// In the note: the number of the word + 1; 0 for none.
    pub const NOTE: usize = 8;
    /// In the note: what the word becomes.
    pub const NOTED: usize = 9;
}

/// Bytes that processes lock to tell each other things. Far beyond any segment's end.
pub mod lock {
    /// The heap lock.
    pub const HEAP: u64 = 1 << 40;
    /// Slot `n` lives while byte `SLOTS + n` is locked.
    pub const SLOTS: u64 = (1 << 40) + (1 << 20);
    /// One past the last slot's byte.
    pub const SLOTS_END: u64 = SLOTS + super::MAX_SLOTS as u64;
    /// The scrape whose ring has number `n`, modulo [`RINGS`], goes on while byte `ASKERS + n` is locked.
    pub const ASKERS: u64 = 1 << 41;
    /// How many rings have a byte of their own.
    pub const RINGS: u32 = 1 << 16;
}

/// Most writers that may live at once.
pub const MAX_SLOTS: u32 = 65_536;
/// Most families.
pub const MAX_FAMILIES: u32 = 1 << 20;
/// Most series places.
pub const MAX_SERIES: u32 = 1 << 23;
/// Most sets of default labels (16 bits in a block).
pub const MAX_DEFAULTS: u32 = 65_535;
/// Most words of a block (16 bits in its head).
pub const MAX_BLOCK_WORDS: u64 = u16::MAX as u64;

/// Word indexes in an extent's header.
pub mod extent {
    /// `kind | words << 8`.
    pub const HEAD: u64 = 0;
    /// A slab: its slot. A text extent: its size class. A chunk: its number. The index: its capacity.
    pub const OWNER: u64 = 1;
    /// A slab: the slot's next slab. A free extent: the next one.
    pub const NEXT: u64 = 2;
}

/// What an extent is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExtentKind {
    /// Waits for another use.
    Free = 1,
    /// Part of a table.
    Table = 2,
    /// A writer's memory.
    Slab = 3,
    /// Texts of one size class.
    Text = 4,
    /// The hash index.
    Index = 5,
}

/// Word indexes in a slot.
pub mod slot {
    /// Words of a record.
    pub const WORDS: u64 = 32;
    /// Lives so far, this one included; 0 for never used. Stored last by who claims it.
    pub const INCARNATION: u64 = 0;
    /// Key of the process that lives in it.
    pub const PROCESS: u64 = 1;
    /// Its pid, in its own namespace.
    pub const PID: u64 = 2;
    /// First slab.
    pub const FIRST_SLAB: u64 = 3;
    /// Unix time of the claim, milliseconds.
    pub const CLAIMED: u64 = 4;
    /// Sets of default labels that this life carries: four 16-bit numbers.
    pub const DEFAULTS: u64 = 5;
    /// [`super::Answer`]: that a life has `collect` callbacks, and which ring it last answered.
    pub const ANSWER: u64 = 6;
    /// Number of its thread in the process, as Node.js counts; 0 for the main thread.
    pub const THREAD: u64 = 7;
    /// The shared gauge's block that the owner is about to change; 0 for none. It serves no other series meanwhile.
    pub const SHARED: u64 = 8;
    /// In a copy: [`header::ID`](super::header::ID) of the segment that its owner still stores to; 0 for none.
    pub const AWAITED: u64 = 9;
    /// A mutex of the C library, of [`MUTEX_WORDS`]: what has no atomic form in this slot's memory is
    /// changed under it. Made by who claims the slot.
    pub const MUTEX: u64 = 16;
    /// Words of the mutex.
    pub const MUTEX_WORDS: u64 = 8;
}

/// Word indexes in a family.
pub mod family {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// 1 once the record is whole.
    pub const STATE: u64 = 0;
    /// Hash of its identity.
    pub const HASH: u64 = 1;
    /// Reference of its text.
    pub const TEXT: u64 = 2;
    /// Length of its text in bytes.
    pub const LENGTH: u64 = 3;
    /// Series that live now (derived).
    pub const SERIES: u64 = 4;
    /// `kind | form << 4 | bounds << 8`.
    pub const SHAPE: u64 = 5;
    /// The epoch in which it was declared last. It is not shown in a later one.
    pub const EPOCH: u64 = 6;
}

/// Word indexes in a series.
pub mod series {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// `taken | expired << 32`: 1 while the place is taken; the last generation that ended because nobody
    /// updated the series, stored before it ends.
    pub const STATE: u64 = 0;
    /// Hash of family and labels.
    pub const HASH: u64 = 1;
    /// Its family.
    pub const FAMILY: u64 = 2;
    /// Reference of its label text.
    pub const TEXT: u64 = 3;
    /// `bytes of label text | bytes of types << 32`.
    pub const LENGTHS: u64 = 4;
    /// Blocks that belong to it (derived).
    pub const BLOCKS: u64 = 5;
    /// Next free place + 1 (derived).
    pub const NEXT_FREE: u64 = 6;
    /// Of a shared gauge: its block.
    pub const SHARED: u64 = 7;
}

/// Word indexes in a set of default labels.
pub mod defaults {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// `1 | version << 8` while the place is taken, `version << 8` while it is free.
    pub const STATE: u64 = 0;
    /// Reference of its label text.
    pub const TEXT: u64 = 1;
    /// `bytes of label text | bytes of types << 32`.
    pub const LENGTHS: u64 = 2;
    /// Blocks and lives that refer to it (derived).
    pub const USERS: u64 = 3;
    /// Number of the adoption that first found nobody alive who carries it; 0 for carried.
    pub const ORPHANED: u64 = 4;
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BlockKind {
    /// Unused room at a page's end.
    Pad = 1,
    /// Waits for its slot's owner to use it again.
    Free = 2,
    /// Says that the slot's life declared a family.
    Family = 3,
    /// One cell.
    Counter = 4,
    /// One cell, of one life.
    Gauge = 5,
    /// Sequence word, buckets, sum, sequence word.
    Histogram = 6,
    /// Sequence word, count, sum, first chunk, parts, sequence word.
    Summary = 7,
    /// A gauge with the time it was set, of one life: sequence word, value, time, sequence word.
    Recent = 8,
    /// The buckets of one octave of a summary.
    Chunk = 9,
    /// An exemplar of a counter or of a histogram's bucket.
    Exemplar = 16,
    /// One cell of all writers.
    Shared = 17,
}

impl BlockKind {
    /// Whether such a block holds the counts of a series, and keeps it alive.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Pad | Self::Free | Self::Family | Self::Chunk | Self::Exemplar)
    }
}

/// The words before a block's cells.
pub mod block {
    /// [`super::BlockHead`]; stored last when a block is made. 0 ends the slab.
    pub const HEAD: u64 = 0;
    /// [`super::BlockKey`].
    pub const KEY: u64 = 1;
    /// [`super::BlockBirth`].
    pub const BIRTH: u64 = 2;
    /// First cell.
    pub const CELLS: u64 = 3;
}

/// The words of an exemplar's block behind its head.
pub mod exemplar {
    /// Reference of the block of the series that it belongs to.
    pub const OF: u64 = 3;
    /// Which place of that block: a bucket in configured order, the one above all bounds last.
    pub const PLACE: u64 = 4;
    /// The exemplar, see [`crate::cells::exemplar`].
    pub const CELLS: u64 = 5;
}

/// A chunk has its [`ChunkLink`] in the place of the birth.
pub const LINK: u64 = block::BIRTH;

/// The cells of a summary's block.
pub mod summary {
    /// First sequence word.
    pub const FIRST: u64 = 0;
    /// Number of observations.
    pub const COUNT: u64 = 1;
    /// Their sum.
    pub const SUM: u64 = 2;
    /// Reference of the first chunk; 0 for none.
    pub const CHUNKS: u64 = 3;
    /// First part: one for each sub-window, one without a window.
    pub const PARTS: u64 = 4;
    /// Cells of a block beside those of its parts.
    pub const CELLS: u64 = 5;
}

/// The cells of a part of a summary's block.
pub mod part {
    /// Cells of a part.
    pub const WORDS: u64 = 4;
    /// The sub-window that it is of, counted from 1970 on; not a number while it is made another's.
    pub const EPOCH: u64 = 0;
    /// Observations of zero.
    pub const ZEROS: u64 = 1;
    /// The smallest observation; infinity for none.
    pub const MIN: u64 = 2;
    /// The largest observation; minus infinity for none.
    pub const MAX: u64 = 3;
}

/// 32-bit words between a block's flags and its first cell: `u32[2 * cell - FLAGS_BACK]`.
pub const FLAGS_BACK: u32 = 2 * (block::CELLS - block::HEAD) as u32;
/// In the 32-bit word of the flags: the series is not shown.
pub const ABSENT: u32 = 1 << 8;

const _: () =
    assert!(header::DROPPED + crate::error::Refusal::ALL.len() <= header::LIMIT_LABEL_BYTES);
const _: () = assert!(cfg!(target_endian = "little"), "the layout is little-endian");
const _: () = assert!(header::DEFAULTS_CHUNKS + header::CHUNKS <= HEADER_WORDS as usize);
const _: () = assert!(slot::MUTEX + slot::MUTEX_WORDS <= slot::WORDS);
const _: () = assert!(slot::SHARED < slot::MUTEX && EXTENT_HEADER > extent::NEXT);
