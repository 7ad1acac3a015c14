//! Models of a scrape that reads summaries, or blocks that are being merged. As in `heap::loom`, the functions
//! are those that ship, octaves have few buckets, and each model has controls, which must fail.

use super::summary::{self as reading, Reading, Time};
use crate::cells::sketch::{self, Moment};
use crate::cells::{scalar, sequence};
use crate::error::Result;
use crate::heap::loom::{check, race};
use crate::heap::{again, for_each_octave, free_block, merge_cell, publish_octave, Again, Moving};
use crate::layout::{
    block, header, sub_window, summary, BlockHead, BlockKey, BlockKind, OctaveLink, Words,
    HEADER_WORDS, LINK,
};
use crate::quantile::octave::{Octave, CELLS};
use crate::quantile::summary::Window;
use crate::sync::{fence, AtomicU64, Ordering};

const KEY: BlockKey = BlockKey { series: 5, generation: 3 };
const OTHER: BlockKey = BlockKey { series: 6, generation: 1 };

/// Offset of a summary with one sub-window. Its octave buckets are at `OLD`, free ones at `NEW`; 0 is no reference.
const AT: u64 = 1;
const WORDS: u64 = block::CELLS + summary::CELLS + sub_window::WORDS;
const OLD: u64 = AT + WORDS;
const OCTAVE: u64 = block::CELLS + CELLS as u64;
const NEW: u64 = OLD + OCTAVE;
/// Another summary, without octave buckets.
const BESIDE: u64 = NEW + OCTAVE;

fn octave(number: u16) -> Octave {
    Octave::unpack(number).unwrap()
}

fn head() -> BlockHead {
    BlockHead {
        kind: BlockKind::Summary,
        absent: false,
        residue: false,
        words: WORDS as u16,
        incarnation: 1,
    }
}

fn octave_head() -> BlockHead {
    BlockHead { kind: BlockKind::OctaveBuckets, words: OCTAVE as u16, ..head() }
}

/// The words of a summary's block with this key, count, sum, reference to octave buckets, and one sub-window.
fn summary_of(key: BlockKey, count: f64, sum: f64, first: u64, sub_window: [f64; 4]) -> Vec<u64> {
    let [count, sum] = [count, sum].map(f64::to_bits);
    let mut words = vec![head().pack(), key.pack(), 0, 0, count, sum, first];
    words.extend(sub_window.map(f64::to_bits));
    words.push(0);
    words
}

/// The words of a heap with two summaries. The first has octave 7, with one observation of 1 in the first bucket; the
/// second has no octave. Each has one sub-window, whose number ([`Window::number`]) is `number`.
fn heap(number: f64) -> Vec<u64> {
    let mut words = vec![0];
    words.extend(summary_of(KEY, 1.0, 1.0, OLD, [number, 0.0, 1.0, 1.0]));
    let link = OctaveLink { next: 0, octave: 7 }.pack();
    words.extend([octave_head().pack(), KEY.pack(), link, 1.0_f64.to_bits(), 0]);
    // Freed octave buckets, which still have the words of another series.
    let free = BlockHead { kind: BlockKind::Free, ..octave_head() };
    words.extend([free.pack(), OTHER.pack(), link, 7.0_f64.to_bits(), 7.0_f64.to_bits()]);
    words.extend(summary_of(OTHER, 0.0, 0.0, 0, [number, 0.0, f64::INFINITY, f64::NEG_INFINITY]));
    words
}

fn cells(words: &[AtomicU64]) -> &[AtomicU64] {
    &words[(AT + block::CELLS) as usize..(AT + WORDS) as usize]
}

fn bucket(words: &[AtomicU64], at: u64, cell: u64) -> &AtomicU64 {
    &words[(at + block::CELLS + cell) as usize]
}

fn publish(words: &[AtomicU64], at: u64, made: u64) {
    publish_octave(Words(words), at, made, octave_head(), octave(8)).unwrap();
}

mod publication {
    use super::*;

    /// Checks that a reader sees new octave buckets whole or not at all, and always sees the old ones.
    fn new_octave(publish: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
        check(move || {
            let write = move |words: &[AtomicU64]| {
                publish(words);
                scalar::add(bucket(words, NEW, 0), 5.0);
            };
            race(&heap(0.0), write, |words| {
                let mut seen = Vec::new();
                let read = for_each_octave(Words(words), AT, head(), None, |buckets| {
                    seen.push((buckets.octave.pack(), scalar::get(&buckets.cells[0])));
                    Ok(())
                });
                let allowed: [&[(u16, f64)]; 3] =
                    [&[(7, 1.0)], &[(8, 0.0), (7, 1.0)], &[(8, 5.0), (7, 1.0)]];
                assert!(read.is_ok() && allowed.contains(&&seen[..]), "half: {seen:?}");
            });
        });
    }

