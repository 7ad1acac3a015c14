//! The doorbell, by which a scrape asks all processes to run their `collect` callbacks.
//!
//! - A scrape rings: it adds 1 to the header's doorbell.
//! - Each process with callbacks has one thread, the watcher, which sleeps on that word and tells the process's
//!   isolates.
//! - An isolate reads the bell, runs its callbacks, and answers: it stores to its slot the value that the bell had.
//! - The scrape waits for the answers of all living writers with callbacks, for a limited time.
//! - Until the scrape has read the heap, it holds a lock, by which other processes see that the scrape is under way.

mod asking;
mod ear;
mod wait;
mod words;

pub use ear::{Ear, Rung};
pub use wait::Done;

use crate::error::{Error, Result};
use crate::heap::Heap;
use crate::layout::header;
use crate::os;
use asking::Asking;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wait::{Wait, Waits};
use words::Listener;

/// Time after which the watcher checks whether it is still needed, if nothing wakes it.
const LOOK: Duration = Duration::from_secs(10);
/// The same time, for the first sleep after a ring. When an isolate is told of a ring and has no callbacks any more, it
/// calls [`Doorbell::leave`]. The call of the last isolate wakes the watcher. If the watcher does not sleep yet, it
/// misses this, so its first sleep is short.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One process's side of a heap's doorbell. It has at most two threads: the watcher, while the process has callbacks,
/// and the waiter, while scrapes of the process wait for answers.
pub struct Doorbell {
    heap: Heap,
    ears: Mutex<Ears>,
    waits: Mutex<Waits>,
    asking: Mutex<Asking>,
}

#[derive(Default)]
struct Ears {
    all: Vec<Arc<Ear>>,
    watched: bool,
}

impl Doorbell {
    /// Makes the doorbell of a heap. A process makes one for each heap.
    #[must_use]
    pub fn new(heap: Heap) -> Arc<Self> {
        Arc::new(Self {
            heap,
            ears: Mutex::default(),
            waits: Mutex::default(),
            asking: Mutex::default(),
        })
    }

    /// Notes that a writer has callbacks. From now on, when another isolate rings, the watcher calls `rung`, and the
    /// scrape that rang waits for the writer's answer.
    ///
    /// # Errors
    /// [`Error::Io`] if the process cannot start another thread, [`Error::Corrupt`].
    pub fn listen(self: &Arc<Self>, slot: u32, incarnation: u32, rung: Rung) -> Result<Arc<Ear>> {
        let mut ears = lock(&self.ears);
        let who = Listener { slot, incarnation };
        let bell = words::bell(&self.heap);
        let ear = Arc::new(Ear::new(self.heap.clone(), who, bell, rung));
        if !ears.watched {
            let doorbell = Arc::clone(self);
            thread("mpmetrics-bell", move || doorbell.watch())?;
            ears.watched = true;
        }
        // From this store on, scrapes wait for this writer. The watcher finds the ear once this lock is free, and then
        // also sees a ring that was made since `bell` was read.
        words::answer(&self.heap, who, bell)?;
        ears.all.push(Arc::clone(&ear));
        Ok(ear)
    }

    /// Ends [`Doorbell::listen`]. Once this has returned, the isolate's `rung` is not called any more.
    pub fn leave(&self, ear: &Arc<Ear>) {
        let mut ears = lock(&self.ears);
        ears.all.retain(|other| !Arc::ptr_eq(other, ear));
        if ears.all.is_empty() {
            words::wake(&self.heap, header::DOORBELL);
        }
        drop(ears);
        ear.close();
    }

    /// Rings for a scrape of the isolate `owner`; `ear` is that isolate's, if it has callbacks itself. `done` returns a
    /// function that the waiter's thread calls once all living writers with callbacks, except that of `ear`, have
    /// answered or `patience` is over. The function must not block.
    ///
    /// Returns the number of the ring, which the caller passes to [`Doorbell::over`] once the scrape has read. Returns
    /// `None` without calling `done` if no other writer has callbacks, or if `patience` is zero.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::Io`] if the system does not tell which slots live, or cannot start a thread; the
    /// error of `done`.
    pub fn ring(
        self: &Arc<Self>,
        ear: Option<&Ear>,
        owner: u64,
        patience: Duration,
        done: impl FnOnce() -> Result<Done>,
    ) -> Result<Option<u32>> {
        let asked = words::listeners(&self.heap, ear.map(|ear| ear.who.slot))?;
        if asked.is_empty() {
            return Ok(None);
        }
        let done = if patience.is_zero() { None } else { Some(done()?) };
        // Locked before the ring, so that the waiter knows of this scrape when an answer wakes it.
        let mut waits = lock(&self.waits);
        let ring = || ear.map_or_else(|| words::ring(&self.heap), Ear::ring);
        let Some(done) = done else {
            // A scrape that does not wait for answers reads at once, and keeps no resets back.
            ring();
            return Ok(None);
        };
        let ring = lock(&self.asking).ring(&self.heap, owner, ring);
        if !waits.running {
            let doorbell = Arc::clone(self);
            let started = thread("mpmetrics-wait", move || doorbell.wait());
            started.inspect_err(|_| self.over(ring))?;
            waits.running = true;
        }
        let deadline_us = os::monotonic_us().saturating_add(patience.as_micros() as u64);
        waits.all.push(Wait { owner, ring, deadline_us, asked, done });
        kill_point!("ring.waits");
        Ok(Some(ring))
    }

    /// Notes that the scrape with this ring has read. Other processes may make the resets that they kept back for it.
    pub fn over(&self, ring: u32) {
        lock(&self.asking).over(ring);
    }

    /// Forgets the scrapes of an isolate. Once this has returned, none of the functions that [`Doorbell::ring`] got
    /// from `done` for these scrapes is called.
    pub fn forget(&self, owner: u64) {
        let forgotten = lock(&self.waits).take_out(|wait| wait.owner == owner);
        // Dropped without the lock, because the destructors may be code of the caller.
        drop(forgotten);
        lock(&self.asking).forget(owner);
    }

    fn watch(&self) {
        let mut before = None;
        loop {
            let seen = words::bell(&self.heap);
            let mut ears = lock(&self.ears);
            if ears.all.is_empty() {
                ears.watched = false;
                return;
            }
            let all = ears.all.clone();
            drop(ears);
            for ear in &all {
                ear.hear();
            }
            drop(all);
            let look = if before == Some(seen) { LOOK } else { LOOK_AGAIN };
            before = Some(seen);
            words::sleep(&self.heap, header::DOORBELL, seen, look);
        }
    }

    fn wait(&self) {
        loop {
            // Read before the answers are checked: a later answer changes this word, which ends the sleep.
            let seen = self.heap.words().header(header::ANSWERS) as u32;
            let mut waits = lock(&self.waits);
            let Some(left) = waits.notify(&self.heap) else {
                waits.running = false;
                return;
            };
            drop(waits);
            words::sleep(&self.heap, header::ANSWERS, seen, left);
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a thread that is not joined: it ends by itself, or with the process.
fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(256 << 10);
    builder.spawn(run).map(drop).map_err(|source| Error::Io { call: "pthread_create", source })
}
