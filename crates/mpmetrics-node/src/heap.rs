//! Segments as JavaScript sees them.

use crate::convert::{failure, foreign, Identity, Result};
use crate::doorbell::{Bell, Callback};
use crate::limits::HeapLimits;
use crate::scrape::{Scrape, ScrapeOptions, ScrapeScope, ToBuffer, ToText};
use crate::stats::HeapStats;
use crate::status::Status;
use crate::views::view_of;
use crate::writer::{NativeWriter, SharedWriter};
use mpmetrics_core::doorbell::Doorbell;
use mpmetrics_core::heap::{Limits, Owner};
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

/// Every segment that this process has mapped, by device and inode. One mapping serves all threads
/// and all copies of the package; it is never undone, because views of it may live anywhere.
static MAPPED: Mutex<Option<Segments>> = Mutex::new(None);
type Segments = HashMap<(u64, u64), (Arc<Segment>, Arc<Doorbell>)>;

/// Which segment is wanted.
#[napi(object, js_name = "OpenOptions", object_to_js = false)]
pub struct Options {
    /// Absolute path of a segment that the user named.
    pub path: Option<String>,
    /// Name of a derived segment.
    pub name: Option<String>,
    /// Parents of our own directory, best first.
    pub directories: Option<Vec<String>>,
    /// Make it if it is not there.
    pub create: bool,
    /// The root of the application.
    pub root: Option<Identity>,
    /// Permission bits of the file.
    pub mode: Option<u32>,
    /// Group of file and directory.
    pub gid: Option<u32>,
    /// Limits of a segment that is made.
    pub limits: Option<HeapLimits>,
    /// Whether this process is one of those that replace each other under a root that only runs them.
    pub replaces: Option<bool>,
}

/// Opens a segment; null if it is not there and is not to be made. `before` is the one that this isolate has, if
/// that is not current any more.
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
        // Without /proc: the user named the segment.
        described => described.unwrap_or_else(|_| ProcessIdentity::undescribed()),
    };
    Ok(Some(NativeHeap { segment, process, writer: RefCell::default(), bell, replaces }))
}

