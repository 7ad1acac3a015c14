//! The program that tests kill. Until then, it makes and removes series, changes default labels, and gives up and
//! claims slots. After each count it stores what it has counted to a file of its own.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{FamilySpec, Heap, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::quantile::octave;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{Code, Result};

use crate::handle::Handle;

/// Number of series that are counted and never removed.
pub const COUNTED: usize = 6;
/// Number of label sets whose series are made and removed.
pub const CHURNED: u64 = 90;
/// Types of the series that are made and removed. An update of series `n` counts, sets or observes the value n + 1.
/// Only in a summary, an update makes two observations: 0, and then 2 (n + 1).
pub const TYPES: [MetricType; 4] =
    [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary];
/// Sets of default labels that a writer of the test carries, too, so that they are never freed.
pub const SETS: [&str; 3] = ["", r#"app="one""#, r#"app="two",zone="a""#];
const MORE_FAMILIES: u64 = 100;

/// The numbers of the program's two registries: that of the series that are counted, and that of the series that are
/// made and removed.
const COUNTED_GROUP: u32 = 0;
const CHURNED_GROUP: u32 = 1;

/// A small generator of random numbers (xorshift64*, Vigna 2016). Equal seeds give equal numbers.
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// A family of the program.
pub fn spec(metric_type: MetricType, name: &str) -> FamilySpec {
    FamilySpec { name: name.into(), ..crate::handle::spec(metric_type) }
}

/// Returns the labels of a series that is made and removed: texts of several size classes.
fn churned(n: u64) -> String {
    format!("n=\"{n}\",pad=\"{}\"", "x".repeat((n % 5 * n) as usize))
}

/// Returns the labels of the exemplar of a value, of many lengths.
pub fn exemplar_text(value: u64) -> String {
    format!("v=\"{value}\",pad=\"{}\"", "x".repeat((value / 100) as usize * 2))
}

/// The file to which a process stores what it has counted.
pub struct Told(File);

impl Told {
    /// Opens the file at a path, and makes it if it does not exist.
    pub fn open(path: &Path) -> Self {
        let mut options = File::options();
        Self(
            options.read(true).write(true).create(true).truncate(false).open(path).expect("a file"),
        )
    }

    /// Returns the count of each series.
    pub fn counts(&self) -> [u64; COUNTED] {
        std::array::from_fn(|n| {
            let mut bytes = [0; 8];
            let read = self.0.read_at(&mut bytes, n as u64 * 8).expect("a file");
            u64::from_le_bytes(if read == 8 { bytes } else { [0; 8] })
        })
    }

    fn counted(&self, n: usize, count: u64) {
        self.0.write_all_at(&count.to_le_bytes(), n as u64 * 8).expect("a file");
    }
}

struct Program {
    segment: Segment,
    writer: Writer,
    process: ProcessIdentity,
    counted: u32,
    /// A family of summaries. One of its series observes a value at each count.
    observed: u32,
    families: [u32; 4],
    handles: HashMap<(usize, u64), Handle>,
    told: Told,
    counts: [u64; COUNTED],
    random: Random,
}

/// Runs until it is killed, or until the file with the extension `stop` exists.
///
/// # Errors
/// Those of all its calls, except [`Code::Busy`]: a step is given up while another process holds the lock.
pub fn run(segment: &Path, told: &Path, seed: u64) -> Result<()> {
    let stop = segment.with_extension("stop");
    let mut program = loop {
        match Program::start(segment, Told::open(told), seed) {
            Err(error) if error.code() == Code::Busy => {}
            started => break started?,
        }
    };
    while !stop.exists() {
        for _ in 0..20 {
            match program.step() {
                Err(error) if error.code() != Code::Busy => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

impl Program {
    fn start(path: &Path, told: Told, seed: u64) -> Result<Self> {
        let segment = Segment::at(path)?;
        let process = ProcessIdentity::current()?;
        let mut writer = segment.heap().writer(process.key(), process.pid)?;
        let counted = writer.family(&spec(MetricType::Counter, "counted"), COUNTED_GROUP)?;
        let observed = writer.family(&spec(MetricType::Summary, "observed"), COUNTED_GROUP)?;
        let mut families = [0; 4];
        for (family, metric_type) in families.iter_mut().zip(TYPES) {
            *family =
                writer.family(&spec(metric_type, &format!("{metric_type:?}")), CHURNED_GROUP)?;
        }
        let counts = told.counts();
        let (handles, random) = (HashMap::new(), Random(seed | 1));
        Ok(Self {
            segment,
            writer,
            process,
            counted,
            observed,
            families,
            handles,
            told,
            counts,
            random,
        })
    }

    fn heap(&self) -> Heap {
        self.segment.heap().clone()
    }

    fn step(&mut self) -> Result<()> {
        match self.random.below(100) {
            0..25 => self.count(),
            25..55 => self.update(),
            55..75 => self.remove(),
            75..82 => self.release(),
            82..87 => self.hide(),
            87..94 => self.rename(),
            94..96 => self.declare(),
            96..99 => self.come_back(),
            _ => self.attach(),
        }
    }

    /// Counts 1, and then stores the count to the file.
    fn count(&mut self) -> Result<()> {
        let n = self.random.below(COUNTED as u64);
        let known = self.handles.get(&(TYPES.len(), n)).copied();
        let keep = self.random.below(3) > 0;
        let handle = match known.filter(|_| keep) {
            Some(handle) => handle,
            None => {
                let text = format!("a=\"{n}\"");
                Handle::bind(&mut self.writer, MetricType::Counter, self.counted, text.as_bytes())?
            }
        };
        assert!(handle.fresh(&self.heap())?, "a series that no process removes is gone");
        // Zeros, and values of a dozen octaves.
        let value = [0.0, (self.random.below(12) as f64).exp2()][self.random.below(2) as usize];
        let text = format!("a=\"{n}\"");
        let observed =
            Handle::bind(&mut self.writer, MetricType::Summary, self.observed, text.as_bytes())?;
        self.make_room(&observed, value)?;
        handle.update(&mut self.writer, 1.0)?;
        observed.update(&mut self.writer, value)?;
        self.counts[n as usize] += 1;
        self.told.counted(n as usize, self.counts[n as usize]);
        self.handles.insert((TYPES.len(), n), handle);
        Ok(())
    }

    /// Makes the buckets for a value before it is observed. If an observation needs new buckets while another process
    /// holds the heap lock, the observation is counted, but in no bucket.
    fn make_room(&mut self, handle: &Handle, value: f64) -> Result<()> {
        let Some((octave, _)) = octave::locate(value) else { return Ok(()) };
        let address = handle.address;
        match self.writer.buckets(address.slab, address.cell, handle.key(), octave) {
            // The series was removed meanwhile.
            Err(error) if error.code() == Code::Invalid => Ok(()),
            done => done.map(drop),
        }
    }

    fn some(&mut self) -> (usize, u64) {
        (self.random.below(TYPES.len() as u64) as usize, self.random.below(CHURNED))
    }

    /// Updates through the known handle if it is fresh, as an application does. Otherwise binds first.
    fn update(&mut self) -> Result<()> {
        let (metric_type, n) = self.some();
        let known = self.handles.get(&(metric_type, n)).copied();
        let handle = match known {
            Some(handle) if handle.fresh(&self.heap())? => handle,
            _ => {
                let text = churned(n);
                Handle::bind(
                    &mut self.writer,
                    TYPES[metric_type],
                    self.families[metric_type],
                    text.as_bytes(),
                )?
            }
        };
        self.handles.insert((metric_type, n), handle);
        let value = n as f64 + 1.0;
        if TYPES[metric_type] == MetricType::Summary {
            self.make_room(&handle, 2.0 * value)?;
            handle.update(&mut self.writer, 0.0)?;
            return handle.update(&mut self.writer, 2.0 * value);
        }
        handle.update(&mut self.writer, value)?;
        self.exemplify(&handle, n)
    }

    /// Records an exemplar whose value, time and labels determine each other.
    fn exemplify(&mut self, handle: &Handle, n: u64) -> Result<()> {
        let buckets = match handle.metric_type {
            MetricType::Counter => 1,
            MetricType::Histogram => 3,
            _ => return Ok(()),
        };
        let value = n + 1 + 100 * self.random.below(50);
        let (bucket, text) = (self.random.below(buckets) as u32, exemplar_text(value));
        let given =
            Given { value: value as f64, time: value as f64, text: text.as_bytes(), types: b"" };
        let at = (handle.address.slab, handle.address.cell, handle.key());
        match self.writer.exemplar(at, bucket, &given) {
            // The series was removed meanwhile.
            Err(error) if error.code() == Code::Invalid => Ok(()),
            done => done,
        }
    }

    fn remove(&mut self) -> Result<()> {
        let (metric_type, n) = self.some();
        self.writer.remove(self.families[metric_type], churned(n).as_bytes(), b"").map(drop)
    }

    fn release(&mut self) -> Result<()> {
        let name = self.some();
        let Some(handle) = self.handles.remove(&name) else { return Ok(()) };
        match self.writer.release(handle.address.slab, handle.address.cell, handle.key()) {
            Err(error) if error.code() == Code::Invalid => Ok(()),
            done => done,
        }
    }

    /// Hides a series; the next update binds it again.
    fn hide(&mut self) -> Result<()> {
        let name = self.some();
        let Some(handle) = self.handles.remove(&name) else { return Ok(()) };
        if handle.fresh(&self.heap())? && !handle.address.inherited {
            handle.hide(&self.heap())?;
        }
        Ok(())
    }

    /// Sets default labels. A writer of the test carries all sets of the counted series, too.
    fn rename(&mut self) -> Result<()> {
        if self.random.below(2) == 0 {
            let set = SETS[self.random.below(3) as usize];
            return self.writer.default_labels(COUNTED_GROUP, set.as_bytes(), b"");
        }
        let set = format!("worker=\"{}\"", self.random.below(200));
        self.writer.default_labels(CHURNED_GROUP, set.as_bytes(), b"")
    }

    fn declare(&mut self) -> Result<()> {
        let n = self.random.below(MORE_FAMILIES);
        let help = "h".repeat((n * 7) as usize);
        let spec = FamilySpec { help, ..spec(MetricType::Counter, &format!("more_{n}")) };
        let family = self.writer.family(&spec, CHURNED_GROUP)?;
        self.writer.withdraw(family)
    }

    /// Claims another slot, a new one or that of a dead writer, and then gives up the old one.
    fn come_back(&mut self) -> Result<()> {
        let next = self.heap().writer(self.process.key(), self.process.pid)?;
        // The old slot is given up only now, so that the process does not always get the same one again.
        self.writer = next;
        self.handles.clear();
        self.counted = self.writer.family(&spec(MetricType::Counter, "counted"), COUNTED_GROUP)?;
        self.observed =
            self.writer.family(&spec(MetricType::Summary, "observed"), COUNTED_GROUP)?;
        for (family, metric_type) in self.families.iter_mut().zip(TYPES) {
            *family = self
                .writer
                .family(&spec(metric_type, &format!("{metric_type:?}")), CHURNED_GROUP)?;
        }
        Ok(())
    }

    /// Opens the segment again, as a process that has just started.
    fn attach(&mut self) -> Result<()> {
        let told = Told(self.told.0.try_clone().expect("a file"));
        *self = Self::start(self.segment.path(), told, self.random.0)?;
        Ok(())
    }
}
