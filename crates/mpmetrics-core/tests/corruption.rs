//! P6: whatever the bytes of a segment are, reading it and writing to it end with a result: no panic,
//! no hang, no allocation out of proportion.

mod handle;

use std::sync::atomic::{AtomicU64 as Counter, Ordering};
use std::sync::Arc;
use std::time::Duration;

use handle::{spec, Handle};
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::collect::aggregate::join;
use mpmetrics_core::collect::filter::Filter;
use mpmetrics_core::collect::walk::{walk, Patience};
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::kind::Kind;
use mpmetrics_core::layout::{
    extent, header, slot, BlockHead, BlockKind, EXTENT_HEADER, HEADER_WORDS, PAGE_WORDS,
};
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::region::{Owned, Region};
use mpmetrics_core::sync::AtomicU64;
use mpmetrics_core::{Code, Result};
use proptest::collection::vec;
use proptest::prelude::*;

const KINDS: [Kind; 4] = [Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary];
/// Most KiB that a test may touch, and most it may ask for, beyond what it had: many times what an
/// image needs (each thread's allocator reserves 64 MiB at once), far less than a believed length
/// would take.
const MEMORY_KIB: [u64; 2] = [512 << 10, 2 << 20];
/// Longest that one image may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A summary with a window and series that expire.
fn windowed() -> FamilySpec {
    let window = Some(Window { length: 1_000.0, parts: 3 });
    let options = SummaryOptions { percentiles: vec![0.5], window, prune: true };
    FamilySpec { name: "windowed".into(), bounds: options.numbers(), ..spec(Kind::Summary) }
}

/// Observes in series of it, some of which have expired by [`NOW`].
fn observe(writer: &mut Writer) -> Result<()> {
    let family = writer.family(&windowed(), 0)?;
    for n in 0..6 {
        let bound = writer.bind(family, format!("a=\"{n}\"").as_bytes(), b"")?;
        for value in [-1e-300, 0.0, 5e-324, 1.0, 2.5, 1e300] {
            let window = Some(Window { length: 1_000.0, parts: 3 });
            writer.observe(&bound, (value, 1.0), window, NOW - 1_000.0 * f64::from(n))?;
        }
    }
    Ok(())
}

/// The time of all that is read.
const NOW: f64 = 1.7e12;

/// The words of a heap in use: every kind of family, removed series, hidden and freed blocks, default
/// labels, chunks of summaries, a dead writer, and room to grow.
fn image() -> Vec<u64> {
    let heap = Heap::create(Arc::new(Owned::new(1 << 16)), &Setup::default()).expect("a heap");
    let mut writers: Vec<Writer> = (0..3).map(|n| heap.writer(n, 1).expect("a slot")).collect();
    for writer in &mut writers {
        for kind in KINDS {
            let family = writer.family(&spec(kind), 0).expect("a family");
            let set = format!("w=\"{}\"", writer.slot());
            writer.default_labels(0, set.as_bytes(), b"").expect("default labels");
            for n in 0..20 {
                let text = format!("a=\"{n}\",b=\"some text\"");
                let handle = Handle::bind(writer, kind, family, text.as_bytes()).expect("a series");
                handle.update(writer, f64::from(n)).expect("cells");
                exemplify(writer, &handle, n).expect("room for an exemplar");
                match n % 7 {
                    3 => handle.hide(&heap).expect("a block"),
                    5 => {
                        let at = handle.bound;
                        writer.release(at.slab, at.cell, handle.key()).expect("a block");
                    }
                    6 => drop(writer.remove(family, text.as_bytes(), b"").expect("a series")),
                    _ => {}
                }
            }
        }
    }
    for writer in &mut writers {
        observe(writer).expect("room");
    }
    let words: Vec<u64> = heap.words().0.iter().map(|word| word.load(Ordering::Acquire)).collect();
    let used = words[header::USED] as usize;
    let mut words = words[..used].to_vec();
    words.resize(used + 64 * PAGE_WORDS as usize, 0);
    words
}

