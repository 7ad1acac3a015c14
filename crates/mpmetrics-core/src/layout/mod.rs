//! The words of a heap: where they are, and what is packed in them. `docs/FORMAT.md` describes them.
//!
//! Everything is counted in 8-byte words from the start of the segment; a reference is a word
//! index, and 0 (the header) is "none". Little-endian 64-bit machines only: the header says so.

mod blocks;
pub mod header;
mod kinds;
mod packed;
mod records;
mod words;

pub use blocks::{block, exemplar, sub_window, summary, FLAGS_BACK, LINK};
pub use kinds::{BlockKind, ExtentKind};
pub use packed::{
    major, Answer, BlockBirth, BlockHead, BlockKey, Carried, DefaultsState, ExtentHead,
    FamilyShape, GenerationPair, IndexEntry, OctaveLink, SeriesState, TextLengths, ABSENT,
};
pub use records::{defaults, extent, family, series, slot};
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
/// Words of an extent's own header.
pub const EXTENT_HEADER: u64 = 8;

/// Numbers of [`header::ANCESTORS`].
pub const ANCESTORS: usize = 8;

/// The values of [`header::RETIRED`]. Unless it is 0, no series or writer is added any more.
pub mod retired {
    /// It has its name, or a stranger removed it and no process has noticed yet.
    pub const NO: u64 = 0;
    /// An application that had ended, or its last process, removed it.
    pub const REMOVED: u64 = 1;
    /// A stranger removed it, and a process makes a copy of it, or died while it did.
    pub const GONE: u64 = 2;
    /// A copy of it has its name.
    pub const SUCCEEDED: u64 = 3;
    /// A copy of it was made, and may have its name: the process that made it died, or was refused something.
    pub const NAMED: u64 = 4;
}

/// The mutexes of a segment whose words change under locks. Each is for the pages whose number is its own, modulo their
/// count.
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

/// Bytes of the file that processes lock. Far beyond any segment's end.
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
const _: () =
    assert!(header::DROPPED + crate::error::Refusal::ALL.len() <= header::LIMIT_LABEL_BYTES);
const _: () = assert!(cfg!(target_endian = "little"), "the layout is little-endian");
const _: () = assert!(header::DEFAULTS_CHUNKS + header::CHUNKS <= HEADER_WORDS as usize);
const _: () = assert!(slot::MUTEX + slot::MUTEX_WORDS <= slot::WORDS);
const _: () = assert!(slot::SHARED < slot::MUTEX && EXTENT_HEADER > extent::NEXT);
