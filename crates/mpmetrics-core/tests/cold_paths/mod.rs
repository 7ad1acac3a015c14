//! The program that tests kill or stop at a kill point. It takes every cold path, one after another, and reports its
//! progress through files in its directory.

pub mod gauges;
pub mod observations;

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::doorbell::Doorbell;
use mpmetrics_core::heap::{FamilySpec, Heap, Limits, Writer};
use mpmetrics_core::layout::BlockKey;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::segment::{OpenOptions, Segment};
use mpmetrics_core::{Code, Result};

use crate::handle::Handle;

/// The file name of the segment that the program uses.
pub const MAIN: &str = "points.heap";
/// Number of series of the family `churned`: enough that tables, index and file grow.
const CHURNED: usize = 700;

/// A family of counters.
pub fn spec(name: &str) -> FamilySpec {
    FamilySpec { name: name.into(), ..crate::handle::spec(MetricType::Counter) }
}

/// A family of gauges that all writers update.
pub fn shared_spec() -> FamilySpec {
    let name = "shared".into();
    FamilySpec { name, aggregator: "shared".into(), ..crate::handle::spec(MetricType::Gauge) }
}

/// Makes or finds a series of a shared gauge.
///
/// # Errors
/// As [`Writer::bind`].
pub fn shared(writer: &mut Writer, text: &str) -> Result<BlockKey> {
    let family = writer.family(&shared_spec(), 0)?;
    let address = writer.bind(family, text.as_bytes(), b"")?;
    Ok(BlockKey { series: address.series, generation: address.generation })
}

/// Returns the options of the other segment. Its path follows from its name, and its root is this process.
pub fn other(directory: &Path, create: bool) -> OpenOptions {
    OpenOptions {
        name: Some("other".into()),
        directories: vec![directory.to_owned()],
        create,
        root: ProcessIdentity::current().ok(),
        ..OpenOptions::default()
    }
}

/// Returns the text that the program wrote to the file of that name; `None` if there is none.
pub fn told(directory: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(directory.join(name)).ok()
}

/// Writes a text to a file, in one step.
pub fn tell(directory: &Path, name: &str, text: &str) {
    let born = directory.join(format!("{name}.born"));
    std::fs::write(&born, text).expect("a file");
    std::fs::rename(born, directory.join(name)).expect("a file");
}

struct Program {
    directory: PathBuf,
    heap: Heap,
    writer: Writer,
    counted: Handle,
    ticks: u64,
}

/// Runs the program to its end, unless it is killed.
///
/// # Errors
/// Those of all its calls, except [`Code::Busy`]: a call is repeated while another process holds the lock.
pub fn run(directory: &Path) -> Result<()> {
    let process = ProcessIdentity::current()?;
    let segment = Segment::at(directory.join(MAIN))?;
    let heap = segment.heap().clone();
    let mut writer = patient(|| heap.writer(process.key(), process.pid))?;
    // The first writer adopted a slot, this one makes a slot.
    drop(patient(|| heap.writer(process.key(), process.pid))?);
    let family = patient(|| writer.family(&spec("counted"), 0))?;
    let counted =
        patient(|| Handle::bind(&mut writer, MetricType::Counter, family, b"n=\"victim\""))?;
    let mut program = Program { directory: directory.to_owned(), heap, writer, counted, ticks: 0 };
    program.tick()?;
    program.register()?;
    for n in 0..3 {
        patient(|| exemplar(&mut program.writer, &program.counted, n))?;
    }
    for _ in 0..2 {
        let key = patient(|| shared(&mut program.writer, "n=\"victim\""))?;
        program.writer.share(key, |value| value + 1.0)?;
        let (family, text) = (shared_spec(), b"n=\"victim\"");
        let family = patient(|| program.writer.family(&family, 0))?;
        assert!(patient(|| program.writer.remove(family, text, b""))?, "a series to remove");
    }
    program.tick()?;
    program.remove()?;
    let everything = Filter { everything: true, ..Filter::default() };
    scrape(&program.heap, &everything)?;
    program.tick()?;
    program.answer()?;
    program.create(process.key(), process.pid)?;
    program.tick()
}

/// Records an exemplar with the value `n`, whose labels contain `n`.
///
/// # Errors
/// As [`Writer::exemplar`].
pub fn exemplar(writer: &mut Writer, handle: &Handle, n: u32) -> Result<()> {
    let text = format!("trace=\"{n}{}\"", "x".repeat(n as usize * 15));
    let (value, time) = (f64::from(n), f64::from(n));
    let given = Given { value, time, text: text.as_bytes(), types: b"" };
    writer.exemplar((handle.address.slab, handle.address.cell, handle.key()), 0, &given)
}

