//! Whatever the bytes of a segment are, each call that reads it or writes to it returns a result: no panic, no hang, no
//! allocation out of proportion.

use std::sync::atomic::{AtomicU64 as Counter, Ordering};
use std::sync::Arc;

use crate::damage::{atomics, damaged, each, image, read, targets, write, write_and, Dice};
use mpmetrics_core::heap::{Heap, Setup};
use mpmetrics_core::layout::{
    extent, header, slot, BlockHead, BlockKind, EXTENT_HEADER, HEADER_WORDS, PAGE_WORDS,
};
use mpmetrics_core::region::{Owned, Region};
use mpmetrics_core::Code;
use proptest::collection::vec;
use proptest::prelude::*;

/// How many damaged images a test tries: 10,000, or `MPMETRICS_FLIPS`. Some tests try a half or a quarter of them.
fn flips() -> u64 {
    std::env::var("MPMETRICS_FLIPS").ok().and_then(|flips| flips.parse().ok()).unwrap_or(10_000)
}

#[test]
fn the_image_itself_is_read_and_written() {
    let image = image();
    assert!(read(&atomics(&image), &[true, false, true]));
    write(&image).expect("an undamaged heap");
    let mut recover = image;
    recover[header::INTENT] = 1;
    write(&recover).expect("a heap whose last holder died");
}

#[test]
fn bit_flips_before_a_reader_scans() {
    let image = image();
    let targets = targets(&image);
    let survived = Counter::new(0);
    each(flips(), |number| {
        let words = atomics(&damaged(&image, &targets, number));
        if read(&words, &[true, number % 2 == 0, false]) {
            survived.fetch_add(1, Ordering::Relaxed);
        }
    });
    // A scrape survives damage to one value or label. If no scrape survived, this test would show nothing.
    assert!(survived.into_inner() > flips() / 20);
}

#[test]
fn bit_flips_before_a_writer_attaches() {
    let image = image();
    let targets = targets(&image);
    let survived = Counter::new(0);
    each(flips(), |number| {
        let mut words = damaged(&image, &targets, number);
        // Every third writer also finds that the last holder of the lock died.
        words[header::INTENT] |= u64::from(number % 3 == 0);
        match write(&words) {
            Ok(()) => drop(survived.fetch_add(1, Ordering::Relaxed)),
            Err(error) => assert!(error.code() != Code::Io, "{error}"),
        }
    });
    assert!(survived.into_inner() > flips() / 20);
}

#[test]
fn bit_flips_under_a_living_writer() {
    let image = image();
    let targets = targets(&image);
    let survived = Counter::new(0);
    each(flips() / 4, |number| {
        let words = damaged(&image, &targets, number);
        let outcome = write_and(&image, |heap| {
            let changed = words.iter().zip(&image).enumerate().filter(|(_, (new, old))| new != old);
            for (at, (new, _)) in changed {
                heap.words().store(at as u64, *new).expect("a word of the image");
            }
        });
        match outcome {
            Ok(()) => drop(survived.fetch_add(1, Ordering::Relaxed)),
            Err(error) => assert!(error.code() != Code::Io, "{error}"),
        }
    });
    assert!(survived.into_inner() > flips() / 80);
}

/// The words of the slots' mutexes and of the exemplars' blocks, also those that are 0.
fn guarded(image: &[u64]) -> Vec<usize> {
    let slots = image[header::SLOT_CHUNKS] + EXTENT_HEADER;
    let mutex = |id| slots + id * slot::WORDS + slot::MUTEX;
    let mut words: Vec<usize> = (0..3)
        .flat_map(|id| mutex(id)..mutex(id) + slot::MUTEX_WORDS)
        .map(|word| word as usize)
        .collect();
    for (at, word) in image.iter().enumerate().skip(HEADER_WORDS as usize) {
        if let Ok(Some(head)) = BlockHead::unpack(*word) {
            if head.kind == BlockKind::Exemplar && head.incarnation == 1 && !head.absent {
                words.extend(at..at + usize::from(head.words));
            }
        }
    }
    words
}

