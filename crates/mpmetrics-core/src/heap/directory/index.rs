//! The hash index, which finds a series by family and labels, and a family by its declaration. It has open addressing,
//! linear probing, and deletion by shifting back. It is used only under the heap lock, and is derived from the records,
//! so the holder of the lock may die in the middle of a change.

use crate::error::{Error, Result};
use crate::heap::memory::extent;
use crate::heap::memory::lock::Locked;
use crate::layout::{extent as ext, header, ExtentKind, IndexEntry, Words, EXTENT_HEADER};
use crate::sync::{AtomicU64, Ordering};

/// The record to which an entry refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The number of a series.
    Series(u32),
    /// The number of a family.
    Family(u32),
}

impl Target {
    fn entry(self, hash: u64) -> IndexEntry {
        match self {
            Self::Series(id) => IndexEntry::new(hash, id, false),
            Self::Family(id) => IndexEntry::new(hash, id, true),
        }
    }

    fn of(entry: IndexEntry) -> Self {
        if entry.is_family() {
            Self::Family(entry.number())
        } else {
            Self::Series(entry.number())
        }
    }
}

/// Capacity of the first index: what a page has beside the extent's own header.
const FIRST: u64 = 504;

struct View<'a> {
    entries: &'a [AtomicU64],
}

impl<'a> View<'a> {
    fn of(words: Words<'a>) -> Result<Self> {
        let at = words.header(header::INDEX);
        let capacity = words.load(at.saturating_add(ext::OWNER))?;
        let head = extent::head(words, at)?;
        if head.kind != ExtentKind::Index || capacity == 0 || capacity > head.words - EXTENT_HEADER
        {
            return Err(Error::Corrupt { what: "the hash index", at: at * 8 });
        }
        Ok(Self { entries: words.run(at + EXTENT_HEADER, capacity)? })
    }

    fn home(&self, entry: IndexEntry) -> usize {
        entry.home(self.entries.len())
    }

    fn get(&self, position: usize) -> IndexEntry {
        IndexEntry(self.entries[position].load(Ordering::Relaxed))
    }

    fn set(&self, position: usize, entry: IndexEntry) {
        self.entries[position].store(entry.0, Ordering::Relaxed);
    }

    fn next(&self, position: usize) -> usize {
        if position + 1 == self.entries.len() {
            0
        } else {
            position + 1
        }
    }

    /// Stores an entry in the first empty position from its home on. Returns false if no position is empty.
    fn put(&self, entry: IndexEntry) -> bool {
        let mut position = self.home(entry);
        for _ in 0..self.entries.len() {
            if self.get(position) == IndexEntry::EMPTY {
                self.set(position, entry);
                return true;
            }
            position = self.next(position);
        }
        false
    }
}

/// Returns the target of the first entry with this hash for which `is` returns true.
pub fn find(
    words: Words<'_>,
    hash: u64,
    mut is: impl FnMut(Target) -> Result<bool>,
) -> Result<Option<Target>> {
    let view = View::of(words)?;
    let mut position = view.home(IndexEntry(hash));
    for _ in 0..view.entries.len() {
        let entry = view.get(position);
        if entry == IndexEntry::EMPTY {
            break;
        }
        if entry.has(hash) && is(Target::of(entry))? {
            return Ok(Some(Target::of(entry)));
        }
        position = view.next(position);
    }
    Ok(None)
}

/// Makes room for one more entry.
pub fn reserve(locked: &Locked<'_>) -> Result<()> {
    let words = locked.words();
    let at = words.header(header::INDEX);
    if at == 0 {
        return replace(locked, FIRST, &[]);
    }
    let view = View::of(words)?;
    let capacity = view.entries.len() as u64;
    let used = words.header(header::INDEX_USED).saturating_add(1);
    if used.saturating_mul(4) <= capacity * 3 {
        return Ok(());
    }
    let kept: Vec<IndexEntry> = view
        .entries
        .iter()
        .map(|entry| IndexEntry(entry.load(Ordering::Relaxed)))
        .filter(|entry| *entry != IndexEntry::EMPTY)
        .collect();
    replace(locked, capacity * 2 + EXTENT_HEADER, &kept)
}

/// Adds an entry, for which [`reserve`] has made room.
pub fn insert(words: Words<'_>, hash: u64, target: Target) -> Result<()> {
    if !View::of(words)?.put(target.entry(hash)) {
        return Err(Error::Corrupt { what: "room in the hash index", at: 0 });
    }
    words.add_header(header::INDEX_USED, 1);
    Ok(())
}

/// Removes an entry, and moves back later entries that were probed past its position.
pub fn remove(words: Words<'_>, hash: u64, target: Target) -> Result<()> {
    let view = View::of(words)?;
    let entry = target.entry(hash);
    let len = view.entries.len();
    let mut hole = view.home(entry);
    let mut left = len;
    while view.get(hole) != entry {
        if view.get(hole) == IndexEntry::EMPTY || left == 0 {
            return Ok(());
        }
        hole = view.next(hole);
        left -= 1;
    }
    let mut position = view.next(hole);
    for _ in 0..len {
        let moved = view.get(position);
        if moved == IndexEntry::EMPTY {
            break;
        }
        let home = view.home(moved);
        // The hole lies on the probe path of `moved` if the home of `moved` is at least as far back as the hole.
        if (position + len - home) % len >= (position + len - hole) % len {
            view.set(hole, moved);
            hole = position;
        }
        position = view.next(position);
    }
    view.set(hole, IndexEntry::EMPTY);
    let used = words.header(header::INDEX_USED);
    words.set_header(header::INDEX_USED, used.saturating_sub(1));
    Ok(())
}

/// Replaces the index by one with these entries. The extent of the old index becomes free.
pub fn replace(locked: &Locked<'_>, capacity: u64, entries: &[IndexEntry]) -> Result<()> {
    let old = locked.words().header(header::INDEX);
    let at = extent::allocate(locked, ExtentKind::Index, capacity, capacity)?;
    let words = locked.words();
    let view = View { entries: words.run(at + EXTENT_HEADER, capacity)? };
    for entry in entries {
        view.put(*entry);
    }
    kill_point!("grow.index");
    words.set_header(header::INDEX, at);
    words.set_header(header::INDEX_USED, entries.len() as u64);
    kill_point!("grow.replaced");
    if old != 0 {
        extent::free(words, old)?;
    }
    Ok(())
}

/// Empties the index and fills it with these entries.
pub fn rebuild(locked: &Locked<'_>, entries: &[(u64, Target)]) -> Result<()> {
    let packed: Vec<IndexEntry> =
        entries.iter().map(|(hash, target)| target.entry(*hash)).collect();
    let words = locked.words();
    match View::of(words) {
        Ok(view) if (packed.len() as u64 + 1) * 4 <= view.entries.len() as u64 * 3 => {
            for position in 0..view.entries.len() {
                view.set(position, IndexEntry::EMPTY);
            }
            for entry in &packed {
                view.put(*entry);
            }
            words.set_header(header::INDEX_USED, packed.len() as u64);
            Ok(())
        }
        found => {
            // `replace` frees the extent of the old index. A damaged reference may point to anything, so it is dropped.
            if found.is_err() {
                words.set_header(header::INDEX, 0);
            }
            let capacity = ((packed.len() as u64 + 1) * 2).max(FIRST);
            replace(locked, capacity, &packed)
        }
    }
}
