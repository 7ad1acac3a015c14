//! Words of extents and blocks.

use crate::layout::kinds::{BlockKind, ExtentKind};

/// The bits of a birth number or a reference, beside which 16 bits are left.
const LOW_48: u64 = (1 << 48) - 1;

/// In the 32-bit word of the flags: the series is not shown.
pub const ABSENT: u32 = 1 << 8;

/// The first word of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtentHead {
    /// Use.
    pub kind: ExtentKind,
    /// Length with this header, in words.
    pub words: u64,
}

impl ExtentHead {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.kind as u64 | self.words << 8
    }

    /// From what is stored, unless that is no extent.
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

/// What a block belongs to: series number and generation, or family number and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockKey {
    /// Series or family.
    pub series: u32,
    /// Generation of the series.
    pub generation: u32,
}

impl BlockKey {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.series) | u64::from(self.generation) << 32
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { series: word as u32, generation: (word >> 32) as u32 }
    }
}

/// What a block is: `kind | flags << 8 | words << 16 | incarnation << 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHead {
    /// Kind.
    pub kind: BlockKind,
    /// Not shown.
    pub absent: bool,
    /// Length with its three head words.
    pub words: u16,
    /// Life of the slot that made it.
    pub incarnation: u32,
}

impl BlockHead {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.kind as u64
            | if self.absent { u64::from(ABSENT) } else { 0 }
            | u64::from(self.words) << 16
            | u64::from(self.incarnation) << 32
    }

    /// From what is stored; `Ok(None)` for the end of the slab, `Err` with the word for what is no
    /// head.
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
            words,
            incarnation: (word >> 32) as u32,
        }))
    }
}

/// When a block was shown, first or again, and under which default labels: `birth | defaults << 48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockBirth {
    /// Birth number; [`Self::NONE`] for an exemplar that belongs to no block yet.
    pub birth: u64,
    /// Set of default labels; 0 for none.
    pub defaults: u16,
}

impl BlockBirth {
    /// A birth that no block has.
    pub const NONE: u64 = LOW_48;

    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        (self.birth & LOW_48) | u64::from(self.defaults) << 48
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { birth: word & LOW_48, defaults: (word >> 48) as u16 }
    }
}

/// The octave of octave buckets, and the ones after them: `next | octave << 48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OctaveLink {
    /// Reference of the next ones; 0 for none.
    pub next: u64,
    /// The octave, as [`crate::quantile::octave::Octave`] packs it.
    pub octave: u16,
}

impl OctaveLink {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        (self.next & LOW_48) | u64::from(self.octave) << 48
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { next: word & LOW_48, octave: (word >> 48) as u16 }
    }
}
