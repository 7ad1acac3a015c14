//! Models of removing series, and of reusing the place of a removed series' text.

use super::{check, race, words};
use crate::heap::directory::{generation, series};
use crate::heap::memory::text;
use crate::layout::{extent, header, series as ser, ExtentHead, ExtentKind, Words, EXTENT_HEADER};
use crate::sync::{AtomicU64, Ordering};
use loom::sync::Arc;
use loom::thread;

const RECORD: u64 = header_end();
const GENERATIONS: u64 = RECORD + EXTENT_HEADER + ser::WORDS;
const TEXT: u64 = GENERATIONS + EXTENT_HEADER + 1;
const OLD: &[u8] = b"a=\"old old\"";
const NEW: &[u8] = b"a=\"new new\"";

const fn header_end() -> u64 {
    (header::DEFAULTS_CHUNKS + header::CHUNKS) as u64
}

/// Returns a heap with the generations of two living series, and with the record and the text of the first.
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
                assert!(generation::advance(Words(words), 0, 1).unwrap());
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
                assert!(generation::advance(Words(words), 0, 1).unwrap());
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
                assert!(generation::advance(Words(words), 0, 1).unwrap());
                words[TEXT as usize].store(0, Ordering::Relaxed);
            },
            read_text,
        );
    });
}

/// Two threads remove one series, and a third thread removes the series in the other half of the generation word: each
/// series is removed once.
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
    removals(|words, id| generation::advance(Words(words), id, 1).unwrap());
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
