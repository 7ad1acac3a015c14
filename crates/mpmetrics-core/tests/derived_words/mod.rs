//! The derived words of a heap, read as `docs/FORMAT.md` says. Holders of the heap lock keep them up to
//! date, so they must equal those that a recovery derives from records and blocks.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use mpmetrics_core::layout::{defaults, extent, family, header, series, Words, EXTENT_HEADER};

/// For each table: the header word of its first chunk, the number of records in this chunk, and the number of words of
/// a record.
const FAMILIES: (usize, u64, u64) = (header::FAMILY_CHUNKS, 63, family::WORDS);
const SERIES: (usize, u64, u64) = (header::SERIES_CHUNKS, 256, series::WORDS);
const DEFAULTS: (usize, u64, u64) = (header::DEFAULTS_CHUNKS, 63, defaults::WORDS);
const TEXT_CLASSES: usize = 23;

/// The derived words of a heap. Lists are sets here, because their order is not derived.
#[derive(Debug, PartialEq)]
pub struct DerivedWords {
    live: u64,
    index: BTreeSet<u64>,
    index_used: u64,
    free_places: BTreeSet<u64>,
    free_count: u64,
    free_extents: BTreeSet<u64>,
    free_texts: Vec<BTreeSet<u64>>,
    text_bytes: u64,
    /// Where the last block in the slabs of shared gauges ends, and how many blocks in them are free.
    shared: (u64, u64),
    /// Number of blocks of each series whose place is taken.
    blocks: BTreeMap<u64, u64>,
    /// Number of users of each set of default labels that is taken.
    users: BTreeMap<u64, u64>,
    /// Number of series of each family.
    families: BTreeMap<u64, u64>,
}

fn load(words: Words<'_>, at: u64) -> u64 {
    words.load(at).expect("a word inside the segment")
}

fn record(words: Words<'_>, (chunks, first, size): (usize, u64, u64), id: u64) -> u64 {
    let chunk = (id / first + 1).ilog2();
    let index = id - first * ((1 << chunk) - 1);
    words.header(chunks + chunk as usize) + EXTENT_HEADER + index * size
}

/// Reads a list from its head on; panics if an entry is on it twice.
fn list(head: u64, what: &str, next: impl Fn(u64) -> u64) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut at = head;
    while at != 0 {
        assert!(found.insert(at), "{what} {at} is free twice");
        at = next(at);
    }
    found
}

impl DerivedWords {
    /// Reads a heap that no process changes meanwhile.
    pub fn read(words: Words<'_>) -> Self {
        let count = |index| words.header(index);
        let shared = (count(header::SHARED_END), count(header::SHARED_FREE));
        let index = count(header::INDEX);
        let capacity = load(words, index + extent::OWNER);
        let entries = (0..capacity).map(|entry| load(words, index + EXTENT_HEADER + entry));
        let numbered = |ids: u64| 0..ids;
        let lives = |id: &u64| load(words, record(words, SERIES, *id) + series::STATE) as u32 == 1;
        let taken = |id: &u64| load(words, record(words, DEFAULTS, *id) + defaults::STATE) & 1 == 1;
        let next_place = |at: u64| load(words, record(words, SERIES, at - 1) + series::NEXT);
        let texts = |class| list(count(header::TEXT_FREE + class), "text", |at| load(words, at));
        Self {
            shared,
            live: count(header::LIVE_SERIES),
            index: entries.filter(|entry| *entry != 0).collect(),
            index_used: count(header::INDEX_USED),
            free_places: list(count(header::FREE_HEAD), "series place", next_place),
            free_count: count(header::FREE_COUNT),
            free_extents: list(count(header::FREE_EXTENTS), "extent", |at| {
                load(words, at + extent::NEXT)
            }),
            free_texts: (0..TEXT_CLASSES).map(texts).collect(),
            text_bytes: count(header::TEXT_BYTES),
            blocks: numbered(count(header::SERIES))
                .filter(lives)
                .map(|id| (id, load(words, record(words, SERIES, id) + series::BLOCKS)))
                .collect(),
            users: numbered(count(header::DEFAULTS))
                .filter(taken)
                .map(|id| (id, load(words, record(words, DEFAULTS, id) + defaults::USERS)))
                .collect(),
            families: numbered(count(header::FAMILIES))
                .map(|id| (id, load(words, record(words, FAMILIES, id) + family::SERIES)))
                .collect(),
        }
    }
}
