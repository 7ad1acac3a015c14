//! Moving a writer to a copy of its segment: see [`super::super::succession`].

use super::Writer;
use crate::error::{Error, Result};
use crate::heap::blocks::copying::copy_slabs;
use crate::heap::blocks::shared;
use crate::heap::memory::heap::Heap;
use crate::heap::memory::table::SLOTS;
use crate::heap::recover;
use crate::heap::slots::slot;
use crate::layout::{header, lock, slot as slt};

impl Writer {
    /// Moves the writer to a copy of the segment in which its slot is awaited. All numbers of slabs and cells stay
    /// valid.
    ///
    /// # Errors
    /// [`Error::Lost`] if the slot is not awaited in the copy, or not any more, [`Error::Busy`], [`Error::Retired`] if
    /// the copy was removed, too, [`Error::Io`], [`Error::Corrupt`]. After an error the writer goes on in its segment.
    /// If the value of a shared gauge is sealed in that segment, the writer [updates](Writer::share) the value in the
    /// copy, as long as the slot is awaited in the copy.
    pub fn follow(&mut self, to: &Heap) -> Result<()> {
        self.ahead = Some(to.clone());
        let locks = to.region().holder()?;
        let locked = recover::lock(to, &*locks)?;
        let (words, id) = (locked.words(), self.mine.slot);
        if u64::from(id) >= words.header(header::SLOTS) {
            return Err(Error::Lost);
        }
        let at = SLOTS.find(words, id)?;
        let lives = words.load(at + slt::INCARNATION)? == u64::from(self.mine.incarnation);
        let from = self.heap.words().header(header::ID);
        if !lives || from == 0 || words.load(at + slt::AWAITED)? != from {
            return Err(Error::Lost);
        }
        if !locks.try_lock(lock::SLOTS + u64::from(id))? {
            return Err(Error::Lost);
        }
        kill_point!("follow.locked");
        let slabs: Vec<_> = self.mine.slabs.iter().map(|slab| (slab.at, slab.words)).collect();
        copy_slabs(self.heap.words(), words, &slabs)?;
        slot::make_mutex(words, id)?;
        kill_point!("follow.copied");
        // Marks the values of shared gauges in the old segment as taken, because the copy has them. If another segment
        // gets the copy's name later, writers bring the copy's values to that segment. Because of the mark, they do not
        // bring the old segment's values, too.
        shared::give_all(self.heap.words())?;
        words.store(at + slt::AWAITED, 0)?;
        kill_point!("follow.done");
        drop(locked);
        self.heap = to.clone();
        self.ahead = None;
        // Releases the slot in the old segment.
        self.locks = locks;
        self.asked_us.set(0);
        Ok(())
    }
}
