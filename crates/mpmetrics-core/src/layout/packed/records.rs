//! Packed words of records and of the hash index.

/// A note that a writer has `collect` callbacks, and its last answer to the doorbell: `bell | incarnation << 32`.
///
/// The number of the slot's life is part of the word, so that an adopter of the slot inherits neither callbacks nor
/// answers. Only the slot's owner stores this word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The value of the doorbell, modulo 2^32, at which the last finished run of the callbacks had begun.
    pub bell: u32,
    /// The number of the slot's life that answered; 0 for none, because no life has that number.
    pub incarnation: u32,
}

impl Answer {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.bell) | u64::from(self.incarnation) << 32
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { bell: word as u32, incarnation: (word >> 32) as u32 }
    }

    /// Returns whether this answers a ring. The number of a ring wraps around at 2^32.
    #[must_use]
    pub fn covers(self, ring: u32) -> bool {
        self.bell.wrapping_sub(ring) < 1 << 31
    }
}

/// The shape of a family's blocks: `type | form << 4 | repeats << 8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyShape {
    /// Number of the type whose blocks the family has: a gauge's for a state set or an info, else the family's own.
    pub metric_type: u8,
    /// Number of the kind of blocks that the family has, among the kinds of its type: `Form::number` in `form.rs`.
    pub form: u8,
    /// Number of a histogram's bounds, or of a summary's sub-windows. Of a family that counts the dead, the number of
    /// cells that a residue has beside the value.
    pub repeats: u64,
}

impl FamilyShape {
    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.metric_type & 0xf) | u64::from(self.form & 0xf) << 4 | self.repeats << 8
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { metric_type: word as u8 & 0xf, form: word as u8 >> 4, repeats: word >> 8 }
    }
}

/// The generations of two consecutive series, one in each half of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationPair(pub u64);

impl GenerationPair {
    /// Returns the generation of a series.
    #[inline]
    #[must_use]
    pub fn of(self, series: u32) -> u32 {
        if series.is_multiple_of(2) {
            self.0 as u32
        } else {
            (self.0 >> 32) as u32
        }
    }

    /// Returns the word with another generation of a series.
    #[must_use]
    pub fn with(self, series: u32, generation: u32) -> Self {
        // No mask is shifted by 0 or 32: Debian's rustc 1.96 drops the upper half of such a mask for 32-bit ARM.
        let (even, odd) = if series.is_multiple_of(2) {
            (generation, self.of(1))
        } else {
            (self.of(0), generation)
        };
        Self(u64::from(even) | u64::from(odd) << 32)
    }
}

/// Whether a series' place is taken, and which generation of the place expired last: `taken | expired << 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesState(pub u64);

impl SeriesState {
    /// Returns whether the place is taken.
    #[must_use]
    pub fn is_taken(self) -> bool {
        self.0 as u32 == 1
    }

    /// Returns the last generation that expired; 0 for none.
    #[must_use]
    pub fn expired(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Returns the word for a place that is taken, or free.
    #[must_use]
    pub fn with_taken(self, taken: bool) -> Self {
        Self(u64::from(self.expired()) << 32 | u64::from(taken))
    }

    /// Returns the word after a generation has expired.
    #[must_use]
    pub fn with_expired(self, generation: u32) -> Self {
        Self(self.0 & 0xffff_ffff | u64::from(generation) << 32)
    }
}

/// Whether the place of a set of default labels is taken, and how often it was freed: `taken | version << 8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultsState(pub u64);

impl DefaultsState {
    /// Returns whether the place is taken.
    #[must_use]
    pub fn is_taken(self) -> bool {
        self.0 & 1 == 1
    }

    /// Returns the word for the place when it is taken.
    #[must_use]
    pub fn taken(self) -> Self {
        Self(self.0 | 1)
    }

    /// Returns the word for the place when it is freed, with another version.
    #[must_use]
    pub fn vacated(self) -> Self {
        Self((self.0 & !1).wrapping_add(1 << 8))
    }
}

/// The sets of default labels that a slot carries, 16 bits each; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried(pub [u16; Self::MOST]);

impl Carried {
    /// Largest number of sets.
    pub const MOST: usize = 4;

    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.0.iter().rev().fold(0, |packed, set| packed << 16 | u64::from(*set))
    }

    /// Unpacks a word.
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self(core::array::from_fn(|index| (word >> (16 * index)) as u16))
    }
}

/// The lengths of a label text and of its types, in bytes: `text | types << 32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLengths {
    /// Number of bytes of label text.
    pub text: u32,
    /// Number of bytes of types.
    pub types: u32,
}

impl TextLengths {
    /// Returns the lengths of a text and of its types.
    #[must_use]
    pub fn of(text: &[u8], types: &[u8]) -> Self {
        Self { text: text.len() as u32, types: types.len() as u32 }
    }

    /// Packs the numbers into a word.
    #[must_use]
    pub fn pack(self) -> u64 {
        u64::from(self.text) | u64::from(self.types) << 32
    }

    /// Unpacks a word.
    #[inline]
    #[must_use]
    pub fn unpack(word: u64) -> Self {
        Self { text: word as u32, types: (word >> 32) as u32 }
    }
}

/// An entry of the hash index: `hash >> 32 << 32 | number << 1 | is family`, with 1 added to the low half, so that no
/// entry is 0, which means empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry(pub u64);

impl IndexEntry {
    /// An empty position.
    pub const EMPTY: Self = Self(0);

    /// Returns the entry of a family or a series.
    #[must_use]
    pub fn new(hash: u64, number: u32, is_family: bool) -> Self {
        let low = number << 1 | u32::from(is_family);
        Self((hash & !0xffff_ffff) | u64::from(low + 1))
    }

    fn low(self) -> u32 {
        (self.0 as u32).wrapping_sub(1)
    }

    /// Returns the number of the family or series.
    #[must_use]
    pub fn number(self) -> u32 {
        self.low() >> 1
    }

    /// Returns whether this is the entry of a family.
    #[must_use]
    pub fn is_family(self) -> bool {
        self.low() & 1 == 1
    }

    /// Returns whether the entry has this hash. An entry has only the upper half of a hash.
    #[must_use]
    pub fn has(self, hash: u64) -> bool {
        self.0 >> 32 == hash >> 32
    }

    /// Returns the position at which a search for the entry begins in an index of this capacity. Multiply-shift maps
    /// the upper half of the hash onto any capacity without a division.
    #[must_use]
    pub fn home(self, capacity: usize) -> usize {
        (((self.0 >> 32) * capacity as u64) >> 32) as usize
    }
}

/// Returns the major number of a layout version, which is `major << 16 | minor`.
#[must_use]
pub fn major(version: u64) -> u64 {
    version >> 16
}
