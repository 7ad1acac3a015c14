//! Word indexes in the header.

/// [`super::MAGIC`]; stored last when a segment is made.
pub const MAGIC: usize = 0;
/// [`super::VERSION`].
pub const VERSION: usize = 1;
/// [`super::MACHINE`].
pub const MACHINE: usize = 2;
/// One of the values in [`super::retired`]: 0 while the segment is in use.
pub const RETIRED: usize = 3;
/// Largest size in bytes that the segment may ever have.
pub const MAX_BYTES: usize = 4;
/// Number of bytes that are backed by memory.
pub const SIZE: usize = 5;
/// Number of words that the header and all extents take, from the start of the segment.
pub const USED: usize = 6;
/// Boot id of the machine on which the root runs, 16 bytes.
pub const BOOT_ID: usize = 7;
/// Pid of the root in its namespace (0: no root).
pub const ROOT_PID: usize = 9;
/// Start time of the root, clock ticks after boot.
pub const ROOT_START: usize = 10;
/// Inode of the root's pid namespace.
pub const ROOT_NAMESPACE: usize = 11;
/// SipHash key, 16 bytes.
pub const HASH_KEY: usize = 12;
/// Not 0 while the holder of the heap lock changes derived words.
pub const INTENT: usize = 14;
/// 1 if series were removed without the heap lock and are still to be reclaimed.
pub const DIRTY: usize = 15;
/// The smallest number that the next birth may have. A birth also tells when its block was shown: see
/// [`super::BlockBirth`].
pub const BIRTH: usize = 16;
/// Unix time of the last claim of a slot, milliseconds; until the first claim, the time at which the segment was made.
pub const LAST_ATTACH: usize = 17;
/// The doorbell: how often scrapes asked for `collect` callbacks. Processes with callbacks sleep on this word.
pub const DOORBELL: usize = 18;
/// How often a process gave up waiting for the heap lock.
pub const LOCK_TIMEOUTS: usize = 20;
/// Number of reads of a block that were tried again.
pub const TORN_RETRIES: usize = 21;
/// Number of reads of a block that were accepted although they were torn.
pub const TORN_GIVEN_UP: usize = 22;
/// Number of slots taken over from dead writers.
pub const ADOPTIONS: usize = 23;
/// Number of series ever removed.
pub const REMOVED: usize = 24;
/// How often a holder of the heap lock died and the next holder recovered the heap.
pub const RECOVERIES: usize = 25;
/// Largest number of series in the heap.
pub const LIMIT_SERIES: usize = 26;
/// Largest number of series in a family.
pub const LIMIT_FAMILY_SERIES: usize = 27;
/// Grows by 1 before and after each addition of a cell to a cell of another block: odd while an addition is under way.
pub const MERGES: usize = 28;
/// Reference of the word that is added to another word and becomes 0; 0 for none.
pub const MERGE_FROM: usize = 29;
/// Reference of the word to which [`MERGE_FROM`] is added.
pub const MERGE_TO: usize = 30;
/// The sum that is stored to [`MERGE_TO`].
pub const MERGE_SUM: usize = 31;
/// Number of slots ever used.
pub const SLOTS: usize = 32;
/// Number of families ever declared.
pub const FAMILIES: usize = 33;
/// Number of series places ever used.
pub const SERIES: usize = 34;
/// Number of default-label places ever used.
pub const DEFAULTS: usize = 35;
/// Number of series that live now (derived).
pub const LIVE_SERIES: usize = 36;
/// First free series place + 1 (derived).
pub const FREE_HEAD: usize = 37;
/// Last free series place + 1 (derived).
pub const FREE_TAIL: usize = 38;
/// Number of free series places (derived).
pub const FREE_COUNT: usize = 39;
/// Reference of the hash index's extent.
pub const INDEX: usize = 40;
/// Number of entries in the hash index (derived).
pub const INDEX_USED: usize = 41;
/// Reference of the first free extent (derived).
pub const FREE_EXTENTS: usize = 42;
/// Grows by 1 with each answer to the doorbell, and when a writer has no callbacks any more. Scrapes that wait for
/// answers sleep on this word.
pub const ANSWERS: usize = 43;
/// Number of writers that had not answered when a scrape's time for them was over.
pub const COLLECT_TIMEOUTS: usize = 44;
/// Reference of the first slab of shared gauges.
pub const SHARED: usize = 45;
/// Reference of the end of the last block in the slabs of shared gauges (derived).
pub const SHARED_END: usize = 46;
/// Number of free blocks in the slabs of shared gauges (derived).
pub const SHARED_FREE: usize = 47;
/// Reference of the first free text of each size class (derived).
pub const TEXT_FREE: usize = 48;
/// Number of exemplars that were not recorded, because a lock was not free in time or there was no memory.
pub const EXEMPLARS_DROPPED: usize = 71;
/// Number of updates, and of declarations that show a series at zero, whose series was refused: a word for each
/// [`crate::error::Refusal`].
pub const DROPPED: usize = 72;
/// Largest number of bytes of a label's value; 0 for no limit.
pub const LIMIT_LABEL_BYTES: usize = 80;
/// Largest number of bytes of text extents; 0 for no limit. Only label texts are refused beyond it.
pub const LIMIT_TEXT_BYTES: usize = 81;
/// Number of bytes of text extents (derived).
pub const TEXT_BYTES: usize = 82;
/// Number of observations of summaries that no quantile shows, because the writer got no memory or no heap lock.
pub const UNRANKED: usize = 83;
/// Number of observations of summaries that count in the nearest bucket, because their series had as many octaves as a
/// writer keeps.
pub const CLAMPED: usize = 84;
/// Number of families, series, blocks and sets of default labels that scrapes left out because their words are damaged.
pub const DAMAGED: usize = 85;
/// Number of dead lives whose residues in a family are hidden, because the family has residues of more lives than it
/// keeps. Such a family has the aggregator `all` or is an info. A life counts once for each such family.
pub const LIVES_DROPPED: usize = 86;
/// 1 once the main thread of the root has had a slot. The root locks that slot's byte as long as it lives.
pub const ROOT_WROTE: usize = 90;
/// Unix time, in milliseconds, at which a process that cannot tell whether the root lives found no slot locked. It has
/// no meaning unless it is later than `LAST_ATTACH`.
pub const IDLE_SINCE: usize = 91;
/// References of the chunks of the table of slots.
pub const SLOT_CHUNKS: usize = 96;
/// References of the chunks of the table of families.
pub const FAMILY_CHUNKS: usize = 112;
/// References of the chunks of the table of series.
pub const SERIES_CHUNKS: usize = 128;
/// References of the chunks of the table of generation words.
pub const GENERATION_CHUNKS: usize = 144;
/// References of the chunks of the table of default labels.
pub const DEFAULTS_CHUNKS: usize = 160;
/// A random number that identifies the segment.
pub const ID: usize = 176;
/// Unix time at which the segment was made, milliseconds.
pub const MADE: usize = 177;
/// Unix time, in milliseconds, at which a copy of this segment got its name, or at which a writer of this segment last
/// found the copy there; 0 for never.
pub const COPIED: usize = 178;
/// Number of the epoch. It grows when a writer claims a slot while no other writer lives, if the application's root
/// does not load this package.
pub const EPOCH: usize = 179;
/// [`MADE`] of the first segment in the chain of copies that led to this segment; its own if it is no copy.
pub const BORN: usize = 180;
/// Unix time at which the application's root started, milliseconds; 0 if it is unknown, or there is no root.
pub const ROOT_STARTED: usize = 181;
/// The [`ID`]s of the segments in the chain of copies that led to this segment, the latest first.
pub const ANCESTORS: usize = 184;
/// Number of bytes of the application's name, which follow in the next [`NAME_WORDS`] words as UTF-8; 0 for none. The
/// process that makes the segment stores it.
pub const NAME: usize = 192;
/// Number of bytes of the path of the application's main script, which follow in the next [`SCRIPT_WORDS`] words as
/// UTF-8; 0 for none.
pub const SCRIPT: usize = 226;
/// Mutexes under which words change if the target has no 64-bit atomics: see [`super::lock_stripe`].
pub const LOCKS: usize = 384;
/// Number of words of the application's name.
pub const NAME_WORDS: usize = 32;
/// Number of words of the path of the main script.
pub const SCRIPT_WORDS: usize = 128;
/// Largest number of chunks of a table.
pub const CHUNKS: usize = 16;
