//! The lives of slots, to which the blocks of gauges belong.

use super::part::Origin;
use crate::layout::{block, gauge, BlockHead, WriterName};
use crate::sync::{AtomicU64, Ordering};

/// The life to which a block belongs that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// The present one of its slot, or none in particular: counts outlive their writers.
    Present,
    /// The last one of its slot, which has ended.
    Ended,
    /// That of this writer, which has ended: the block is a residue.
    Of(Origin),
}

/// The slot whose blocks are read.
#[derive(Clone, Copy)]
pub(super) struct Of {
    /// Whether its writer lives.
    pub alive: bool,
    /// The number of its last life.
    pub incarnation: u32,
    /// Whether the whole application is read, and not one process or thread. The dead are of no process.
    pub whole: bool,
}

impl Of {
    /// For shared gauges, which are in slabs of no slot.
    pub const ALL: Self = Self { alive: true, incarnation: 0, whole: true };

    /// Whether a block was made by the writer that has the slot now.
    pub fn is_current(self, head: BlockHead) -> bool {
        self.alive && head.incarnation == self.incarnation
    }

    /// Returns the life to which a gauge's block belongs; `None` if the block is not read. When the number of the slot's
    /// next life is stored, all blocks of the one before are residues, or free.
    pub fn life(self, head: BlockHead, run: &[AtomicU64]) -> Option<Life> {
        if head.residue {
            // Pairs with the store of the head in `heap::slots::residue`.
            let name = run.get((block::CELLS + gauge::WRITER) as usize);
            let name = WriterName::unpack(name.map_or(0, |word| word.load(Ordering::Acquire)));
            let life = Life::Of(Origin { pid: name.pid, thread: name.thread });
            return self.whole.then_some(life);
        }
        if self.is_current(head) {
            return Some(Life::Present);
        }
        let last = head.incarnation == self.incarnation;
        (last && !self.alive && self.whole).then_some(Life::Ended)
    }
}

/// Returns the head of a block that has become a residue since its head was read.
pub(super) fn became_residue(run: &[AtomicU64], before: BlockHead) -> Option<BlockHead> {
    let now = run.first()?.load(Ordering::Acquire);
    let now = BlockHead::unpack(now).ok()??;
    (!before.residue && now == BlockHead { residue: true, ..before }).then_some(now)
}
