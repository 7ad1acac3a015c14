//! Segments as JavaScript sees them.

use crate::candidate::NativeCandidate;
use crate::convert::{failure, foreign, Identity, Result};
use crate::doorbell::{Bell, Callback};
use crate::job::Job;
use crate::limits::HeapLimits;
use crate::scrape::{Scrape, ScrapeOptions, ScrapeScope};
use crate::stats::HeapStats;
use crate::status::Status;
use crate::text::Text;
use crate::views::view_of;
use crate::writer::{NativeWriter, SharedWriter};
use mpmetrics_core::doorbell::Doorbell;
use mpmetrics_core::heap::{Description, Limits, Owner};
use mpmetrics_core::layout::{header, HEADER_WORDS};
use mpmetrics_core::os::{is_of_process, ProcessIdentity};
use mpmetrics_core::scrape::filter::Scope;
use mpmetrics_core::segment::{OpenOptions, Segment};
use mpmetrics_core::Error;
use napi::bindgen_prelude::AsyncTask;
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// Every segment that this process has mapped, by device and inode. All threads, and all copies of the package that
/// load this native file, use one mapping. It is never unmapped, because any isolate may still have views of it.
static MAPPED: Mutex<Option<Segments>> = Mutex::new(None);
type Segments = HashMap<(u64, u64), (Arc<Segment>, Arc<Doorbell>)>;

/// The segment to open.
#[napi(object, js_name = "OpenOptions", object_to_js = false)]
pub struct Options {
    /// Absolute path of a segment that the user named.
    pub path: Option<String>,
    /// Name of the segment in the library's own directory, if there is no `path`.
    pub name: Option<String>,
    /// Directories in which the library's own directory may lie, best first.
    pub directories: Option<Vec<String>>,
    /// Whether to make the segment if it does not exist.
    pub create: bool,
    /// The root of the application.
    pub root: Option<Identity>,
    /// Permission bits of the file.
    pub mode: Option<u32>,
    /// Group of file and directory.
    pub gid: Option<u32>,
    /// Limits of the segment, if this call makes it.
    pub limits: Option<HeapLimits>,
    /// Whether the root does not load this package, and starts new processes in place of old ones.
    pub replaces: Option<bool>,
    /// The application, which is noted in the segment if this call makes it.
    pub description: Option<SegmentDescription>,
}

/// The application, for people who look at its segment.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct SegmentDescription {
    /// Name of its package.
    pub name: Option<String>,
    /// Path of its main script.
    pub script: Option<String>,
    /// Unix time at which its root started, in milliseconds.
    pub started: Option<f64>,
}

impl From<SegmentDescription> for Description {
    fn from(from: SegmentDescription) -> Self {
        let root_started_ms = from.started.map(|started| started as u64);
        Self { name: from.name, script: from.script, root_started_ms }
    }
}

/// Opens a segment. Returns null if it does not exist and `create` is false. `before` is the segment that this isolate
/// has, if that is not current any more.
#[napi]
pub fn open_heap(options: Options, before: Option<&NativeHeap>) -> Result<Option<NativeHeap>> {
    let replaces = options.replaces.unwrap_or(false);
    let limits = options.limits.unwrap_or_default().checked()?;
    let directories = options.directories.unwrap_or_default();
    let options = OpenOptions {
        path: options.path.map(PathBuf::from),
        name: options.name,
        directories: directories.into_iter().map(PathBuf::from).collect(),
        create: options.create,
        root: options.root.map(ProcessIdentity::try_from).transpose()?,
        mode: options.mode,
        gid: options.gid,
        description: options.description.unwrap_or_default().into(),
    };
    let opened = match before {
        Some(before) => Segment::open_after(&options, limits, &before.segment),
        None => Segment::open(&options, limits),
    };
    let Some(segment) = opened.map_err(|error| failure(&error))? else {
        return Ok(None);
    };
    let inode = segment.inode().map_err(|error| failure(&error))?;
    let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = mapped.get_or_insert_default().entry(inode);
    let (segment, doorbell) = known.or_insert_with(|| {
        let doorbell = Doorbell::new(segment.heap().clone());
        (Arc::new(segment), doorbell)
    });
    let (segment, bell) = (Arc::clone(segment), Bell::new(Arc::clone(doorbell)));
    let process = match ProcessIdentity::current() {
        Err(error) if is_of_process(&error) => return Err(failure(&error)),
        // Without /proc this process cannot be described. That happens only if the user named the segment.
        described => described.unwrap_or_else(|_| ProcessIdentity::undescribed()),
    };
    Ok(Some(NativeHeap { segment, process, writer: RefCell::default(), bell, replaces }))
}

/// A mapped segment. No method borrows it mutably: a scrape borrows it until the scrape is printed, and the binding
/// refuses mutable borrows meanwhile.
#[napi]
pub struct NativeHeap {
    segment: Arc<Segment>,
    process: ProcessIdentity,
    writer: RefCell<Option<SharedWriter>>,
    bell: Bell,
    replaces: bool,
}