    #[test]
    fn octave_buckets_are_seen_whole_or_not_at_all() {
        new_octave(|words| publish(words, AT, NEW));
    }

    fn clear(words: &[AtomicU64]) {
        (0..CELLS as u64).for_each(|cell| bucket(words, NEW, cell).store(0, Ordering::Release));
    }

    fn fill(words: &[AtomicU64]) {
        let link = OctaveLink { next: OLD, octave: 8 }.pack();
        let head = octave_head().pack();
        for (word, value) in [(block::KEY, KEY.pack()), (LINK, link), (block::HEAD, head)] {
            words[(NEW + word) as usize].store(value, Ordering::Relaxed);
        }
    }

    fn refer(words: &[AtomicU64], order: Ordering) {
        words[(AT + block::CELLS + summary::OCTAVES) as usize].store(NEW, order);
    }

    /// Shows that the controls fail by the step that they change, and not by their other stores.
    #[test]
    fn stores_by_hand_are_seen_whole_if_the_reference_is_stored_last_and_released() {
        new_octave(|words| {
            clear(words);
            fill(words);
            refer(words, Ordering::Release);
        });
    }

    #[test]
    #[should_panic(expected = "half")]
    fn control_whose_reference_is_not_released() {
        new_octave(|words| {
            clear(words);
            fill(words);
            refer(words, Ordering::Relaxed);
        });
    }

    #[test]
    #[should_panic(expected = "half")]
    fn control_that_clears_the_buckets_after_the_reference() {
        new_octave(|words| {
            fill(words);
            refer(words, Ordering::Release);
            clear(words);
        });
    }
}

/// Reads a summary once, as `scrape::walk` does; `None` if its words do not belong together, or the block was freed.
fn read(words: &[AtomicU64], at: u64, key: BlockKey, time: Time) -> Option<Reading> {
    let heap = Words(words);
    let run = heap.run(at, WORDS).unwrap();
    if run[block::HEAD as usize].load(Ordering::Acquire) != head().pack() {
        return None;
    }
    let mut reading = Reading::default();
    let whole: Result<bool> = reading::read(heap, at, head(), time, &mut reading);
    let same = again(run, head(), key, 0) == Again::Same;
    (same && whole.expect("another's")).then_some(reading)
}

const ALWAYS: Time = Time { window: None, now: 0.0, moving: None };

mod observation {
    use super::*;

    /// Checks that a reader sees count, sum, buckets and the largest observation of one moment.
    fn whole(observe: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
        check(move || {
            race(&heap(0.0), observe, |words| {
                let Some(Reading { cells, sketch, .. }) = read(words, AT, KEY, ALWAYS) else {
                    return;
                };
                let counts = sketch.octaves[0].1;
                let state = [cells[0], cells[1], sketch.max, counts[0], counts[1]];
                let allowed = [[1.0, 1.0, 1.0, 1.0, 0.0], [2.0, 6.0, 5.0, 1.0, 1.0]];
                assert!(allowed.contains(&state), "torn: {state:?}");
            });
        });
    }

