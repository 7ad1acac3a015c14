//! A copy of a segment's words.

use super::file::SegmentFile;
use super::marks::Marks;
use super::repair::{repair, Repaired};
use crate::error::{Error, Result};
use crate::heap::{is_awaited, SLOTS};
use crate::layout::{header, slot, Words, MAX_SLOTS};
use crate::sync::AtomicU64;

/// Number of times that a copy is lengthened because the segment grows meanwhile.
const LENGTHENED: u32 = 8;

/// A copy, and what is known about it.
pub struct Copy {
    /// The words up to `USED`.
    pub words: Vec<AtomicU64>,
    /// For each slot, whether its writer lives.
    pub living: Vec<bool>,
    /// Whether counts moved while the copy was made, so that it may lack some or have them twice.
    pub moved: bool,
    /// Summaries of living writers whose buckets may be of another moment than their sums.
    pub late: u64,
}

/// Copies a segment.
///
/// # Errors
/// As [`super::read`].
pub fn copy(file: &SegmentFile) -> Result<Copy> {
    let before = Marks::read(file)?;
    let words = all_words(file)?;
    let copied = Words(&words);
    let mut living = before.living.clone();
    living.resize(slots_of(copied) as usize, false);
    // What cannot be repaired is damaged, or was half-made when it was copied. The walk meets it again, and tells.
    let Repaired { late } = repair(file, copied, &living).unwrap_or_default();
    let after = Marks::read(file)?;
    before.leave_out(&after, copied)?;
    let mut moved = before.moved(&after);
    for (id, living) in living.iter_mut().enumerate() {
        let awaited = is_awaited(copied, id as u32).unwrap_or(false);
        let claimed = after.living.get(id) == Some(&true);
        // A writer that has just claimed its slot has adopted what is in it, or followed from another segment.
        moved |= claimed && !*living && !awaited;
        *living |= awaited;
    }
    Ok(Copy { words, living, moved, late })
}

/// Copies a segment for facts about it: without what the values of series need.
///
/// # Errors
/// As [`super::read`].
pub fn outline(file: &SegmentFile) -> Result<Copy> {
    let marks = Marks::read(file)?;
    let words = all_words(file)?;
    let mut living = marks.living;
    living.resize(slots_of(Words(&words)) as usize, false);
    for (id, living) in living.iter_mut().enumerate() {
        *living |= is_awaited(Words(&words), id as u32).unwrap_or(false);
    }
    Ok(Copy { words, living, moved: false, late: 0 })
}

/// The number of slots that have a record in the copy.
fn slots_of(words: Words<'_>) -> u32 {
    let slots = words.header(header::SLOTS).min(u64::from(MAX_SLOTS)) as u32;
    let has = |id: u32| SLOTS.find(words, id).and_then(|at| words.load(at + slot::INCARNATION));
    (0..slots).take_while(|id| has(*id).is_ok()).count() as u32
}

/// Copies all words that are in use. References lead to words that were in use before the references were stored, so
/// what grows meanwhile is copied last.
pub(super) fn all_words(file: &SegmentFile) -> Result<Vec<AtomicU64>> {
    let mut words = Vec::new();
    for _ in 0..LENGTHENED {
        let copied = words.len() as u64;
        let used = Words(&file.words(header::USED as u64, 1)?).header(0);
        if used > file.len()? {
            let at = header::USED as u64 * 8;
            return Err(Error::Corrupt { what: "a length inside the segment (truncated?)", at });
        }
        if used <= copied {
            break;
        }
        file.append(copied, used - copied, &mut words)?;
    }
    Ok(words)
}