/// Makes a call again and again while another process holds the heap lock.
fn patient<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(error) if error.code() == Code::Busy => {}
            done => return done,
        }
    }
}

impl Program {
    /// Counts 1, observes, and then reports the number of ticks.
    fn tick(&mut self) -> Result<()> {
        self.counted.update(&mut self.writer, 1.0)?;
        observations::tick(&mut self.writer, self.ticks)?;
        self.ticks += 1;
        tell(&self.directory, "ticks", &self.ticks.to_string());
        Ok(())
    }

    fn register(&mut self) -> Result<()> {
        let writer = &mut self.writer;
        let family = patient(|| writer.family(&spec("churned"), 1))?;
        for n in 0..CHURNED {
            // Label texts of several size classes.
            let text = format!("n=\"{n}\",pad=\"{}\"", "x".repeat(n % 7 * 40));
            let handle =
                patient(|| Handle::bind(writer, MetricType::Counter, family, text.as_bytes()))?;
            handle.update(writer, 1.0)?;
        }
        patient(|| self.writer.default_labels(1, b"app=\"victim\"", b""))?;
        self.tick()
    }

    fn remove(&mut self) -> Result<()> {
        let Self { writer, heap, directory, .. } = self;
        let family = patient(|| writer.family(&spec("churned"), 1))?;
        let handle = patient(|| Handle::bind(writer, MetricType::Counter, family, b"n=\"own\""))?;
        patient(|| writer.release(handle.address.slab, handle.address.cell, handle.key()))?;
        let text = b"n=\"1\",pad=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"";
        assert!(patient(|| writer.remove(family, text, b""))?, "a series to remove");
        // Asks another process to take the heap lock, and then removes a series without the lock.
        tell(directory, "hold", "");
        while told(directory, "held").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(writer.remove(family, b"n=\"0\",pad=\"\"", b"")?, "a series to remove");
        tell(directory, "removed", "");
        let reclaimed =
            patient(|| Handle::bind(writer, MetricType::Counter, family, b"n=\"late\""))?;
        assert!(reclaimed.fresh(heap)?);
        self.tick()
    }

    /// Waits for the ring of another process, answers that ring, and then rings, too.
    fn answer(&mut self) -> Result<()> {
        let bell = Doorbell::new(self.heap.clone());
        let (tell_rung, rung) = channel();
        let rung_box = Box::new(move || tell_rung.send(()).expect("a listener"));
        let ear = bell.listen(self.writer.slot(), self.writer.incarnation(), rung_box)?;
        tell(&self.directory, "listens", "");
        rung.recv().expect("a ring");
        ear.answer(ear.begin());
        let (done, over) = channel();
        let done = Box::new(move || done.send(()).expect("a waiter"));
        if let Some(ring) = bell.ring(Some(&ear), 1, Duration::from_secs(10), || Ok(done))? {
            over.recv().expect("an end");
            bell.over(ring);
        }
        bell.leave(&ear);
        self.tick()
    }

    /// Removes the segment's file, and goes on in a copy. Another writer dies after the copy is made, and its slab is
    /// copied once more.
    fn succeed(
        &mut self,
        old: Segment,
        mut writer: Writer,
        process: u64,
        pid: u32,
    ) -> Result<(Segment, Writer)> {
        let mut dying = patient(|| old.heap().writer(process, pid))?;
        patient(|| dying.family(&spec("other"), 0))?;
        std::fs::remove_file(old.path()).expect("a file");
        let options = other(&self.directory, true);
        let opened = patient(|| Segment::open_after(&options, Limits::default(), &old))?;
        let segment = opened.expect("a copy");
        drop(dying);
        patient(|| writer.follow(segment.heap()))?;
        let left = patient(|| segment.heap().copy_for_dead(old.heap()))?;
        assert_eq!(left, 0, "writers that are awaited");
        Ok((segment, writer))
    }

    /// Makes the other segment, goes on in a copy of it, and removes the copy.
    fn create(&mut self, process: u64, pid: u32) -> Result<()> {
        let opened = Segment::open(&other(&self.directory, true), Limits::default())?;
        let segment = opened.expect("a segment that is made");
        let mut writer = patient(|| segment.heap().writer(process, pid))?;
        patient(|| writer.family(&spec("other"), 0))?;
        patient(|| shared(&mut writer, ""))?;
        let (segment, writer) = self.succeed(segment, writer, process, pid)?;
        drop(writer);
        patient(|| segment.tidy(Some(process)))?;
        self.tick()
    }
}
