//! Going on in a copy of the segment: see [`super::super::succession`].

use super::Writer;
use crate::error::{Error, Result};
use crate::heap::memory::heap::Heap;
use crate::heap::memory::table::SLOTS;
use crate::heap::recover;
use crate::heap::slots::slot;
use crate::heap::succession::copy_slab;
use crate::layout::{header, lock, slot as slt};

impl Writer {
    /// Goes on in a copy of the segment, where this life's slot is awaited. All numbers of blocks stay valid.
    ///
    /// # Errors
    /// [`Error::Lost`] if the slot is not awaited there (any more), [`Error::Busy`], [`Error::Retired`] if the copy was
    /// removed, too, [`Error::Io`], [`Error::Corrupt`]. The writer is unchanged then.
    pub fn follow(&mut self, to: &Heap) -> Result<()> {
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
        for slab in &self.mine.slabs {
            copy_slab(self.heap.words(), words, slab.at, slab.words)?;
        }
        slot::make_mutex(words, id)?;
        kill_point!("follow.copied");
        words.store(at + slt::AWAITED, 0)?;
        kill_point!("follow.done");
        drop(locked);
        self.heap = to.clone();
        // This releases the slot in the old segment.
        self.locks = locks;
        self.asked_us.set(0);
        Ok(())
    }
}
