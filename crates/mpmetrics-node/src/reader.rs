//! Segments that a stranger reads: without a slot, and without a store to them.

use crate::convert::{failure, Identity, Result};
use crate::job::{Job, Yield};
use crate::limits::HeapLimits;
use crate::stats::HeapStats;
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::os::is_memory_backed;
use mpmetrics_core::reader::{look, read, Facts, Reading, SegmentFile, WriterFacts};
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::segment::{list, remove, Removal};
use mpmetrics_core::{wire, Error};
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;
use std::path::{Path, PathBuf};

/// Which metrics are read.
#[napi(string_enum = "lowercase")]
pub enum ReadingParts {
    /// None: only facts about the segment.
    None,
    /// Those of the whole application.
    Application,
    /// Those of the whole application, and the parts that each process counted.
    Processes,
}

/// A writer that has a slot, or had it last.
#[napi(object, object_from_js = false)]
pub struct SegmentWriter {
    /// The process, distinct from any other process that had or will have its pid.
    pub process: String,
    /// Its pid, in its own pid namespace.
    pub pid: u32,
    /// Number of its thread; 0 for a main thread.
    pub thread: u32,
    /// Number of its process among the workers of its cluster; 0 if it is none.
    pub worker: u32,
    /// Whether it lives.
    pub lives: bool,
    /// Unix time at which it attached, in milliseconds.
    pub claimed: f64,
    /// Unix time at which it last showed that its event loop runs, in milliseconds; 0 if it never did.
    pub seen: f64,
}

/// A metric and the number of its series.
#[napi(object, object_from_js = false)]
pub struct LargeMetric {
    /// Name of the metric.
    pub name: String,
    /// Number of its series.
    pub series: f64,
}

/// Facts about a segment.
#[napi(object, object_from_js = false)]
pub struct SegmentFacts {
    /// Layout version, `major << 16 | minor`, of the process that made the segment.
    pub version: u32,
    /// Name of the application's package.
    pub name: Option<String>,
    /// Path of the application's main script.
    pub script: Option<String>,
    /// Unix time at which the application's root started, in milliseconds.
    pub started: Option<f64>,
    /// Unix time at which the segment was made, in milliseconds.
    pub made: f64,
    /// Unix time at which a writer last attached, in milliseconds.
    pub attached: f64,
    /// Whether the segment is removed, or about to be removed.
    pub retired: bool,
    /// The application's root; null in a segment that the user named.
    pub root: Option<Identity>,
    /// Whether the root lives; null if that is unknown.
    pub root_lives: Option<bool>,
    /// Whether the application lives, or may live.
    pub lives: bool,
    /// The limits of the segment.
    pub limits: HeapLimits,
    /// Bytes of label texts.
    pub text_bytes: f64,
    /// Number of series that live, counted one by one.
    pub counted_series: f64,
    /// Whether a change of the heap is under way, or was interrupted.
    pub changing: bool,
    /// The writers, also those that have ended.
    pub writers: Vec<SegmentWriter>,
    /// The ten metrics with most series.
    pub largest: Vec<LargeMetric>,
    /// Figures of the heap.
    pub stats: HeapStats,
}

/// The parts that one process counted.
#[napi(object, object_from_js = false)]
pub struct ProcessParts {
    /// The process, as in [`SegmentWriter`].
    pub process: String,
    /// The bytes of a snapshot.
    pub snapshot: Buffer,
}

/// A segment as it was at one moment.
#[napi(object, object_from_js = false)]
pub struct SegmentReading {
    /// Facts about the segment.
    pub facts: SegmentFacts,
    /// The bytes of a snapshot; null if no metrics were asked for.
    pub snapshot: Option<Buffer>,
    /// The parts of each process, if they were asked for.
    pub processes: Vec<ProcessParts>,
    /// Number of parts of series whose sums, buckets and counts may be of different moments.
    pub torn: f64,
    /// Families, series and blocks that are not shown because their words are damaged.
    pub damaged: f64,
    /// Number of copies of the segment that were made.
    pub copies: u32,
}

/// What a job read.
pub struct Read {
    facts: Facts,
    stats: HeapStats,
    snapshot: Option<Vec<u8>>,
    processes: Vec<(u64, Vec<u8>)>,
    torn: u64,
    damaged: u64,
    copies: u32,
}

