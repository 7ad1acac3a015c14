//! Word indexes in the records of tables, and in the header of an extent.

/// Word indexes in an extent's header.
pub mod extent {
    /// `kind | words << 8`.
    pub const HEAD: u64 = 0;
    /// A slab: its slot. A text extent: its size class. A chunk: its number. The index: its capacity.
    pub const OWNER: u64 = 1;
    /// A slab: the slot's next slab. A free extent: the next one.
    pub const NEXT: u64 = 2;
}

/// Word indexes in a slot.
pub mod slot {
    /// Words of a record.
    pub const WORDS: u64 = 32;
    /// Number of lives so far, this one included; 0 for never used. Stored last when the slot is claimed.
    pub const INCARNATION: u64 = 0;
    /// Key of the process that owns it, or owned it last.
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
    /// The shared gauge's block that the owner is about to change; 0 for none. It is not given to another series
    /// meanwhile.
    pub const SHARED: u64 = 8;
    /// In a copy: [`header::ID`](super::header::ID) of the segment that its owner still stores to; 0 for none.
    pub const AWAITED: u64 = 9;
    /// A mutex of the C library, of [`MUTEX_WORDS`], for exemplars in this slot's memory. Initialised when the slot is
    /// claimed.
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
    /// `type | form << 4 | repeats << 8`.
    pub const SHAPE: u64 = 5;
    /// The epoch in which it was last declared. It is not shown in a later one.
    pub const EPOCH: u64 = 6;
}

/// Word indexes in a series.
pub mod series {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// `taken | expired << 32`: 1 while the place is taken; the last generation of which the series expired, stored
    /// before it ends.
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
    /// Number of the adoption that first found no living slot that carries it; 0 if one does.
    pub const ORPHANED: u64 = 4;
}