    #[test]
    fn an_observation_is_seen_with_its_bucket_or_not_at_all() {
        whole(|words| {
            let moment = Moment { sub_window: 0, number: None };
            sketch::observe(
                cells(words),
                moment,
                (5.0, 1.0),
                sketch::Bucket::Of(bucket(words, OLD, 1)),
                Vec::new,
            );
        });
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_that_stores_to_the_bucket_after_the_update() {
        whole(|words| {
            let moment = Moment { sub_window: 0, number: None };
            sketch::observe(cells(words), moment, (5.0, 1.0), sketch::Bucket::None, Vec::new);
            scalar::add(bucket(words, OLD, 1), 1.0);
        });
    }

    /// The sub-windows 1 and 2 use the same cells. A reader in sub-window 1 shows either, because the writer may have
    /// read its clock later ([`Window::holds`]).
    const BORDER: Time =
        Time { window: Some(Window { length: 1.0, sub_windows: 1 }), now: 1.0, moving: None };

    fn next_window(begin: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static) {
        check(move || {
            race(&heap(1.0), begin, |words| {
                let Some(Reading { sketch, .. }) = read(words, AT, KEY, BORDER) else {
                    return;
                };
                let state = (sketch.max, sketch.octaves[0].1[0]);
                let allowed = [(1.0, 1.0), (f64::NEG_INFINITY, 0.0)];
                assert!(allowed.contains(&state), "torn: {state:?}");
            });
        });
    }

    fn begin(words: &[AtomicU64]) {
        let buckets = &words[(OLD + block::CELLS) as usize..(OLD + OCTAVE) as usize];
        sketch::begin(cells(words), 0, 2.0, &[buckets]);
    }

    /// The writer of the block, or an adopter of its slot, begins a sub-window.
    #[test]
    fn cells_are_of_one_sub_window_only() {
        next_window(|words| sequence::update(cells(words), |_| begin(words)));
    }

    #[test]
    #[should_panic(expected = "torn")]
    fn control_that_begins_the_sub_window_outside_of_an_update() {
        next_window(begin);
    }
}

mod reuse {
    use super::*;

    /// Removes a series, and gives its octave buckets to the summary of another series.
    fn given_away(free: impl Fn(Words<'_>) + Send + Sync + Copy + 'static) {
        check(move || {
            let write = move |words: &[AtomicU64]| {
                free(Words(words));
                publish(words, BESIDE, OLD);
                scalar::add(bucket(words, OLD, 0), 100.0);
            };
            race(&heap(0.0), write, |words| {
                let counts = |at, key| {
                    let found = read(words, at, key, ALWAYS)?;
                    Some(
                        found
                            .sketch
                            .octaves
                            .first()
                            .map(|(octave, counts)| (octave.pack(), counts[0])),
                    )
                };
                let first = counts(AT, KEY);
                assert!([None, Some(Some((7, 1.0)))].contains(&first), "another's: {first:?}");
            });
        });
    }

    fn free(words: Words<'_>, before: bool) {
        if before {
            free_block(words, AT, head()).unwrap();
        }
        free_block(words, OLD, octave_head()).unwrap();
    }

    #[test]
    fn octave_buckets_that_are_given_away_are_never_shown_as_those_of_the_former_series() {
        given_away(|words| free(words, true));
    }

    #[test]
    #[should_panic(expected = "another's")]
    fn control_that_does_not_free_the_summary_first() {
        given_away(|words| free(words, false));
    }
}

mod merging {
    use super::*;

    const FROM: u64 = HEADER_WORDS;
    const TO: u64 = FROM + 1;

    /// Adds up two cells, of two blocks of one series, while a scrape reads them.
    fn moved(
        add: impl Fn(&[AtomicU64]) + Send + Sync + Copy + 'static,
        same: impl Fn(u64, u64) -> bool + Send + Sync + Copy + 'static,
    ) {
        let mut initial = vec![0; HEADER_WORDS as usize];
        initial.extend([5.0, 7.0].map(f64::to_bits));
        check(move || {
            race(&initial, add, move |words| {
                // In the order of `scrape::rounds` and `scrape::walk`.
                let heap = Words(words);
                let merges = heap.header(header::MERGES);
                let moving = Moving::read(heap);
                let mut cells = [FROM, TO].map(|at| scalar::get(&words[at as usize]));
                if let Some(moving) = moving {
                    moving.correct(FROM, &mut cells);
                }
                fence(Ordering::Acquire);
                if same(heap.header(header::MERGES), merges) {
                    assert_eq!(cells[0] + cells[1], 12.0, "not once: {cells:?}");
                }
            });
        });
    }

    #[test]
    fn what_is_moved_is_counted_once_if_the_count_of_merges_is_the_same() {
        moved(|words| merge_cell(Words(words), FROM, TO).unwrap(), |now, before| now == before);
    }

    #[test]
    #[should_panic(expected = "not once")]
    fn control_that_does_not_check_again() {
        moved(|words| merge_cell(Words(words), FROM, TO).unwrap(), |_, _| true);
    }

    #[test]
    #[should_panic(expected = "not once")]
    fn control_that_moves_without_a_note() {
        moved(
            |words| {
                words[TO as usize].store(12.0_f64.to_bits(), Ordering::Release);
                words[FROM as usize].store(0, Ordering::Release);
            },
            |now, before| now == before,
        );
    }
}
