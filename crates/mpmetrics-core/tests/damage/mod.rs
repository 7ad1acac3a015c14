//! The words of a heap in use, damage to these words, and all steps of a reader and of a writer with them.

use std::sync::atomic::{AtomicU64 as Counter, Ordering};
use std::sync::Arc;
use std::time::Duration;

use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::layout::{header, HEADER_WORDS, PAGE_WORDS};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::aggregate::join;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::walk::{walk, Patience};
use mpmetrics_core::sync::AtomicU64;
use mpmetrics_core::{Code, Result};

use crate::handle::{spec, Handle};

const TYPES: [MetricType; 4] =
    [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary];
/// Most KiB that a test may touch, and most KiB of address space that it may ask for, in addition to what it
/// had before. An image needs far less, although each thread's allocator reserves 64 MiB at once. Code that believes a
/// damaged length takes far more.
const MEMORY_KIB: [u64; 2] = [512 << 10, 2 << 20];
/// The longest time that the test may take for one image.
const PATIENCE: Duration = Duration::from_secs(300);

/// A summary with a window, whose series are pruned.
fn windowed() -> FamilySpec {
    let window = Some(Window { length: 1_000.0, sub_windows: 3 });
    let options = SummaryOptions { percentiles: vec![0.5], window, prune: true };
    FamilySpec { name: "windowed".into(), numbers: options.numbers(), ..spec(MetricType::Summary) }
}

/// Observes in series of [`windowed`]. At [`NOW`], some have no observation left in the window.
fn observe(writer: &mut Writer) -> Result<()> {
    let family = writer.family(&windowed(), 0)?;
    for n in 0..6 {
        let address = writer.bind(family, format!("a=\"{n}\"").as_bytes(), b"")?;
        for value in [-1e-300, 0.0, 5e-324, 1.0, 2.5, 1e300] {
            let window = Some(Window { length: 1_000.0, sub_windows: 3 });
            writer.observe(&address, (value, 1.0), window, NOW - 1_000.0 * f64::from(n))?;
        }
    }
    Ok(())
}

/// The time of all scrapes, in Unix milliseconds.
const NOW: f64 = 1.7e12;

/// The words of a heap in use: families of all four types, removed series, hidden and freed blocks, default
/// labels, octave buckets of summaries, three writers, and room to grow.
pub fn image() -> Vec<u64> {
    let heap = Heap::create(Arc::new(Owned::new(1 << 16)), &Setup::default()).expect("a heap");
    let mut writers: Vec<Writer> = (0..3).map(|n| heap.writer(n, 1).expect("a slot")).collect();
    for writer in &mut writers {
        for kind in TYPES {
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
                        let at = handle.address;
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

/// Records an exemplar for a counter, or for each bucket of a histogram. Some are small, some take more room.
fn exemplify(writer: &mut Writer, handle: &Handle, n: u32) -> Result<()> {
    let buckets = match handle.metric_type {
        MetricType::Counter => 1,
        MetricType::Histogram => 3,
        _ => return Ok(()),
    };
    let text = format!("trace=\"{}\"", "7f".repeat(10 + (n as usize % 3) * 20));
    let at = (handle.address.slab, handle.address.cell, handle.key());
    for bucket in 0..buckets {
        let (value, time) = (f64::from(n), 1.7e9 + f64::from(n));
        let given = Given { value, time, text: text.as_bytes(), types: b"" };
        writer.exemplar(at, bucket, &given)?;
    }
    Ok(())
}

/// Takes all steps of a reader. Returns false if the heap was refused as a whole.
pub fn read(words: &[AtomicU64], living: &[bool]) -> bool {
    let filter = Filter { everything: true, exemplars: true, now: Some(NOW), ..Filter::default() };
    // No pauses: if a sequence word of a "living" writer is flipped, a scrape would make all pauses for each image.
    let patience = Patience { block: 200, walk: 2000, pauses: 0 };
    let Ok((snapshot, _)) = walk(words, living, &filter, patience) else {
        return false;
    };
    let (snapshot, _) = join(snapshot, "");
    assert!(text(&snapshot).ends_with(b"\n") && json(&snapshot).ends_with(b"}"));
    assert!(openmetrics(&snapshot).ends_with(b"# EOF\n"));
    true
}

pub fn atomics(words: &[u64]) -> Vec<AtomicU64> {
    words.iter().copied().map(AtomicU64::new).collect()
}

/// Takes all steps of a writer, up to the first error. All writers of the image count as dead.
pub fn write(words: &[u64]) -> Result<()> {
    write_and(words, |_| {})
}

/// Attaches, declares families, binds known and new series, updates, shows hidden blocks again, sets default
/// labels, removes series, gives blocks back. Calls `between` in the middle of it.
pub fn write_and(words: &[u64], between: impl Fn(&Heap)) -> Result<()> {
    let heap = Heap::open(Arc::new(Owned::copy_of(words.to_vec())))?;
    let mut writer = heap.writer(9, 1)?;
    for (number, kind) in TYPES.into_iter().enumerate() {
        if number == 2 {
            between(&heap);
        }
        let family = writer.family(&spec(kind), 0)?;
        for n in [0, 3, 5, 6, 7, 30] {
            let text = format!("b=\"some text\",a=\"{n}\"");
            let handle = Handle::bind(&mut writer, kind, family, text.as_bytes())?;
            handle.update(&mut writer, 1.0)?;
            // The damaged bytes of a mutex may say that it is held.
            match exemplify(&mut writer, &handle, n) {
                Err(error) if error.code() == Code::Busy => {}
                done => done?,
            }
            let at = handle.address;
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

/// Returns the peaks of memory touched and of address space asked for, in KiB.
fn peaks() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmHWM:", "VmPeak:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    })
}

/// Calls `run` with every number below `count`. Fails if one call takes too long (and prints its number) or if
/// memory grows out of proportion.
pub fn each(count: u64, run: impl Fn(u64)) {
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

/// Random numbers (splitmix64). They are the same in every run, so that a failure can be repeated by its number.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Returns the indexes of the words to damage: those that are not 0, because damage to empty room has no effect.
pub fn targets(image: &[u64]) -> Vec<usize> {
    (0..image.len()).filter(|at| image[*at] != 0).collect()
}

/// Damages a copy of the image, half of the time in the header. Mostly flips single bits; sometimes replaces a word by
/// another word of the image, by a small number, or by nearly all ones.
pub fn damaged(image: &[u64], targets: &[usize], number: u64) -> Vec<u64> {
    let mut dice = Dice(number);
    let mut words = image.to_vec();
    let head = targets.partition_point(|at| *at < HEADER_WORDS as usize) as u64;
    for _ in 0..=dice.roll(3) {
        let among = if dice.roll(2) == 0 { head } else { targets.len() as u64 };
        let at = targets[dice.roll(among) as usize];
        // Damage to the first three words is refused before any other word is read.
        if at <= header::MACHINE {
            continue;
        }
        words[at] = match dice.roll(8) {
            0 => image[targets[dice.roll(targets.len() as u64) as usize]],
            1 => dice.roll(4096),
            2 => u64::MAX - dice.roll(16),
            _ => words[at] ^ 1 << dice.roll(64),
        };
    }
    words
}
