//! One isolate with `collect` callbacks, as the watcher of its process sees it.

use super::asking::goes_on;
use super::words::{self, Listener};
use crate::error::Result;
use crate::heap::Heap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tells an isolate to run its callbacks. Called on the watcher's thread; must not block.
pub type Rung = Box<dyn Fn() + Send>;

/// An isolate that runs its callbacks when another isolate rings.
pub struct Ear {
    heap: Heap,
    pub(super) who: Listener,
    heard: Mutex<Heard>,
}

struct Heard {
    /// The latest ring that needs no more calls of `rung`: callbacks have begun to run since, or it was this isolate's
    /// own ring.
    handled: u32,
    /// The ring up to which [`Ear::is_asked`] ignores scrapes.
    left: u32,
    /// The latest ring that was answered. A run of callbacks that was given up and settles late must not replace it.
    answered: u32,
    /// Rings since `handled` that this isolate made. They need no call of `rung`, because a scrape runs the callbacks
    /// of its own isolate itself.
    own: Vec<u32>,
    /// Whether `rung` was called and the callbacks have not begun to run since. Then `rung` need not be called again.
    told: bool,
    /// Tells the isolate to run its callbacks. `None` after [`Ear::close`].
    rung: Option<Rung>,
}

impl Ear {
    pub(super) fn new(heap: Heap, who: Listener, bell: u32, rung: Rung) -> Self {
        let heard = Heard {
            handled: bell,
            left: bell,
            answered: bell,
            own: Vec::new(),
            told: false,
            rung: Some(rung),
        };
        Self { heap, who, heard: Mutex::new(heard) }
    }

    /// Notes that the callbacks begin to run, and returns the value to pass to [`Ear::answer`].
    #[must_use]
    pub fn begin(&self) -> u32 {
        let mut heard = self.lock();
        heard.told = false;
        heard.handled = words::bell(&self.heap);
        heard.own.clear();
        kill_point!("answer.begun");
        heard.handled
    }

    /// Answers all rings up to `bell`, once callbacks have settled. `bell` is what [`Ear::begin`] returned before they
    /// ran or, if they ran for a scrape of this isolate, that scrape's ring.
    pub fn answer(&self, bell: u32) {
        // Locked until the answer is stored, so that no answer is stored after `close`.
        let mut heard = self.lock();
        if heard.rung.is_some() && is_newer(bell, heard.answered) {
            heard.answered = bell;
            let handled = heard.handled;
            if bell != handled && is_newer(bell, handled) {
                heard.handled = bell;
                heard.own.retain(|ring| *ring != bell && is_newer(*ring, bell));
            }
            // If the heap is corrupt, the next scrape says so.
            let _ = words::answer(&self.heap, self.who, bell);
        }
    }

    /// Whether a scrape is under way for which the callbacks of this isolate have begun to run. A scrape that this
    /// isolate made counts, too, but only after its ring is noted as handled: by the watcher, or by a later run or
    /// answer.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    pub fn is_asked(&self) -> Result<bool> {
        let (from, to) = {
            let heard = self.lock();
            (heard.left, heard.handled)
        };
        goes_on(&self.heap, from, to)
    }

    /// Makes [`Ear::is_asked`] ignore the scrapes for which callbacks have begun to run, even if they are still under
    /// way.
    pub fn leave(&self) {
        let mut heard = self.lock();
        heard.left = heard.handled;
    }

    /// Rings for a scrape of this isolate, and notes that this isolate need not react to the ring.
    pub(super) fn ring(&self) -> u32 {
        // SYNC POINT: the watcher of this process sees the ring at once, but waits for this lock, so it finds the ring
        // in `own`.
        let mut heard = self.lock();
        let rung = words::ring(&self.heap);
        heard.own.push(rung);
        rung
    }

    /// Reads the bell, and tells the isolate to run its callbacks if another isolate has rung.
    pub(super) fn hear(&self) {
        let mut heard = self.lock();
        let bell = words::bell(&self.heap);
        let rings = bell.wrapping_sub(heard.handled);
        if rings == 0 || heard.told {
            return;
        }
        if heard.own.len() as u64 == u64::from(rings) {
            heard.handled = bell;
            heard.own.clear();
        } else if let Some(rung) = &heard.rung {
            kill_point!("watch.rung");
            rung();
            heard.told = true;
        }
    }

    /// Drops the isolate's `rung`, which is not called any more once this has returned.
    pub(super) fn close(&self) {
        let rung = self.lock().rung.take();
        // Dropped without the lock, because its destructor may be code of the caller.
        drop(rung);
        let _ = words::forget(&self.heap, self.who);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `ring` is `than` or a later ring. The numbers wrap at 2^32.
fn is_newer(ring: u32, than: u32) -> bool {
    ring.wrapping_sub(than) < 1 << 31
}
