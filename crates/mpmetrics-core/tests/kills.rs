//! Processes make and remove series, set default labels, and claim and give up slots, without a pause. They are killed
//! at random moments, many of them while they hold the heap lock. Each reports in a file what it has counted: every
//! scrape must have all of that, and recovery must rebuild the derived words as they were.
//!
//! `MPMETRICS_KILLS=n` kills n processes; by default the test kills for ten seconds.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod derived_words;
mod handle;
mod totals;
mod victim;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use derived_words::DerivedWords;
use mpmetrics_core::heap::{Heap, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::segment::Segment;
use victim::{exemplar_text, spec, Random, Told, COUNTED, SETS};

const SEGMENT: &str = "MPMETRICS_KILLED_SEGMENT";
const TOLD: &str = "MPMETRICS_KILLED_TOLD";
const SEED: &str = "MPMETRICS_KILLED_SEED";
const AT_ONCE: usize = 3;
/// Number of kills between two checks of the derived words. Before each of these checks, all processes end.
const ROUND: u64 = 40;

/// Not a test: the program of the processes that this file's test starts and kills.
#[test]
#[ignore = "the program of the victims"]
fn victim() {
    let var = |name| std::env::var(name).expect("started by `kills`");
    let seed = var(SEED).parse().expect("a number");
    victim::run(Path::new(&var(SEGMENT)), Path::new(&var(TOLD)), seed).expect("nothing goes wrong");
}

struct Victim {
    process: Child,
    told: Told,
    dies: Instant,
}

impl Drop for Victim {
    fn drop(&mut self) {
        // The process still runs only if the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The segment, the processes that use it, and what they have reported so far.
struct Ward {
    path: PathBuf,
    heap: Heap,
    random: Random,
    victims: Vec<Victim>,
    /// Counts that dead processes have reported.
    dead: [u64; COUNTED],
    started: u64,
    kills: u64,
    /// Counts in the last scrape.
    before: [u64; COUNTED],
    /// Half updates in the last scrape, and how many processes had been killed by then.
    halves: (Halves, u64),
    /// How many exemplars were in all scrapes together.
    exemplars: u64,
}

impl Ward {
    fn start_one(&mut self) {
        self.started += 1;
        let told = self.path.with_extension(format!("told{}", self.started));
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
            .env(SEGMENT, &self.path)
            .env(TOLD, &told)
            .env(SEED, self.random.below(1 << 31).to_string())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        // Some die while they start.
        let longest = [4_000, 12_000, 60_000][self.random.below(3) as usize];
        let dies = Instant::now() + Duration::from_micros(self.random.below(longest));
        self.victims.push(Victim { process, told: Told::open(&told), dies });
    }

    fn told(&self) -> [u64; COUNTED] {
        let mut sums = self.dead;
        for victim in &self.victims {
            sums.iter_mut().zip(victim.told.counts()).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    /// Checks that a scrape has all updates that were reported and at most one more of each process, and that no count
    /// has decreased.
    fn check(&mut self) {
        let before = self.told();
        let snapshot = scrape(&self.heap, &everything()).expect("a scrape").0;
        let after = self.told();
        let under_way = self.kills + self.victims.len() as u64;
        let (counts, observed) = (counted(&snapshot), observed(&snapshot));
        for n in 0..COUNTED {
            let (count, kills) = (counts[n], self.kills);
            assert!(before[n] <= count, "{n}: told {}, scraped {count}, {kills} kills", before[n]);
            assert!(count <= after[n] + under_way, "{n}: told {}, scraped {count}", after[n]);
            assert!(self.before[n] <= count, "{n}: scraped {} and then {count}", self.before[n]);
            let [count, shown] = observed[n];
            assert!(before[n] <= count && count <= after[n] + under_way, "{n}: observed {count}");
            assert!(before[n] <= shown + self.kills, "{n}: {shown} of {count} are shown");
        }
        self.before = counts;
        let (last, kills) = self.halves;
        let halves = halves(&snapshot);
        // An update of a summary makes two observations. A process that is killed in the middle of the second leaves a
        // sum that is off by two observations; no killed process leaves more. Each living process may be between its
        // two observations, and then a sum is off by one.
        let more = 2 * (self.kills - kills) + self.victims.len() as u64;
        let grown = halves.iter().zip(last).all(|(now, last)| *now <= last + more as f64);
        assert!(grown, "half updates: {last:?}, then {halves:?}; at most {more} more are allowed");
        self.halves = (halves, self.kills);
        self.exemplars += check_exemplars(&snapshot);
    }

    fn kill_due(&mut self) {
        let now = Instant::now();
        while let Some(index) = self.victims.iter().position(|victim| victim.dies <= now) {
            let mut victim = self.victims.swap_remove(index);
            let ended = victim.process.try_wait().expect("a child");
            assert_eq!(ended, None, "a victim ended by itself, see above");
            victim.process.kill().expect("a child");
            victim.process.wait().expect("a child");
            self.bury(&victim);
            self.kills += 1;
        }
    }

    fn bury(&mut self, victim: &Victim) {
        self.dead.iter_mut().zip(victim.told.counts()).for_each(|(sum, count)| *sum += count);
    }

    /// Lets the living processes end, and then checks that recovery rebuilds the derived words as they are.
    fn end_all_and_check_derived(&mut self) {
        let stop = self.path.with_extension("stop");
        std::fs::write(&stop, b"").expect("a file");
        for mut victim in std::mem::take(&mut self.victims) {
            let ended = victim.process.wait().expect("a child");
            assert!(ended.success(), "a victim failed, see above: {ended}");
            self.bury(&victim);
        }
        std::fs::remove_file(stop).expect("a file");
        // The next holder of the lock has to finish what others left to it. This call does so.
        drop(self.heap.hold_lock().expect("the heap lock"));
        let words = self.heap.words();
        let before = DerivedWords::read(words);
        words.set_header(header::INTENT, 1);
        drop(self.heap.hold_lock().expect("the heap lock"));
        assert_eq!(DerivedWords::read(self.heap.words()), before, "after {} kills", self.kills);
        self.check();
    }
}

fn everything() -> Filter {
    Filter { everything: true, exemplars: true, ..Filter::default() }
}

fn series_number(snapshot: &Snapshot, labels: mpmetrics_core::scrape::snapshot::LabelSpan) -> u64 {
    let text = std::str::from_utf8(snapshot.bytes(labels.text)).expect("UTF-8");
    text.split('"').nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

fn counted(snapshot: &Snapshot) -> [u64; COUNTED] {
    let mut counts = [0; COUNTED];
    for family in snapshot.families.iter().filter(|family| &*family.name == "counted") {
        for series in &family.series {
            let Value::Scalar(value) = series.value else { panic!("{:?}", series.value) };
            counts[series_number(snapshot, series.labels) as usize] += value as u64;
        }
    }
    counts
}

/// For each series of the summary, its count and the number of observations that its quantiles show.
fn observed(snapshot: &Snapshot) -> [[u64; 2]; COUNTED] {
    let mut found = [[0; 2]; COUNTED];
    for family in snapshot.families.iter().filter(|family| &*family.name == "observed") {
        for series in &family.series {
            let [count, _, shown] = totals::of(snapshot, series).expect("a summary");
            let of = &mut found[series_number(snapshot, series.labels) as usize];
            *of = [of[0] + count as u64, of[1] + shown as u64];
        }
    }
    found
}

/// Half updates: by how many observations the sums are off, and by how many the buckets.
type Halves = [f64; 2];

/// Counts half updates: processes that died in the middle of an update left them. An update of series `n` adds, sets or
/// observes n + 1, or observes 0 and then 2 (n + 1) in a summary. So if an update of another series went to
/// series `n` by mistake, the value of series `n` would in general be no multiple of n + 1.
fn halves(snapshot: &Snapshot) -> Halves {
    let mut halves = [0.0; 2];
    for family in snapshot.families.iter().filter(|family| &*family.name != "counted") {
        for series in &family.series {
            if let Some([count, _, shown]) = totals::of(snapshot, series) {
                halves[1] += (count - shown).abs();
            }
            if &*family.name == "observed" {
                continue;
            }
            let unit = series_number(snapshot, series.labels) as f64 + 1.0;
            let (sum, count) = match series.value {
                Value::Scalar(value) => (value, (value / unit).round()),
                Value::Summary { count, sum, .. } => (sum, count),
                Value::Histogram { counts, sum } => (sum, snapshot.counts(counts).iter().sum()),
                Value::States(_) => panic!("no family of the victims has states"),
            };
            let off = ((sum - count * unit) / unit).abs();
            let scalar = matches!(series.value, Value::Scalar(_));
            assert!(!scalar || off == 0.0, "{} {unit}: {:?}", family.name, series.value);
            halves[0] += off;
        }
    }
    halves
}

/// Checks that each exemplar has the labels, value and time of one update of its series. Returns how many there are.
fn check_exemplars(snapshot: &Snapshot) -> u64 {
    let mut count = 0;
    for series in snapshot.families.iter().flat_map(|family| &family.series) {
        for exemplar in snapshot.exemplars(series) {
            let text = std::str::from_utf8(snapshot.bytes(exemplar.labels.text)).expect("UTF-8");
            assert_eq!(exemplar.time, exemplar.value);
            assert_eq!(text, exemplar_text(exemplar.value as u64));
            assert_eq!(exemplar.value as u64 % 100, series_number(snapshot, series.labels) + 1);
            count += 1;
        }
    }
    count
}

/// A writer that lives until the end of the test. It has all sets of default labels, so that they stay in the heap.
fn carrier(heap: &Heap) -> Writer {
    let mut writer = heap.writer(1, 1).expect("a slot");
    writer.family(&spec(MetricType::Counter, "counted"), 0).expect("a family");
    for (group, set) in SETS.iter().enumerate() {
        writer.default_labels(group as u32, set.as_bytes(), b"").expect("default labels");
    }
    writer
}

#[test]
fn kills_lose_nothing_and_leave_a_whole_heap() {
    let wanted: u64 = std::env::var("MPMETRICS_KILLS").map_or(0, |n| n.parse().expect("a number"));
    let end = Instant::now() + Duration::from_secs(10);
    let directory =
        tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" });
    let directory = directory.expect("a directory");
    let path = directory.path().join("kills.heap");
    let heap = Segment::at(&path).expect("a segment").heap().clone();
    let carrier = carrier(&heap);
    let seed = std::process::id().into();
    let (dead, before, random) = ([0; COUNTED], [0; COUNTED], Random(seed));
    let mut ward = Ward {
        path,
        heap,
        random,
        victims: vec![],
        dead,
        started: 0,
        kills: 0,
        before,
        halves: ([0.0; 2], 0),
        exemplars: 0,
    };
    let mut used = Vec::new();
    loop {
        let done = if wanted > 0 { ward.kills >= wanted } else { Instant::now() >= end };
        if ward.kills / ROUND > used.len() as u64 || done {
            ward.end_all_and_check_derived();
            used.push(ward.heap.words().header(header::USED));
        }
        if done {
            break;
        }
        if ward.victims.len() < AT_ONCE {
            ward.start_one();
        }
        ward.kill_due();
        ward.check();
    }
    let words = ward.heap.words();
    let (recoveries, slots) = (words.header(header::RECOVERIES), words.header(header::SLOTS));
    println!("{} kills, {recoveries} recoveries, {slots} slots, {used:?} words", ward.kills);
    assert!(ward.kills >= 20, "the machine is too slow for this test: {} kills", ward.kills);
    assert!(
        recoveries > ward.kills / 20,
        "the kills miss the heap lock: {recoveries} of {}",
        ward.kills
    );
    // A process that claims a slot again has two writers for a moment.
    assert!(slots <= 1 + 2 * AT_ONCE as u64, "{slots} slots");
    let (early, last) = (used[used.len() / 2], used[used.len() - 1]);
    assert!(last <= early + early / 8, "the heap grows with kills: {used:?}");
    assert!(dead_counted(&ward) > 0, "nothing was counted");
    assert!(ward.exemplars > ward.kills, "hardly an exemplar was seen: {}", ward.exemplars);
    drop(carrier);
}

fn dead_counted(ward: &Ward) -> u64 {
    ward.dead.iter().sum()
}
