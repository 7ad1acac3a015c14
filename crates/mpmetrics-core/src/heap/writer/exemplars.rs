//! Recording and hiding the exemplars of a writer's blocks.

use super::{checked, same_life, Writer};
use crate::cells::exemplar::Given;
use crate::error::Result;
use crate::heap::recover;
use crate::heap::slots::exemplar;
use crate::layout::BlockKey;

impl Writer {
    /// Records an exemplar for a bucket of a block. `bucket` is 0 for a counter, and else the index of the bucket. An
    /// exemplar that is not recorded, for want of a lock or of memory, counts as dropped.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the block is another series' now or has no such bucket, or if the labels are not
    /// well-formed, [`crate::Error::Busy`], [`crate::Error::Full`], [`crate::Error::Limit`], [`crate::Error::Lost`],
    /// [`crate::Error::Corrupt`].
    pub fn exemplar(
        &mut self,
        (slab, cell, key): (u32, u32, BlockKey),
        bucket: u32,
        given: &Given<'_>,
    ) -> Result<()> {
        self.check()?;
        checked(given.text, given.types)?;
        let of = self.own(slab, cell, key)?;
        let Self { heap, locks, mine, .. } = self;
        let (slot, incarnation) = (mine.slot, mine.incarnation);
        let lock = || {
            let locked = recover::lock(heap, &**locks)?;
            same_life(heap, slot, incarnation).map(|()| locked)
        };
        exemplar::record(heap, mine, of, bucket, given, lock)
    }

    /// Returns whether [`Writer::exemplar`] would first make room for a block, which may free blocks of removed series.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the block is another series' now, [`crate::Error::Corrupt`].
    pub fn exemplar_needs_room(
        &self,
        (slab, cell, key): (u32, u32, BlockKey),
        bucket: u32,
        given: &Given<'_>,
    ) -> Result<bool> {
        let (of, _) = self.own(slab, cell, key)?;
        exemplar::fitting(self.heap.words(), &self.mine, of, bucket, given).map(|at| at.is_none())
    }

    /// Hides the exemplars of a block.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the block is another series' now, [`crate::Error::Lost`],
    /// [`crate::Error::Corrupt`].
    pub fn clear_exemplars(&self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        self.check()?;
        let (of, _) = self.own(slab, cell, key)?;
        exemplar::clear(self.heap.words(), &self.mine, of)
    }
}
