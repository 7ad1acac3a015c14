//! Models of making a block, and of reusing a block for another series.

use super::{check, race};
use crate::cells::scalar;
use crate::heap::blocks::block;
use crate::layout::{block as blk, BlockHead, BlockKey, BlockKind, Words, EXTENT_HEADER};
use crate::sync::{AtomicU64, Ordering};

const AT: u64 = EXTENT_HEADER;
const KEY: BlockKey = BlockKey { series: 5, generation: 3 };
const OTHER: BlockKey = BlockKey { series: 6, generation: 1 };

fn head() -> BlockHead {
    let words = blk::CELLS as u16 + 1;
    BlockHead { kind: BlockKind::Counter, absent: false, residue: false, words, incarnation: 1 }
}

/// Returns a slab with room for one block of a counter, and with the word that ends the slab.
fn slab(first: Option<(BlockKey, f64)>) -> Vec<u64> {
    let mut words = vec![0; AT as usize];
    let block =
        first.map_or([0; 4], |(key, value)| [head().pack(), key.pack(), 0, value.to_bits()]);
    words.extend(block);
    words.push(0);
    words
}

fn read_all(words: &[AtomicU64], mut seen: impl FnMut(BlockKey, f64)) {
    let slab = Words(words);
    block::for_each_block(slab, 0, words.len() as u64, |at, head| {
        if head.kind != BlockKind::Counter {
            return Ok(());
        }
        let run = slab.run(at, u64::from(head.words))?;
        let key = block::key(slab, at)?;
        let birth = slab.load(at + blk::BIRTH)?;
        let value = scalar::get(&run[blk::CELLS as usize]);
        // Checks after the read like `scrape::walk`.
        if block::again(run, head, key, birth) == block::Again::Same {
            seen(key, value);
        }
        Ok(())
    })
    .unwrap();
}

fn publish(words: &[AtomicU64], key: BlockKey) {
    block::publish(Words(words), AT, head(), key, 0).unwrap();
}

/// A new block is seen with its key, or not at all.
fn new_block(publish: impl Fn(&[AtomicU64], BlockKey) + Send + Sync + Copy + 'static) {
    check(move || {
        let write = move |words: &[AtomicU64]| {
            publish(words, KEY);
            scalar::add(&words[(AT + blk::CELLS) as usize], 7.0);
        };
        race(&slab(None), write, |words| {
            read_all(words, |key, value| {
                assert!(key == KEY && [0.0, 7.0].contains(&value), "half: {key:?} {value}");
            });
        });
    });
}

#[test]
fn a_block_is_seen_whole_or_not_at_all() {
    new_block(publish);
}

#[test]
#[should_panic(expected = "half")]
fn control_whose_head_is_not_released() {
    new_block(|words, key| {
        words[(AT + blk::KEY) as usize].store(key.pack(), Ordering::Relaxed);
        words[(AT + blk::HEAD) as usize].store(head().pack(), Ordering::Relaxed);
    });
}

/// The owner reuses a block of one series for another series: a scrape never shows the count of one as that of the
/// other.
fn given_away(free: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
    check(move || {
        let write = move |words: &[AtomicU64]| {
            free(words);
            publish(words, OTHER);
            scalar::add(&words[(AT + blk::CELLS) as usize], 100.0);
        };
        race(&slab(Some((KEY, 1.0))), write, |words| {
            read_all(words, |key, value| {
                let right = if key == KEY { value == 1.0 } else { [0.0, 100.0].contains(&value) };
                assert!(right, "another's: {key:?} {value}");
            });
        });
    });
}

#[test]
fn a_block_that_is_given_away_is_never_shown_with_anothers_count() {
    given_away(|words| block::free(Words(words), AT, head()).unwrap());
}

#[test]
#[should_panic(expected = "another's")]
fn control_that_does_not_free_the_block_first() {
    given_away(|_| ());
}
