//! Words that hold several numbers: each is a type, and shifts and masks are nowhere else.

use super::kinds::{BlockKind, ExtentKind};

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

/// That a life of a slot has `collect` callbacks, and what it answered: `bell | incarnation << 32`.
///
/// The life is part of the word, so that an adopter of the slot inherits neither callbacks nor answers. Only the slot's
/// owner stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The value of the doorbell before the callbacks began that settled last; modulo 2^32.
    pub bell: u32,
    /// The life that answered; 0 for none, as no life has that number.
    pub incarnation: u32,
}

impl Answer {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.bell) | u64::from(self.incarnation) << 32
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { bell: word as u32, incarnation: (word >> 32) as u32 }
    }

    /// Whether this answers a ring. The bell wraps around.
    #[must_use]
    pub fn covers(self, ring: u32) -> bool {
        self.bell.wrapping_sub(ring) < 1 << 31
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
    /// Birth number.
    pub birth: u64,
    /// Set of default labels; 0 for none.
    pub defaults: u16,
}

impl BlockBirth {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        (self.birth & ((1 << 48) - 1)) | u64::from(self.defaults) << 48
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { birth: word & ((1 << 48) - 1), defaults: (word >> 48) as u16 }
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
        (self.next & ((1 << 48) - 1)) | u64::from(self.octave) << 48
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { next: word & ((1 << 48) - 1), octave: (word >> 48) as u16 }
    }
}

/// What a family's blocks look like: `type | form << 4 | repeats << 8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyShape {
    /// Number of its type.
    pub metric_type: u8,
    /// Number of its form among those of the type.
    pub form: u8,
    /// How many bounds a histogram has, or sub-windows a summary.
    pub repeats: u64,
}

impl FamilyShape {
    /// As it is stored.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.metric_type & 0xf) | u64::from(self.form & 0xf) << 4 | self.repeats << 8
    }

    /// From what is stored.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { metric_type: word as u8 & 0xf, form: word as u8 >> 4, repeats: word >> 8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_words_round_trip(series: u32, generation: u32, birth in 0u64..1 << 48, defaults: u16,
            words in 1u16.., incarnation: u32, absent: bool, form: u8, kind in prop_oneof![1u8..10, Just(16)], extent in 0u64..1 << 56) {
            let key = BlockKey { series, generation };
            prop_assert_eq!(BlockKey::unpack(key.pack()), key);
            let answer = Answer { bell: series, incarnation };
            prop_assert_eq!(Answer::unpack(answer.pack()), answer);
            let born = BlockBirth { birth, defaults };
            prop_assert_eq!(BlockBirth::unpack(born.pack()), born);
            let link = OctaveLink { next: birth, octave: defaults };
            prop_assert_eq!(OctaveLink::unpack(link.pack()), link);
            let word = u64::from(kind) | u64::from(words) << 16;
            let kind = BlockHead::unpack(word).unwrap().unwrap().kind;
            let head = BlockHead { kind, absent, words, incarnation };
            prop_assert_eq!(BlockHead::unpack(head.pack()), Ok(Some(head)));
            let extent = ExtentHead { kind: ExtentKind::Slab, words: extent };
            prop_assert_eq!(ExtentHead::unpack(extent.pack()), Some(extent));
            let shape = FamilyShape { metric_type: 3, form: form & 0xf, repeats: extent.words };
            prop_assert_eq!(FamilyShape::unpack(shape.pack()), shape);
        }

        #[test]
        fn an_answer_covers_what_was_rung_before_it_and_nothing_later(ring: u32, ahead in 0u32..1 << 31) {
            let answer = |bell| Answer { bell, incarnation: 1 };
            prop_assert!(answer(ring.wrapping_add(ahead)).covers(ring));
            prop_assert!(!answer(ring).covers(ring.wrapping_add(ahead.max(1))));
        }

        #[test]
        fn any_word_unpacks_without_panic(word: u64) {
            let _ = BlockHead::unpack(word);
            let _ = ExtentHead::unpack(word);
        }
    }
}
