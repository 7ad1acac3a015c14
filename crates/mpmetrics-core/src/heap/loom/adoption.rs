//! Models of an adoption during a scrape.

use super::{check, race};
use crate::cells::{scalar, sequence};
use crate::heap::blocks::block;
use crate::layout::{block as blk, slot, BlockHead, BlockKey, BlockKind, Words, EXTENT_HEADER};
use crate::sync::AtomicU64;

/// Reference of the block of the dead writer's summary: head, key, birth, cells.
const AT: u64 = 0;

fn summary() -> BlockHead {
    let words = blk::CELLS as u16 + 4;
    BlockHead { kind: BlockKind::Summary, absent: false, residue: false, words, incarnation: 1 }
}

fn cells(words: &[AtomicU64]) -> &[AtomicU64] {
    &words[blk::CELLS as usize..]
}

/// A writer died in its first observation, after it had stored the count and before it stored the sum. The sum of this
/// observation is missing for ever. A scrape sees the adopter's observation with its count and its sum, or not at all.
fn halves(adopt: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
    let one = 1.0_f64.to_bits();
    let words = [summary().pack(), 0, 0, 0, one, 0, one];
    check(move || {
        race(&words, adopt, |words| {
            let mut middle = Vec::new();
            if sequence::read(cells(words), &mut middle) {
                let state = (middle[0], middle[1]);
                assert!([(1.0, 0.0), (2.0, 5.0)].contains(&state), "torn: {state:?}");
            }
        });
    });
}

#[test]
fn cells_that_an_adopter_makes_whole_and_then_updates_are_never_seen_torn() {
    halves(|words| {
        block::close_sequence(Words(words), AT, summary()).unwrap();
        sequence::observe(cells(words), 0, 5.0, 1.0);
    });
}

#[test]
#[should_panic(expected = "torn")]
fn control_that_counts_before_it_makes_whole() {
    halves(|words| {
        scalar::add(&cells(words)[1], 1.0);
        block::close_sequence(Words(words), AT, summary()).unwrap();
        scalar::add(&cells(words)[2], 5.0);
    });
}

const GAUGE: u64 = slot::WORDS + EXTENT_HEADER;

fn gauge(incarnation: u32) -> BlockHead {
    let words = blk::CELLS as u16 + 1;
    BlockHead { kind: BlockKind::Gauge, absent: false, residue: false, words, incarnation }
}

/// The first life of a slot has the pid 1 and a gauge of 1. The writer that adopts the slot has the pid 2 and a gauge
/// of 5. No scrape shows the gauge of one life with the pid of the other.
fn gauges(take_out: impl Fn(Words<'_>, bool) + Send + Sync + Copy + 'static) {
    let mut words = vec![0; GAUGE as usize];
    words[slot::INCARNATION as usize] = 1;
    words[slot::PID as usize] = 1;
    words.extend([gauge(1).pack(), 0, 0, 1.0_f64.to_bits(), 0]);
    check(move || {
        let adopt = move |words: &[AtomicU64]| {
            let slots = Words(words);
            take_out(slots, true);
            slots.store(slot::PID, 2).unwrap();
            take_out(slots, false);
            slots.store(slot::INCARNATION, 2).unwrap();
            block::publish(slots, GAUGE, gauge(2), BlockKey::unpack(0), 0).unwrap();
            scalar::set(&words[(GAUGE + blk::CELLS) as usize], 5.0);
        };
        race(&words, adopt, |words| {
            // Reads in the same order as `scrape::walk`.
            let slots = Words(words);
            let incarnation = slots.load(slot::INCARNATION).unwrap() as u32;
            let pid = slots.load(slot::PID).unwrap();
            let Ok(head) = block::head(slots, GAUGE) else { return };
            if head.kind != BlockKind::Gauge || head.incarnation != incarnation {
                return;
            }
            let run = slots.run(GAUGE, u64::from(head.words)).unwrap();
            let birth = slots.load(GAUGE + blk::BIRTH).unwrap();
            let value = scalar::get(&run[blk::CELLS as usize]);
            if block::again(run, head, BlockKey::unpack(0), birth) == block::Again::Same {
                let shown = (pid, value);
                assert!([(1, 1.0), (2, 0.0), (2, 5.0)].contains(&shown), "past: {shown:?}");
            }
        });
    });
}

#[test]
fn no_gauge_of_the_past_life_is_shown_as_one_of_the_next() {
    gauges(|words, before| {
        if before {
            block::free(words, GAUGE, gauge(1)).unwrap();
        }
    });
}

#[test]
#[should_panic(expected = "past")]
fn control_that_frees_the_gauges_after_it_stored_the_new_pid() {
    gauges(|words, before| {
        if !before {
            block::free(words, GAUGE, gauge(1)).unwrap();
        }
    });
}