#[napi]
impl NativeHeap {
    /// The path of the segment's file.
    #[napi(getter)]
    pub fn path(&self) -> String {
        self.segment.path().to_string_lossy().into_owned()
    }

    /// False once the segment was removed from its directory.
    #[napi(getter)]
    pub fn current(&self) -> bool {
        self.segment.is_current()
    }

    /// Whether the segment's file system keeps files in memory.
    #[napi(getter)]
    pub fn memory_backed(&self) -> bool {
        self.segment.memory_backed
    }

    /// Whether this runtime lets JavaScript see the segment's own memory, and does not give it copies.
    #[napi]
    pub fn views(&self, env: &Env) -> Result<bool> {
        Ok(view_of(env, &self.segment, 0, HEADER_WORDS)?.is_some())
    }

    /// Directories that would be preferred but cannot be used, each with the reason.
    #[napi(getter)]
    pub fn passed_over(&self) -> Vec<String> {
        let reasons = self.segment.passed_over.iter();
        reasons.map(|(path, error)| format!("{}: {error}", path.display())).collect()
    }

    /// The limits that the segment got when it was made.
    #[napi(getter)]
    pub fn limits(&self) -> HeapLimits {
        Limits::of(self.segment.heap().words()).into()
    }

    /// Returns this object's writer. Claims a slot at the first call, and again after the slot was lost. `thread` is
    /// the number of this thread, 0 for the main thread; `worker` that of this process among the workers of its
    /// cluster, 0 for none.
    #[napi]
    pub fn writer(&self, env: &Env, thread: u32, worker: Option<u32>) -> Result<NativeWriter> {
        let lost = |writer: &SharedWriter| {
            writer.borrow().as_ref().is_none_or(|writer| !writer.owns_slot())
        };
        let writer = match self.writer.take().filter(|writer| !lost(writer)) {
            Some(writer) => writer,
            None => {
                let heap = self.segment.heap();
                let (process, pid) = (self.process.key(), self.process.pid);
                if self.replaces {
                    let begun = heap.begin_epoch();
                    begun.map_err(|error| failure(&error.at(self.segment.path())))?;
                }
                let claimed =
                    heap.writer_of(Owner { process, pid, thread, worker: worker.unwrap_or(0) });
                let writer = claimed.map_err(|error| failure(&error.at(self.segment.path())))?;
                let writer = Rc::new(RefCell::new(Some(writer)));
                // Frees a worker thread's slot for adoption as soon as its environment ends. The kernel
                // frees the slots of a process that ends without running hooks.
                env.add_env_cleanup_hook(Rc::clone(&writer), |writer| drop(writer.take()))
                    .map_err(|error| foreign(&error))?;
                writer
            }
        };
        self.writer.replace(Some(Rc::clone(&writer)));
        NativeWriter::new(Arc::clone(&self.segment), writer)
    }

    /// Makes a candidate in the election of this name, which is held in this segment.
    #[napi]
    pub fn candidate(&self, env: &Env, name: String) -> Result<NativeCandidate> {
        NativeCandidate::new(env, self.segment.heap(), &name)
    }

    /// Takes over the writer of the segment `before`, whose file was removed, if this segment is a copy of it. Returns
    /// a `Status`: `Lost` if the writer's slot here belongs to another writer by now; `Gone` if this segment is no
    /// copy; `Busy` if the heap lock is not free in time, or if the file of this segment was removed, too.
    #[napi]
    pub fn follow(&self, before: &NativeHeap) -> Result<u32> {
        if !self.segment.heap().descends_from(before.segment.heap()) {
            return Ok(Status::Gone as u32);
        }
        let Some(writer) = before.writer.borrow().clone() else {
            return Ok(Status::Ok as u32);
        };
        let heap = self.segment.heap();
        let mut borrowed = writer.borrow_mut();
        let followed = borrowed.as_mut().map_or(Err(Error::Lost), |writer| writer.follow(heap));
        drop(borrowed);
        match followed {
            Ok(()) => {
                self.writer.replace(Some(Rc::clone(&writer)));
                Ok(Status::Ok as u32)
            }
            // The copy was removed, too: the caller opens the next copy.
            Err(Error::Retired) => Ok(Status::Busy as u32),
            Err(error) => Status::of(&error).map(|status| status as u32),
        }
    }

    /// Copies counts from the segment `before` into this segment: the counts of those writers that died before they
    /// followed. Returns how many writers of `before` are still awaited here.
    #[napi]
    pub fn copy_for_dead(&self, before: &NativeHeap) -> Result<u32> {
        self.segment.heap().copy_for_dead(before.segment.heap()).map_err(|error| failure(&error))
    }

