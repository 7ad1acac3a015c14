//! Reads single blocks of a copy again: those that their writers were updating, or gave to other series meanwhile.

use super::file::SegmentFile;
use crate::error::Result;
use crate::form::{Form, Protocol};
use crate::heap::{for_each_block, for_each_slab, SLOTS};
use crate::layout::{block, exemplar, slot, BlockBirth, BlockHead, BlockKey, BlockKind, Words};
use crate::sync::{AtomicU64, Ordering};

/// Number of times that a block is read again. A writer at full speed leaves some pauses between its updates.
const TRIES: u32 = 64;

/// What the blocks of a copy lack after the repair.
#[derive(Default)]
pub struct Repaired {
    /// Summaries of living writers that were updated after they were copied, so that their buckets may be of another
    /// moment than their sums.
    pub late: u64,
}

/// Reads again what was torn, and then hides the blocks that do not belong to their series any more.
pub fn repair(file: &SegmentFile, words: Words<'_>, living: &[bool]) -> Result<Repaired> {
    let mut repaired = Repaired::default();
    for (id, alive) in living.iter().enumerate() {
        let first = words.load(SLOTS.find(words, id as u32)? + slot::FIRST_SLAB)?;
        for_each_slab(words, first, |slab, len| {
            // Blocks of a dead writer do not change, unless another writer has adopted them meanwhile.
            if *alive {
                for_each_block(words, slab, len, |at, head| again(file, words, at, head))?;
            }
            let now = file.words(slab, len)?;
            for_each_block(words, slab, len, |at, head| {
                let now =
                    &now[(at - slab) as usize..(at - slab) as usize + usize::from(head.words)];
                let shown = head.kind.counts() || head.kind == BlockKind::Exemplar;
                if shown && !belongs(words, at, head, now)? {
                    words.store(at, BlockHead { absent: true, ..head }.pack())?;
                } else if *alive && protocol(head) == Some(Protocol::Sketched) {
                    let last = u64::from(head.words) - 1;
                    let updated = load(now, last) != words.load(at + last)?;
                    repaired.late += u64::from(updated);
                }
                Ok(())
            })
            .map(drop)
        })?;
    }
    Ok(repaired)
}

fn load(run: &[AtomicU64], word: u64) -> u64 {
    run.get(word as usize).map_or(0, |word| word.load(Ordering::Relaxed))
}

fn protocol(head: BlockHead) -> Option<Protocol> {
    Form::of_block(head.kind).map(|form| form.protocol)
}

/// Whether a block still has the series that it had when it was copied. An adopter may have made a residue of it since,
/// which counts as before.
fn belongs(words: Words<'_>, at: u64, head: BlockHead, now: &[AtomicU64]) -> Result<bool> {
    let found = BlockHead::unpack(load(now, block::HEAD)).ok().flatten();
    let same = found.map(|now| BlockHead { residue: head.residue, ..now }) == Some(head);
    let birth = |word| BlockBirth::unpack(word).birth;
    let key = |word| BlockKey::unpack(word);
    Ok(same
        && key(load(now, block::KEY)) == key(words.load(at + block::KEY)?)
        && birth(load(now, block::BIRTH)) == birth(words.load(at + block::BIRTH)?))
}

/// Reads a block again until its words belong together, if those in the copy may not.
fn again(file: &SegmentFile, words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    if head.absent {
        return Ok(());
    }
    if head.kind == BlockKind::Exemplar {
        return exemplar_again(file, words, at, head);
    }
    if !Form::of_block(head.kind).is_some_and(Form::is_sequenced) {
        return Ok(());
    }
    let (first, last) = (block::CELLS, u64::from(head.words) - 1);
    if words.load(at + first)? == words.load(at + last)? {
        return Ok(());
    }
    for _ in 0..TRIES {
        let now = file.words(at, u64::from(head.words))?;
        if !belongs(words, at, head, &now)? {
            break;
        }
        if load(&now, first) == load(&now, last) {
            return replace(words, at, &now);
        }
    }
    Ok(())
}

/// Reads an exemplar between two reads of its version, which the copy has only once.
fn exemplar_again(file: &SegmentFile, words: Words<'_>, at: u64, head: BlockHead) -> Result<()> {
    let version = exemplar::CELLS;
    for _ in 0..TRIES {
        let now = file.words(at, u64::from(head.words))?;
        let then = load(&file.words(at + version, 1)?, 0);
        if !belongs(words, at, head, &now)? {
            break;
        }
        if load(&now, version) == then && then.is_multiple_of(2) {
            return replace(words, at, &now);
        }
    }
    // An exemplar with an odd version is not shown.
    words.store(at + version, 1)
}

/// Replaces the cells of a block.
fn replace(words: Words<'_>, at: u64, now: &[AtomicU64]) -> Result<()> {
    for index in block::CELLS..now.len() as u64 {
        words.store(at + index, load(now, index))?;
    }
    Ok(())
}
