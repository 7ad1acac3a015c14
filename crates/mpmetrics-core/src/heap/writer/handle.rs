//! Access to a block of a writer by the numbers that a handle has.

use super::{same_life, Writer};
use crate::error::{Error, Result};
use crate::heap::blocks::block;
use crate::heap::directory::generation;
use crate::heap::memory::address::Address;
use crate::layout::{block as blk, BlockHead, BlockKey, BlockKind, EXTENT_HEADER};
use crate::sync::AtomicU64;

impl Writer {
    /// Returns whether a bound series still lives.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn is_current(&self, address: &Address) -> Result<bool> {
        Ok(generation::of(self.heap.words(), address.series)? == address.generation)
    }

    /// Returns the cells of a bound series.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed or the block freed, [`Error::Corrupt`].
    pub fn cells(&self, address: &Address) -> Result<&[AtomicU64]> {
        let key = BlockKey { series: address.series, generation: address.generation };
        let (at, head) = self.own(address.slab, address.cell, key)?;
        self.heap.words().run(at + blk::CELLS, u64::from(head.words) - blk::CELLS)
    }

    /// Returns the kind and the cells of a block that was bound with this key.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the series was removed or the block freed, [`Error::Corrupt`].
    pub fn block(&self, slab: u32, cell: u32, key: BlockKey) -> Result<(BlockKind, &[AtomicU64])> {
        let (at, head) = self.own(slab, cell, key)?;
        let cells = self.heap.words().run(at + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
        Ok((head.kind, cells))
    }

    /// Marks a block as absent, so that no scrape shows it until the series is bound again or [`Writer::revive`] is
    /// called.
    ///
    /// # Errors
    /// As [`Writer::block`].
    pub fn hide(&self, slab: u32, cell: u32, key: BlockKey) -> Result<()> {
        let (at, head) = self.own(slab, cell, key)?;
        self.heap.words().store(at + blk::HEAD, BlockHead { absent: true, ..head }.pack())
    }

    /// Fails if another writer has adopted the slot. The check only loads words of the heap; it makes no system call.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub fn same_life(&self) -> Result<()> {
        same_life(&self.heap, self.mine.slot, self.mine.incarnation)
    }

    /// Returns the block that a handle names, if the series lives and the block still belongs to it.
    pub(super) fn own(&self, slab: u32, cell: u32, key: BlockKey) -> Result<(u64, BlockHead)> {
        let words = self.heap.words();
        let gone = || Error::Invalid { what: "a block of this series", value: cell.to_string() };
        let (start, len) = self.slab(slab).ok_or_else(gone)?;
        if u64::from(cell) >= len || u64::from(cell) < EXTENT_HEADER + blk::CELLS {
            return Err(gone());
        }
        let at = start + u64::from(cell) - blk::CELLS;
        let head = block::head(words, at).map_err(|_| gone())?;
        let live = generation::of(words, key.series)? == key.generation;
        if !head.kind.counts() || !live || block::key(words, at)? != key {
            return Err(gone());
        }
        Ok((at, head))
    }
}
