//! The copy of a segment whose file a stranger removed: systemd's `RemoveIPC`, a cleaner of temporary files, `rm`.
//! Processes that map the segment can go on with it, but no other process finds it any more.
//!
//! The first process that finds the file gone takes the segment's heap lock and marks the segment: from then on no
//! series or writer is added to it. Living writers still change their cells, and series may still be removed without
//! the lock. The process makes a copy, word by word, and gives it the segment's name. So all references stay valid, and
//! the copy has the counts of dead writers. The slot of a living writer is *awaited* in the copy: no process adopts it.
//! The writer follows when it finds the mark or the removal: it copies its own slabs once more, and stores to the copy
//! from then on. If a writer dies before it follows, any process that still maps both segments copies its slabs
//! ([`Heap::copy_for_dead`]). All steps copy and none adds, so that if a process dies in one, another can repeat it.
//!
//! Shared gauges belong to no slot. They are sealed after all else was copied, and then copied: an update of a shared
//! gauge is stored to the old segment before that, and to the copy afterwards. A writer that cannot follow yet, because
//! others hold the copy's lock, updates the copy's shared gauges nevertheless ([`super::Writer::share`]).

use super::blocks::copying::{self, Slab};
use super::blocks::{block, shared};
use super::memory::heap::Heap;
use super::memory::lock::Locked;
use super::memory::table::SLOTS;
use super::recover;
use crate::error::Result;
use crate::layout::{header, retired, slot as slt, Words, ANCESTORS, HEADER_WORDS};
use crate::os;
use crate::region::{Locks, Region};

/// Milliseconds for which a segment counts as new. A process that did not know the removed segment may have made a new
/// one under its name.
const YOUNG_MS: u64 = 10_000;
/// Milliseconds for which a copy counts as recent, after it was made or a writer of the original last found it. If the
/// file of a recent copy is removed, too, a writer in that copy makes the next copy. If the copy is not recent any
/// more, a process that still maps the original copies the original again.
const HEIRS_MS: u64 = 5_000;

/// A segment whose file a stranger removed, under its heap lock.
pub struct Succession<'a> {
    locked: Locked<'a>,
    before: u64,
    done: bool,
}

impl<'a> Succession<'a> {
    /// Marks a segment whose file is gone, so that no series or writer is added to it any more.
    ///
    /// # Errors
    /// [`crate::Error::Busy`] if the heap lock is not free in time; [`crate::Error::Retired`] if an application removed
    /// the segment, which then has no successor.
    pub fn begin(heap: &'a Heap, locks: &'a dyn Locks) -> Result<Self> {
        let locked = recover::lock_if(heap, locks, |state| state != retired::REMOVED)?;
        let words = locked.words();
        if words.header(header::ID) == 0 {
            words.set_header(header::ID, os::random_u64().max(1));
        }
        let before = words.header(header::RETIRED);
        // Any other mark stays, because it says more. `SUCCEEDED`: a copy has got the segment's name. `NAMED`: a copy
        // may have got it. `GONE`: a process has marked the segment already, and died while it made a copy.
        if before == retired::NO {
            words.set_header(header::RETIRED, retired::GONE);
        }
        kill_point!("succeed.marked");
        Ok(Self { locked, before, done: false })
    }

    /// Whether a copy was made, or found by a writer of this segment, in the last `HEIRS_MS`. If that copy's file is
    /// gone, too, the writers in the copy make the next one.
    pub fn has_heirs(&self) -> bool {
        let copied = self.locked.words().header(header::COPIED);
        self.before == retired::SUCCEEDED && os::unix_ms().saturating_sub(copied) < HEIRS_MS
    }

    /// Whether `other` has to give its name to a copy of this segment. `other` has this segment's name, and is no copy
    /// of this segment. It has to give the name if it is new, and younger than this segment. A copy counts as old as
    /// its original, so a segment that is younger than the original cannot displace the copy.
    pub fn displaces(&self, other: &Heap) -> bool {
        let born = other.words().header(header::BORN);
        born > self.locked.words().header(header::BORN)
            && os::unix_ms().saturating_sub(born) < YOUNG_MS
    }

    /// Ends the succession after a copy, or another segment to which all writers go, has got the name.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`].
    pub fn end(mut self, copied: bool) -> Result<()> {
        let words = self.locked.words();
        // A copy has the sealed values. If there is none, the writers take the values to the other segment.
        shared::seal_all(words)?;
        self.done = true;
        if copied {
            words.set_header(header::COPIED, os::unix_ms());
            words.set_header(header::RETIRED, retired::SUCCEEDED);
        } else {
            // No copy is made later, because it would have what writers have taken to the other segment.
            words.set_header(header::RETIRED, retired::REMOVED);
        }
        Ok(())
    }
}

impl Drop for Succession<'_> {
    fn drop(&mut self) {
        // Without [`Succession::end`], no copy could be made: there was no room, for example. All processes go on in
        // this segment, unless a copy may have got the name.
        if self.done {
            return;
        }
        let words = self.locked.words();
        if words.header(header::RETIRED) == retired::GONE {
            // An error means that the heap is damaged, which the next scrape reports.
            let _ = shared::unseal_all(words);
            words.set_header(header::RETIRED, retired::NO);
        }
    }
}

