//! Models of the protocols that need no lock, checked by loom over every interleaving and every value that
//! the memory model allows a load to see. The functions are those that ship; each model has a control that
//! leaves a word or an ordering of the protocol out, which loom must refuse.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p mpmetrics-core --lib --target-dir target/loom models`

use super::{block, series, text};
use crate::cells::{scalar, sequence};
use crate::layout::{
    block as blk, extent, header, series as ser, slot, BlockHead, BlockKey, BlockKind, ExtentHead,
    ExtentKind, Words, EXTENT_HEADER,
};
use crate::sync::{fence, AtomicU64, Ordering};
use loom::sync::Arc;
use loom::thread;

/// Runs a model to its end: no bound on preemptions, so that nothing is left out.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    loom::model(model);
}

fn words(values: &[u64]) -> Arc<Vec<AtomicU64>> {
    Arc::new(values.iter().map(|value| AtomicU64::new(*value)).collect())
}

/// One that stores to the words, and a thread that reads them. In this order: loom goes back to the last access of
/// a word only, and an addition, which loads and stores, hides what was before it; a reader's loads hide nothing.
pub fn race(
    initial: &[u64],
    write: impl Fn(&[AtomicU64]),
    read: impl Fn(&[AtomicU64]) + Send + 'static,
) {
    let shared = words(initial);
    let read_from = Arc::clone(&shared);
    let reader = thread::spawn(move || read(&read_from));
    write(&shared);
    reader.join().unwrap();
}

mod sequence_words {
    use super::*;

    /// First, count, sum, last.
    const FRESH: [u64; 4] = [0; 4];

    fn observe(cells: &[AtomicU64], value: f64) {
        sequence::observe(cells, 0, value, 1.0);
    }

    /// What is accepted is one of the states between two observations of 1 and of 2.
    fn check_read(cells: &[AtomicU64]) {
        let mut middle = Vec::new();
        if sequence::read(cells, &mut middle) {
            let state = (middle[0], middle[1]);
            assert!([(0.0, 0.0), (1.0, 1.0), (2.0, 3.0)].contains(&state), "torn: {state:?}");
        }
    }

    fn race_of(update: impl Fn(&[AtomicU64], f64) + Send + Sync + Copy + 'static) {
        check(move || {
            let write = move |cells: &[AtomicU64]| {
                [1.0, 2.0].iter().for_each(|value| update(cells, *value))
            };
            race(&FRESH, write, check_read);
        });
    }

    #[test]
    fn a_read_that_is_accepted_is_whole() {
        race_of(observe);
    }

    fn add(cells: &[AtomicU64], value: f64) {
        scalar::add(&cells[1], 1.0);
        scalar::add(&cells[2], value);
    }

