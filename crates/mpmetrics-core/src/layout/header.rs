//! Word indexes in the header.

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
/// The doorbell: times that scrapes asked for `collect` callbacks. Processes with callbacks sleep on it.
pub const DOORBELL: usize = 18;
/// Times that a process gave up waiting for the heap lock.
pub const LOCK_TIMEOUTS: usize = 20;
/// Reads of a block that were tried again.
pub const TORN_RETRIES: usize = 21;
/// Reads of a block that were accepted although they were torn.
pub const TORN_GIVEN_UP: usize = 22;
/// Slots taken over from dead writers.
pub const ADOPTIONS: usize = 23;
/// Series ever removed.
pub const REMOVED: usize = 24;
/// Times that a holder of the heap lock died and the next one recovered the heap.
pub const RECOVERIES: usize = 25;
/// Most series in the heap.
pub const LIMIT_SERIES: usize = 26;
/// Most series in a family.
pub const LIMIT_FAMILY_SERIES: usize = 27;
/// Grows by 1 before and after each addition of a cell to a cell of another block: odd while one is under way.
pub const MERGES: usize = 28;
/// The word that is added to another and becomes 0; 0 for none.
pub const MERGE_FROM: usize = 29;
/// The word that it is added to.
pub const MERGE_TO: usize = 30;
/// The sum that is stored there.
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
/// Answers ever given to the doorbell. Scrapes that wait sleep on it.
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
/// Exemplars that were not recorded, for want of a lock in time or of memory.
pub const EXEMPLARS_DROPPED: usize = 71;
/// Updates of series that were refused: a word for each [`crate::error::Refusal`].
pub const DROPPED: usize = 72;
/// Most bytes of a label's value; 0 for any.
pub const LIMIT_LABEL_BYTES: usize = 80;
/// Most bytes of text extents; only label text is refused beyond it; 0 for any.
pub const LIMIT_TEXT_BYTES: usize = 81;
/// Bytes of text extents (derived).
pub const TEXT_BYTES: usize = 82;
/// Observations of summaries that no quantile shows, for want of memory.
pub const UNRANKED: usize = 83;
/// Observations of summaries that count in the nearest bucket: their series had all the octaves that a
/// writer keeps.
pub const CLAMPED: usize = 84;
/// Families, series and blocks that scrapes left out because their words are damaged.
pub const DAMAGED: usize = 85;
/// 1 once the main thread of the root itself had a slot: it locks that slot's byte as long as it lives.
pub const ROOT_WROTE: usize = 90;
/// Unix time, in milliseconds, at which a process that cannot tell whether the root lives found no slot locked; without
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
/// A random number that identifies the segment.
pub const ID: usize = 176;
/// Unix time at which the segment was made, milliseconds.
pub const MADE: usize = 177;
/// Unix time at which a copy of it got its name, milliseconds; 0 for never.
pub const COPIED: usize = 178;
/// Grows when a writer comes while no other lives, if the application's root does not load this package.
pub const EPOCH: usize = 179;
/// [`MADE`] of the first segment in the chain of copies that led to this one; its own if it is no copy.
pub const BORN: usize = 180;
/// The [`ID`]s of the segments in that chain, the latest first.
pub const ANCESTORS: usize = 184;
/// Mutexes under which words change where the target has no 64-bit atomics: see [`super::lock_stripe`].
pub const LOCKS: usize = 384;
/// Most chunks a table may have.
pub const CHUNKS: usize = 16;
