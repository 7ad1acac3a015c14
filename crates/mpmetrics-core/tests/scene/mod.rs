//! A heap in which a victim dies or stops at a kill point, and checks of what all other processes find then.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mpmetrics_core::doorbell::{Doorbell, Ear};
use mpmetrics_core::heap::{Heap, HeldLock, Limits, Writer, LOCK_DEADLINE_US};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::kill_points::{Held, VARIABLE};
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::segment::{OpenOptions, Segment};
use mpmetrics_core::{Code, Result};

use crate::cold_paths::{exemplar, gauges, observations, other, shared, spec, tell, told, MAIN};
use crate::derived_words::DerivedWords;
use crate::handle::{self, Handle};

/// The environment variable with the directory of a victim.
pub const DIRECTORY: &str = "MPMETRICS_POINTED_DIRECTORY";
/// Longer than any call here takes, unless it waits without a bound.
const PATIENCE: Duration = Duration::from_secs(300);
/// The time for which a scrape waits for callbacks.
const RING: Duration = Duration::from_millis(60);

/// The end of the victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Die,
    Stop,
}

/// The heap as the victim finds it, and the writers that go on in it.
pub struct Scene {
    pub directory: tempfile::TempDir,
    heap: Heap,
    writer: Writer,
    bell: Arc<Doorbell>,
    ear: Arc<Ear>,
    /// The heap lock, which the victim asks this process to hold while it removes a series.
    pub held: Option<HeldLock>,
    /// The value of the gauge that all writers but the victim share.
    shared: f64,
    /// Number of writers that were made after the victim began.
    later: f64,
    pub victim: Child,
    /// The kill point and the end of the victim, for messages.
    pub what: String,
}

