//! A heap in use as words, what damages it, and all that a reader and a writer do with it.

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
/// Most KiB that a test may touch, and most it may ask for, beyond what it had: many times what an
/// image needs (each thread's allocator reserves 64 MiB at once), far less than a believed length
/// would take.
const MEMORY_KIB: [u64; 2] = [512 << 10, 2 << 20];
/// Longest that one image may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A summary with a window, whose series are pruned.
fn windowed() -> FamilySpec {
    let window = Some(Window { length: 1_000.0, sub_windows: 3 });
    let options = SummaryOptions { percentiles: vec![0.5], window, prune: true };
    FamilySpec { name: "windowed".into(), numbers: options.numbers(), ..spec(MetricType::Summary) }
}

/// Observes in series of it, some of which are out of the window by [`NOW`].
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

/// The time of all that is read.
const NOW: f64 = 1.7e12;

/// The words of a heap in use: every kind of family, removed series, hidden and freed blocks, default
/// labels, octave buckets of summaries, a dead writer, and room to grow.
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

/// An exemplar for a counter or each bucket of a histogram: small ones, and some that take more room.
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

/// Everything a reader does; true if there was something to read.
pub fn read(words: &[AtomicU64], living: &[bool]) -> bool {
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

pub fn atomics(words: &[u64]) -> Vec<AtomicU64> {
    words.iter().copied().map(AtomicU64::new).collect()
}

/// Everything a writer does, after the last writer died. An error ends it.
pub fn write(words: &[u64]) -> Result<()> {
    write_and(words, |_| {})
}

/// Attaches, declares, binds what is there and what is not, updates, shows again, renames, removes,
/// gives back; in the middle of it, what `between` does to the heap.
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
            // A mutex whose bytes say that it is held cannot be locked.
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

/// splitmix64: the same flips in every run, so that a number names a failure.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// The words that are worth damage: those that are not 0, so that no flip is wasted on empty room.
pub fn targets(image: &[u64]) -> Vec<usize> {
    (0..image.len()).filter(|at| image[*at] != 0).collect()
}

/// Damages a copy of the image: mostly single bits, in the header as often as after it; now and
/// then a word that becomes another word of the image, a small number, or all ones.
pub fn damaged(image: &[u64], targets: &[usize], number: u64) -> Vec<u64> {
    let mut dice = Dice(number);
    let mut words = image.to_vec();
    let head = targets.partition_point(|at| *at < HEADER_WORDS as usize) as u64;
    for _ in 0..=dice.roll(3) {
        let among = if dice.roll(2) == 0 { head } else { targets.len() as u64 };
        let at = targets[dice.roll(among) as usize];
        // The first three words are refused by name, which would hide the rest.
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
