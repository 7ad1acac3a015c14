//! Word indexes in the records of tables, and in the header of an extent.

/// Word indexes in an extent's header.
pub mod extent {
    /// `kind | words << 8`.
    pub const HEAD: u64 = 0;
    /// Of a slab: number of its slot, or `MAX_SLOTS` for shared gauges. Of a text extent: its size
    /// class. Of a chunk: its number. Of the hash index: its capacity.
    pub const OWNER: u64 = 1;
    /// Of a slab: reference of the next slab of the same slot, or of shared gauges. Of a free extent: reference of the
    /// next free extent. 0 for none.
    pub const NEXT: u64 = 2;
}

/// Word indexes in a slot.
pub mod slot {
    /// Number of words of a record.
    pub const WORDS: u64 = 32;
    /// Number of lives so far, with the present life; 0 for never used. Stored last when the slot is claimed.
    pub const INCARNATION: u64 = 0;
    /// Key of the process that owns the slot, or owned it last.
    pub const PROCESS: u64 = 1;
    /// Pid of that process, in its own namespace.
    pub const PID: u64 = 2;
    /// Reference of the first slab.
    pub const FIRST_SLAB: u64 = 3;
    /// Unix time of the claim, milliseconds.
    pub const CLAIMED: u64 = 4;
    /// The sets of default labels that the slot carries: four 16-bit numbers.
    pub const DEFAULTS: u64 = 5;
    /// [`Answer`](super::super::Answer): whether the writer has `collect` callbacks, and which ring it answered last.
    pub const ANSWER: u64 = 6;
    /// Number of the owner's thread in its process, as Node.js counts threads; 0 for the main thread.
    pub const THREAD: u64 = 7;
    /// Reference of the shared gauge's block that the owner is about to change; 0 for none. No process reuses that
    /// block for another series meanwhile.
    pub const SHARED: u64 = 8;
    /// In a copy: [`header::ID`](super::super::header::ID) of the segment to which the slot's owner still stores; 0 for none.
    pub const AWAITED: u64 = 9;
    /// Number of the owner among the workers of its cluster; 0 if it is none.
    pub const WORKER: u64 = 10;
    /// Unix time, in milliseconds, at which the owner last showed that its event loop runs.
    pub const SEEN: u64 = 11;
    /// A mutex of the C library, of [`MUTEX_WORDS`], for the exemplars in the slot's slabs. Initialised when the slot
    /// is claimed.
    pub const MUTEX: u64 = 16;
    /// Number of words of the mutex.
    pub const MUTEX_WORDS: u64 = 8;
}

/// Word indexes in a family.
pub mod family {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// 1 once the record is complete.
    pub const STATE: u64 = 0;
    /// Hash of the family's text.
    pub const HASH: u64 = 1;
    /// Reference of the family's text, which has all that was declared.
    pub const TEXT: u64 = 2;
    /// Length of the text in bytes.
    pub const LENGTH: u64 = 3;
    /// Number of series that live now (derived).
    pub const SERIES: u64 = 4;
    /// `type | form << 4 | repeats << 8`.
    pub const SHAPE: u64 = 5;
    /// The epoch in which the family was last declared. Scrapes do not show it in a later epoch.
    pub const EPOCH: u64 = 6;
    /// [`super::super::BlockKey`] of the series that was made last: the head of a list of all series, linked by
    /// [`super::series::NEXT`]. 0 if a recovery has ended the list.
    pub const LATEST: u64 = 7;
}

/// Word indexes in a series.
pub mod series {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// `taken | expired << 32`. `taken` is 1 while the place is taken. `expired` is the generation of the last series
    /// that expired in this place, 0 for none, and is stored before that generation ends.
    pub const STATE: u64 = 0;
    /// Hash of family and labels.
    pub const HASH: u64 = 1;
    /// Number of the series' family.
    pub const FAMILY: u64 = 2;
    /// Reference of the label text.
    pub const TEXT: u64 = 3;
    /// `bytes of label text | bytes of types << 32`.
    pub const LENGTHS: u64 = 4;
    /// Number of blocks that belong to the series (derived).
    pub const BLOCKS: u64 = 5;
    /// While the place is free: number of the next free place + 1; 0 for none (derived). While it is taken: the value
    /// that [`super::family::LATEST`] had before the series was made.
    pub const NEXT: u64 = 6;
    /// Of a shared gauge: reference of the series' block.
    pub const SHARED: u64 = 7;
}

/// Word indexes in a set of default labels.
pub mod defaults {
    /// Words of a record.
    pub const WORDS: u64 = 8;
    /// `1 | version << 8` while the place is taken, `version << 8` while it is free.
    pub const STATE: u64 = 0;
    /// Reference of the label text.
    pub const TEXT: u64 = 1;
    /// `bytes of label text | bytes of types << 32`.
    pub const LENGTHS: u64 = 2;
    /// Number of blocks that have the set and of slots that carry it (derived).
    pub const USERS: u64 = 3;
    /// Number of the adoption that first found no living slot that carries the set; 0 if a living slot carries it.
    pub const ORPHANED: u64 = 4;
}