    /// Scrapes what the options choose, as a string.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn scrape_string(&self, options: ScrapeOptions) -> AsyncTask<Job<Text>> {
        let scrape = self.scrape(options);
        AsyncTask::new(Job::new(move || scrape.run().map(Text::new)))
    }

    /// Scrapes what the options choose, as UTF-8.
    #[napi(ts_return_type = "Promise<Buffer>")]
    pub fn scrape_buffer(&self, options: ScrapeOptions) -> AsyncTask<Job<Vec<u8>>> {
        let scrape = self.scrape(options);
        AsyncTask::new(Job::new(move || scrape.run()))
    }

    fn scrape(&self, options: ScrapeOptions) -> Scrape {
        let scope = match options.scope {
            ScrapeScope::Application => Scope::Application,
            ScrapeScope::Process => Scope::Process(self.process.key()),
            ScrapeScope::Thread => match self.numbers() {
                Some((slot, incarnation)) => Scope::Writer { slot, incarnation },
                None => Scope::None,
            },
        };
        Scrape::new(Arc::clone(&self.segment), options, scope)
    }

    /// The slot and the life of the writer; `None` without a writer.
    fn numbers(&self) -> Option<(u32, u32)> {
        let writer = self.writer.borrow().clone()?;
        let writer = writer.borrow();
        writer.as_ref().map(|writer| (writer.slot(), writer.incarnation()))
    }

    /// Frees the gauges of a process's dead writers now; those that count the dead become residues. Otherwise the next
    /// writer of each slot does this. Returns the number of these gauges. A living process has dead writers, too, if
    /// threads of it have ended.
    #[napi]
    pub fn end_lives(&self, pid: u32) -> Result<u32> {
        self.segment.heap().end_lives(pid).map_err(|error| failure(&error))
    }

    /// Hides the gauges that this object's writer has in the slot that it lost. To be called before their values move to
    /// another slot. Returns false if nothing was hidden: without a writer, for a living slot, and if another writer has
    /// had the slot since.
    #[napi]
    pub fn hide_lost(&self) -> Result<bool> {
        let Some((slot, incarnation)) = self.numbers() else {
            return Ok(false);
        };
        self.segment.heap().hide_lost(slot, incarnation).map_err(|error| failure(&error))
    }

    /// The number of living writers of this process, which are its threads that made a metric.
    #[napi]
    pub fn siblings(&self) -> Result<u32> {
        let living = self.segment.heap().living_of(self.process.key());
        living.map_err(|error| failure(&error))
    }

    /// The number of families, series, blocks and sets of default labels that scrapes left out because their words are
    /// damaged.
    #[napi(getter)]
    pub fn damaged_reads(&self) -> f64 {
        self.segment.heap().words().header(header::DAMAGED) as f64
    }

    /// The end of a sentence that says what the user can do about damage.
    #[napi(getter)]
    pub fn remedy(&self) -> String {
        self.segment.remedy()
    }

    /// Figures of the heap.
    #[napi]
    pub fn stats(&self) -> Result<HeapStats> {
        HeapStats::of(&self.segment).map_err(|error| failure(&error))
    }

    /// Has `rung` called on this isolate when a scrape of another writer asks for callbacks. Needs a writer.
    /// Replaces the function of an earlier call.
    #[napi(ts_args_type = "rung: () => void")]
    pub fn listen(&self, env: &Env, rung: Callback<'_>) -> Result<()> {
        let numbers = self.numbers().ok_or_else(|| failure(&Error::Lost))?;
        self.bell.listen(env, numbers, &rung)
    }

    /// Ends [`NativeHeap::listen`].
    #[napi]
    pub fn silence(&self) {
        self.bell.silence();
    }

    /// Notes that callbacks begin to run. Returns the value for [`NativeHeap::answer`]; null if this isolate does not
    /// listen.
    #[napi]
    pub fn begin(&self) -> Option<u32> {
        self.bell.begin()
    }

    /// Answers all rings up to `bell`: the callbacks that began at this value have settled.
    #[napi]
    pub fn answer(&self, bell: u32) {
        self.bell.answer(bell);
    }

    /// Asks all other writers to run their callbacks. `done` is called when the callbacks have run, or the time is
    /// over. Returns the number for [`NativeHeap::over`]; null, without a call of `done`, if no other writer has
    /// callbacks, or if `milliseconds` is 0.
    #[napi(ts_args_type = "milliseconds: number, done: () => void")]
    pub fn ring(&self, env: &Env, milliseconds: f64, done: Callback<'_>) -> Result<Option<u32>> {
        self.bell.ring(env, milliseconds, &done)
    }

    /// Notes that the scrape with this ring has read. Other processes may make the resets that they kept back for it.
    #[napi]
    pub fn over(&self, ring: u32) {
        self.bell.over(ring);
    }

    /// Whether a scrape is under way that this isolate made, or for which its callbacks have begun to run.
    #[napi]
    pub fn asked(&self) -> bool {
        self.bell.asked()
    }

    /// Makes [`NativeHeap::asked`] ignore the scrapes so far.
    #[napi]
    pub fn leave(&self) {
        self.bell.leave();
    }

    /// Removes the file if no slot is awaited, and no writer of another process lives. Returns whether it did. Does not
    /// remove a segment that the user named by its path.
    #[napi]
    pub fn tidy(&self) -> Result<bool> {
        self.segment.tidy(Some(self.process.key())).map_err(|error| failure(&error))
    }
}
