//! Packed words of extents and blocks.

use crate::layout::kinds::{BlockKind, ExtentKind};

/// Mask of the bits of a birth number or a reference. The other 16 bits hold another number.
const LOW_48: u64 = (1 << 48) - 1;

/// Flag in the lower half of a block's head: scrapes do not show the block.
pub const ABSENT: u32 = 1 << 8;

/// Flag in the lower half of a block's head: the block is a residue.
const RESIDUE: u32 = 1 << 9;

/// The first word of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtentHead {
    /// Use of the extent.
    pub kind: ExtentKind,
    /// Length of the extent with its header, in words.
    pub words: u64,
}

impl ExtentHead {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.kind as u64 | self.words << 8
    }

    /// Unpacks a word, or returns `None` if it is no head of an extent.
    #[must_use]
    pub fn unpack(word: u64) -> Option<Self> {
        let kind = match word & 0xff {
            1 => ExtentKind::Free,
            2 => ExtentKind::Table,
            3 => ExtentKind::Slab,
            4 => ExtentKind::Text,
            5 => ExtentKind::Index,
            _ => return None,
        };
        Some(Self { kind, words: word >> 8 })
    }
}

/// The series or family to which a block belongs: series number and generation, or family number and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockKey {
    /// Number of the series or family.
    pub series: u32,
    /// Generation of the series; 0 for a family.
    pub generation: u32,
}

impl BlockKey {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.series) | u64::from(self.generation) << 32
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { series: word as u32, generation: (word >> 32) as u32 }
    }
}

/// The first word of a block: `kind | flags << 8 | words << 16 | incarnation << 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHead {
    /// Kind.
    pub kind: BlockKind,
    /// Whether scrapes do not show the block.
    pub absent: bool,
    /// Whether the block is a residue: what dead writers left of a gauge that counts the dead.
    pub residue: bool,
    /// Length with the three head words, in words.
    pub words: u16,
    /// Number of the slot's life that made the block or, for a family's block, that declared the family last. 0 for a
    /// shared gauge.
    pub incarnation: u32,
}

impl BlockHead {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.kind as u64
            | if self.absent { u64::from(ABSENT) } else { 0 }
            | if self.residue { u64::from(RESIDUE) } else { 0 }
            | u64::from(self.words) << 16
            | u64::from(self.incarnation) << 32
    }

    /// Unpacks a word. Returns `Ok(None)` for the end of the slab, and `Err` with the word if it is no head.
    pub fn unpack(word: u64) -> core::result::Result<Option<Self>, u64> {
        let kind = match word & 0xff {
            0 if word == 0 => return Ok(None),
            1 => BlockKind::Pad,
            2 => BlockKind::Free,
            3 => BlockKind::Family,
            4 => BlockKind::Counter,
            5 => BlockKind::Gauge,
            6 => BlockKind::Histogram,
            7 => BlockKind::Summary,
            8 => BlockKind::Recent,
            9 => BlockKind::OctaveBuckets,
            16 => BlockKind::Exemplar,
            17 => BlockKind::Shared,
            _ => return Err(word),
        };
        let words = (word >> 16) as u16;
        if words == 0 {
            return Err(word);
        }
        Ok(Some(Self {
            kind,
            absent: word & u64::from(ABSENT) != 0,
            residue: word & u64::from(RESIDUE) != 0,
            words,
            incarnation: (word >> 32) as u32,
        }))
    }
}

/// The birth of a block and its set of default labels: `birth | defaults << 48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockBirth {
    /// Birth number. A block gets one when it is shown, first or again. It gets another one when it becomes a residue
    /// that is not joined with residues of other dead writers. [`Self::NONE`] for an exemplar that belongs to no block
    /// at present.
    pub birth: u64,
    /// Number of the set of default labels; 0 for none.
    pub defaults: u16,
}

impl BlockBirth {
    /// A birth that no block has.
    pub const NONE: u64 = LOW_48;
    /// Number of births in a millisecond, by which births tell time.
    pub const PER_MS: u64 = 64;
    /// Births that are lower than this one tell no time: a build of format 1.0 has counted them from 1 on.
    const FIRST_TIMED: u64 = 1 << 40;

    /// Returns the lowest birth of a Unix time in milliseconds.
    #[must_use]
    pub fn at(unix_ms: u64) -> u64 {
        unix_ms.saturating_mul(Self::PER_MS) & LOW_48
    }

    /// Returns the Unix time in milliseconds at which the block was shown, first or again; `None` if its birth tells no
    /// time. While more than [`Self::PER_MS`] blocks are made in a millisecond, the time runs ahead of the clock.
    #[must_use]
    pub fn unix_ms(self) -> Option<u64> {
        let timed = (Self::FIRST_TIMED..Self::NONE).contains(&self.birth);
        timed.then_some(self.birth / Self::PER_MS)
    }

    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        (self.birth & LOW_48) | u64::from(self.defaults) << 48
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { birth: word & LOW_48, defaults: (word >> 48) as u16 }
    }
}

/// The dead writer whose part a residue is: `pid | thread << 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterName {
    /// Pid of the writer's process, in its own namespace.
    pub pid: u32,
    /// Number of the writer's thread; 0 for the main thread.
    pub thread: u32,
}

impl WriterName {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.pid) | u64::from(self.thread) << 32
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { pid: word as u32, thread: (word >> 32) as u32 }
    }
}

/// The octave of octave buckets, and the reference of the next octave buckets: `next | octave << 48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OctaveLink {
    /// Reference of the next octave buckets of the same block; 0 for none.
    pub next: u64,
    /// The octave, as [`crate::quantile::octave::Octave`] packs it.
    pub octave: u16,
}

impl OctaveLink {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        (self.next & LOW_48) | u64::from(self.octave) << 48
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { next: word & LOW_48, octave: (word >> 48) as u16 }
    }
}