/// A mapped segment. No method takes it mutably: the binding lends it to a scrape until that is printed, and refuses
/// others meanwhile.
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
    /// Path of the segment's file.
    #[napi(getter)]
    pub fn path(&self) -> String {
        self.segment.path().to_string_lossy().into_owned()
    }

    /// False once the segment was removed from its directory.
    #[napi(getter)]
    pub fn current(&self) -> bool {
        self.segment.is_current()
    }

    /// Whether the file's file system keeps files in memory.
    #[napi(getter)]
    pub fn memory_backed(&self) -> bool {
        self.segment.memory_backed
    }

    /// Whether this runtime lets JavaScript see the segment's own memory; else it would get copies.
    #[napi]
    pub fn views(&self, env: &Env) -> Result<bool> {
        Ok(view_of(env, &self.segment, 0, HEADER_WORDS)?.is_some())
    }

    /// Better directories that do not serve, each with the reason.
    #[napi(getter)]
    pub fn passed_over(&self) -> Vec<String> {
        let reasons = self.segment.passed_over.iter();
        reasons.map(|(path, error)| format!("{}: {error}", path.display())).collect()
    }

    /// The limits that the segment was made with.
    #[napi(getter)]
    pub fn limits(&self) -> HeapLimits {
        Limits::of(self.segment.heap().words()).into()
    }

    /// This object's writer, with a slot of its own; claimed at the first call, and again after the
    /// slot was lost. `thread` is the number of this thread, 0 for the main one.
    #[napi]
    pub fn writer(&self, env: &Env, thread: u32) -> Result<NativeWriter> {
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
                let claimed = heap.writer_of(Owner { process, pid, thread });
                let writer = claimed.map_err(|error| failure(&error.at(self.segment.path())))?;
                let writer = Rc::new(RefCell::new(Some(writer)));
                // A worker thread's slot is free for adoption as soon as its environment ends. A
                // process that ends without running hooks frees its slots all the same.
                env.add_env_cleanup_hook(Rc::clone(&writer), |writer| drop(writer.take()))
                    .map_err(|error| foreign(&error))?;
                writer
            }
        };
        self.writer.replace(Some(Rc::clone(&writer)));
        NativeWriter::new(Arc::clone(&self.segment), writer)
    }

    /// Takes the writer of a segment over whose file a stranger removed, if this one is a copy of it: a `Status`.
    /// `Lost` if its slot here is another's by now; `Gone` if this is no copy.
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
            // The copy was removed, too: it is opened again.
            Err(Error::Retired) => Ok(Status::Busy as u32),
            Err(error) => Status::of(&error).map(|status| status as u32),
        }
    }

    /// Copies what writers counted that died in that segment before they followed into this one; how many are
    /// still awaited from there.
    #[napi]
    pub fn copy_for_dead(&self, before: &NativeHeap) -> Result<u32> {
        self.segment.heap().copy_for_dead(before.segment.heap()).map_err(|error| failure(&error))
    }

    /// Everything chosen, as a string.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn scrape_string(&self, options: ScrapeOptions) -> AsyncTask<ToText> {
        AsyncTask::new(ToText(self.scrape(options)))
    }

    /// Everything chosen, as UTF-8.
    #[napi(ts_return_type = "Promise<Buffer>")]
    pub fn scrape_buffer(&self, options: ScrapeOptions) -> AsyncTask<ToBuffer> {
        AsyncTask::new(ToBuffer(self.scrape(options)))
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

    /// The writer's slot and its life.
    fn numbers(&self) -> Option<(u32, u32)> {
        let writer = self.writer.borrow().clone()?;
        let writer = writer.borrow();
        writer.as_ref().map(|writer| (writer.slot(), writer.incarnation()))
    }

    /// How many writers of this process live: its threads that made a metric.
    #[napi]
    pub fn siblings(&self) -> Result<u32> {
        let living = self.segment.heap().living_of(self.process.key());
        living.map_err(|error| failure(&error))
    }

    /// How often scrapes left something out, because what the heap has of it is damaged.
    #[napi(getter)]
    pub fn damaged_reads(&self) -> f64 {
        self.segment.heap().words().header(header::DAMAGED) as f64
    }

    /// What to do about damage: the end of a sentence.
    #[napi(getter)]
    pub fn remedy(&self) -> String {
        self.segment.remedy()
    }

    /// Figures of the heap.
    #[napi]
    pub fn stats(&self) -> Result<HeapStats> {
        HeapStats::of(&self.segment).map_err(|error| failure(&error))
    }

    /// Has `rung` called, on this isolate, when a scrape of another writer asks for callbacks. Needs a
    /// writer. Replaces what was given before.
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

    /// Callbacks begin to run: what to give to [`NativeHeap::answer`]; null if this isolate does not listen.
    #[napi]
    pub fn begin(&self) -> Option<u32> {
        self.bell.begin()
    }

    /// Callbacks that began at that bell have settled.
    #[napi]
    pub fn answer(&self, bell: u32) {
        self.bell.answer(bell);
    }

    /// Asks all others for their callbacks. `done` is called when they have run, or the time is over;
    /// null if there is no writer to wait for. What it returns is to be given to [`NativeHeap::over`].
    #[napi(ts_args_type = "milliseconds: number, done: () => void")]
    pub fn ring(&self, env: &Env, milliseconds: f64, done: Callback<'_>) -> Result<Option<u32>> {
        self.bell.ring(env, milliseconds, &done)
    }

    /// The scrape that rang has read: what others computed for it may change.
    #[napi]
    pub fn over(&self, ring: u32) {
        self.bell.over(ring);
    }

    /// Whether a scrape of any writer goes on that callbacks of this isolate have run for.
    #[napi]
    pub fn asked(&self) -> bool {
        self.bell.asked()
    }

    /// Scrapes so far are not meant by [`NativeHeap::asked`] any more.
    #[napi]
    pub fn leave(&self) {
        self.bell.leave();
    }

    /// Removes the file if no writer but this process's own lives; whether it did.
    #[napi]
    pub fn tidy(&self) -> Result<bool> {
        self.segment.tidy(Some(self.process.key())).map_err(|error| failure(&error))
    }
}