/// An exemplar for each place of a counter or a histogram: small ones, and some that take more room.
fn exemplify(writer: &mut Writer, handle: &Handle, n: u32) -> Result<()> {
    let places = match handle.kind {
        Kind::Counter => 1,
        Kind::Histogram => 3,
        _ => return Ok(()),
    };
    let text = format!("trace=\"{}\"", "7f".repeat(10 + (n as usize % 3) * 20));
    let at = (handle.bound.slab, handle.bound.cell, handle.key());
    for place in 0..places {
        let (value, time) = (f64::from(n), 1.7e9 + f64::from(n));
        let given = Given { value, time, text: text.as_bytes(), types: b"" };
        writer.exemplar(at, place, &given)?;
    }
    Ok(())
}

/// Everything a reader does; true if there was something to read.
fn read(words: &[AtomicU64], living: &[bool]) -> bool {
    let filter = Filter { everything: true, exemplars: true, now: Some(NOW), ..Filter::default() };
    // No pauses: a flipped sequence word of a "living" writer would cost each image its whole budget.
    let patience = Patience { block: 200, walk: 2000, pauses: 0 };
    let Ok((snapshot, _)) = walk(words, living, &filter, patience) else {
        return false;
    };
    let (snapshot, _) = join(snapshot);
    assert!(text(&snapshot).ends_with(b"\n") && json(&snapshot).ends_with(b"}"));
    assert!(openmetrics(&snapshot).ends_with(b"# EOF\n"));
    true
}

fn atomics(words: &[u64]) -> Vec<AtomicU64> {
    words.iter().copied().map(AtomicU64::new).collect()
}

/// Everything a writer does, after the last writer died. An error ends it.
fn write(words: &[u64]) -> Result<()> {
    write_and(words, |_| {})
}

/// Attaches, declares, binds what is there and what is not, updates, shows again, renames, removes,
/// gives back; in the middle of it, what `between` does to the heap.
fn write_and(words: &[u64], between: impl Fn(&Heap)) -> Result<()> {
    let heap = Heap::open(Arc::new(Owned::copy_of(words.to_vec())))?;
    let mut writer = heap.writer(9, 1)?;
    for (place, kind) in KINDS.into_iter().enumerate() {
        if place == 2 {
            between(&heap);
        }
        let family = writer.family(&spec(kind), 0)?;
        for n in [0, 3, 5, 6, 7, 30] {
            let text = format!("b=\"some text\",a=\"{n}\"");
            let handle = Handle::bind(&mut writer, kind, family, text.as_bytes())?;
            handle.update(&mut writer, 1.0)?;
            // A mutex whose bytes say that somebody holds it is one that nobody can have.
            match exemplify(&mut writer, &handle, n) {
                Err(error) if error.code() == Code::Busy => {}
                done => done?,
            }
            let at = handle.bound;
            match n {
                0 => {
                    handle.hide(&heap)?;
                    writer.revive(at.slab, at.cell, handle.key())?;
                }
                5 => drop(writer.remove(family, text.as_bytes(), b"")?),
                7 => writer.release(at.slab, at.cell, handle.key())?,
                _ => {}
            }
        }
        writer.default_labels(0, format!("w=\"{kind:?}\"").as_bytes(), b"")?;
        writer.withdraw(family)?;
    }
    observe(&mut writer)?;
    heap.retire(Some(9)).map(drop)
}

/// Memory touched, and address space asked for, at the most so far, in KiB.
fn peaks() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmHWM:", "VmPeak:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    })
}

/// Runs something on every number; fails if one of them takes too long (and says which it hangs on) or
/// if memory grows out of proportion.
fn each(count: u64, run: impl Fn(u64)) {
    let before = peaks();
    let done = Counter::new(0);
    let over = std::sync::Mutex::new(false);
    let ended = std::sync::Condvar::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            let mut over = over.lock().expect("the watchdog's own mutex");
            while !*over {
                over = ended.wait_timeout(over, PATIENCE).expect("the watchdog's own mutex").0;
                let now = done.load(Ordering::Relaxed);
                if !*over && now == seen {
                    eprintln!("number {now} hangs");
                    std::process::abort();
                }
                seen = now;
            }
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for number in 0..count {
                run(number);
                done.fetch_add(1, Ordering::Relaxed);
            }
        }));
        *over.lock().expect("the watchdog's own mutex") = true;
        ended.notify_all();
        if let Err(panic) = outcome {
            eprintln!("number {} panics", done.load(Ordering::Relaxed));
            std::panic::resume_unwind(panic);
        }
    });
    for ((after, before), limit) in peaks().into_iter().zip(before).zip(MEMORY_KIB) {
        assert!(after - before < limit, "{} KiB more than before", after - before);
    }
}