    fn next(cells: &[AtomicU64]) -> u64 {
        (scalar::get(&cells[0]) + 1.0).to_bits()
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_without_the_fence_behind_the_last_word() {
        race_of(|cells, value| {
            let next = next(cells);
            cells[3].store(next, Ordering::Relaxed);
            add(cells, value);
            cells[0].store(next, Ordering::Release);
        });
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_whose_first_word_is_not_released() {
        race_of(|cells, value| {
            let next = next(cells);
            cells[3].store(next, Ordering::Relaxed);
            fence(Ordering::Release);
            add(cells, value);
            cells[0].store(next, Ordering::Relaxed);
        });
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_without_the_last_word() {
        race_of(|cells, value| {
            add(cells, value);
            let next = next(cells);
            cells[0].store(next, Ordering::Release);
            cells[3].store(next, Ordering::Release);
        });
    }
}

mod publication {
    use super::*;

    const AT: u64 = EXTENT_HEADER;
    const KEY: BlockKey = BlockKey { series: 5, generation: 3 };
    const OTHER: BlockKey = BlockKey { series: 6, generation: 1 };

    fn head() -> BlockHead {
        let words = blk::CELLS as u16 + 1;
        BlockHead { kind: BlockKind::Counter, absent: false, words, incarnation: 1 }
    }

    /// A slab with room for one block of a counter, and the word that ends it.
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
            // The shipped look back is what the scrape does: see `collect::walk`.
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

    /// The owner gives a block of one series to another: no count of the one is shown as the other's.
    fn given_away(free: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
        check(move || {
            let write = move |words: &[AtomicU64]| {
                free(words);
                publish(words, OTHER);
                scalar::add(&words[(AT + blk::CELLS) as usize], 100.0);
            };
            race(&slab(Some((KEY, 1.0))), write, |words| {
                read_all(words, |key, value| {
                    let right =
                        if key == KEY { value == 1.0 } else { [0.0, 100.0].contains(&value) };
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
}

mod generation_words {
    use super::*;

    const RECORD: u64 = header_end();
    const GENERATIONS: u64 = RECORD + EXTENT_HEADER + ser::WORDS;
    const TEXT: u64 = GENERATIONS + EXTENT_HEADER + 1;
    const OLD: &[u8] = b"a=\"old old\"";
    const NEW: &[u8] = b"a=\"new new\"";

    const fn header_end() -> u64 {
        (header::DEFAULTS_CHUNKS + header::CHUNKS) as u64
    }

    /// A heap with one chunk of two series: the first lives and has a text, the second lives.
    fn heap() -> Vec<u64> {
        let mut words = vec![0; TEXT as usize + 2];
        words[header::SERIES_CHUNKS] = RECORD;
        words[header::GENERATION_CHUNKS] = GENERATIONS;
        let extent = |words| ExtentHead { kind: ExtentKind::Table, words }.pack();
        words[(RECORD + extent::HEAD) as usize] = extent(EXTENT_HEADER + ser::WORDS);
        words[(GENERATIONS + extent::HEAD) as usize] = extent(EXTENT_HEADER + 1);
        let record = (RECORD + EXTENT_HEADER) as usize;
        words[record + ser::STATE as usize] = 1;
        words[record + ser::TEXT as usize] = TEXT;
        words[record + ser::LENGTHS as usize] = OLD.len() as u64;
        words[(GENERATIONS + EXTENT_HEADER) as usize] = 1 | 1 << 32;
        for (n, byte) in OLD.iter().enumerate() {
            words[TEXT as usize + n / 8] |= u64::from(*byte) << (n % 8 * 8);
        }
        words
    }

    fn read_text(words: &[AtomicU64]) {
        let mut text = Vec::new();
        if series::read(Words(words), 0, 1, &mut text).unwrap().is_some() {
            assert_eq!(text, OLD, "another's text");
        }
    }

    #[test]
    fn a_text_is_of_the_generation_that_it_is_read_for() {
        check(|| {
            race(
                &heap(),
                |words| {
                    assert!(series::advance(Words(words), 0, 1).unwrap());
                    text::write(Words(words), TEXT, &[NEW]).unwrap();
                },
                read_text,
            );
        });
    }

    #[test]
    #[should_panic(expected = "another's text")]
    fn control_that_gives_the_text_away_before_the_removal() {
        check(|| {
            race(
                &heap(),
                |words| {
                    text::write(Words(words), TEXT, &[NEW]).unwrap();
                    assert!(series::advance(Words(words), 0, 1).unwrap());
                },
                read_text,
            );
        });
    }

    #[test]
    #[should_panic(expected = "another's text")]
    fn control_whose_text_is_stored_without_the_fence() {
        check(|| {
            race(
                &heap(),
                |words| {
                    assert!(series::advance(Words(words), 0, 1).unwrap());
                    words[TEXT as usize].store(0, Ordering::Relaxed);
                },
                read_text,
            );
        });
    }

    /// Two who remove one series, and one who removes the other half of the word's: each removal happens once.
    fn removals(advance: impl Fn(&[AtomicU64], u32) -> bool + Send + Sync + Copy + 'static) {
        check(move || {
            let shared = words(&heap());
            let (one, two) = (Arc::clone(&shared), Arc::clone(&shared));
            let one = thread::spawn(move || advance(&one, 0));
            let two = thread::spawn(move || advance(&two, 0));
            assert!(advance(&shared, 1), "lost: the neighbour's removal");
            let (one, two) = (one.join().unwrap(), two.join().unwrap());
            assert!(one != two, "lost: removed twice or never");
            let word = shared[(GENERATIONS + EXTENT_HEADER) as usize].load(Ordering::Relaxed);
            assert_eq!(word, 2 | 2 << 32, "lost: a store");
        });
    }

    #[test]
    fn each_removal_happens_once() {
        removals(|words, id| series::advance(Words(words), id, 1).unwrap());
    }

    #[test]
    #[should_panic(expected = "lost")]
    fn control_that_loads_and_stores() {
        removals(|words, id| {
            let word = &words[(GENERATIONS + EXTENT_HEADER) as usize];
            let seen = word.load(Ordering::Acquire);
            word.store(seen + (1 << (32 * id)), Ordering::Release);
            (seen >> (32 * id)) as u32 == 1
        });
    }
}

mod adoption {
    use super::*;

    /// Where the block of the dead writer's summary lies: head, key, birth, and its cells.
    const AT: u64 = 0;

    fn summary() -> BlockHead {
        let words = blk::CELLS as u16 + 4;
        BlockHead { kind: BlockKind::Summary, absent: false, words, incarnation: 1 }
    }

    fn cells(words: &[AtomicU64]) -> &[AtomicU64] {
        &words[blk::CELLS as usize..]
    }

    /// The writer died after it had counted its first observation, and before it had added it to the sum.
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
    fn what_an_adopter_makes_whole_and_goes_on_from_is_never_seen_torn() {
        halves(|words| {
            block::settle(Words(words), AT, summary()).unwrap();
            sequence::observe(cells(words), 0, 5.0, 1.0);
        });
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_that_counts_before_it_makes_whole() {
        halves(|words| {
            scalar::add(&cells(words)[1], 1.0);
            block::settle(Words(words), AT, summary()).unwrap();
            scalar::add(&cells(words)[2], 5.0);
        });
    }

    const GAUGE: u64 = slot::WORDS + EXTENT_HEADER;

    fn gauge(incarnation: u32) -> BlockHead {
        let words = blk::CELLS as u16 + 1;
        BlockHead { kind: BlockKind::Gauge, absent: false, words, incarnation }
    }

    /// A slot whose first life has a gauge of 1 and the pid 1, and one that takes it over with the pid 2 and a
    /// gauge of 5: no scrape shows a gauge of the past, or under the other's pid.
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
                // In the order of `collect::walk`.
                let slots = Words(words);
                let incarnation = slots.load(slot::INCARNATION).unwrap() as u32;
                let pid = slots.load(slot::PID).unwrap();
                let Ok(head) = block::head(slots, GAUGE) else { return };
                if head.kind != BlockKind::Gauge || head.incarnation != incarnation {
                    return;
                }
                let run = slots.run(GAUGE, u64::from(head.words)).unwrap();
                let value = scalar::get(&run[blk::CELLS as usize]);
                if block::again(run, head, BlockKey::unpack(0), 0) == block::Again::Same {
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
    fn control_that_takes_the_gauges_out_behind_the_new_name() {
        gauges(|words, before| {
            if !before {
                block::free(words, GAUGE, gauge(1)).unwrap();
            }
        });
    }
}
