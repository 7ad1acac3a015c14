//! Asking all processes to run their `collect` callbacks.
//!
//! A scrape rings: it adds 1 to the header's doorbell. Each process with callbacks has one thread that sleeps on that
//! word and tells its isolates. An isolate reads the bell, runs its callbacks, and stores the value that it read in its
//! slot; the scrape waits for the slots' words, for a limited time. It does not wait for dead writers, or for writers
//! without callbacks. Until it has read, it holds a lock that tells the others that it is under way.

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

/// How often the watcher checks whether it is still needed, without being woken.
const LOOK: Duration = Duration::from_secs(10);
/// The same after a ring: isolates leave when they find that they have no callbacks left, and a wake has no effect on a
/// watcher that is just about to sleep.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One process's end of a heap's doorbell: at most one thread that watches the bell, while the process
/// has callbacks, and at most one that waits for answers, while it has scrapes that wait.
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
    /// The doorbell of a heap, one for each heap and process.
    #[must_use]
    pub fn new(heap: Heap) -> Arc<Self> {
        Arc::new(Self {
            heap,
            ears: Mutex::default(),
            waits: Mutex::default(),
            asking: Mutex::default(),
        })
    }

    /// Notes that a writer has callbacks: from now on scrapes of other isolates ask for them.
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
        // A scrape that waits for this writer relies on the watcher, which finds the ear once this lock is free. It
        // also sees a ring that came since `bell` was read.
        words::answer(&self.heap, who, bell)?;
        ears.all.push(Arc::clone(&ear));
        Ok(ear)
    }

    /// Takes a writer out. When this returns its isolate is not called any more.
    pub fn leave(&self, ear: &Arc<Ear>) {
        let mut ears = lock(&self.ears);
        ears.all.retain(|other| !Arc::ptr_eq(other, ear));
        if ears.all.is_empty() {
            words::wake(&self.heap, header::DOORBELL);
        }
        drop(ears);
        ear.close();
    }

    /// Rings. What `done` returns is called when all living writers with callbacks, except `ear`, have answered or
    /// `patience` is over; on another thread, which it must not block.
    ///
    /// Returns the number of the ring, to be passed to [`Doorbell::over`] once the scrape has read; None if there is no
    /// writer to wait for, and `done` is not called then.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::Io`] if the system does not tell which slots live, or has no thread left; the error
    /// of `done`.
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
        // Held from the ring on: the waiter that an answer wakes then knows of this scrape.
        let mut waits = lock(&self.waits);
        let ring = || ear.map_or_else(|| words::ring(&self.heap), Ear::ring);
        let Some(done) = done else {
            // A scrape that does not wait reads before any reset is made.
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

    /// The scrape that rang has read: other processes may change what they computed for it.
    pub fn over(&self, ring: u32) {
        lock(&self.asking).over(ring);
    }

    /// Forgets an owner's waits and scrapes. When this returns, no `done` of it is called any more.
    pub fn forget(&self, owner: u64) {
        let forgotten = lock(&self.waits).take_out(|wait| wait.owner == owner);
        // Outside of the lock.
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
            // Read before the answers: one that comes in between ends the sleep.
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

/// A thread that is not joined: it ends by itself, or with the process.
fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(256 << 10);
    builder.spawn(run).map(drop).map_err(|source| Error::Io { call: "pthread_create", source })
}