impl Yield for Read {
    type Js = SegmentReading;

    fn hand_over(self) -> SegmentReading {
        let processes = self.processes.into_iter().map(|(key, snapshot)| ProcessParts {
            process: key.to_string(),
            snapshot: snapshot.into(),
        });
        SegmentReading {
            facts: facts(self.facts, self.stats),
            snapshot: self.snapshot.map(Into::into),
            processes: processes.collect(),
            torn: self.torn as f64,
            damaged: self.damaged as f64,
            copies: self.copies,
        }
    }
}

/// Reads the segment at a path, without a slot, and without a store to it.
#[napi(ts_return_type = "Promise<SegmentReading>")]
pub fn read_segment(path: String, parts: ReadingParts) -> AsyncTask<Job<Read>> {
    AsyncTask::new(Job::new(move || work(&PathBuf::from(path), &parts)))
}

fn work(path: &Path, parts: &ReadingParts) -> Result<Read, Error> {
    let file = SegmentFile::open(path)?;
    let told = |error: Error| error.at(path);
    let filter = Filter { everything: true, exemplars: true, ..Filter::default() };
    let (reading, snapshot) = match parts {
        ReadingParts::None => (look(&file)?, None),
        _ => {
            let (reading, snapshot) = read(&file, &filter)?;
            (reading, Some(wire::encode(&snapshot, &Extra::default()).map_err(told)?))
        }
    };
    let facts = Facts::of(&reading);
    let mut processes: Vec<(u64, Vec<u8>)> = Vec::new();
    if matches!(parts, ReadingParts::Processes) {
        for WriterFacts { process, .. } in &facts.writers {
            if processes.iter().all(|(known, _)| known != process) {
                let parts = reading.of_process(*process).map_err(told)?;
                let parts = wire::encode(&parts, &Extra::default()).map_err(told)?;
                processes.push((*process, parts));
            }
        }
    }
    let stats = stats(&reading, path);
    let Reading { torn, damaged, copies, .. } = reading;
    Ok(Read { facts, stats, snapshot, processes, torn, damaged, copies })
}

fn stats(reading: &Reading, path: &Path) -> HeapStats {
    let folder = path.parent().unwrap_or(path);
    HeapStats::of_words(
        reading.words(),
        reading.living(),
        path,
        is_memory_backed(folder).unwrap_or(false),
    )
}

fn facts(of: Facts, stats: HeapStats) -> SegmentFacts {
    let writers = of.writers.iter().map(|writer| SegmentWriter {
        process: writer.process.to_string(),
        pid: writer.pid,
        thread: writer.thread,
        worker: writer.worker,
        lives: writer.lives,
        claimed: writer.claimed_ms as f64,
        seen: writer.seen_ms as f64,
    });
    let writers = writers.collect();
    let lives = of.lives();
    let largest = of.largest.into_iter();
    SegmentFacts {
        version: of.version as u32,
        name: of.description.name,
        script: of.description.script,
        started: of.description.root_started_ms.map(|started| started as f64),
        made: of.made_ms as f64,
        attached: of.last_attach_ms as f64,
        retired: of.retired,
        root: of.root.map(Into::into),
        root_lives: of.root_lives,
        lives,
        limits: of.limits.into(),
        text_bytes: of.text_bytes as f64,
        counted_series: of.counted_series as f64,
        changing: of.changing,
        writers,
        largest: largest.map(|(name, n)| LargeMetric { name, series: n as f64 }).collect(),
        stats,
    }
}

/// Returns the paths of the segments in this package's own directories below these parents.
#[napi]
pub fn list_segments(parents: Vec<String>) -> Vec<String> {
    let parents: Vec<PathBuf> = parents.into_iter().map(PathBuf::from).collect();
    list(&parents).iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// Removes the segment at a path, unless a process uses it. Returns the pids of the processes that use it; none if the
/// segment is removed.
#[napi]
pub fn remove_segment(path: String) -> Result<Vec<u32>> {
    match remove(Path::new(&path)) {
        Ok(Removal::Removed) => Ok(Vec::new()),
        Ok(Removal::InUse(pids)) => Ok(pids),
        Err(error) => Err(failure(&error)),
    }
}