#[test]
fn damage_to_mutexes_and_exemplars() {
    let image = image();
    let targets = guarded(&image);
    assert!(targets.len() > 2000, "{}", targets.len());
    let mutexes = 3 * slot::MUTEX_WORDS;
    let (read_back, written) = (Counter::new(0), Counter::new(0));
    each(flips() / 2, |number| {
        let mut dice = Dice(number);
        let mut words = image.clone();
        for _ in 0..=dice.roll(4) {
            let among = if dice.roll(2) == 0 { mutexes } else { targets.len() as u64 };
            let at = targets[dice.roll(among) as usize];
            words[at] = match dice.roll(6) {
                0 => dice.roll(u64::MAX),
                1 => dice.roll(4096),
                2 => image[targets[dice.roll(targets.len() as u64) as usize]],
                _ => words[at] ^ 1 << dice.roll(64),
            };
        }
        read_back.fetch_add(u64::from(read(&atomics(&words), &[true; 3])), Ordering::Relaxed);
        match write(&words) {
            Ok(()) => drop(written.fetch_add(1, Ordering::Relaxed)),
            Err(error) => assert!(error.code() == Code::Corrupt, "{error}"),
        }
    });
    assert!(read_back.into_inner() > flips() / 4, "this damage makes too many scrapes fail");
    assert!(written.into_inner() > flips() / 4, "this damage makes too many heaps unusable");
}

#[test]
fn a_truncated_segment() {
    let image = image();
    let used = image[header::USED] as usize;
    let step = if cfg!(debug_assertions) { 37 } else { 1 };
    each((used / step) as u64, |number| {
        let cut = &image[..number as usize * step];
        assert!(!read(&atomics(cut), &[true; 3]), "cut at {}", cut.len());
        let error = write(cut).expect_err("a truncated segment");
        assert_eq!(error.code(), Code::Corrupt, "{error}");
        // The same with a header whose size fits the truncated segment.
        if cut.len() >= HEADER_WORDS as usize {
            let mut cut = cut.to_vec();
            cut[header::USED] = cut.len() as u64;
            read(&atomics(&cut), &[true; 3]);
            drop(write(&cut));
        }
    });
}

#[test]
fn structures_that_lead_back_to_themselves() {
    let image = image();
    let slot_table = image[header::SLOT_CHUNKS] as usize + EXTENT_HEADER as usize;
    let slab = image[slot_table + slot::FIRST_SLAB as usize];
    let text_class = (header::TEXT_FREE..header::SLOT_CHUNKS).find(|at| image[*at] != 0);
    let text = image[text_class.expect("a free text")];
    let loops = [
        (slab as usize + extent::NEXT as usize, slab),
        (text as usize, text),
        (header::FREE_EXTENTS, slab),
        (header::FAMILY_CHUNKS, image[header::SERIES_CHUNKS]),
        (header::GENERATION_CHUNKS, image[header::SERIES_CHUNKS]),
        (header::GENERATION_CHUNKS, image[header::SLOT_CHUNKS]),
        (header::INDEX, slab),
    ];
    each(2 * loops.len() as u64, |number| {
        let (at, target) = loops[number as usize / 2];
        let mut words = image.clone();
        words[at] = target;
        words[header::INTENT] = number % 2;
        read(&atomics(&words), &[true; 3]);
        drop(write(&words));
    });
}

/// Words that are plausible in a heap: small numbers, references, block heads with lengths, and any others.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(0),
        4 => 0..16_u64,
        4 => 0..4096_u64,
        2 => (0..64_u64, 1..8_u64).prop_map(|(words, kind)| words << 16 | kind | 1 << 32),
        2 => (0..4_u64, 1..6_u64).prop_map(|(pages, kind)| (pages * PAGE_WORDS) << 8 | kind),
        1 => any::<u64>(),
        1 => (0..32_u64).prop_map(|below| u64::MAX - below),
    ]
}

proptest! {
    /// Only these words are right: magic number, version and machine, the length, and the mark that the heap is not
    /// retired. The numbers of records are below 1,024.
    #[test]
    fn random_words_behind_a_good_header(
        head in vec(word(), HEADER_WORDS as usize),
        body in vec(word(), 0..4096),
        living in vec(any::<bool>(), 0..4),
    ) {
        let used = HEADER_WORDS as usize + body.len();
        let mut words = [head, body].concat();
        let good = Owned::new(HEADER_WORDS as usize);
        Heap::create(Arc::new(good), &Setup::default()).map(|heap| {
            for at in [header::MAGIC, header::VERSION, header::MACHINE] {
                words[at] = heap.words().header(at);
            }
        }).expect("room for a header");
        words[header::USED] = used as u64;
        for at in [header::SLOTS, header::FAMILIES, header::SERIES, header::DEFAULTS] {
            words[at] %= 1024;
        }
        words[header::RETIRED] = 0;
        read(&atomics(&words), &living);
        drop(write(&words));
    }

    #[test]
    fn random_bytes_are_no_heap(words in vec(any::<u64>(), 0..1024)) {
        let region: Arc<dyn Region> = Arc::new(Owned::copy_of(words.clone()));
        prop_assert_eq!(Heap::open(region).err().map(|error| error.code()), Some(Code::Corrupt));
        prop_assert!(!read(&atomics(&words), &[]));
    }
}