/// splitmix64: the same flips in every run, so that a number names a failure.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// The places that are worth damage: words that are not 0, so that no flip is wasted on empty room.
fn places(image: &[u64]) -> Vec<usize> {
    (0..image.len()).filter(|at| image[*at] != 0).collect()
}

/// Damages a copy of the image: mostly single bits, in the header as often as behind it; now and
/// then a word that becomes another word of the image, a small number, or all ones.
fn damaged(image: &[u64], places: &[usize], number: u64) -> Vec<u64> {
    let mut dice = Dice(number);
    let mut words = image.to_vec();
    let head = places.partition_point(|at| *at < HEADER_WORDS as usize) as u64;
    for _ in 0..=dice.roll(3) {
        let among = if dice.roll(2) == 0 { head } else { places.len() as u64 };
        let at = places[dice.roll(among) as usize];
        // The first three words are refused by name, which would hide the rest.
        if at <= header::MACHINE {
            continue;
        }
        words[at] = match dice.roll(8) {
            0 => image[places[dice.roll(places.len() as u64) as usize]],
            1 => dice.roll(4096),
            2 => u64::MAX - dice.roll(16),
            _ => words[at] ^ 1 << dice.roll(64),
        };
    }
    words
}

/// How many images of each test: 10,000 bit flips in CI, `MPMETRICS_FLIPS` for the torture.
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
    let places = places(&image);
    let survived = Counter::new(0);
    each(flips(), |number| {
        let words = atomics(&damaged(&image, &places, number));
        if read(&words, &[true, number % 2 == 0, false]) {
            survived.fetch_add(1, Ordering::Relaxed);
        }
    });
    // Damage to one value or label must not cost the scrape; if all were refused, nothing was tested.
    assert!(survived.into_inner() > flips() / 20);
}

#[test]
fn bit_flips_before_a_writer_attaches() {
    let image = image();
    let places = places(&image);
    let survived = Counter::new(0);
    each(flips(), |number| {
        let mut words = damaged(&image, &places, number);
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
    let places = places(&image);
    let survived = Counter::new(0);
    each(flips() / 4, |number| {
        let words = damaged(&image, &places, number);
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
    let places = guarded(&image);
    assert!(places.len() > 2000, "{}", places.len());
    let mutexes = 3 * slot::MUTEX_WORDS;
    let (read_back, written) = (Counter::new(0), Counter::new(0));
    each(flips() / 2, |number| {
        let mut dice = Dice(number);
        let mut words = image.clone();
        for _ in 0..=dice.roll(4) {
            let among = if dice.roll(2) == 0 { mutexes } else { places.len() as u64 };
            let at = places[dice.roll(among) as usize];
            words[at] = match dice.roll(6) {
                0 => dice.roll(u64::MAX),
                1 => dice.roll(4096),
                2 => image[places[dice.roll(places.len() as u64) as usize]],
                _ => words[at] ^ 1 << dice.roll(64),
            };
        }
        read_back.fetch_add(u64::from(read(&atomics(&words), &[true; 3])), Ordering::Relaxed);
        match write(&words) {
            Ok(()) => drop(written.fetch_add(1, Ordering::Relaxed)),
            Err(error) => assert!(error.code() == Code::Corrupt, "{error}"),
        }
    });
    assert!(read_back.into_inner() > flips() / 4, "an exemplar costs the scrape");
    assert!(written.into_inner() > flips() / 4, "an exemplar or a mutex costs the heap");
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
        // The same, with a header that does not give it away.
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

/// Numbers as a hostile heap would have them: small ones, references, lengths in upper halves.
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
    /// Nothing but the mark of a heap is right.
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