impl Drop for Scene {
    fn drop(&mut self) {
        // The victim still runs only if the test has failed.
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// The counts in the heap before the victim starts: 10 of a living writer, and 12 of two dead lives of one slot, in two
/// blocks that the victim merges.
const BEFORE: f64 = 22.0;

impl Scene {
    pub fn new(point: &str, nth: u32, end: End) -> Self {
        // A forked child holds the locks of dead writers, too, until it runs another program. So no other thread may
        // fork while writers die here.
        let _alone = ALONE.lock();
        let shm = Path::new("/dev/shm");
        let directory = tempfile::tempdir_in(if shm.is_dir() { shm } else { Path::new("/tmp") });
        let directory = directory.expect("a directory");
        let segment = Segment::at(directory.path().join(MAIN)).expect("a segment");
        let heap = segment.heap().clone();
        let mut writer = heap.writer(1, 1).expect("a slot");
        count(&mut writer, "counted", b"n=\"living\"", 10.0).expect("a series");
        for by in [5.0, 7.0] {
            let mut dead = heap.writer(2, 2).expect("a slot");
            count(&mut dead, "counted", b"n=\"dead\"", by).expect("a series");
            observations::leave_twin(&mut dead, by == 5.0).expect("a summary");
            gauges::leave(&mut dead, by).expect("gauges");
            dead.default_labels(0, b"app=\"dead\"", b"").expect("default labels");
            let family = dead.family(&handle::spec(MetricType::Gauge), 1).expect("a family");
            Handle::bind(&mut dead, MetricType::Gauge, family, b"").expect("a gauge");
        }
        leave_dead_segment(directory.path());
        // As if a process had died while it held the heap lock.
        heap.words().set_header(header::INTENT, 1);
        let bell = Doorbell::new(heap.clone());
        let ear = answering(&bell, &writer);
        let word = if end == End::Die { "die" } else { "stop" };
        let victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
            .env(DIRECTORY, directory.path())
            .env(VARIABLE, format!("{point}:{nth}:{word}"))
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        let what = format!("{point}, {word}");
        Self {
            directory,
            heap,
            writer,
            bell,
            ear,
            held: None,
            shared: 0.0,
            later: 0.0,
            victim,
            what,
        }
    }

    /// Does what the victim asks for, until the victim has ended or, with `stopped`, has stopped.
    pub fn until(&mut self, stopped: bool) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < 3 * PATIENCE {
            if let Some(status) = self.victim.try_wait().expect("a child") {
                return Some(status);
            }
            if stopped && is_stopped(self.victim.id()) {
                return None;
            }
            let path = self.directory.path();
            if told(path, "removed").is_some() {
                self.held = None;
            } else if told(path, "hold").is_some() && self.held.is_none() {
                self.held = self.heap.hold_lock().ok();
                if self.held.is_some() {
                    tell(path, "held", "");
                }
            }
            if told(path, "listens").is_some() {
                self.ring();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{}: the victim does not end", self.what);
    }

    /// Rings and waits for callbacks, as a scrape does. Returns whether the time was over before all had answered.
    pub fn ring(&self) -> bool {
        let (done, over) = std::sync::mpsc::channel();
        let done = Box::new(move || done.send(()).expect("a waiter"));
        let before = self.heap.words().header(header::COLLECT_TIMEOUTS);
        if let Some(ring) = self.bell.ring(Some(&self.ear), 1, RING, || Ok(done)).expect("a ring") {
            over.recv_timeout(PATIENCE).expect("the wait has an end");
            self.bell.over(ring);
        }
        self.heap.words().header(header::COLLECT_TIMEOUTS) > before
    }

    /// Checks that a scrape does not wait, and shows every count once.
    pub fn check_numbers(&self) {
        let before = ticks(self.directory.path());
        let begun = Instant::now();
        let snapshot = scraped(&self.heap);
        assert!(begun.elapsed() < PATIENCE, "{}: a scrape waits", self.what);
        let after = ticks(self.directory.path());
        let own = counted(&snapshot) - BEFORE - new_ones(self.directory.path());
        let what = &self.what;
        assert!((before..=after + 1.0).contains(&own), "{what}: told {after}, scraped {own}");
        observations::check(&snapshot, (before, after + 1.0), self.later, what);
        gauges::check(&snapshot, what);
    }

    /// Checks the result of a call that needs a lock: the call is done or, if the lock is held, gives up at the
    /// deadline.
    fn done<T>(&self, locked: bool, call: &str, done: Result<T>, took: Duration) -> Option<T> {
        assert!(took < PATIENCE, "{}: {call} waits", self.what);
        match done {
            Err(error) if locked && error.code() == Code::Busy => {
                assert!(took >= Duration::from_micros(LOCK_DEADLINE_US), "{}", self.what);
                None
            }
            Err(error) => panic!("{}: {call}: {error}", self.what),
            Ok(_) if locked => panic!("{}: {call} went on although the lock is held", self.what),
            Ok(done) => Some(done),
        }
    }

    /// Makes a series of the living writer, and then a new writer with a series; both twice. Checks the numbers after
    /// each.
    pub fn check_new(&mut self, locked: bool) {
        for name in ["n=\"new 1\"", "n=\"new 2\""] {
            let begun = Instant::now();
            let bound = count(&mut self.writer, "counted", name.as_bytes(), 100.0);
            if self.done(locked, "a new series", bound, begun.elapsed()).is_some() {
                add_new(self.directory.path(), 100.0);
            }
            self.check_numbers();
            let begun = Instant::now();
            let made = self.heap.writer(3, 3);
            if let Some(mut made) = self.done(locked, "a new writer", made, begun.elapsed()) {
                count(&mut made, "counted", b"n=\"new writer\"", 1000.0).expect("a series");
                add_new(self.directory.path(), 1000.0);
                observations::come_later(&mut made).expect("a summary");
                self.later += 1.0;
                self.shared += 1.0;
                assert_eq!(share(&mut made), self.shared, "{}: a shared gauge", self.what);
                self.shared += 1.0;
                assert_eq!(share(&mut self.writer), self.shared, "{}: the same", self.what);
            }
            self.check_numbers();
        }
    }

    /// Checks that the segment `other`, which the victim makes, can be opened or made again in any state in which the
    /// victim left its files.
    pub fn check_other(&self, held: Held) {
        let begun = Instant::now();
        let path = self.directory.path();
        let opened = Segment::open(&other(path, true), Limits::default());
        assert!(begun.elapsed() < PATIENCE, "{}: making a segment waits", self.what);
        let segment = opened.expect(&self.what).expect("a segment");
        let begun = Instant::now();
        let made = segment.heap().writer(4, 4);
        let mut writer = match self.done(held == Held::Other, "other", made, begun.elapsed()) {
            Some(writer) => writer,
            None => return,
        };
        count(&mut writer, "other", b"", 3.0).expect("a series");
        assert_eq!(counted(&scraped(segment.heap())), 3.0, "{}", self.what);
    }

    /// Checks that the process that makes the next segment removes the files of dead processes.
    pub fn check_tidied(&self) {
        let own = std::fs::read_dir(self.directory.path()).unwrap().flatten();
        let own = own.map(|entry| entry.path()).find(|path| path.is_dir()).expect("a directory");
        let _ = std::fs::remove_file(own.join("other.heap"));
        leave_dead_segment(self.directory.path());
        let opened = Segment::open(&other(self.directory.path(), true), Limits::default());
        let opened = opened.expect(&self.what).expect("a segment");
        let left: Vec<_> =
            std::fs::read_dir(own).unwrap().flatten().map(|e| e.file_name()).collect();
        let only = |name: &std::ffi::OsString| name == ".lock" || name == "other.heap";
        assert!(left.iter().all(only), "{}: {left:?}", self.what);
        drop(opened);
    }

    /// Checks that the derived words equal those that a recovery derives.
    pub fn check_whole(&self) {
        drop(self.heap.hold_lock().expect("the heap lock"));
        let before = DerivedWords::read(self.heap.words());
        self.heap.words().set_header(header::INTENT, 1);
        drop(self.heap.hold_lock().expect("the heap lock"));
        let whole = DerivedWords::read(self.heap.words()) == before;
        assert!(whole, "{}: derived words differ from those of a recovery", self.what);
    }
}

/// Makes a segment whose root is dead. A process that makes another segment in the directory removes it.
fn leave_dead_segment(directory: &Path) {
    let now = ProcessIdentity::current().expect("a process");
    let root = Some(ProcessIdentity { start_time: now.start_time + 1, ..now });
    let name = Some("dead".into());
    let options = OpenOptions { name, root, ..other(directory, true) };
    drop(Segment::open(&options, Limits::default()).expect("a segment"));
}

/// Makes a listener that answers every ring at once, for as long as its ear exists.
fn answering(bell: &Arc<Doorbell>, writer: &Writer) -> Arc<Ear> {
    let (tell, rung) = std::sync::mpsc::channel();
    let told = Box::new(move || tell.send(()).unwrap_or(()));
    let ear = bell.listen(writer.slot(), writer.incarnation(), told).expect("a listener");
    let answers = Arc::clone(&ear);
    std::thread::spawn(move || {
        while rung.recv().is_ok() {
            answers.answer(answers.begin());
        }
    });
    ear
}

fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
}

fn ticks(directory: &Path) -> f64 {
    told(directory, "ticks").map_or(0.0, |ticks| ticks.parse().expect("a number"))
}

fn new_ones(directory: &Path) -> f64 {
    told(directory, "new").map_or(0.0, |new| new.parse().expect("a number"))
}

fn add_new(directory: &Path, by: f64) {
    tell(directory, "new", &(new_ones(directory) + by).to_string());
}

/// Adds 1 to a shared gauge that only this function changes. Returns the new value.
fn share(writer: &mut Writer) -> f64 {
    let key = shared(writer, "n=\"others\"").expect("a shared gauge");
    writer.share(key, |value| value + 1.0).expect("a shared gauge")
}

/// Counts in a series, and records an exemplar, for which it locks a mutex that a dead writer may have left locked.
fn count(writer: &mut Writer, family: &str, text: &[u8], by: f64) -> Result<()> {
    let family = writer.family(&spec(family), 0)?;
    let handle = Handle::bind(writer, MetricType::Counter, family, text)?;
    handle.update(writer, by)?;
    exemplar(writer, &handle, 7)
}

/// Checks that the exemplars of a scrape are whole. Returns their number.
fn check_exemplars(snapshot: &Snapshot, what: &str) -> usize {
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let shown: Vec<_> = series.flat_map(|series| snapshot.exemplars(series)).collect();
    for exemplar in &shown {
        let n = exemplar.value as usize;
        let text = format!("trace=\"{n}{}\"", "x".repeat(n * 15));
        assert_eq!(snapshot.bytes(exemplar.labels.text), text.as_bytes(), "{what}");
        assert_eq!(exemplar.time, exemplar.value, "{what}");
    }
    shown.len()
}

fn scraped(heap: &Heap) -> Snapshot {
    let filter = Filter { everything: true, exemplars: true, ..Filter::default() };
    let snapshot = scrape(heap, &filter).expect("a scrape").0;
    assert!(check_exemplars(&snapshot, "an exemplar") > 0, "no exemplar is shown");
    snapshot
}

/// Returns the sum of all counters, except those of the family `churned`.
fn counted(snapshot: &Snapshot) -> f64 {
    let families = snapshot.families.iter().filter(|family| &*family.name != "churned");
    let counters = families.filter(|family| family.metric_type == MetricType::Counter);
    let values = counters.flat_map(|family| &family.series).map(|series| &series.value);
    values.map(|value| if let Value::Scalar(value) = value { *value } else { 0.0 }).sum()
}
