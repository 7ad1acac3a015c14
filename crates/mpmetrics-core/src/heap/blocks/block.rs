//! Blocks in slabs: walking them, making them, giving them back. Only a slot's owner (or who is
//! adopting it, under the heap lock) stores to its blocks.

use crate::cells::sketch;
use crate::error::{Error, Result};
use crate::heap::memory::extent;
use crate::layout::{
    block, extent as ext, header, BlockBirth, BlockHead, BlockKey, BlockKind, ExtentKind, Words,
    EXTENT_HEADER,
};
use crate::sync::{fence, AtomicU64, Ordering};

/// Calls `visit` with reference and length of every slab of a chain. A chain that is longer than
/// the segment could hold is corrupt.
pub fn for_each_slab(
    words: Words<'_>,
    first: u64,
    mut visit: impl FnMut(u64, u64) -> Result<()>,
) -> Result<()> {
    let mut at = first;
    let mut seen = 0;
    while at != 0 {
        let head = extent::head(words, at)?;
        seen += head.words;
        if head.kind != ExtentKind::Slab || seen > words.len() {
            return Err(Error::Corrupt { what: "a slab", at: at.saturating_mul(8) });
        }
        visit(at, head.words)?;
        at = words.load(at + ext::NEXT)?;
    }
    Ok(())
}

/// Calls `visit` with every block of a slab, pads and free ones too; where the slab ends.
#[inline]
pub fn for_each_block(
    words: Words<'_>,
    slab: u64,
    len: u64,
    mut visit: impl FnMut(u64, BlockHead) -> Result<()>,
) -> Result<u64> {
    let cells = words.run(slab, len)?;
    let mut index = EXTENT_HEADER;
    while let Some(word) = cells.get(index as usize) {
        // Pairs with the store of the head in `publish`.
        let corrupt = |_: u64| Error::Corrupt { what: "a block's head", at: (slab + index) * 8 };
        let Some(head) = BlockHead::unpack(word.load(Ordering::Acquire)).map_err(corrupt)? else {
            break;
        };
        let next = index + u64::from(head.words);
        if next > len || (head.kind != BlockKind::Pad && u64::from(head.words) < block::CELLS) {
            return Err(corrupt(word.load(Ordering::Relaxed)));
        }
        visit(slab + index, head)?;
        index = next;
    }
    Ok(slab + index)
}

/// The key of a block.
pub fn key(words: Words<'_>, at: u64) -> Result<BlockKey> {
    Ok(BlockKey::unpack(words.load(at + block::KEY)?))
}

/// The birth of a block.
pub fn birth(words: Words<'_>, at: u64) -> Result<BlockBirth> {
    Ok(BlockBirth::unpack(words.load(at + block::BIRTH)?))
}

/// The head of a block.
pub fn head(words: Words<'_>, at: u64) -> Result<BlockHead> {
    BlockHead::unpack(words.load(at + block::HEAD)?)
        .ok()
        .flatten()
        .ok_or(Error::Corrupt { what: "a block's head", at: at.saturating_mul(8) })
}

/// What a block is, looked at again by who has read its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same: what was read is of that head and key.
    Same,
    /// The same series under other default labels, or shown anew.
    Renamed,
    /// Another's, or nobody's.
    Other,
}

/// Looks at a block again behind a read of its cells. The owner may have given it to another series
/// meanwhile: then it freed it first, and head or key are others now. Pairs with [`free`] and [`publish`].
#[inline]
pub fn again(run: &[AtomicU64], head: BlockHead, key: BlockKey, birth: u64) -> Again {
    fence(Ordering::Acquire);
    // Acquire: a head that is the same again, of another series' block, must not be seen without its key.
    let is = |word: u64, before: u64| {
        run.get(word as usize).is_some_and(|word| word.load(Ordering::Acquire) == before)
    };
    if !is(block::HEAD, head.pack()) || !is(block::KEY, key.pack()) {
        Again::Other
    } else if is(block::BIRTH, birth) {
        Again::Same
    } else {
        Again::Renamed
    }
}

/// Takes the next birth number.
pub fn next_birth(words: Words<'_>) -> u64 {
    words.add_header(header::BIRTH, 1)
}

/// Fills a block and then makes it seen.
pub fn publish(words: Words<'_>, at: u64, head: BlockHead, key: BlockKey, set: u16) -> Result<()> {
    let run = words.run(at, u64::from(head.words))?;
    for (index, cell) in (0..).zip(&run[block::CELLS as usize..]) {
        // Release: a reader that sees a fresh cell also sees that the block was free before.
        cell.store(initial(head, index), Ordering::Release);
    }
    let birth = BlockBirth { birth: next_birth(words), defaults: set };
    run[block::KEY as usize].store(key.pack(), Ordering::Release);
    run[block::BIRTH as usize].store(birth.pack(), Ordering::Release);
    kill_point!("register.filled");
    // SYNC POINT with `for_each_block`: whoever sees the head sees key, birth and cells.
    run[block::HEAD as usize].store(head.pack(), Ordering::Release);
    Ok(())
}

/// Marks a block as free for its owner.
pub fn free(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let freed = BlockHead { kind: BlockKind::Free, absent: false, ..head };
    words.store(at + block::HEAD, freed.pack())?;
    // What the owner stores next must not be seen before the head (x86-64 keeps that order).
    fence(Ordering::SeqCst);
    Ok(())
}

/// Shows a block again, as if its series was new.
pub fn show(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let birth = BlockBirth { birth: next_birth(words), ..birth(words, at)? };
    words.store(at + block::BIRTH, birth.pack())?;
    words.store(at + block::HEAD, BlockHead { absent: false, ..head }.pack())
}

/// What a cell of a new block is.
pub(super) fn initial(head: BlockHead, index: u64) -> u64 {
    match head.kind {
        BlockKind::Summary => sketch::initial(index, u64::from(head.words) - block::CELLS),
        _ => 0,
    }
}

/// Makes the sequence words of a dead writer's block equal: an update that it did not finish is
/// taken as it stands.
pub fn settle(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    if matches!(head.kind, BlockKind::Histogram | BlockKind::Summary | BlockKind::Recent) {
        let last = words.load(at + u64::from(head.words) - 1)?;
        words.store(at + block::CELLS, last)?;
    }
    Ok(())
}

/// Places for exemplars in a block of a series.
pub fn places(head: BlockHead) -> u32 {
    match head.kind {
        BlockKind::Counter => 1,
        // All but the two sequence words and the sum.
        BlockKind::Histogram => u32::from(head.words).saturating_sub(block::CELLS as u32 + 3),
        _ => 0,
    }
}
