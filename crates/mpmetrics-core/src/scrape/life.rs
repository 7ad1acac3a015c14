//! The lives of slots, to which the blocks of gauges belong.

use super::part::Origin;
use crate::layout::{block, gauge, BlockHead, WriterName};
use crate::sync::{AtomicU64, Ordering};

/// The life to which the block that is read belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// The present life of its slot; also for counts, which belong to no single life because they outlive their writer.
    Present,
    /// The last life of its slot, which has ended.
    Ended,
    /// A life that has ended: the block is a residue. The writer is that of the life if the residue is shown by itself,
    /// and means nothing otherwise.
    Of(Origin),
}

/// The slot whose blocks are read.
#[derive(Clone, Copy)]
pub(super) struct Of {
    /// Whether its writer lives.
    pub alive: bool,
    /// The number of its last life.
    pub incarnation: u32,
    /// Whether the whole application is read. Scrapes of one process or thread do not show the dead.
    pub whole: bool,
}

impl Of {
    /// For shared gauges, whose slabs belong to no slot.
    pub const ALL: Self = Self { alive: true, incarnation: 0, whole: true };

    /// Whether a block was made by the writer that has the slot now.
    pub fn is_current(self, head: BlockHead) -> bool {
        self.alive && head.incarnation == self.incarnation
    }

    /// Returns the life to which a gauge's block belongs; `None` if the block is not read. An adopter stores the number
    /// of the slot's next life only after it has freed every gauge's block of the last life, or made a residue of it.
    pub fn life(self, head: BlockHead, run: &[AtomicU64]) -> Option<Life> {
        if head.residue {
            // Pairs with the store of the head in `heap::slots::residue::mark`.
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

/// A model of a gauge whose family shows each ended life by itself: an adopter makes a residue of the gauge's block
/// while a scrape reads the block.
#[cfg(all(test, loom))]
mod loom {
    use super::*;
    use crate::heap::loom::{check, race};
    use crate::heap::{again, mark_residue, Again};
    use crate::layout::{slot, BlockBirth, BlockKey, BlockKind, Words, EXTENT_HEADER};

    /// Reference of the block, in a slab after the record of its slot.
    const GAUGE: u64 = slot::WORDS + EXTENT_HEADER;
    const WORDS: u64 = block::CELLS + gauge::WRITER + 1;

    fn head() -> BlockHead {
        let (kind, words) = (BlockKind::Gauge, WORDS as u16);
        BlockHead { kind, absent: false, residue: false, words, incarnation: 1 }
    }

    fn mark(words: Words<'_>) {
        let own = (WriterName { pid: 1, thread: 0 }, BlockBirth { birth: 9, defaults: 0 });
        mark_residue(words, GAUGE, head(), Some(own)).unwrap();
    }

    fn rename(words: Words<'_>) {
        words.store(slot::PID, 2).unwrap();
        words.store(slot::INCARNATION, 2).unwrap();
    }

    /// Process 1 has died with a gauge of 1. Every scrape shows this gauge once, with pid 1.
    fn adoption(adopt: impl Fn(Words<'_>) + Send + Sync + Copy + 'static) {
        let mut words = vec![0; GAUGE as usize];
        words[slot::INCARNATION as usize] = 1;
        words[slot::PID as usize] = 1;
        words.extend([head().pack(), 0, 0, 1.0_f64.to_bits(), 0]);
        check(move || {
            race(
                &words,
                move |words| adopt(Words(words)),
                |words| {
                    // Reads in the same order as `scrape::walk`.
                    let words = Words(words);
                    let incarnation = words.load(slot::INCARNATION).unwrap() as u32;
                    let pid = words.load(slot::PID).unwrap() as u32;
                    let of = Of { alive: false, incarnation, whole: true };
                    let run = words.run(GAUGE, WORDS).unwrap();
                    let load = |word: u64| run[word as usize].load(Ordering::Acquire);
                    let mut head = BlockHead::unpack(load(block::HEAD)).unwrap().unwrap();
                    loop {
                        let life = of.life(head, run).expect("past: not shown");
                        let birth = load(block::BIRTH);
                        let value = f64::from_bits(load(block::CELLS));
                        match again(run, head, BlockKey::unpack(0), birth) {
                            Again::Same => {
                                let pid =
                                    if let Life::Of(origin) = life { origin.pid } else { pid };
                                assert_eq!((pid, value), (1, 1.0), "past");
                                return;
                            }
                            Again::Renamed => {}
                            Again::Other => head = became_residue(run, head).expect("past: freed"),
                        }
                    }
                },
            );
        });
    }

    #[test]
    fn a_life_that_ended_is_shown_once_with_its_own_name() {
        adoption(|words| {
            mark(words);
            rename(words);
        });
    }

    #[test]
    #[should_panic(expected = "past")]
    fn control_that_renames_the_slot_before_the_block_is_marked() {
        adoption(|words| {
            rename(words);
            mark(words);
        });
    }

    #[test]
    #[should_panic(expected = "past")]
    fn control_that_marks_the_block_before_it_is_named() {
        adoption(|words| {
            mark_residue(words, GAUGE, head(), None).unwrap();
            mark(words);
            rename(words);
        });
    }
}