/// Fills an empty region with a copy of a heap whose lock the caller holds. The word that identifies the region as a
/// heap is stored last.
///
/// # Errors
/// [`crate::Error::Full`] if there is no room, [`crate::Error::Io`], [`crate::Error::Corrupt`].
pub fn copy(from: &Heap, to: &dyn Region) -> Result<()> {
    let living = from.living()?;
    let used = from.words().header(header::USED);
    to.grow(used)?;
    let (old, new) = (from.words(), Words(to.words()));
    #[cfg(feature = "locked")]
    crate::region::make_stripes(new.0)?;
    let kept = [header::MAGIC, header::SIZE, header::RETIRED, header::INTENT, header::COPIED];
    for index in (0..header::LOCKS).filter(|index| !kept.contains(index)) {
        new.set_header(index, old.header(index));
    }
    let id = old.header(header::ID);
    new.set_header(header::ID, os::random_u64().max(1));
    new.set_header(header::MADE, os::unix_ms());
    new.set_header(header::ANCESTORS, id);
    for number in 1..ANCESTORS {
        new.set_header(header::ANCESTORS + number, old.header(header::ANCESTORS + number - 1));
    }
    // While this process copies, others may remove series without the lock. The first process that takes the lock of
    // the copy reclaims them.
    new.set_header(header::DIRTY, 1);
    let len = used.saturating_sub(HEADER_WORDS);
    copying::copy_up(old.run(HEADER_WORDS, len)?, new.run(HEADER_WORDS, len)?);
    let mut patience = copying::Patience::default();
    // The blocks of a dead writer do not change. If it died within an observation, no further copy would be whole.
    for (slot, _) in living.iter().enumerate().filter(|(_, living)| **living) {
        // Damaged slabs stay as they were copied. Scrapes report the damage.
        let _ = slabs_of(new, slot as u32).and_then(|slabs| {
            slabs.into_iter().try_for_each(|slab| patience.copy_again(old, new, slab))
        });
    }
    // No writer owns a shared gauge, so none would copy its later updates.
    shared::seal_all(old)?;
    kill_point!("succeed.sealed");
    shared::copy_all(old, new)?;
    shared::unseal_all(new)?;
    for (number, living) in living.into_iter().enumerate() {
        let at = SLOTS.find(new, number as u32)?;
        if living {
            new.store(at + slt::AWAITED, id)?;
        }
        new.store(at + slt::SHARED, 0)?;
        // Clears the copies of mutexes: the copy of a locked one would stay locked for ever.
        for word in 0..slt::MUTEX_WORDS {
            new.store(at + slt::MUTEX + word, 0)?;
        }
    }
    kill_point!("succeed.copied");
    new.set_header(header::MAGIC, old.header(header::MAGIC));
    Ok(())
}

impl Heap {
    /// Whether this segment is a copy of `other`, or a copy of such a copy.
    #[must_use]
    pub fn descends_from(&self, other: &Self) -> bool {
        let (words, id) = (self.words(), other.words().header(header::ID));
        let near = || (0..ANCESTORS).any(|number| words.header(header::ANCESTORS + number) == id);
        // A writer may have been stopped while more copies were made than a segment names. It is awaited in each.
        let far = || self.awaited(id).is_ok_and(|slots| !slots.is_empty());
        id != 0 && (near() || far())
    }

    /// Copies the slabs of writers that died in `from` before they followed into this segment. Returns how many writers
    /// of `from` are still awaited here.
    ///
    /// # Errors
    /// [`crate::Error::Busy`], [`crate::Error::Retired`] if this segment was removed, too, [`crate::Error::Io`],
    /// [`crate::Error::Corrupt`].
    pub fn copy_for_dead(&self, from: &Self) -> Result<u32> {
        let id = from.words().header(header::ID);
        if self.awaited(id)?.is_empty() {
            return Ok(0);
        }
        let locks = self.region().holder()?;
        let locked = recover::lock(self, &*locks)?;
        let words = locked.words();
        let living = from.living()?;
        let mut left = 0;
        for slot in self.awaited(id)? {
            if living.get(slot as usize).copied().unwrap_or(false) {
                left += 1;
                continue;
            }
            let at = SLOTS.find(words, slot)?;
            copying::copy_slabs(from.words(), words, &slabs_of(words, slot)?)?;
            kill_point!("succeed.counts");
            words.store(at + slt::AWAITED, 0)?;
        }
        Ok(left)
    }

    /// Removes this segment's file by `unlink` and retires the segment, so that a copy of an older one gets its name.
    pub(crate) fn displace(&self, unlink: impl FnOnce() -> Result<()>) -> Result<()> {
        let locks = self.region().holder()?;
        let locked = recover::lock(self, &*locks)?;
        unlink()?;
        // One of this segment's writers takes the values of shared gauges to the segment that gets the name.
        shared::seal_all(locked.words())?;
        locked.words().set_header(header::RETIRED, retired::REMOVED);
        Ok(())
    }

    fn awaited(&self, id: u64) -> Result<Vec<u32>> {
        let words = self.words();
        let mut found = Vec::new();
        for slot in 0..words.header(header::SLOTS) as u32 {
            if words.load(SLOTS.find(words, slot)? + slt::AWAITED)? == id {
                found.push(slot);
            }
        }
        Ok(found)
    }
}

/// Returns the slabs of a slot.
fn slabs_of(words: Words<'_>, slot: u32) -> Result<Vec<Slab>> {
    let mut slabs = Vec::new();
    let first = words.load(SLOTS.find(words, slot)? + slt::FIRST_SLAB)?;
    block::for_each_slab(words, first, |at, len| {
        slabs.push((at, len));
        Ok(())
    })?;
    Ok(slabs)
}
