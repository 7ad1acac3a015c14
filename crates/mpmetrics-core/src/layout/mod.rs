//! The words of a heap: where they are, and which numbers are packed in them. `docs/FORMAT.md` describes them.
//!
//! The unit is a word of 8 bytes. A reference is the index of a word from the start of the segment; the reference 0,
//! which is that of the header, means "none". Words are in the byte order of the machine, and the header says so.

mod blocks;
pub mod header;
mod kinds;
mod machine;
mod packed;
mod records;
mod words;

pub use blocks::{block, exemplar, gauge, sub_window, summary, FLAGS_BACK, LINK};
pub use kinds::{BlockKind, ExtentKind};
pub use machine::{machine_in_words, MACHINE};
pub use packed::{
    major, Answer, BlockBirth, BlockHead, BlockKey, Carried, DefaultsState, ExtentHead,
    FamilyShape, GenerationPair, IndexEntry, OctaveLink, SeriesState, TextLengths, WriterName,
    ABSENT,
};
pub use records::{defaults, extent, family, series, slot};
pub use words::Words;

/// `MPMETRIC` on a little-endian machine, and these bytes in the opposite order on others.
pub const MAGIC: u64 = u64::from_le_bytes(*b"MPMETRIC");
/// Layout version: `major << 16 | minor`. A heap with another major number is refused. A higher minor number means that
/// words were only appended, or types of families were added, which older versions do not show.
pub const VERSION: u64 = 1 << 16 | 2;

/// Number of words in a page. Extents are whole pages.
pub const PAGE_WORDS: u64 = 512;
/// Number of words of the header: one page.
pub const HEADER_WORDS: u64 = PAGE_WORDS;
/// Number of words of an extent's own header.
pub const EXTENT_HEADER: u64 = 8;

/// Number of segments in [`header::ANCESTORS`].
pub const ANCESTORS: usize = 8;

/// The values of [`header::RETIRED`]. Unless it is 0, no series or writer is added any more.
pub mod retired {
    /// The segment is in use. Its file is in place; or a stranger removed it, and no process has noticed that yet, or
    /// none could make a copy.
    pub const NO: u64 = 0;
    /// The segment was removed by the last process of its application, or by a process that reaped it. Or a copy of an
    /// older segment got its file name. Or its writers left it for a segment that is no copy of it.
    pub const REMOVED: u64 = 1;
    /// A stranger removed the file, and a process makes a copy of the segment, or died while it made the copy.
    pub const GONE: u64 = 2;
    /// A copy of the segment has got its file name.
    pub const SUCCEEDED: u64 = 3;
    /// A copy of the segment is complete, and may have got its file name already. This value stays if the process that
    /// made the copy dies before it notes the outcome, or if a system call of it fails.
    pub const NAMED: u64 = 4;
}

/// The mutexes of a segment whose words change under locks. Mutex `n` is for the pages whose number is `n` modulo
/// `COUNT`.
pub mod lock_stripe {
    /// Number of mutexes.
    pub const COUNT: usize = 8;
    /// Number of words of each mutex, with a note of the store that its holder is about to make.
    pub const WORDS: usize = 16;
    /// Index of the note's first word: the index of the word that changes + 1; 0 for none.
    pub const NOTE: usize = 8;
    /// Index of the note's second word: the new value of the word that changes.
    pub const NOTED: usize = 9;
}

/// Bytes of the file that processes lock. They lie far beyond the end of the file, unless its limit (`maxBytes`) is
/// above 1 TiB. In such a file the locks do not affect the words at these bytes.
pub mod lock {
    /// The heap lock.
    pub const HEAP: u64 = 1 << 40;
    /// Slot `n` lives while byte `SLOTS + n` is locked.
    pub const SLOTS: u64 = (1 << 40) + (1 << 20);
    /// The byte after that of the last slot.
    pub const SLOTS_END: u64 = SLOTS + super::MAX_SLOTS as u64;
    /// The scrape whose ring has number `n`, modulo [`RINGS`], is under way while byte `ASKERS + n` is locked.
    pub const ASKERS: u64 = 1 << 41;
    /// Number of rings that have a byte of their own.
    pub const RINGS: u32 = 1 << 16;
    /// A candidate acts for its application while it holds byte `ELECTIONS + n`, where `n` are the lowest
    /// [`ELECTION_BITS`] bits of the hash of the election's name. No other range of bytes is near.
    pub const ELECTIONS: u64 = 1 << 62;
    /// So many bits that two names do not have the same byte, and that the last byte has an offset below 2^63.
    pub const ELECTION_BITS: u32 = 61;
}

/// Largest number of writers that may live at the same time.
pub const MAX_SLOTS: u32 = 65_536;
/// Largest number of families.
pub const MAX_FAMILIES: u32 = 1 << 20;
/// Largest number of series places.
pub const MAX_SERIES: u32 = 1 << 23;
/// Largest number of sets of default labels (16 bits in a block).
pub const MAX_DEFAULTS: u32 = 65_535;
/// Largest number of words of a block (16 bits in its head).
pub const MAX_BLOCK_WORDS: u64 = u16::MAX as u64;
const _: () =
    assert!(header::DROPPED + crate::error::Refusal::ALL.len() <= header::LIMIT_LABEL_BYTES);
const _: () = assert!(header::ANCESTORS + ANCESTORS <= header::NAME);
const _: () = assert!(header::NAME + header::NAME_WORDS < header::SCRIPT);
const _: () = assert!(header::SCRIPT + header::SCRIPT_WORDS < header::LOCKS);
const _: () = assert!(header::DEFAULTS_CHUNKS + header::CHUNKS <= HEADER_WORDS as usize);
const _: () = assert!(slot::MUTEX + slot::MUTEX_WORDS <= slot::WORDS);
const _: () = assert!(slot::SHARED < slot::MUTEX && EXTENT_HEADER > extent::NEXT);
