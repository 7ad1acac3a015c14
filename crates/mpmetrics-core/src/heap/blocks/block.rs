//! Blocks in slabs: walking, making and freeing them. Only a slot's owner stores to its blocks, with one exception: the
//! holder of the heap lock also stores to blocks of dead writers, such as residues, in the slabs of any slot.

use crate::cells::sketch;
use crate::error::{Error, Result};
use crate::form::{Form, Protocol};
use crate::heap::memory::extent;
use crate::layout::{
    block, extent as ext, header, BlockBirth, BlockHead, BlockKey, BlockKind, ExtentKind, Words,
    EXTENT_HEADER,
};
use crate::os;
use crate::sync::{fence, AtomicU64, Ordering};

/// Calls `visit` with the reference and the length of every slab of a chain. Fails with [`Error::Corrupt`] if the chain
/// is longer than the segment can hold.
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

/// Calls `visit` with every block of a slab, also pads and free blocks. Returns where the last block ends.
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

/// Returns the key of a block.
pub fn key(words: Words<'_>, at: u64) -> Result<BlockKey> {
    Ok(BlockKey::unpack(words.load(at + block::KEY)?))
}

/// Returns the birth of a block.
pub fn birth(words: Words<'_>, at: u64) -> Result<BlockBirth> {
    Ok(BlockBirth::unpack(words.load(at + block::BIRTH)?))
}

/// Returns the head of a block.
pub fn head(words: Words<'_>, at: u64) -> Result<BlockHead> {
    BlockHead::unpack(words.load(at + block::HEAD)?)
        .ok()
        .flatten()
        .ok_or(Error::Corrupt { what: "a block's head", at: at.saturating_mul(8) })
}

/// The result of reading a block's head, key and birth again after its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// All are unchanged: the cells that were read belong to that head and key.
    Same,
    /// The block is of the same series, but has other default labels or another birth.
    Renamed,
    /// The block is of another series, or free.
    Other,
}

/// Reads head, key and birth of a block again after its cells. An owner that gave the block to another series meanwhile
/// has freed the block first, so head or key have changed. Pairs with [`free`] and [`publish`].
#[inline]
pub fn again(run: &[AtomicU64], head: BlockHead, key: BlockKey, birth: u64) -> Again {
    fence(Ordering::Acquire);
    // Acquire: another series may have got a block with an equal head here. If the first load reads the head of that
    // block, the load of the key must read that block's key, not the old one.
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

/// Takes and returns the next birth number. It is larger than all before it. It tells the time, unless more than
/// [`BlockBirth::PER_MS`] births are taken in a millisecond.
pub fn next_birth(words: Words<'_>) -> u64 {
    let Ok(word) = words.at(header::BIRTH as u64) else { return 0 };
    let now = BlockBirth::at(os::unix_ms());
    let mut next = word.load(Ordering::Acquire);
    loop {
        let birth = next.max(now);
        // Wraps only if the word is damaged.
        let after = birth.wrapping_add(1);
        match word.compare_exchange(next, after, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return birth,
            Err(taken) => next = taken,
        }
    }
}

/// Fills a block and then publishes it.
pub fn publish(words: Words<'_>, at: u64, head: BlockHead, key: BlockKey, set: u16) -> Result<()> {
    let run = words.run(at, u64::from(head.words))?;
    for (index, cell) in (0..).zip(&run[block::CELLS as usize..]) {
        // Release: a reader that sees a new cell also sees that the block was free before.
        cell.store(initial(head, index), Ordering::Release);
    }
    let birth = BlockBirth { birth: next_birth(words), defaults: set };
    run[block::KEY as usize].store(key.pack(), Ordering::Release);
    run[block::BIRTH as usize].store(birth.pack(), Ordering::Release);
    kill_point!("register.filled");
    // SYNC POINT with `for_each_block`: a reader that sees the head sees key, birth and cells.
    run[block::HEAD as usize].store(head.pack(), Ordering::Release);
    Ok(())
}

/// Marks a block as free.
pub fn free(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let freed = BlockHead { kind: BlockKind::Free, absent: false, residue: false, ..head };
    words.store(at + block::HEAD, freed.pack())?;
    // No reader may see later stores of the owner before it sees this head (x86-64 keeps that order).
    fence(Ordering::SeqCst);
    Ok(())
}

/// Shows an absent block again, as if its series were new.
pub fn show(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let birth = BlockBirth { birth: next_birth(words), ..birth(words, at)? };
    words.store(at + block::BIRTH, birth.pack())?;
    words.store(at + block::HEAD, BlockHead { absent: false, ..head }.pack())
}

/// Returns the value of a cell in a new block.
pub(super) fn initial(head: BlockHead, index: u64) -> u64 {
    match Form::of_block(head.kind).map(|form| form.protocol) {
        Some(Protocol::Sketched) => sketch::initial(index, u64::from(head.words) - block::CELLS),
        _ => 0,
    }
}

/// Makes the sequence words of a dead writer's block equal, so that scrapes show what the writer stored of an
/// unfinished update.
pub fn close_sequence(words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    if Form::of_block(head.kind).is_some_and(Form::is_sequenced) {
        let last = words.load(at + u64::from(head.words) - 1)?;
        words.store(at + block::CELLS, last)?;
    }
    Ok(())
}

/// Returns the number of buckets of a block that may have an exemplar. A counter's cell counts as a bucket.
pub fn exemplar_buckets(head: BlockHead) -> u32 {
    let cells = u32::from(head.words).saturating_sub(block::CELLS as u32);
    Form::of_block(head.kind).map_or(0, |form| (form.exemplars)(cells))
}
